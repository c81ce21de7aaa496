"""How is a question of these categories looked at? Layout and direction, from Resources/display.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from CTSpatialVQALib.records.words import Category
from CTSpatialVQALib.resources import resource
from CTSpatialVQALib.scene.layouts import Layout, layouts


class Direction(StrEnum):
    """From where the 3D view looks; `left` and `right` are the patient's."""

    FRONT = "front"
    BACK = "back"
    LEFT = "left"
    RIGHT = "right"
    ABOVE = "above"


class Arrangement(NamedTuple):
    """Layout of the views, and from where the 3D view looks."""

    layout: Layout
    direction: Direction


def arrangement_for(categories: Collection[Category]) -> Arrangement:
    """That of the first of `categories` in the order of the file; all round, from the front, if none."""
    chosen = next((one for category, one in _arrangements().items() if category in categories), None)
    return chosen or Arrangement(layouts()["all-round"], Direction.FRONT)


@cache
def _arrangements() -> dict[Category, Arrangement]:
    told = tomllib.loads(resource("display.toml").read_text(encoding="utf-8"))["arrangement"]
    return {
        Category(one["category"]): Arrangement(layouts()[one["layout"]], Direction(one["from"]))
        for one in told
    }
