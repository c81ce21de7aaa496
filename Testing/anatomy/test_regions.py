"""Regions lie where their words say, and are refused with the reason where they cannot be made."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from CTSpatialVQALib.anatomy.region import NotDerivable, Region
from CTSpatialVQALib.anatomy.regions import NOT_DERIVABLE, find_region, region_names
from CTSpatialVQALib.demo.phantom import PhantomSize, make_patient
from CTSpatialVQALib.language.lexicon import lexicon
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.resources import resource
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask
from Testing.volumes.small_volumes import block_mask, box_mask

# what a thorax with lobes, vertebrae and great vessels can show
DERIVED = (
    *("subpleural", "peripheral", "central", "lung_apex", "lung_base", "fissure", "pleura", "diaphragm"),
    *("paramediastinal", "hemithorax", "hilum", "mediastinum", "anterior_mediastinum", "prevascular"),
    *("middle_mediastinum", "upper_mediastinum", "paratracheal", "pretracheal", "retrotracheal", "carina"),
    *("subcarinal", "retrosternal", "midline", "upper_abdomen", "thoracic_spine"),
)


@cache
def phantom_mask(index: int = 0, size: PhantomSize = "tiny") -> AnatomyMask:
    phantom = make_patient(index, size)
    return AnatomyMask(np.asfortranarray(phantom.labels), phantom.grid, phantom.names)


def found(mask: AnatomyMask, name: str, side: Side | None = None, within: str | None = None) -> Region:
    region = find_region(mask, name, side=side, within=within)
    assert isinstance(region, Region), region
    return region


def points(mask: AnatomyMask, region: Region) -> NDArray[np.float64]:
    return mask.grid.to_ras(np.argwhere(region.voxels(mask)).astype(float))


def centre(mask: AnatomyMask, name: str) -> NDArray[np.float64]:
    return mask.grid.to_ras(np.argwhere(mask.voxels_of(name)).astype(float)).mean(axis=0)


def test_every_region_of_the_lexicon_can_be_made_or_has_a_reason() -> None:
    text = resource("anatomy/lexicon.toml").read_text("utf-8")
    named = {line.split('"')[1] for line in text.splitlines() if line.startswith("region = ")} | {"fissure"}
    assert lexicon().detail_regions <= named
    assert named <= set(region_names()) | set(NOT_DERIVABLE)
    assert not set(region_names()) & set(NOT_DERIVABLE)


@pytest.mark.parametrize("index", range(5))
@pytest.mark.parametrize("name", DERIVED)
def test_phantoms_have_every_region_of_the_chest(name: str, index: int) -> None:
    region = found(phantom_mask(index), name)
    assert region.inside.any()
    assert region.note
    assert region.taken_from


@pytest.mark.parametrize("index", range(5))
def test_places_lie_to_each_other_as_their_names_say(index: int) -> None:
    mask = phantom_mask(index)
    r, a, s = 0, 1, 2

    def middle(name: str, side: Side | None = None) -> NDArray[np.float64]:
        return points(mask, found(mask, name, side)).mean(axis=0)

    assert middle("hemithorax", Side.RIGHT)[r] > middle("midline")[r] > middle("hemithorax", Side.LEFT)[r]
    assert middle("hilum", Side.RIGHT)[r] > centre(mask, "trachea")[r] > middle("hilum", Side.LEFT)[r]
    assert middle("lung_apex")[s] > middle("fissure")[s] > middle("lung_base")[s] > middle("upper_abdomen")[s]
    assert middle("anterior_mediastinum")[a] > middle("middle_mediastinum")[a]
    assert middle("pretracheal")[a] > centre(mask, "trachea")[a] > middle("retrotracheal")[a]
    assert middle("paratracheal", Side.RIGHT)[r] > middle("paratracheal", Side.LEFT)[r]
    assert middle("upper_mediastinum")[s] > centre(mask, "heart")[s]
    assert middle("subcarinal")[s] < middle("carina")[s] < centre(mask, "trachea")[s]
    assert middle("retrosternal")[a] < centre(mask, "sternum")[a]
    assert middle("diaphragm")[s] < centre(mask, "lung_right")[s]


@pytest.mark.parametrize("index", range(5))
def test_beside_the_trachea_each_side_is_a_half_of_the_unsided_region(index: int) -> None:
    mask = phantom_mask(index)
    left, right, both = (found(mask, "paratracheal", side) for side in (Side.LEFT, Side.RIGHT, None))
    np.testing.assert_array_equal(left.voxels(mask) | right.voxels(mask), both.voxels(mask))
    assert not (left.voxels(mask) & right.voxels(mask)).any()
    trachea = mask.grid.to_ras(np.argwhere(mask.voxels_of("trachea")).astype(float))
    for region, sign in ((left, -1), (right, 1)):
        for place in points(mask, region)[::7]:
            same_slice = trachea[np.abs(trachea[:, 2] - place[2]) < 0.1]
            assert sign * (place[0] - same_slice[:, 0].mean()) > 0


def test_depth_zones_follow_the_distance_from_the_surface_of_the_lung() -> None:
    mask = phantom_mask()
    lungs = mask.voxels_of("lung_left") | mask.voxels_of("lung_right")
    depth = ndimage.distance_transform_edt(lungs, sampling=mask.grid.spacing_mm)
    subpleural, peripheral, central = (
        found(mask, name).voxels(mask) for name in ("subpleural", "peripheral", "central")
    )
    np.testing.assert_array_equal(subpleural, lungs & (depth <= 10))
    np.testing.assert_array_equal(peripheral, lungs & (depth <= 20))
    np.testing.assert_array_equal(central, lungs & (depth > 20))
    lobe = "lung_lower_lobe_left"
    in_lobe = found(mask, "subpleural", within=lobe)
    np.testing.assert_array_equal(in_lobe.voxels(mask), subpleural & mask.voxels_of(lobe))
    assert lobe in in_lobe.note


def test_the_fissure_is_where_lobes_of_one_lung_meet() -> None:
    mask = phantom_mask()
    upper, lower = (mask.voxels_of(f"lung_{level}_lobe_left") for level in ("upper", "lower"))
    meeting = (ndimage.binary_dilation(upper) & lower) | (ndimage.binary_dilation(lower) & upper)
    np.testing.assert_array_equal(found(mask, "fissure", Side.LEFT).voxels(mask), meeting)


TALL_LUNGS = block_mask(
    {"lung_right": np.s_[14:22, 2:18, 2:142], "lung_left": np.s_[2:10, 2:18, 2:142]}, (24, 20, 144)
)
LUNGS = block_mask({"lung_right": np.s_[14:22, 2:18, 2:14], "lung_left": np.s_[2:10, 2:18, 2:14]})


def test_apex_and_base_are_a_fifth_of_the_height() -> None:
    for name, slices in (("lung_apex", np.s_[12:14]), ("lung_base", np.s_[2:4])):
        region = found(LUNGS, name, Side.LEFT).voxels(LUNGS)
        assert set(np.flatnonzero(region.any(axis=(0, 1)))) == set(range(16)[slices])
        assert region.sum() == 8 * 16 * 2


def test_a_hemithorax_reaches_from_the_midline_to_the_outer_edge() -> None:
    # between the paired lungs the midline is at R 11.5
    right = found(LUNGS, "hemithorax", Side.RIGHT).voxels(LUNGS)
    assert set(np.flatnonzero(right.any(axis=(1, 2)))) == set(range(12, 22))


@pytest.mark.parametrize(
    ("mask", "name", "side", "why"),
    [
        (box_mask(), "subpleural", None, "has no lung_left or lung_right"),
        (LUNGS, "fissure", None, "does not separate the lobes"),
        (LUNGS, "hilum", Side.LEFT, "trachea down to its division"),
        (LUNGS, "mediastinum", None, "lower ends of the lungs"),
        (TALL_LUNGS, "anterior_mediastinum", None, "the heart or the trachea"),
        (TALL_LUNGS, "upper_mediastinum", None, "T4 and T5, or the heart"),
        (LUNGS, "left_atrium", None, "no heart_atrium_left"),
        (LUNGS, "axilla", None, "skin"),
        (block_mask({"liver": np.s_[2:4, 2:4, 2:4]}), "midline", None, "where the midline is"),
        (block_mask({"lung_left": np.s_[2:4, 2:4, 2:4]}), "hemithorax", Side.RIGHT, "no lung_right"),
    ],
)
def test_what_the_mask_does_not_tell_is_refused(
    mask: AnatomyMask, name: str, side: Side | None, why: str
) -> None:
    refused = find_region(mask, name, side=side)
    assert isinstance(refused, NotDerivable)
    assert why in refused.why


@pytest.mark.real_data
def test_a_real_chest_with_lungs_only(real_data: Path) -> None:
    mask = read_mask(real_data / "ct" / "chest_64_masks")
    lungs = mask.voxels_of("lung_left") | mask.voxels_of("lung_right")
    depth = ndimage.distance_transform_edt(lungs, sampling=mask.grid.spacing_mm)
    central = found(mask, "central").voxels(mask)
    np.testing.assert_array_equal(central[1:-1, 1:-1, 1:-1], (lungs & (depth > 20))[1:-1, 1:-1, 1:-1])
    between = points(mask, found(mask, "mediastinum")).mean(axis=0)[0]
    assert centre(mask, "lung_left")[0] + 20 < between < centre(mask, "lung_right")[0] - 20
    for name in ("lung_apex", "lung_base", "pleura", "diaphragm", "paramediastinal", "hemithorax"):
        assert found(mask, name).inside.any()
    for name in ("fissure", "hilum", "middle_mediastinum", "retrosternal", "upper_abdomen"):
        assert isinstance(find_region(mask, name), NotDerivable)
