"""Point through which the slices are laid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.scene.crops import CaseCrops
from CTSpatialVQALib.scene.jump import Focus, focus_on
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from Testing.scene.patients import BALLS, Patient

NAMES = {1: "liver", 2: "spleen", 3: "heart"}
GRID = Grid.of((7, 6, 5), np.diag([2.0, 3.0, 4.0, 1.0]))


def _focus(mask: AnatomyMask, *names: str) -> Focus:
    return focus_on(CaseCrops(mask).present(names), mask.grid)


def _label_at(mask: AnatomyMask, focus: Focus) -> str | None:
    r, a, s = np.rint(mask.grid.to_index(focus.ras)).astype(int)
    return mask.names.get(int(mask.labels[r, a, s]))


@pytest.mark.parametrize("name", [*BALLS, "colon"])
def test_the_point_is_inside_even_where_the_centroid_is_not(patient: Patient, name: str) -> None:
    assert _label_at(patient.mask, _focus(patient.mask, name)) == name


def test_several_structures_are_cut_through_the_smallest(patient: Patient) -> None:
    focus = _focus(patient.mask, "liver", "kidney_right", "colon")
    assert focus.structure == "kidney_right"
    assert _label_at(patient.mask, focus) == "kidney_right"


def test_the_slices_are_chosen_so_that_they_show_the_others_too(patient: Patient) -> None:
    liver = BALLS["liver"]

    def cuts_of_the_liver(focus: Focus) -> int:
        return int((np.abs(np.subtract(focus.ras, liver.centre)) < liver.half).sum())

    assert cuts_of_the_liver(_focus(patient.mask, "kidney_right")) == 1
    assert cuts_of_the_liver(_focus(patient.mask, "kidney_right", "liver")) == 3


def test_nothing_to_show_means_the_centre_of_the_volume() -> None:
    mask = AnatomyMask(np.zeros(GRID.shape, np.uint8), GRID, NAMES)
    assert _focus(mask, "liver") == Focus((6.0, 7.5, 8.0), None)  # type: ignore[arg-type]


@settings(max_examples=30)
@given(arrays.arrays(np.uint8, GRID.shape, elements=st.integers(0, 3)))
def test_whatever_the_mask_the_point_is_inside_the_structure_it_names(labels: np.ndarray) -> None:
    mask = AnatomyMask(labels, GRID, NAMES)
    focus = _focus(mask, *NAMES.values())
    assert _label_at(mask, focus) == focus.structure or focus.structure is None
