"""The report in a real Chromium: silent, self-contained, usable by mouse and keyboard, harmless."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image

from CTSpatialVQALib.records.words import Category
from CTSpatialVQALib.report.page import question_anchor, render_report
from CTSpatialVQALib.report.page_data import (
    AnswerShown,
    BackendSummary,
    GroupRow,
    ReportData,
    ReportItem,
    StructureChip,
    Tally,
    VerdictShown,
)
from Testing.report.browser import Browser, chromium

pytestmark = pytest.mark.browser

DEPTH, EXTENT = str(Category.DEPTH), str(Category.EXTENT)
HOSTILE = (
    "<script>window.pwned = 1</script>",
    '"><img src=x onerror="window.pwned = 2">',
    "</script><script>window.pwned = 3</script>",
    "javascript:window.pwned = 4",
    "' onclick='window.pwned = 5",
    "{{ 7 * 7 }}{% raw %}",
    "<!--<script>",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as window:
        yield window


def _answers(first: bool, second: bool | None) -> tuple[AnswerShown, ...]:
    error = None if first else "laterality_swap"
    return (
        AnswerShown("model-a", "answered", "On the left.", first, error, "compared sides (rules-1)"),
        AnswerShown("model-b", "timeout", "", None, reason="nothing within 120 s")
        if second is None
        else AnswerShown("model-b", "answered", "In the liver.", second, basis="a neighbour's answer"),
    )


def _summary(name: str, tally: Tally, **failed: int) -> BackendSummary:
    rows = (GroupRow(DEPTH, Tally(right=1, wrong=1)), GroupRow(EXTENT, tally))
    return BackendSummary(
        name, "An invented model.", tally, failed, by_category=rows, by_form=(GroupRow("where", tally),)
    )


def _four_items(png: bytes) -> tuple[ReportItem, ...]:
    chips = (StructureChip("liver", "#288c28"),)
    verdict = VerdictShown("reader-1", "model-b", "final", "incorrect", True, "laterality swap")
    return (
        ReportItem("q1", "phantom-0", "Where is the cyst?", "liver", (DEPTH,), "where", _answers(True, True)),
        ReportItem("q2", "phantom-0", "Which side?", "left", (DEPTH, EXTENT), "where", _answers(False, True)),
        ReportItem(
            "q3", "phantom-1", "How far?", "10 mm", (EXTENT,), "", _answers(False, False), chips, png, "axial"
        ),
        ReportItem(
            "q4", "phantom-1", "Is it there?", "no", (), "", _answers(True, None), verdicts=(verdict,)
        ),
    )


@pytest.fixture(scope="module")
def small_report(tmp_path_factory: pytest.TempPathFactory, ct_like_png: bytes) -> Path:
    out = tmp_path_factory.mktemp("small") / "report with a space.html"
    data = ReportData(
        title="An invented study",
        study_id="invented",
        generated_utc="2026-01-02 03:04 UTC",
        software_version="0.1",
        summary=(
            _summary("model-a", Tally(right=2, wrong=2)),
            _summary("model-b", Tally(right=2, wrong=1, failed=1), timeout=1),
        ),
        items=_four_items(ct_like_png),
        notes=("Nothing here is real.",),
        warnings=("There are four questions only.",),
        methods=("Rule scorer rules-1.",),
        log_anchor="4:" + "ab" * 32,
    )
    render_report(data, out)
    return out


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory: pytest.TempPathFactory, ct_like_png: bytes) -> Path:
    """Every text that can come from outside is an attack, and longer than any line."""
    items = tuple(
        ReportItem(
            question_id=f"{text}{number}",
            case_label=text,
            question=text + "W" * 400,
            reference=text,
            categories=(text,),
            form=text,
            answers=(AnswerShown(text, text, text * 40, None, text, text, text),),
            structures=(StructureChip(text + "W" * 200, "#288c28"),),
            picture_png=ct_like_png,
            picture_note=text,
            verdicts=(VerdictShown(text, text, text, text, False, text),),
        )
        for number, text in enumerate(HOSTILE)
    )
    summary = tuple(
        BackendSummary(text, text, Tally(failed=1), {text: 1}, by_category=(GroupRow(text, Tally(right=1)),))
        for text in HOSTILE
    )
    every = "".join(HOSTILE) + "W" * 300
    data = ReportData(
        every, every, every, every, every, summary, items, HOSTILE, HOSTILE, HOSTILE, every, every
    )
    out = tmp_path_factory.mktemp("hostile") / "report.html"
    render_report(data, out, most_cards=4)
    return out


def test_it_is_silent_and_asks_for_nothing_but_itself(browser: Browser, small_report: Path) -> None:
    browser.open(small_report)
    browser.click(".zoom")
    assert browser.console() == []
    asked = browser.requests()
    assert small_report.as_uri() in asked
    assert [url for url in asked if url != small_report.as_uri() and not url.startswith("data:")] == []


def test_the_policy_stops_what_a_page_could_still_try(browser: Browser, small_report: Path) -> None:
    browser.open(small_report)
    browser.value(
        "document.body.insertAdjacentHTML('beforeend', '<img id=leak src=\"http://127.0.0.1:9/leak\">')"
    )
    blocked = browser.console()
    assert len(blocked) == 1
    assert "Content Security Policy" in blocked[0]


@pytest.mark.parametrize(
    ("button", "cards", "said"),
    [
        ('[data-value="model-b"]', 4, "4 of 4 questions"),
        ('[data-value="wrong"]', 2, "2 of 4 questions"),
        ('[data-value="failed"]', 1, "1 of 4 questions"),
        ('[data-value="undecided"]', 0, "0 of 4 questions"),
    ],
)
def test_a_filter_shows_what_it_says(
    browser: Browser, small_report: Path, button: str, cards: int, said: str
) -> None:
    browser.open(small_report)
    browser.click(f"#filters {button}")
    assert browser.shown(".card") == cards
    assert browser.text("#matches") == said
    assert browser.shown("#none") == (0 if cards else 1)
    assert (
        browser.value(f"document.querySelector('#filters {button}').getAttribute('aria-pressed')") == "true"
    )


def test_filters_combine_on_one_and_the_same_answer(browser: Browser, small_report: Path) -> None:
    browser.open(small_report)
    browser.click('#filters [data-value="model-b"]')
    browser.click('#filters [data-value="wrong"]')
    assert browser.shown(".card") == 1
    assert browser.shown('.card[data-question-id="q3"]') == 1


def test_filters_work_from_the_keyboard(browser: Browser, small_report: Path) -> None:
    browser.open(small_report)
    browser.fill('#filters [data-value="right"]', " ")
    assert browser.shown(".card") == 3
    browser.fill("#filters select", DEPTH[:4])
    assert browser.shown(".card") == 2
    browser.fill("#filters input", "CYST")
    assert browser.shown(".card") == 1


def test_filters_stand_in_the_address_and_come_back_from_it(browser: Browser, small_report: Path) -> None:
    browser.open(small_report)
    browser.click('#filters [data-value="model-b"]')
    browser.click('#filters [data-value="wrong"]')
    address = str(browser.value("location.href"))
    assert address.endswith("#model=model-b&answer=wrong")
    browser.driver.get("about:blank")
    browser.driver.get(address)
    assert browser.text("#matches") == "1 of 4 questions"
    pressed = "document.querySelector('#filters [data-value=\"wrong\"]').getAttribute('aria-pressed')"
    assert browser.value(pressed) == "true"


@pytest.mark.parametrize("fragment", ["model=nobody&answer=%3Cimg%3E&category=x", "=&&=", "%E0%A4%A", "q-1"])
def test_an_address_that_fits_nothing_shows_everything(
    browser: Browser, small_report: Path, fragment: str
) -> None:
    browser.open(small_report)
    browser.driver.get("about:blank")
    browser.driver.get(f"{small_report.as_uri()}#{fragment}")
    assert browser.text("#matches") == "4 of 4 questions"
    assert [line for line in browser.console() if "Error" in line] == []


def test_a_link_to_a_card_shows_it_whatever_the_filters(browser: Browser, small_report: Path) -> None:
    browser.open(small_report)
    browser.click('#filters [data-value="wrong"]')
    assert browser.shown('.card[data-question-id="q1"]') == 0
    browser.value(f"location.hash = '{question_anchor('q1')}'")
    assert browser.wait_shown('.card[data-question-id="q1"]') == 1
    assert browser.text("#matches") == "4 of 4 questions"


def test_a_picture_that_several_questions_share_is_seen_on_each(
    browser: Browser, tmp_path: Path, ct_like_png: bytes
) -> None:
    items = tuple(ReportItem(name, "c", "Where?", "There.", picture_png=ct_like_png) for name in "ab")
    render_report(ReportData("t", "s", "2026", "0.1", items=items), tmp_path / "report.html")
    browser.open(tmp_path / "report.html")
    browser.value("document.querySelectorAll('.zoom img').forEach((one) => { one.loading = 'eager'; })")
    widths = "Promise.all([...document.querySelectorAll('.zoom img')].map((one) => one.decode()"
    assert browser.value(widths + ".then(() => one.naturalWidth)))") == [720, 720]


def test_a_picture_can_be_enlarged_and_closed_by_key(browser: Browser, small_report: Path) -> None:
    browser.open(small_report)
    browser.fill(".zoom", "\ue007")  # Enter
    assert browser.value("document.getElementById('lightbox').open") is True
    assert browser.value("document.querySelector('#lightbox img').naturalWidth") == 720
    browser.fill("#lightbox button", "\ue00c")  # Escape
    assert browser.value("document.getElementById('lightbox').open") is False


def test_every_standing_is_told_in_words_and_by_shape(browser: Browser, small_report: Path) -> None:
    browser.open(small_report)
    assert browser.text('[data-question-id="q2"] .answer:nth-child(1) .who').startswith("Wrong")
    assert browser.text('[data-question-id="q4"] .answer:nth-child(2) .who').startswith("No answer")
    shapes = {
        browser.value(f"document.getElementById('mark-{name}').innerHTML")
        for name in ("right", "wrong", "undecided", "failed")
    }
    assert len(shapes) == 4


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_can_be_read_in_both_themes(
    browser: Browser, small_report: Path, theme: Literal["light", "dark"]
) -> None:
    browser.open(small_report, theme=theme)
    assert browser.value("matchMedia('(prefers-color-scheme: dark)').matches") is (theme == "dark")
    ground = str(browser.style("body", "backgroundColor"))
    brightness = sum(int(part) for part in ground.removeprefix("rgb(").removesuffix(")").split(","))
    assert (brightness < 200) is (theme == "dark")
    assert browser.weak_contrasts() == []


@pytest.mark.parametrize("width", [1280, 800, 500])
def test_nothing_is_wider_than_the_window(
    browser: Browser, small_report: Path, hostile_report: Path, width: int
) -> None:
    for page in (small_report, hostile_report):
        browser.open(page, width=width)
        assert browser.overflow() <= 0


def test_print_is_black_on_white_without_controls(browser: Browser, small_report: Path) -> None:
    browser.open(small_report, theme="dark")
    browser.emulate("dark", "print")
    assert browser.style("body", "backgroundColor") == "rgb(255, 255, 255)"
    assert browser.style("h1", "color") == "rgb(0, 0, 0)"
    assert [browser.style(one, "display") for one in ("nav", "#filters")] == ["none", "none"]
    assert browser.shown(".card") == 4
    assert browser.weak_contrasts() == []


def test_three_questions_with_pictures_fit_on_a_printed_page(browser: Browser, tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (852, 906), "grey").save(stream, "PNG")
    pages = []
    for number in (1, 10):
        items = tuple(
            ReportItem(
                f"q{at}", "p", "Where?", "left", (), "where", _answers(True, False), (), stream.getvalue()
            )
            for at in range(number)
        )
        render_report(ReportData("t", "s", "2026", "0.1", items=items), tmp_path / "report.html")
        browser.open(tmp_path / "report.html")
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
        paper = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True}
        printed = base64.b64decode(browser.driver.execute_cdp_cmd("Page.printToPDF", paper)["data"])
        pages.append(len(re.findall(rb"/Type\s*/Page\b", printed)))
    assert pages[0] >= 1
    assert pages[1] - pages[0] <= 3


def test_attacks_are_shown_as_text_and_do_nothing(browser: Browser, hostile_report: Path) -> None:
    browser.open(hostile_report)
    browser.fill("#filters input", "pwned")
    assert browser.value("typeof window.pwned") == "undefined"
    assert browser.console() == []
    assert browser.value("document.scripts.length") == 2
    assert browser.value("document.querySelectorAll('a[href^=javascript], [onclick], [onerror]').length") == 0
    shown = browser.text("body")
    for text in HOSTILE:
        assert text in shown


def test_a_whole_benchmark_stays_usable(browser: Browser, tmp_path: Path) -> None:
    items = tuple(
        ReportItem(
            f"case_{number // 6}::{number % 6}",
            f"case_{number // 6}",
            f"Where is finding number {number}?",
            "In the left lower lobe.",
            (DEPTH,),
            "where",
            tuple(
                AnswerShown(f"model-{one}", "answered", "Left." * 20, number % 3 == one) for one in range(3)
            ),
        )
        for number in range(9077)
    )
    tally = Tally(right=3026, wrong=6051)
    data = ReportData(
        "Whole",
        "whole",
        "2026",
        "0.1",
        summary=tuple(_summary(f"model-{n}", tally) for n in range(3)),
        items=items,
    )
    render_report(data, tmp_path / "report.html")
    browser.open(tmp_path / "report.html")
    assert browser.text("#matches") == "9077 of 9077 questions, 200 of 200 cards"
    assert (browser.shown("#cards > .card"), browser.text("#pager span")) == (200, "Page 1 of 182")
    browser.click('#pager [data-step="1"]')
    assert browser.text("#list tr:nth-child(2) .asked") == "Where is finding number 50?"
    browser.fill("#filters input", "number 9076?")
    assert browser.text("#matches") == "1 of 9077 questions, 0 of 200 cards"
    assert "case_1512::4" in browser.text("#list")
    assert browser.console() == []
