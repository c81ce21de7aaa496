"""Figures as files for papers: colours that other programs draw, PDF and PNG beside SVG."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from CTSpatialVQALib.report.plots import (
    Band,
    Column,
    Dot,
    DotPlot,
    Figure,
    Grid,
    Grids,
    Rule,
    RuleStyle,
    Table,
    share_axis,
)
from CTSpatialVQALib.report.svg import svg_file, write_figure_files
from CTSpatialVQALib.statistics.intervals import Interval

cairosvg = pytest.importorskip("cairosvg", reason="the extra `figures` is not installed")
NO_TABLE = Table("t", (Column("c"),), ())


@pytest.fixture
def dots() -> Figure:
    bands = (Band("", (Dot("a", 0, 0.3, Interval(0.2, 0.4)), Dot("b", 1, 0.6, Interval(0.5, 0.7)))),)
    rule = Rule(0.5, "a coin 50 %", RuleStyle.UNIFORM)
    return Figure("dots", "Dots", "d", "h", DotPlot(share_axis(), bands, (rule,)), NO_TABLE)


def drawn(figure: Figure) -> np.ndarray:
    """As a program without variables in its styles draws it."""
    png = cairosvg.svg2png(bytestring=svg_file(figure).encode("utf-8"))
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).reshape(-1, 3)


def near(pixels: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((np.abs(pixels.astype(int) - colour).max(axis=1) < 12).sum())


def test_marks_have_their_colours_on_white_paper(dots: Figure) -> None:
    pixels = drawn(dots)
    assert near(pixels, (255, 255, 255)) > 0.8 * len(pixels)
    assert near(pixels, (0, 114, 178)) > 50
    assert near(pixels, (184, 74, 0)) > 50


def test_words_over_lines_are_seen(dots: Figure) -> None:
    without = drawn(
        Figure("dots", "Dots", "d", "h", DotPlot(share_axis(), dots.plot.bands), NO_TABLE)  # type: ignore[union-attr]
    )

    def dark(pixels: np.ndarray) -> int:
        return int((pixels.max(axis=1) < 150).sum())

    # the ink of the dotted line alone is about 80 pixels
    assert dark(drawn(dots)) > dark(without) + 150


def test_cells_are_shaded_by_their_counts() -> None:
    grid = Grid("g", ("x", "y"), ("x", "y"), ((9, 1), (0, 5)), frozenset({(0, 0), (1, 1)}))
    pixels = drawn(Figure("grid", "G", "d", "h", Grids((grid,), "true", "said"), NO_TABLE))
    blues = pixels[(pixels[:, 2].astype(int) - pixels[:, 0] > 25)]
    assert len(np.unique(blues // 16, axis=0)) >= 2


def test_pdf_and_png_are_written_whole(dots: Figure, tmp_path: Path) -> None:
    (pdf,) = write_figure_files((dots,), tmp_path / "pdf", "pdf")
    assert pdf.read_bytes().startswith(b"%PDF-")
    (png,) = write_figure_files((dots,), tmp_path / "png", "png")
    with Image.open(png) as image:
        assert image.width == 1920
    (svg,) = write_figure_files((dots,), tmp_path / "svg", "svg")
    assert svg.read_text("utf-8") == svg_file(dots)
