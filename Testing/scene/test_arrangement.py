"""Layouts of questions, and their descriptions for Slicer."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from CTSpatialVQALib.records.words import Category
from CTSpatialVQALib.scene.arrangement import Direction, arrangement_for
from CTSpatialVQALib.scene.layouts import SLICE_VIEWS, layouts, name_of_layout


@pytest.mark.parametrize(
    ("categories", "layout", "direction"),
    [
        ([Category.EXTENT, Category.LATERALITY], "left-right", Direction.FRONT),
        ([Category.LATERALITY, Category.DEPTH], "left-right", Direction.FRONT),
        ([Category.VERTICAL, Category.DEPTH], "front-back", Direction.LEFT),
        ([Category.VERTICAL], "up-down", Direction.FRONT),
        ([Category.ADJACENCY, Category.CENTRICITY], "in-out", Direction.FRONT),
        ([], "all-round", Direction.FRONT),
    ],
)
def test_the_first_category_in_the_written_order_decides(
    categories: list[Category], layout: str, direction: Direction
) -> None:
    assert arrangement_for(categories) == (layouts()[layout], direction)
    assert arrangement_for(categories[::-1]) == (layouts()[layout], direction)


@pytest.mark.parametrize("category", Category)
def test_every_category_is_arranged_and_its_slice_is_seen(category: Category) -> None:
    expected_views = {
        Category.LATERALITY: {"Red", "Green"},
        Category.VERTICAL: {"Green"},
        Category.DEPTH: {"Yellow"},
    }.get(category, {"Red"})
    assert expected_views < set(arrangement_for([category]).layout.views)


@pytest.mark.parametrize("name", layouts())
def test_a_layout_names_each_of_its_views_once(name: str) -> None:
    layout = layouts()[name]
    parsed = ElementTree.fromstring(layout.description)
    tags = [view.get("singletontag") for view in parsed.iter("view")]
    assert tags == ["1" if view == "3D" else view for view in layout.views]
    for view in parsed.iter("view"):
        if view.get("class") == "vtkMRMLSliceNode":
            orientation = next(child.text for child in view if child.get("name") == "orientation")
            assert orientation == SLICE_VIEWS[view.get("singletontag") or ""]


def test_layouts_have_numbers_of_their_own() -> None:
    numbers = [layout.number for layout in layouts().values()]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) > 1000
    assert name_of_layout(numbers[0]) == next(iter(layouts()))
    assert name_of_layout(3) == "Slicer layout 3"
