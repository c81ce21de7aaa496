"""Layouts of the views, from Resources/display.toml, as Slicer's XML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, TypedDict

from CTSpatialVQALib.resources import resource

SLICE_VIEWS: Mapping[str, str] = MappingProxyType({"Red": "Axial", "Green": "Coronal", "Yellow": "Sagittal"})
_FIRST_NUMBER = 5270  # away from Slicer's own (below 600) and from other extensions' round hundreds
_COLOURS = {"Red": "#F34A33", "Green": "#6EB04B", "Yellow": "#EDD54C"}
_THREE_D = "3D"


class _LayoutTable(TypedDict):
    """A layout as the file has it."""

    columns: list[list[str]]
    widths: list[int]


class Layout(NamedTuple):
    """One arrangement of the views.

    Parameters
    ----------
    number : by which Slicer's layout node knows it
    views : those that are seen: slice view names, and `3D`
    description : Slicer's XML
    """

    name: str
    number: int
    views: tuple[str, ...]
    description: str


@cache
def layouts() -> Mapping[str, Layout]:
    """All layouts of Resources/display.toml by name."""
    tables = tomllib.loads(resource("display.toml").read_text(encoding="utf-8"))["layout"]
    return MappingProxyType(
        {
            name: Layout(name, _FIRST_NUMBER + place, tuple(chain(*table["columns"])), _described(table))
            for place, (name, table) in enumerate(tables.items())
        }
    )


def name_of_layout(number: int) -> str:
    """The name of one of ours, or `Slicer layout <number>`."""
    ours = {layout.number: layout.name for layout in layouts().values()}
    return ours.get(number, f"Slicer layout {number}")


def _described(table: _LayoutTable) -> str:
    items = "".join(
        f'<item splitSize="{width}">{_column(names)}</item>'
        for names, width in zip(table["columns"], table["widths"], strict=True)
    )
    return f'<layout type="horizontal" split="true">{items}</layout>'


def _column(names: list[str]) -> str:
    if len(names) == 1:
        return _view(names[0])
    items = "".join(f'<item splitSize="500">{_view(name)}</item>' for name in names)
    return f'<layout type="vertical" split="true">{items}</layout>'


def _view(name: str) -> str:
    if name == _THREE_D:
        return (
            '<view class="vtkMRMLViewNode" singletontag="1">'
            '<property name="viewlabel" action="default">1</property></view>'
        )
    return (
        f'<view class="vtkMRMLSliceNode" singletontag="{name}">'
        f'<property name="orientation" action="default">{SLICE_VIEWS[name]}</property>'
        f'<property name="viewlabel" action="default">{name[0]}</property>'
        f'<property name="viewcolor" action="default">{_COLOURS[name]}</property></view>'
    )
