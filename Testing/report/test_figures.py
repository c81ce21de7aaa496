"""Figures: well-formed SVG whose numbers are those of `scoring`, readable without colour and without eyes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from CTSpatialVQALib.records.words import Category
from CTSpatialVQALib.report.analysis import Analysis
from CTSpatialVQALib.report.drawing import SHAPES, SMALL, add_mark, fitted, width_of
from CTSpatialVQALib.report.plots import (
    Axis,
    Band,
    Column,
    Dot,
    DotPlot,
    Figure,
    Grid,
    Rule,
    RuleStyle,
    Table,
    share_axis,
)
from CTSpatialVQALib.report.readings import Readings
from CTSpatialVQALib.report.section_accuracy import accuracy_figure
from CTSpatialVQALib.report.sections import all_sections
from CTSpatialVQALib.report.summary import summarise
from CTSpatialVQALib.report.svg import Shape, inline_svg, svg_file, write_svg_files
from CTSpatialVQALib.statistics.intervals import Interval
from Testing.report.story import Story
from Testing.report.told_story import analysed, told_story

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def story() -> Story:
    return told_story()


@pytest.fixture(scope="module")
def analysis(story: Story) -> Analysis:
    return analysed(story)


@pytest.fixture(scope="module")
def figures(story: Story, analysis: Analysis) -> dict[str, Figure]:
    summary = summarise(story.questions.values(), story.replies, story.scores)
    sections = all_sections(analysis, summary, story.replies, story.scores, Readings(), ())
    every = (accuracy_figure(analysis), *(figure for section in sections for figure in section.figures))
    return {figure.name: figure for figure in every if figure is not None}


def _lanes(figure: Figure, shape: Shape = Shape.WIDE) -> Iterator[tuple[str, str, ET.Element]]:
    root = ET.fromstring(inline_svg(figure, shape))
    for band in root.iter("g"):
        if band.get("class") == "band":
            for lane in band.iter("g"):
                if lane.get("class") == "lane":
                    yield band.get("data-band", ""), lane.get("data-series", ""), lane


def _ends(lane: ET.Element, name: str) -> tuple[float, float]:
    return float(lane.attrib[f"data-{name}-low"]), float(lane.attrib[f"data-{name}-high"])


def test_there_is_a_figure_for_every_part(figures: dict[str, Figure]) -> None:
    assert set(figures) == {
        "accuracy", "differences", "categories", "forms", "confusion-sides", "confusion-lobes",
        "confusion-levels", "probes", "mirror", "words",
    }  # fmt: skip


def test_the_forest_plot_has_the_numbers_of_scoring(analysis: Analysis, figures: dict[str, Figure]) -> None:
    lanes = {name: lane for _, name, lane in _lanes(figures["accuracy"])}
    assert list(lanes) == [model.name for model in analysis.models]
    for model in analysis.models:
        lane = lanes[model.name]
        assert float(lane.attrib["data-value"]) == pytest.approx(model.accuracy.share, abs=1e-6)
        assert _ends(lane, "interval") == pytest.approx(model.accuracy.interval, abs=1e-6)
    failed = analysis.models[0].tally
    low = failed.right / (failed.decided + failed.failed)
    assert _ends(lanes["looks"], "bounds")[0] == pytest.approx(low, abs=1e-6)
    assert "data-bounds-low" not in lanes["guesses"].attrib


def test_chance_and_the_blind_baseline_are_lines_at_their_values(
    analysis: Analysis, figures: dict[str, Figure]
) -> None:
    rules = {rule.style: rule.at for rule in figures["accuracy"].plot.rules}
    assert rules == {
        RuleStyle.UNIFORM: analysis.chance.uniform,
        RuleStyle.CONSTANT: analysis.chance.majority,
        RuleStyle.BLIND: analysis.blind.accuracy.share,
    }
    drawn = inline_svg(figures["accuracy"], Shape.WIDE)
    for style, at in rules.items():
        (said,) = set(re.findall(rf'class="rule {style}" data-value="([0-9.]+)"', drawn))
        assert float(said) == pytest.approx(at, abs=1e-6)


def test_categories_have_the_numbers_of_scoring(analysis: Analysis, figures: dict[str, Figure]) -> None:
    lanes = {(band, name): lane for band, name, lane in _lanes(figures["categories"])}
    for model in analysis.full:
        for share in model.categories:
            lane = lanes[share.group, model.name]
            assert float(lane.attrib["data-value"]) == pytest.approx(share.share, abs=1e-6)
            assert _ends(lane, "interval") == pytest.approx(share.interval, abs=1e-6)
    assert len(lanes) == 6


def test_each_form_has_its_own_chance_lines(analysis: Analysis, figures: dict[str, Figure]) -> None:
    for band in figures["forms"].plot.bands:
        (chance,) = [one for form, one in analysis.chance.forms.items() if form.spoken == band.title]
        assert [rule.at for rule in band.rules] == [chance.uniform, chance.majority]
        assert f"\u201c{chance.majority_answer}\u201d"[:20] in band.rules[1].words


def test_differences_are_those_of_the_paired_test(analysis: Analysis, figures: dict[str, Figure]) -> None:
    lanes = [lane for *_, lane in _lanes(figures["differences"])]
    for pair, lane in zip(analysis.pairs, lanes, strict=True):
        assert float(lane.attrib["data-value"]) == pytest.approx(pair.paired.difference, abs=1e-6)
        assert _ends(lane, "interval") == pytest.approx(pair.paired.interval, abs=1e-6)


def test_every_cell_of_a_confusion_shows_its_count(figures: dict[str, Figure]) -> None:
    for name in ("confusion-sides", "confusion-lobes", "confusion-levels"):
        root = ET.fromstring(inline_svg(figures[name], Shape.WIDE))
        for drawn, grid in zip(root.findall("g"), figures[name].plot.grids, strict=True):
            cells = {
                (one.get("data-row"), one.get("data-column")): int(one.text or "")
                for one in drawn.iter("text")
                if one.get("data-row")
            }
            assert cells == {
                (row, column): grid.counts[at][beside]
                for at, row in enumerate(grid.rows)
                for beside, column in enumerate(grid.columns)
            }


def test_the_table_says_what_the_figure_shows(figures: dict[str, Figure]) -> None:
    table = figures["accuracy"].table
    for row, dot in zip(table.rows, figures["accuracy"].plot.bands[0].dots, strict=True):
        assert row[0] == dot.label
        assert row[2] == dot.value_text.split(" (")[0]


def test_a_narrow_figure_has_the_same_numbers(figures: dict[str, Figure]) -> None:
    for figure in figures.values():
        wide, narrow = (
            [
                {key: value for key, value in one.attrib.items() if key.startswith("data-")}
                for one in ET.fromstring(inline_svg(figure, shape)).iter()
                if any(key.startswith("data-") for key in one.attrib)
            ]
            for shape in Shape
        )
        assert wide == narrow


def test_a_mark_stands_where_its_value_says() -> None:
    figure = _figure(DotPlot(share_axis(), (Band("", (Dot("m", 0, 0.25, interval=Interval(0.0, 0.5)),)),)))
    root = ET.fromstring(inline_svg(figure, Shape.WIDE))
    ticks = sorted({float(one.attrib["x1"]) for one in root.iter("line") if one.get("class") == "tick"})
    (mark,) = root.iter("circle")
    assert float(mark.attrib["cx"]) == pytest.approx(ticks[1])
    line = next(one for one in root.iter("line") if one.get("class", "").startswith("interval"))
    assert (float(line.attrib["x1"]), float(line.attrib["x2"])) == pytest.approx((ticks[0], ticks[2]))


def test_a_longer_row_of_a_grid_is_shaded_by_its_own_share() -> None:
    grid = Grid("m", ("a", "b"), ("a", "b"), ((1, 0), (50, 50)), frozenset({(0, 0), (1, 1)}))
    figure = _figure_of_grids(grid)
    classes = re.findall(r'class="(cell [^"]+)"', inline_svg(figure, Shape.WIDE))
    assert classes == ["cell h8 right", "cell h0", "cell h4", "cell h4 right"]


def test_marks_differ_in_shape_and_lines_in_their_dash() -> None:
    shapes = set()
    for series in range(SHAPES):
        made = add_mark(ET.Element("g"), 0.0, 0.0, series)
        shapes.add((made.tag, made.get("points")))
    assert len(shapes) == SHAPES
    style = (Path(__file__).parents[2] / "Resources/report/figure.css").read_text("utf-8")
    dashes = re.findall(r"\.rule\.(?:uniform|constant|blind) \{ stroke-dasharray: ([^;]+);", style)
    assert len(set(dashes)) == 3


@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize(
    "places", [(0.16, 0.27, 0.32), (0.24, 0.25, 0.26), (0.9, 0.95, 0.99), (0.0, 0.5, 1.0), (0.5, 0.5, 0.5)]
)
def test_words_over_lines_do_not_meet(places: tuple[float, ...], shape: Shape) -> None:
    rules = tuple(
        Rule(at, words, style)
        for at, words, style in zip(
            places, ("a random answer 16 %", "best constant answer", "blind prior"), RuleStyle, strict=False
        )
    )
    figure = _figure(DotPlot(share_axis(), (Band("", (Dot("m", 0, 0.5),)),), rules))
    root = ET.fromstring(inline_svg(figure, shape))
    width = float(root.attrib["viewBox"].split()[2])
    boxes = []
    for one in root.iter("text"):
        if one.text in {rule.words for rule in rules}:
            low = float(one.attrib["x"])
            assert low >= 0
            assert low + width_of(one.text or "", SMALL) <= width + 8
            boxes.append((float(one.attrib["y"]), low, low + width_of(one.text or "", SMALL)))
    assert len(boxes) == 3
    for (y, low, high), (other_y, other_low, other_high) in combinations(boxes, 2):
        assert abs(y - other_y) > 12 or high < other_low or other_high < low


def test_a_file_stands_alone_and_is_the_same_every_time(figures: dict[str, Figure], tmp_path: Path) -> None:
    paths = write_svg_files(tuple(figures.values()), tmp_path / "new")
    assert [path.stem for path in paths] == list(figures)
    for path, figure in zip(paths, figures.values(), strict=True):
        text = path.read_text("utf-8")
        root = ET.fromstring(text)
        assert root.tag == f"{SVG}svg"
        assert root.find(f"{SVG}title").text == figure.title
        assert (root.find(f"{SVG}desc").text or "").strip()
        style = root.find(f"{SVG}style").text or ""
        assert not re.search(r"var\(|--|@media", style)
        colours = re.findall(r"(?:fill|stroke): ([^;]+);", style)
        assert len(colours) > 20
        assert all(re.fullmatch(r"#[0-9a-f]{3,6}|rgb\(\d+, \d+, \d+\)", colour) for colour in colours)
        assert not [one for one in root.iter() if "over" in one.get("class", "").split()]
        assert not re.search(r"(?:href|src)=|url\(|@import", text)
        assert text == svg_file(figure)


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    hostile = "</svg><script>alert(1)</script>\x07\u202e&\" onload='x'"
    plot = DotPlot(share_axis(), (Band(hostile, (Dot(hostile, 0, 0.5, value_text=hostile),)),))
    figure = Figure("a", hostile, hostile, hostile, plot, Table(hostile, (Column(hostile),), ((hostile,),)))
    for text in (inline_svg(figure, Shape.WIDE), inline_svg(figure, Shape.NARROW), svg_file(figure)):
        root = ET.fromstring(text)
        assert [one.tag for one in root.iter() if "script" in one.tag] == []
        assert "[U+202E]" in "".join(root.itertext())
        assert "\u202e" not in text


def test_a_name_that_does_not_fit_is_cut_and_kept_whole_beside() -> None:
    long = "a-model-with-a-name-that-nobody-can-read " * 3
    figure = _figure(DotPlot(share_axis(), (Band("", (Dot(long, 0, 0.5),)),)))
    root = ET.fromstring(inline_svg(figure, Shape.WIDE))
    (label,) = [one for one in root.iter("text") if one.findall("title")]
    assert (label.text or "").endswith("\u2026")
    assert label.find("title").text == long
    assert fitted("short", 400, SMALL) == "short"


def test_an_axis_of_another_range_is_kept() -> None:
    axis = Axis(-0.2, 0.2, ((-0.2, "a"), (0.2, "b")))
    figure = _figure(DotPlot(axis, (Band("", (Dot("m", 0, 0.0),)),)))
    root = ET.fromstring(inline_svg(figure, Shape.WIDE))
    ticks = [float(one.attrib["x1"]) for one in root.iter("line") if one.get("class") == "tick"]
    (mark,) = root.iter("circle")
    assert float(mark.attrib["cx"]) == pytest.approx(sum(ticks) / 2)


def test_counts_that_do_not_fill_a_grid_are_refused() -> None:
    with pytest.raises(ValueError, match="a row for each row"):
        Grid("m", ("a",), ("a", "b"), ((1,),))


def test_a_category_better_than_the_rest_is_marked(figures: dict[str, Figure]) -> None:
    told = {
        (band.title, dot.label): dot.value_text
        for band in figures["categories"].plot.bands
        for dot in band.dots
    }
    assert told[str(Category.VERTICAL), "guesses"].startswith("\u25b2")
    assert told[str(Category.LATERALITY), "looks"][0].isdigit()


def _figure(plot: DotPlot) -> Figure:
    return Figure("a-figure", "Title", "Described.", "How to read it.", plot, Table("t", (Column("c"),), ()))


def _figure_of_grids(grid: Grid) -> Figure:
    from CTSpatialVQALib.report.plots import Grids

    table = Table("t", (Column("c"),), ())
    return Figure("grids", "Title", "Described.", "How.", Grids((grid,), "true", "said"), table)
