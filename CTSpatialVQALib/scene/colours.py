"""Colours of structures that stand out on a CT and are not taken for each other."""

from __future__ import annotations

import colorsys
from collections.abc import Collection, Iterable
from typing import Final

from CTSpatialVQALib.records.structures import Colour, structures

_UNKNOWN: Final = Colour(0.9, 0.75, 0.2)
_LEAST_VALUE = 0.85  # darker outlines vanish on a CT
_LEAST_SATURATION = 0.5  # paler ones are taken for bone
_TURNED_SATURATION = 0.8  # pale hues lie too close together
_LEAST_DISTANCE = 0.35  # Euclidean, in RGB 0..1: kidneys of the table lie 0.16 apart
_HUE_STEP = 0.6180339887  # golden ratio: successive hues fill the circle evenly


def display_colours(names: Iterable[str]) -> dict[str, Colour]:
    """A colour for each of `names`: the table's, brightened, and turned in hue where two would be alike.

    The result depends on the names and their order only, so slices, 3D, legend and both renderers agree.
    """
    chosen: dict[str, Colour] = {}
    for name in names:
        if name not in chosen:
            chosen[name] = _unlike(_bright(_of_table(name)), chosen.values())
    return chosen


def _of_table(name: str) -> Colour:
    structure = structures().get(name)
    return structure.colour if structure else _UNKNOWN


def _bright(colour: Colour) -> Colour:
    hue, saturation, value = colorsys.rgb_to_hsv(*colour)
    return Colour(*colorsys.hsv_to_rgb(hue, max(saturation, _LEAST_SATURATION), max(value, _LEAST_VALUE)))


def _unlike(colour: Colour, taken: Collection[Colour]) -> Colour:
    """`colour`, or else the first turned hue far enough from all of `taken`, or else the farthest."""
    hue, saturation, value = colorsys.rgb_to_hsv(*colour)
    strong = max(saturation, _TURNED_SATURATION)
    turned = (Colour(*colorsys.hsv_to_rgb((hue + n * _HUE_STEP) % 1.0, strong, value)) for n in range(1, 24))
    tried = [colour, *turned]
    farthest = max(tried, key=lambda candidate: _nearest(candidate, taken))
    return next((candidate for candidate in tried if _nearest(candidate, taken) >= _LEAST_DISTANCE), farthest)


def _nearest(colour: Colour, colours: Iterable[Colour]) -> float:
    return min((_distance(colour, neighbour) for neighbour in colours), default=float("inf"))


def _distance(first: Colour, second: Colour) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5)
