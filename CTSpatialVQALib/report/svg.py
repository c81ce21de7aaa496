"""How is a figure drawn? The SVG elements of a plot, for the page and for files of their own."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from enum import StrEnum
from pathlib import Path

from CTSpatialVQALib.escaping import visible
from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.report.draw_dots import draw_dots
from CTSpatialVQALib.report.draw_grids import draw_grids
from CTSpatialVQALib.report.draw_histograms import draw_histograms
from CTSpatialVQALib.report.drawing import Element, add
from CTSpatialVQALib.report.plots import DotPlot, Figure, Grids
from CTSpatialVQALib.resources import resource

_NAMESPACE = "http://www.w3.org/2000/svg"


class Shape(StrEnum):
    """Wide for screens, projectors and paper; narrow for a telephone."""

    WIDE = "wide"
    NARROW = "narrow"


def inline_svg(figure: Figure, shape: Shape) -> str:
    """The figure as an `svg` element of an HTML page that has `figure.css`."""
    return ET.tostring(_drawn(figure, shape), encoding="unicode")


def svg_file(figure: Figure) -> str:
    """The figure as a file of its own: its style is in it, for light and dark."""
    root = _drawn(figure, Shape.WIDE)
    root.set("xmlns", _NAMESPACE)
    _, _, width, height = root.attrib["viewBox"].split()
    root.set("width", width)
    root.set("height", height)
    style = Element("style")
    style.text = resource("report/figure.css").read_text(encoding="utf-8")
    root.insert(2, style)
    ground = Element("rect", {"class": "ground", "width": "100%", "height": "100%"})
    root.insert(3, ground)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


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
