"""Figures as SVG for the page, and as SVG, PDF and PNG files of their own."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from enum import StrEnum
from pathlib import Path
from typing import Literal

from CTSpatialVQALib.escaping import visible
from CTSpatialVQALib.files import write_bytes, write_text
from CTSpatialVQALib.optional_packages import require_package
from CTSpatialVQALib.report.draw_dots import draw_dots
from CTSpatialVQALib.report.draw_grids import draw_grids
from CTSpatialVQALib.report.draw_histograms import draw_histograms
from CTSpatialVQALib.report.drawing import Element, add
from CTSpatialVQALib.report.plain_style import plain_style
from CTSpatialVQALib.report.plots import DotPlot, Figure, Grids

_NAMESPACE = "http://www.w3.org/2000/svg"


class Shape(StrEnum):
    """Wide for screens, projectors and paper; narrow for a telephone."""

    WIDE = "wide"
    NARROW = "narrow"


def inline_svg(figure: Figure, shape: Shape) -> str:
    """The figure as an `svg` element of an HTML page that has `figure.css`."""
    return ET.tostring(_drawn(figure, shape), encoding="unicode")


def svg_file(figure: Figure) -> str:
    """The figure as a file of its own: its style is in it, in plain colours on white."""
    root = _drawn(figure, Shape.WIDE)
    root.set("xmlns", _NAMESPACE)
    _, _, width, height = root.attrib["viewBox"].split()
    root.set("width", width)
    root.set("height", height)
    _halos_as_elements(root)
    style = Element("style")
    style.text = plain_style()
    root.insert(2, style)
    ground = Element("rect", {"class": "ground", "width": "100%", "height": "100%"})
    root.insert(3, ground)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _halos_as_elements(root: Element) -> None:
    """Draw the pale edge of words over lines as an element below them: few programs know paint-order."""
    for parent in list(root.iter()):
        for text in [child for child in parent if "over" in (child.get("class") or "").split()]:
            classes = [name for name in (text.get("class") or "").split() if name != "over"]
            halo = Element(
                "text", {**text.attrib, "class": " ".join([*classes, "halo"]), "aria-hidden": "true"}
            )
            halo.text = text.text
            text.set("class", " ".join(classes))
            parent.insert(list(parent).index(text), halo)


def write_svg_files(figures: tuple[Figure, ...], folder: Path) -> tuple[Path, ...]:
    """Write each figure to `folder`/<name>.svg.

    Raises
    ------
    WorkFailed
        If the folder cannot be written to.
    """
    paths = tuple(folder / f"{figure.name}.svg" for figure in figures)
    for figure, path in zip(figures, paths, strict=True):
        write_text(path, svg_file(figure))
    return paths


def write_figure_files(
    figures: tuple[Figure, ...], folder: Path, kind: Literal["svg", "pdf", "png"]
) -> tuple[Path, ...]:
    """Write each figure to `folder`/<name>.<kind>; PNG at twice the size, for 200 dpi in a column of a paper.

    Raises
    ------
    WorkFailed
        If the folder cannot be written to, or cairosvg is missing for PDF and PNG.
    """
    if kind == "svg":
        return write_svg_files(figures, folder)
    cairo = require_package("cairosvg", f"Writing figures as {kind.upper()}")
    paths = tuple(folder / f"{figure.name}.{kind}" for figure in figures)
    for figure, path in zip(figures, paths, strict=True):
        source = svg_file(figure).encode("utf-8")
        drawn = cairo.svg2pdf(bytestring=source) if kind == "pdf" else cairo.svg2png(source, scale=2.0)
        write_bytes(path, drawn)
    return paths


def _drawn(figure: Figure, shape: Shape) -> Element:
    root = Element("svg", {"class": f"figure {shape}", "role": "img"})
    ids = {part: f"figure-{figure.name}-{shape}-{part}" for part in ("title", "desc")}
    root.set("aria-labelledby", " ".join(ids.values()))
    add(root, "title", id=ids["title"]).text = visible(figure.title)
    add(root, "desc", id=ids["desc"]).text = visible(figure.description)
    narrow = shape is Shape.NARROW
    plot = figure.plot
    if isinstance(plot, DotPlot):
        size = draw_dots(root, plot, narrow=narrow)
    elif isinstance(plot, Grids):
        size = draw_grids(root, plot, narrow=narrow)
    else:
        size = draw_histograms(root, plot, narrow=narrow)
    root.set("viewBox", f"0 0 {size.width} {size.height}")
    return root
