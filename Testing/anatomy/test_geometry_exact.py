"""Measurements do not depend on how a file stores its voxels, and specks do not move an answer."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from CTSpatialVQALib.anatomy.case_geometry import CaseGeometry
from CTSpatialVQALib.anatomy.geometry_check import check_in_case
from CTSpatialVQALib.anatomy.measure import StructureMeasure, measure_all
from CTSpatialVQALib.anatomy.relations import compare, surface_distance_mm
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask
from CTSpatialVQALib.volumes.connected_components import main_pieces
from Testing.volumes.small_volumes import (
    AXIS_CODES,
    box_labels,
    box_mask,
    caret_table,
    oblique_affine,
    stored_as,
)
from Testing.volumes.small_volumes import write_nifti as write

NAMES = {1: "liver", 2: "spleen", 3: "heart", 4: "vertebrae_T9"}
PAIRS = (("liver", "spleen"), ("heart", "vertebrae_T9"), ("spleen", "heart"))


def blobs(seed: int, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Four crooked structures, each with a speck somewhere."""
    dice = np.random.default_rng(seed)
    smooth = [ndimage.gaussian_filter(dice.standard_normal(shape), 2) for _ in NAMES]
    labels = np.where(np.max(smooth, axis=0) > 0.02, np.argmax(smooth, axis=0) + 1, 0)
    for label in NAMES:
        labels[tuple(dice.integers(0, n) for n in shape)] = label
    return labels.astype(np.uint8)


def stored(code: str, labels: NDArray[np.uint8], affine: NDArray[np.float64]) -> AnatomyMask:
    """The mask as it is read back from a file whose axes run to `code`."""
    array, matrix = stored_as(code, labels, affine)
    with tempfile.TemporaryDirectory() as folder:
        return read_mask(write(Path(folder) / "m.nii", array, matrix, extension=caret_table(NAMES)))


def numbers(measure: StructureMeasure) -> NDArray[np.float64]:
    return np.array(
        [
            measure.voxels,
            measure.speck_voxels,
            measure.volume_ml,
            *measure.centroid_ras,
            *measure.bounds_ras,
            *measure.body_centroid_ras,
            *measure.body_bounds_ras,
        ]
    )


def assert_alike(mask: AnatomyMask, reference: AnatomyMask) -> None:
    ours, theirs = measure_all(mask), measure_all(reference)
    assert list(ours) == list(theirs)
    for name, measure in ours.items():
        expected = theirs[name]
        np.testing.assert_allclose(numbers(measure), numbers(expected), atol=2e-3, err_msg=name)
        assert (measure.side, measure.level, measure.depth) == (
            expected.side,
            expected.level,
            expected.depth,
        ), name
    for a, b in PAIRS:
        np.testing.assert_allclose(compare(mask, a, b), compare(reference, a, b), atol=2e-3)
        assert surface_distance_mm(mask, a, b) == pytest.approx(
            surface_distance_mm(reference, a, b), abs=2e-3
        )


@cache
def reference() -> AnatomyMask:
    labels = blobs(5, (17, 14, 11))
    return stored("RAS", labels, oblique_affine((1.5, 2.0, 4.0), (0, 0, 0)))


@pytest.mark.parametrize("code", AXIS_CODES)
def test_all_axis_codes_measure_alike(code: str) -> None:
    labels = blobs(5, (17, 14, 11))
    assert_alike(stored(code, labels, oblique_affine((1.5, 2.0, 4.0), (0, 0, 0))), reference())


@given(
    seed=st.integers(0, 10_000),
    code=st.sampled_from(AXIS_CODES),
    spacing=st.tuples(*[st.floats(0.4, 6.0)] * 3),
    degrees=st.tuples(*[st.floats(-20, 20)] * 3),
)
@settings(max_examples=25)
def test_oblique_and_anisotropic_grids_measure_alike_in_any_storage_order(
    seed: int, code: str, spacing: tuple[float, float, float], degrees: tuple[float, float, float]
) -> None:
    labels, affine = blobs(seed, (11, 9, 8)), oblique_affine(spacing, degrees)
    grid = Grid.of((11, 9, 8), affine)
    names = {label: name for label, name in NAMES.items() if (labels == label).any()}
    plain = AnatomyMask(np.asfortranarray(labels), grid, names)
    measured = measure_all(stored(code, labels, affine))
    for label, name in names.items():
        points = grid.to_ras(np.argwhere(labels == label).astype(float))
        measure = measured[name]
        np.testing.assert_allclose(measure.centroid_ras, points.mean(axis=0), atol=2e-3)
        ends = np.stack([points.min(axis=0), points.max(axis=0)], axis=1).ravel()
        np.testing.assert_allclose(measure.bounds_ras, ends, atol=2e-3)
        np.testing.assert_allclose(numbers(measure), numbers(measure_all(plain)[name]), atol=2e-3)


