"""Layout and direction of the 3D view for the categories of a question, from Resources/display.toml."""

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
    for category, arrangement in _arrangements().items():
        if category in categories:
            return arrangement
    return Arrangement(layouts()["all-round"], Direction.FRONT)


@cache
def _arrangements() -> dict[Category, Arrangement]:
    tables = tomllib.loads(resource("display.toml").read_text(encoding="utf-8"))["arrangement"]
    return {
        Category(table["category"]): Arrangement(layouts()[table["layout"]], Direction(table["from"]))
        for table in tables
    }
