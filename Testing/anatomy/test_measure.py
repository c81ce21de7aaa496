"""Measurements equal what plain numpy says about the voxels, and sides and levels what anatomy says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.anatomy.measure import measure_all, measure_one, measurements_json
from CTSpatialVQALib.anatomy.midline import find_midline, side_of
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.words import Centricity, Depth, Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask
from Testing.volumes.small_volumes import block_mask, body, oblique_affine


def assert_equals_numpy(mask: AnatomyMask) -> None:
    measured = measure_all(mask)
    for label, name in mask.names.items():
        points = mask.grid.to_ras(np.argwhere(mask.labels == label))
        if not len(points):
            assert name not in measured
            continue
        measure = measured[name]
        assert measure.voxels == len(points)
        assert measure.volume_ml == pytest.approx(len(points) * np.prod(mask.grid.spacing_mm) / 1000)
        np.testing.assert_allclose(measure.centroid_ras, points.mean(axis=0), atol=1e-6)
        ends = np.stack([points.min(axis=0), points.max(axis=0)], axis=1).ravel()
        np.testing.assert_allclose(measure.bounds_ras, ends, atol=1e-6)
        assert np.abs(points - measure.inside_point_ras).sum(axis=1).min() < 1e-6, (
            f"{name}: a voxel centre of it"
        )


@given(seed=st.integers(0, 10_000), angle=st.sampled_from([0.0, 11.0]))
def test_random_labels_are_measured_as_numpy_does(seed: int, angle: float) -> None:
    dice = np.random.default_rng(seed)
    labels = (dice.random((7, 6, 5)) < 0.4) * dice.integers(0, 4, (7, 6, 5))
    grid = Grid.of((7, 6, 5), oblique_affine((0.7, 1.1, 3.0), (angle, -angle, angle)))
    assert_equals_numpy(AnatomyMask(labels.astype(np.uint8), grid, {1: "liver", 2: "heart", 3: "aorta"}))


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name",
    ["example_ct_totalsegmentator.nii.gz", "example_ct_sm_masks", "chest_crop_masks", "chest_64_masks"],
)
def test_real_structures_are_measured_as_numpy_does(name: str, real_data: Path) -> None:
    assert_equals_numpy(read_mask(real_data / "ct" / name))


@pytest.mark.real_data
@pytest.mark.parametrize("folder", ["example_ct_sm_masks", "chest_crop_masks", "chest_64_masks"])
def test_real_structures_are_measured_as_simpleitk_alone_does(folder: str, real_data: Path) -> None:
    """Read, placed and measured by SimpleITK in its LPS world, without any code of ours."""
    mask = read_mask(real_data / "ct" / folder)
    overlapping = any("claimed by more than one" in note for note in mask.notes)
    measured = measure_all(mask)
    compared = 0
    for name, measure in measured.items():
        image = sitk.ReadImage(str(real_data / "ct" / folder / f"{name}.nii.gz"))
        shape = sitk.LabelShapeStatisticsImageFilter()
        shape.Execute(sitk.Cast(image != 0, sitk.sitkUInt8))
        if overlapping and shape.GetNumberOfPixels(1) != measure.voxels:
            continue
        left, posterior, s = shape.GetCentroid(1)
        np.testing.assert_allclose(measure.centroid_ras, (-left, -posterior, s), atol=1e-3, err_msg=name)
        assert measure.volume_ml == pytest.approx(shape.GetPhysicalSize(1) / 1000, rel=1e-5)
        compared += 1
    assert compared >= 0.8 * len(measured)


@pytest.mark.real_data
def test_every_real_structure_of_a_side_is_on_that_side(real_data: Path) -> None:
    mask = read_mask(real_data / "ct" / "example_ct_totalsegmentator.nii.gz")
    for name, measure in measure_all(mask).items():
        if name.startswith(
            ("kidney", "hip", "femur", "gluteus", "iliopsoas", "adrenal", "rib_", "autochthon")
        ):
            assert measure.side.value in name, name
        if name.startswith("vertebrae") or name == "sacrum":
            assert measure.side is Side.MIDLINE


def test_the_inside_point_of_a_ring_lies_on_the_ring() -> None:
    r, a = np.ogrid[-10:11, -10:11]
    ring = (r**2 + a**2 < 100) & (r**2 + a**2 > 36)
    labels = np.zeros((21, 21, 3), np.uint8)
    labels[ring] = 1
    mask = AnatomyMask(labels, Grid.of((21, 21, 3), np.eye(4)), {1: "colon"})
    measure = measure_all(mask)["colon"]
    assert labels[tuple(round(v) for v in measure.centroid_ras)] == 0
    assert labels[tuple(round(v) for v in measure.inside_point_ras)] == 1


def test_the_inside_point_is_in_the_largest_slice() -> None:
    mask = block_mask({"liver": np.s_[5:8, 5:8, 2:12]})
    labels = mask.labels.copy()
    labels[2:14, 2:14, 9] = 1
    mask = AnatomyMask(labels, mask.grid, mask.names)
    assert measure_all(mask)["liver"].inside_point_ras.s == 27.0


def test_a_speck_far_away_does_not_change_the_side() -> None:
    labels = np.zeros((240, 4, 30), np.uint8, order="F")
    labels[100:102, :, :] = 2  # the midline at R 100.5
    labels[84:94, :, 0:10] = 1  # its middle is 12 mm to the left of it
    labels[239, :, 20:24] = 1  # 4 % of it, 138 mm to the right
    grid = Grid.of((240, 4, 30), np.eye(4))
    measure = measure_all(AnatomyMask(labels, grid, {1: "spleen", 2: "spinal_cord"}))["spleen"]
    assert measure.voxels == 416
    assert measure.centroid_ras.r == pytest.approx(
        (400 * 88.5 + 16 * 239) / 416
    )  # of everything: 6 mm to the left
    assert measure.side is Side.LEFT


def test_leaving_out_inside_points_changes_nothing_else() -> None:
    mask = body().mask
    quick, complete = measure_all(mask, inside_points=False), measure_all(mask)
    for name, measure in complete.items():
        assert quick[name] == measure._replace(inside_point_ras=measure.centroid_ras)


def test_a_parent_is_measured_as_the_union_of_its_parts() -> None:
    mask = block_mask(
        {"lung_upper_lobe_left": np.s_[2:6, 2:6, 8:14], "lung_lower_lobe_left": np.s_[2:8, 2:6, 2:8]}
    )
    lung = measure_one(mask, "lung_left")
    assert lung is not None
    points = mask.grid.to_ras(np.argwhere(mask.labels > 0))
    assert lung.voxels == len(points)
    np.testing.assert_allclose(lung.centroid_ras, points.mean(axis=0))
    assert measure_one(mask, "heart") is None
    assert measure_one(mask, "lung_upper_lobe_left") == measure_all(mask)["lung_upper_lobe_left"]


@pytest.mark.parametrize(
    ("keep", "source"),
    [
        (lambda name: True, "9 vertebrae"),
        (lambda name: not name.startswith("vertebrae"), "spinal cord"),
        (lambda name: name == "sternum" or name == "liver", "sternum"),
        (lambda name: "kidney" in name or "lung" in name, "the middle between paired structures"),
    ],
)
def test_the_midline_is_found_from_whatever_tells_it(keep: Callable[[str], bool], source: str) -> None:
    phantom = body()
    names = {label: name for label, name in phantom.names.items() if keep(name)}
    mask = AnatomyMask(
        np.where(np.isin(phantom.labels, list(names)), phantom.labels, 0).astype(np.uint8),
        phantom.grid,
        names,
    )
    midline = find_midline(mask)
    assert midline is not None
    assert midline.taken_from == source
    assert midline.r_mm == pytest.approx(0, abs=2.0)


def test_without_a_structure_that_shows_the_midline_nothing_has_a_side() -> None:
    mask = block_mask({"liver": np.s_[1:4, 2:6, 2:6]})
    assert find_midline(mask) is None
    assert side_of(100.0, None) is None
    liver = measure_all(mask)["liver"]
    assert (liver.side, liver.centricity) == (None, None)
    assert measurements_json(mask)["midline"] is None


@pytest.mark.parametrize("name", ["vertebrae_T5", "spinal_cord", "sternum"])
def test_what_the_edge_of_the_volume_cuts_off_shows_no_midline(name: str) -> None:
    """A scan of the right half of a body: the half of a vertebra that it holds lies right of the midline."""
    assert find_midline(block_mask({name: np.s_[0:3, 2:6, 2:6]})) is None
    assert find_midline(block_mask({name: np.s_[1:4, 2:6, 2:6]})) is not None


def test_a_pair_of_which_one_is_cut_off_shows_no_midline() -> None:
    pair = {"kidney_left": np.s_[0:2, 2:6, 2:6], "kidney_right": np.s_[14:20, 2:6, 2:6]}
    assert find_midline(block_mask(pair)) is None


def test_sides_and_levels_of_a_body() -> None:
    measured = measure_all(body().mask)
    sides = {
        name: measured[name].side.value for name in ("liver", "spleen", "heart", "sternum", "kidney_left")
    }
    assert sides == {
        "liver": "right",
        "spleen": "left",
        "heart": "left",
        "sternum": "midline",
        "kidney_left": "left",
    }
    assert measured["vertebrae_T5"].level == "T5"
    assert measured["heart"].level == "T5"


def test_without_vertebrae_the_level_is_a_third_of_the_scan_and_says_so() -> None:
    mask = block_mask({"liver": np.s_[0:4, 2:6, 2:6], "heart": np.s_[0:4, 2:6, 12:14]})
    measured = measure_all(mask)
    assert (measured["liver"].level, measured["heart"].level) == ("lower third", "upper third")
    assert measured["liver"].level_from == "fraction of the scan's height"
    of_body = measure_all(body().mask)
    assert {measure.level_from for measure in of_body.values()} <= {"vertebrae", None}
    assert of_body["clavicula_left"].level is None  # 43 mm above the topmost vertebra


def test_depth_and_centricity_are_thirds_of_the_labelled_body() -> None:
    measured = measure_all(body().mask)
    assert {name: measured[name].depth for name in ("sternum", "heart", "vertebrae_T5", "stomach")} == {
        "sternum": Depth.ANTERIOR,
        "heart": None,
        "vertebrae_T5": Depth.POSTERIOR,
        "stomach": None,
    }
    assert {name: measured[name].centricity for name in ("sternum", "liver", "spleen")} == {
        "sternum": Centricity.CENTRAL,
        "liver": None,
        "spleen": Centricity.PERIPHERAL,
    }
    alone = measure_all(block_mask({"liver": np.s_[0:4, 2:6, 2:6]}))["liver"]
    assert (alone.depth, alone.centricity) == (None, None)


def test_the_printed_shape_is_plain_json() -> None:
    printed = json.loads(json.dumps(measurements_json(body().mask)))
    liver = printed["structures"]["liver"]
    assert set(liver) >= {
        "voxels",
        "volume_ml",
        "centroid_ras",
        "inside_point_ras",
        "bounds_ras",
        "side",
        "level",
    }
    assert len(liver["bounds_ras"]) == 6
    assert liver["side"] == "right"
    assert printed["midline"]["taken_from"] == "9 vertebrae"