def test_a_volume_turned_by_a_third_of_a_circle_moves_its_points_with_it() -> None:
    """Spacing and turn together: the distance of two centroids is that of the boxes before the turn."""
    labels = np.zeros((20, 20, 20), np.uint8, order="F")
    labels[2:4, 2:4, 2:4], labels[12:14, 2:4, 6:8] = 1, 2
    for degrees in ((0, 0, 0), (10, -15, 20)):
        grid = Grid.of((20, 20, 20), oblique_affine((1.0, 2.0, 3.0), degrees))  # type: ignore[arg-type]
        measured = measure_all(AnatomyMask(labels, grid, {1: "liver", 2: "spleen"}))
        apart = np.subtract(measured["liver"].centroid_ras, measured["spleen"].centroid_ras)
        assert np.linalg.norm(apart) == pytest.approx(np.hypot(10.0, 12.0))


# --- specks ---

# far away; in the same axial slices; beside it, a diagonal step off; behind and above
SPECKS = {
    "far above": np.s_[12:14, 12:15, 50:52],
    "same axial slices": np.s_[52:55, 12:15, 22:24],
    "same slices, in front": np.s_[12:14, 30:33, 22:24],
    "inside its shadow": np.s_[22:24, 20:22, 24:26],
}


def with_speck(where: tuple[slice, slice, slice]) -> AnatomyMask:
    labels = box_labels()
    assert not labels[where].any()
    labels[where] = 1
    boxes = box_mask()
    return AnatomyMask(labels, boxes.grid, boxes.names)


@pytest.mark.parametrize("where", SPECKS.values(), ids=SPECKS)
def test_a_speck_moves_no_answer(where: tuple[slice, slice, slice]) -> None:
    plain, speckled = box_mask(), with_speck(where)
    before, after = measure_all(plain)["spleen"], measure_all(speckled)["spleen"]
    assert after.voxels > before.voxels  # it counts in the volume
    assert after.speck_voxels == after.voxels - before.voxels
    assert after.centroid_ras != before.centroid_ras
    for part in ("body_centroid_ras", "body_bounds_ras", "inside_point_ras", "side", "level", "depth"):
        assert getattr(after, part) == pytest.approx(getattr(before, part)), part
    assert compare(speckled, "spleen", "liver") == pytest.approx(compare(plain, "spleen", "liver"))
    assert surface_distance_mm(speckled, "spleen", "liver") == surface_distance_mm(plain, "spleen", "liver")


def test_a_speck_makes_no_contact_and_crosses_no_midline() -> None:
    touching_liver = with_speck(np.s_[32:34, 20:22, 24:26])
    case = CaseGeometry(touching_liver)
    for question in ("Does the spleen touch the liver?", "Does the spleen cross the midline?"):
        assert check_in_case(question, "No.", case).standing == "supported"
        assert check_in_case(question, "Yes.", case).standing == "contradicted"


@pytest.mark.parametrize(("small", "is_speck"), [(4, True), (5, False)])
def test_a_speck_is_smaller_than_five_percent_of_the_largest_piece(small: int, is_speck: bool) -> None:
    inside = np.zeros((30, 8, 8), bool, order="F")
    inside[0:4, 0:5, 0:5] = True  # 100 voxels
    inside[20 : 20 + small, 0, 0] = True
    main = main_pieces(inside)
    if is_speck:
        assert main is not None
        assert main.sum() == 100
    else:
        assert main is None


def test_pieces_that_meet_at_a_corner_are_one() -> None:
    inside = np.zeros((10, 10, 10), bool, order="F")
    inside[0:5, 0:5, 0:5], inside[5, 5, 5] = True, True
    assert main_pieces(inside) is None
