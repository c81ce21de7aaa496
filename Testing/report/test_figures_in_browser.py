"""Figures in a real Chromium: readable in both themes, on paper and on a telephone; never an attack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from CTSpatialVQALib.report.items import build_items
from CTSpatialVQALib.report.methods import methods_paragraphs, settings_table
from CTSpatialVQALib.report.page import render_report
from CTSpatialVQALib.report.page_data import ReportData
from CTSpatialVQALib.report.plots import (
    Band,
    Bars,
    Column,
    Dot,
    DotPlot,
    Figure,
    Grid,
    Grids,
    Histograms,
    Rule,
    RuleStyle,
    Section,
    Table,
    Words,
    share_axis,
)
from CTSpatialVQALib.report.readings import Readings
from CTSpatialVQALib.report.section_accuracy import accuracy_figure
from CTSpatialVQALib.report.section_outcomes import alarms_of
from CTSpatialVQALib.report.sections import all_sections
from CTSpatialVQALib.report.summary import summarise
from CTSpatialVQALib.report.svg import write_svg_files
from Testing.report.browser import Browser, chromium
from Testing.report.told_story import analysed, told_story

pytestmark = pytest.mark.browser

HOSTILE = (
    "</svg></script><script>window.pwned = 1</script>\"><img src=x onerror='window.pwned = 2'>" + "W" * 300
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as window:
        yield window


@pytest.fixture(scope="module")
def data() -> ReportData:
    story = told_story()
    parts = (tuple(story.questions.values()), story.replies, story.scores)
    analysis, summary, nobody = analysed(story), summarise(*parts), Readings()
    return ReportData(
        "A told story",
        "story",
        "2026-01-02 03:04 UTC",
        "0.1",
        summary=summary,
        items=build_items(*parts),
        methods=methods_paragraphs(analysis, story.scores, nobody, 1),
        accuracy=accuracy_figure(analysis),
        sections=all_sections(
            analysis, summary, story.replies, story.scores, nobody, alarms_of(analysis, nobody)
        ),
        settings=settings_table(analysis),
        numbers=analysis.numbers(),
    )


@pytest.fixture(scope="module")
def report(data: ReportData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("figures") / "report.html"
    render_report(data, out)
    return out


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_figures_can_be_read_in_both_themes(
    browser: Browser, report: Path, theme: Literal["light", "dark"]
) -> None:
    browser.open(report, theme=theme)
    assert browser.console() == []
    assert browser.weak_contrasts() == []
    assert browser.shown("svg.figure.wide") == 10
    assert browser.shown("svg.figure.narrow") == 0
    colours = {browser.style(f".mark-of.s{series}", "fill") for series in range(3)}
    assert len(colours) == 3


def test_on_a_telephone_the_narrow_figures_are_shown(browser: Browser, report: Path) -> None:
    browser.open(report, width=500)
    assert browser.overflow() <= 0
    assert (browser.shown("svg.figure.wide"), browser.shown("svg.figure.narrow")) == (0, 10)
    sizes = browser.value(
        "[...document.querySelectorAll('svg.figure.narrow text')]"
        ".filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect().height)"
    )
    assert isinstance(sizes, list)
    assert min(sizes) > 11


@pytest.mark.parametrize("width", [1280, 500])
def test_no_text_of_a_figure_leaves_it_or_meets_another(browser: Browser, report: Path, width: int) -> None:
    browser.open(report, width=width)
    troubles = browser.driver.execute_script("""
        const found = [];
        document.querySelectorAll("svg.figure").forEach((figure) => {
          if (!figure.checkVisibility()) return;
          const frame = figure.getBoundingClientRect();
          const boxes = [...figure.querySelectorAll("text")].map((one) => [one, one.getBoundingClientRect()]);
          boxes.forEach(([one, box], at) => {
            if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1)
              found.push("outside: " + one.textContent);
            if (one.getAttribute("transform")) return;
            boxes.slice(at + 1).forEach(([other, next]) => {
              if (other.getAttribute("transform")) return;
              const deep = Math.min(box.bottom, next.bottom) - Math.max(box.top, next.top);
              const wide = Math.min(box.right, next.right) - Math.max(box.left, next.left);
              if (deep > 5 && wide > 1) found.push("meet: " + one.textContent + " | " + other.textContent);
            });
          });
        });
        return found;
    """)
    assert troubles == []


def test_figures_have_names_and_words_for_those_who_do_not_see(browser: Browser, report: Path) -> None:
    browser.open(report)
    unnamed = browser.value(
        "[...document.querySelectorAll('svg.figure')].filter((one) => one.getAttribute('role') !== 'img'"
        " || one.getAttribute('aria-labelledby').split(' ').some((id) =>"
        " !document.getElementById(id)?.textContent.trim())).length"
    )
    assert unnamed == 0
    ids = browser.value("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert isinstance(ids, list)
    assert len(ids) == len(set(ids))


def test_the_numbers_unfold_from_the_keyboard_and_on_paper(browser: Browser, report: Path) -> None:
    browser.open(report, theme="dark")
    assert browser.shown("#figure-accuracy table") == 0
    browser.fill("#figure-accuracy summary", "\ue007")  # Enter
    assert browser.shown("#figure-accuracy table") == 1
    browser.emulate("dark", "print")
    browser.driver.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.shown("figure.plot-of table") == 10
    assert browser.style("svg.figure text", "fill") == "rgb(0, 0, 0)"
    assert browser.weak_contrasts() == []


def test_the_embedded_numbers_are_those_of_the_figure(
    browser: Browser, report: Path, data: ReportData
) -> None:
    browser.open(report)
    drawn = browser.value(
        "[...document.querySelectorAll('#figure-accuracy svg.wide .lane')]"
        ".map((one) => Number(one.dataset.value))"
    )
    stored = browser.value(
        "JSON.parse(document.getElementById('report-data').textContent).numbers.models"
        ".map((one) => one.accuracy.share)"
    )
    assert drawn == pytest.approx(stored, abs=1e-6)
    assert len(data.summary) == len(drawn)


def test_every_link_of_the_contents_leads_somewhere(browser: Browser, report: Path) -> None:
    browser.open(report)
    lost = browser.value(
        "[...document.querySelectorAll('nav a')].filter((one) =>"
        " !document.querySelector(one.getAttribute('href'))).length"
    )
    assert lost == 0
    assert browser.value("document.querySelectorAll('nav a').length") == 12


def test_a_file_of_its_own_is_dark_on_white_in_both_themes(
    browser: Browser, data: ReportData, tmp_path: Path
) -> None:
    first, *_ = write_svg_files(data.figures, tmp_path)
    grounds = set()
    for theme in ("light", "dark"):
        browser.open(first, theme=theme)
        assert browser.console() == []
        grounds.add((browser.style("svg .ground", "fill"), browser.style("svg text:not(.halo)", "fill")))
    assert grounds == {("rgb(255, 255, 255)", "rgb(22, 25, 29)")}  # paper is white, whatever the screen


def test_hostile_names_in_figures_do_nothing(browser: Browser, tmp_path: Path) -> None:
    table = Table(HOSTILE, (Column(HOSTILE),), ((HOSTILE,),))
    dots = Band(
        HOSTILE, (Dot(HOSTILE, 0, 0.5, value_text=HOSTILE[:60]),), (Rule(0.5, HOSTILE[:40], RuleStyle.ZERO),)
    )
    plots = (
        DotPlot(share_axis(), (dots,)),
        Grids((Grid(HOSTILE, ("a",), ("a",), ((1,),)),), "true", "said"),
        Histograms((Bars(HOSTILE, (1, 2), 1, 1.0, HOSTILE[:60], and_more=False),), HOSTILE[:30]),
    )
    figures = tuple(Figure(f"f{at}", HOSTILE, HOSTILE, HOSTILE, plot, table) for at, plot in enumerate(plots))
    words = Words(HOSTILE, note=True, command=HOSTILE)
    section = Section("hostile", HOSTILE, (words, table, *figures))
    data = ReportData(
        "t", "s", "2026", "0.1", sections=(section,), settings=table, numbers={HOSTILE: HOSTILE}
    )
    render_report(data, tmp_path / "report.html")
    for width in (1280, 500):
        browser.open(tmp_path / "report.html", width=width)
        assert browser.console() == []
        assert browser.overflow() <= 0
        assert browser.value("typeof window.pwned") == "undefined"
        assert browser.value("document.scripts.length") == 2
