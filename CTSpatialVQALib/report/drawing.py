"""Elements that all figures are drawn with: texts that fit their place, marks that differ in shape."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import NamedTuple

from CTSpatialVQALib.escaping import visible

Element = ET.Element

SHAPES = 8  # marks that can be told apart without colour; after them the shapes come again
TEXT, SMALL = 14.0, 12.0  # heights of type, in units of the viewBox
_WIDE_LETTER = 0.56  # of the height; a little more than common sans-serif faces need


class Size(NamedTuple):
    """Of a drawing, in units of the viewBox."""

    width: int
    height: int


def add(parent: Element, tag: str, **attributes: float | str | None) -> Element:
    """A new element in `parent`; `class_` is `class`, `data_value` is `data-value`, None is left out."""
    named = {
        key.rstrip("_").replace("_", "-"): visible(value) if isinstance(value, str) else number(value)
        for key, value in attributes.items()
        if value is not None
    }
    return ET.SubElement(parent, tag, named)


def add_text(
    parent: Element, x: float, y: float, words: str, class_: str = "", *, room: float = 0
) -> Element:
    """A line of text with its baseline at y; `room` is the width that it may take, 0 for any.

    What does not fit ends in an ellipsis, and the whole text is then in the element's title.
    """
    words = visible(words).replace("\n", " ")
    fitting = fitted(words, room, SMALL if "small" in class_ else TEXT) if room else words
    element = add(parent, "text", x=x, y=y, class_=class_ or None)
    element.text = fitting
    if fitting != words:
        add(element, "title").text = words
    return element


def fitted(words: str, room: float, height: float) -> str:
    """`words`, cut so that they take no more than `room`."""
    letters = max(1, int(room / (height * _WIDE_LETTER)))
    return words if len(words) <= letters else words[: letters - 1].rstrip() + "…"


def width_of(words: str, height: float) -> float:
    """About how wide a text is."""
    return len(words) * height * _WIDE_LETTER


def number(value: float) -> str:
    """A number as it stands in a file: no more digits than it needs, never an exponent."""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def add_mark(parent: Element, x: float, y: float, series: int, radius: float = 6.0) -> Element:
    """The mark of a series: circle, square, diamond, two triangles, cross, pentagon, bar."""
    class_ = f"mark-of s{series % SHAPES}"
    shape = series % SHAPES
    if shape == 0:
        return add(parent, "circle", cx=x, cy=y, r=radius, class_=class_)
    outline = " ".join(f"{number(x + dx * radius)},{number(y + dy * radius)}" for dx, dy in _OUTLINES[shape])
    return add(parent, "polygon", points=outline, class_=class_)


_OUTLINES: dict[int, tuple[tuple[float, float], ...]] = {
    1: ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    2: ((0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)),
    3: ((0.0, -1.15), (1.15, 0.9), (-1.15, 0.9)),
    4: ((0.0, 1.15), (1.15, -0.9), (-1.15, -0.9)),
    5: (
        (-0.4, -1.15), (0.4, -1.15), (0.4, -0.4), (1.15, -0.4), (1.15, 0.4), (0.4, 0.4),
        (0.4, 1.15), (-0.4, 1.15), (-0.4, 0.4), (-1.15, 0.4), (-1.15, -0.4), (-0.4, -0.4),
    ),
    6: ((0.0, -1.15), (1.1, -0.35), (0.7, 0.95), (-0.7, 0.95), (-1.1, -0.35)),
    7: ((-0.45, -1.25), (0.45, -1.25), (0.45, 1.25), (-0.45, 1.25)),
}  # fmt: skip
