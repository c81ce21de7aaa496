"""The outline of a whole body shows its middle; half a body shows none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from CTSpatialVQALib.anatomy.body_outline import outline_midline
from CTSpatialVQALib.anatomy.measure import measure_all, measurements_json
from CTSpatialVQALib.anatomy.midline import find_midline, side_of
from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume


@pytest.mark.parametrize("index", [0, 1, 3])
def test_the_outline_agrees_with_the_spine(index: int) -> None:
    phantom = make_patient(index)
    spine = find_midline(AnatomyMask(np.asfortranarray(phantom.labels), phantom.grid, phantom.names))
    outline = outline_midline(phantom.hu, phantom.grid)
    assert spine is not None
    assert outline is not None
    assert outline.r_mm == pytest.approx(spine.r_mm, abs=8)
    assert outline.taken_from == "the outline of the body in the CT"


def test_near_the_middle_of_an_outline_nothing_has_a_side() -> None:
    phantom = make_patient(0)
    outline = outline_midline(phantom.hu, phantom.grid)
    assert outline is not None
    assert side_of(outline.r_mm + 29, outline) is None
    assert side_of(outline.r_mm + 31, outline) is Side.RIGHT
    assert side_of(outline.r_mm - 31, outline) is Side.LEFT


def test_half_a_body_has_no_outline() -> None:
    phantom = make_patient(0)
    half = phantom.hu.shape[0] // 2
    shape = (phantom.hu.shape[0] - half, *phantom.hu.shape[1:])
    assert outline_midline(phantom.hu[half:], Grid.of(shape, phantom.grid.affine)) is None


def test_a_mask_of_the_liver_alone_has_a_side_by_the_outline_and_says_where_from() -> None:
    phantom = make_patient(0)
    liver = next(label for label, name in phantom.names.items() if name == "liver")
    labels = np.asfortranarray(np.where(phantom.labels == liver, liver, 0).astype(np.uint8))
    mask = AnatomyMask(labels, phantom.grid, {liver: "liver"})
    outline = outline_midline(phantom.hu, phantom.grid)
    assert measure_all(mask)["liver"].side is None
    assert measure_all(mask, outline=outline)["liver"].side is Side.RIGHT
    assert measure_all(mask, outline=outline, sides_withheld=True)["liver"].side is None
    midline = measurements_json(mask, outline=outline)["midline"]
    assert isinstance(midline, dict)
    assert midline["taken_from"] == "the outline of the body in the CT"


@pytest.mark.real_data
def test_the_outline_of_a_real_abdomen_agrees_with_its_spine(real_data: Path) -> None:
    volume = OrientedVolume.from_file(real_data / "ct" / "example_ct.nii.gz")
    spine = find_midline(read_mask(real_data / "ct" / "example_ct_totalsegmentator.nii.gz", grid=volume.grid))
    outline = outline_midline(volume.hu, volume.grid)
    assert spine is not None
    if outline is not None:  # the body may touch the edges of the field of view
        assert outline.r_mm == pytest.approx(spine.r_mm, abs=15)


@pytest.mark.real_data
def test_a_crop_of_the_chest_has_no_outline(real_data: Path) -> None:
    volume = OrientedVolume.from_file(real_data / "ct" / "chest_crop.nii.gz")
    assert outline_midline(volume.hu, volume.grid) is None
