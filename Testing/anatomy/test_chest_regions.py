"""Regions of the chest obey anatomy: what bounds them, what they never hold, and on which side they lie."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.airways import find_airway
from CTSpatialVQALib.anatomy.region import NotDerivable, Region
from CTSpatialVQALib.anatomy.regions import find_region
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask
from Testing.anatomy.test_regions import phantom_mask
from Testing.volumes.small_volumes import block_mask

Voxels = NDArray[np.bool_]
PATIENTS = pytest.mark.parametrize("index", [0, 1, 3])  # 3 has situs inversus
R, A, S = 0, 1, 2
ABDOMEN = ("liver", "spleen", "stomach", "pancreas", "kidney_left", "kidney_right", "colon")
SIDES = pytest.mark.parametrize(("side", "sign"), [(Side.RIGHT, 1), (Side.LEFT, -1)])


@cache
def patient(index: int) -> AnatomyMask:
    return phantom_mask(index, "demo")


@cache
def region(index: int, name: str, side: Side | None = None) -> Voxels:
    derived = find_region(patient(index), name, side=side)
    assert isinstance(derived, Region), derived
    return derived.voxels(patient(index))


def of(mask: AnatomyMask, *names: str) -> Voxels:
    return np.any([mask.voxels_of(name) for name in names if mask.has(name)], axis=0)


def vertebrae(mask: AnatomyMask) -> Voxels:
    return of(mask, *(name for name in mask.structures if name.startswith("vertebrae_")))


def coordinate(mask: AnatomyMask, axis: int) -> NDArray[np.float64]:
    """R, A or S of every slice along an axis, mm, shaped to broadcast; phantoms lie straight in the scan."""
    index = np.zeros((mask.labels.shape[axis], 3))
    index[:, axis] = np.arange(mask.labels.shape[axis])
    shape = [1, 1, 1]
    shape[axis] = -1
    return mask.grid.to_ras(index)[:, axis].reshape(shape)


def share_inside(part: Voxels, region: Voxels) -> float:
    return float((part & region).sum() / part.sum())


@PATIENTS
def test_the_mediastinum_holds_no_bone_no_lung_and_no_abdominal_organ(index: int) -> None:
    mask, mediastinum = patient(index), region(index, "mediastinum")
    bones = [name for name in mask.structures if name.startswith(("rib_", "sternum", "clavicula", "scapula"))]
    assert not (mediastinum & vertebrae(mask)).any()
    assert not (mediastinum & of(mask, *bones, "spinal_cord", "lung_left", "lung_right", *ABDOMEN)).any()


@PATIENTS
def test_the_mediastinum_ends_at_the_spine_discs_included(index: int) -> None:
    mask, mediastinum = patient(index), region(index, "mediastinum")
    cord = of(mask, "spinal_cord")
    back = np.where(cord, coordinate(mask, A), -np.inf).max(axis=(R, A), keepdims=True)
    assert not (mediastinum & (coordinate(mask, A) <= back)).any(), "nothing as far back as the canal"
    middle = np.abs(coordinate(mask, R) - np.where(cord, coordinate(mask, R), 0).sum() / cord.sum()) < 8
    bodies = vertebrae(mask) & middle
    # in front of a body there is mediastinum, and where it ends there is no gap in which a disc was drawn
    front = np.where(bodies, coordinate(mask, A), -np.inf).max(axis=(R, A))
    heights = np.flatnonzero(np.isfinite(front) & mediastinum.any(axis=(R, A)))
    spine_front = np.interp(np.arange(len(front)), heights, front[heights])
    inside_spine = mediastinum & middle & (coordinate(mask, A) < spine_front.reshape(1, 1, -1) - 8)
    assert inside_spine.sum() <= 0.002 * mediastinum.sum()


@PATIENTS
def test_nothing_of_the_mediastinum_lies_below_the_diaphragm(index: int) -> None:
    mask, mediastinum = patient(index), region(index, "mediastinum")
    organs = of(mask, "liver", "spleen", "stomach")
    under = np.logical_or.accumulate(organs[:, :, ::-1], axis=S)[:, :, ::-1]
    assert not (mediastinum & under).any(), "what has liver, spleen or stomach above it is abdomen"
    domes = np.where(organs, coordinate(mask, S), -np.inf).max()
    low = mediastinum & (coordinate(mask, S) < domes - 30)
    passing = of(mask, "heart", "aorta", "esophagus", "inferior_vena_cava")
    assert low.sum() <= 2.5 * (passing & (coordinate(mask, S) < domes - 30)).sum(), "a strand, not a slab"


@PATIENTS
def test_the_mediastinum_ends_behind_the_sternum(index: int) -> None:
    mask, mediastinum = patient(index), region(index, "mediastinum")
    sternum = of(mask, "sternum")
    back = np.where(sternum, coordinate(mask, A), np.inf).min(axis=(R, A), keepdims=True)
    assert not (mediastinum & (coordinate(mask, A) >= back)).any()


@PATIENTS
def test_the_mediastinum_holds_heart_trachea_and_oesophagus_of_the_chest(index: int) -> None:
    mask, mediastinum = patient(index), region(index, "mediastinum")
    airway = find_airway(mask)
    assert airway is not None
    apex = np.flatnonzero(of(mask, "lung_left").any(axis=(R, A)) & of(mask, "lung_right").any(axis=(R, A)))[
        -1
    ]
    chest = (coordinate(mask, S) > airway.carina[2]) & (np.arange(mask.labels.shape[2]) <= apex - 5)
    assert share_inside(of(mask, "heart"), mediastinum) > 0.99
    assert share_inside(of(mask, "trachea") & chest, mediastinum) > 0.97
    bronchi = of(mask, "trachea") & (coordinate(mask, S) < airway.carina[2] - 20)
    assert share_inside(bronchi, mediastinum) < 0.5, "the bronchi leave it"
    assert share_inside(of(mask, "esophagus") & chest, mediastinum) > 0.97


@PATIENTS
def test_the_compartments_divide_the_mediastinum(index: int) -> None:
    mask, mediastinum = patient(index), region(index, "mediastinum")
    front, middle, back = (
        region(index, f"{name}_mediastinum") for name in ("anterior", "middle", "posterior")
    )
    assert (front.astype(int) + middle + back == mediastinum).all(), "each voxel is in one compartment"
    assert share_inside(of(mask, "heart") & mediastinum, middle) > 0.97
    assert share_inside(of(mask, "esophagus") & mediastinum, back) > 0.6
    assert not (front & of(mask, "heart", "aorta", "trachea", "esophagus")).any()
    np.testing.assert_array_equal(region(index, "prevascular"), front)


@PATIENTS
def test_the_carina_is_where_the_trachea_parts(index: int) -> None:
    mask = patient(index)
    airway = find_airway(mask)
    assert airway is not None
    assert airway.is_division
    trachea = of(mask, "trachea")
    above = (
        trachea & (coordinate(mask, S) > airway.carina[2] + 6) & (coordinate(mask, S) < airway.carina[2] + 30)
    )
    axis = float(np.where(above, coordinate(mask, R), 0).sum() / above.sum())
    assert abs(airway.carina[0] - axis) < 10
    right, left = airway.bronchi[Side.RIGHT], airway.bronchi[Side.LEFT]
    assert right[0] - 10 > airway.carina[0] > left[0] + 10
    assert max(right[2], left[2]) < airway.carina[2]


@PATIENTS
def test_subcarinal_is_below_the_carina_between_the_bronchi_and_mediastinal(index: int) -> None:
    mask, subcarinal = patient(index), region(index, "subcarinal")
    airway = find_airway(mask)
    assert airway is not None
    points = mask.grid.to_ras(np.argwhere(subcarinal).astype(float)) - airway.carina
    assert points[:, S].max() < 0
    assert points[:, S].min() >= -31
    assert np.abs(points[:, R]).max() <= 20
    assert abs(points[:, R].mean()) < 6
    organs = ("heart", "aorta", "esophagus", "trachea", "lung_left", "lung_right")
    assert not (subcarinal & (of(mask, *organs) | vertebrae(mask))).any()
    assert share_inside(subcarinal, region(index, "mediastinum")) > 0.95


@PATIENTS
@SIDES
def test_paratracheal_lies_beside_the_trachea_on_its_side(index: int, side: Side, sign: int) -> None:
    mask, beside = patient(index), region(index, "paratracheal", side)
    airway = find_airway(mask)
    assert airway is not None
    trachea = of(mask, "trachea")
    count = np.maximum(trachea.sum(axis=(R, A)), 1)
    axis = np.where(trachea, coordinate(mask, R), 0).sum(axis=(R, A)) / count
    index_of = np.argwhere(beside)
    away = sign * (mask.grid.to_ras(index_of.astype(float))[:, R] - axis[index_of[:, S]])
    assert away.min() > 0
    assert away.max() < 32, "half the trachea and 15 mm"
    assert mask.grid.to_ras(index_of.astype(float))[:, S].min() > airway.carina[2]
    organs = (
        "lung_left",
        "lung_right",
        "aorta",
        "superior_vena_cava",
        "esophagus",
        "trachea",
        "thyroid_gland",
    )
    assert not (beside & (of(mask, *organs) | vertebrae(mask))).any()
    lungs = of(mask, "lung_left", "lung_right")
    assert index_of[:, S].max() <= np.flatnonzero(lungs.any(axis=(R, A)))[-1], "in the chest, not in the neck"


@PATIENTS
def test_without_a_side_paratracheal_is_both_sides(index: int) -> None:
    right, left = (region(index, "paratracheal", side) for side in (Side.RIGHT, Side.LEFT))
    both = region(index, "paratracheal")
    assert not (right & left).any()
    np.testing.assert_array_equal(both, region(index, "paratracheal", Side.BILATERAL))
    assert (both >= (right | left)).all()
    assert right.sum() + left.sum() >= 0.9 * both.sum(), "but for what lies exactly in the middle"


@PATIENTS
@SIDES
def test_a_hilum_is_medial_in_its_lung_at_the_height_of_the_bronchi(
    index: int, side: Side, sign: int
) -> None:
    mask, hilum = patient(index), region(index, "hilum", side)
    airway = find_airway(mask)
    assert airway is not None
    points = mask.grid.to_ras(np.argwhere(hilum).astype(float))
    away = sign * (points[:, R] - airway.carina[0])
    assert away.min() > 9
    lung = of(mask, f"lung_{side}") & (np.abs(coordinate(mask, S) - points[:, S].mean()) < 15)
    reach = sign * (mask.grid.to_ras(np.argwhere(lung).astype(float))[:, R] - airway.carina[0])
    assert np.percentile(away, 95) < np.percentile(reach, 60), "in the medial half of the lung"
    assert airway.carina[2] - 55 < points[:, S].min() < points[:, S].max() < airway.carina[2] + 25
    opposite = "left" if side is Side.RIGHT else "right"
    organs = ("heart", "aorta", "esophagus", f"lung_{opposite}")
    assert not (hilum & (of(mask, *organs) | vertebrae(mask))).any()
    assert 0.3 < share_inside(hilum, of(mask, f"lung_{side}")) < 0.98, "lung, and what leads into it"


@PATIENTS
@SIDES
def test_a_hemithorax_holds_its_lung_and_ends_on_the_diaphragm(index: int, side: Side, sign: int) -> None:
    mask, half = patient(index), region(index, "hemithorax", side)
    assert share_inside(of(mask, f"lung_{side}"), half) > 0.99
    assert not (half & of(mask, "liver", "spleen", "stomach")).any()


@PATIENTS
def test_the_upper_abdomen_holds_its_organs_and_nothing_of_the_chest(index: int) -> None:
    mask, abdomen = patient(index), region(index, "upper_abdomen")
    for organ in ("liver", "spleen", "stomach", "pancreas"):
        assert share_inside(of(mask, organ), abdomen) > 0.9, organ
    assert not (abdomen & (of(mask, "heart", "lung_left", "lung_right") | vertebrae(mask))).any()


@PATIENTS
def test_the_diaphragm_lies_under_the_lungs_and_above_the_organs(index: int) -> None:
    mask, sheet = patient(index), region(index, "diaphragm")
    lungs = of(mask, "lung_left", "lung_right")
    above = np.logical_or.accumulate(lungs[:, :, ::-1], axis=S)[:, :, ::-1]
    assert (above | ~sheet).all()
    heart = np.where(of(mask, "heart"), coordinate(mask, S), np.nan)
    heart_middle = (np.nanmin(heart) + np.nanmax(heart)) / 2
    assert np.where(sheet, coordinate(mask, S), -np.inf).max() < heart_middle, "no sheet at a fissure"


def forked(*, bronchi: bool) -> AnatomyMask:
    """A trachea of 16 mm that parts at S 40 into two bronchi of 10 mm, on voxels of 1 x 1 x 2 mm."""
    shape = (80, 40, 50)
    r, a, s = np.indices(shape).astype(float)
    r, s = r - 40, s * 2
    inside = (np.hypot(r, a - 20) < 8) & (s >= 40)
    if bronchi:
        for sign in (1, -1):
            inside |= (np.hypot(r - sign * (8 + (40 - s) * 0.8), a - 20) < 5) & (s < 40) & (s > 14)
    else:
        inside &= s > 50
    labels = np.asfortranarray(inside.astype(np.uint8))
    return AnatomyMask(labels, Grid.of(shape, np.diag([1.0, 1.0, 2.0, 1.0])), {1: "trachea"})


def test_the_division_is_found_and_the_ends_of_the_bronchi() -> None:
    airway = find_airway(forked(bronchi=True))
    assert airway is not None
    assert airway.is_division
    assert airway.carina == pytest.approx((40, 20, 38), abs=2.5)
    assert airway.bronchi[Side.RIGHT] == pytest.approx((67, 20, 16), abs=3)
    assert airway.bronchi[Side.LEFT] == pytest.approx((13, 20, 16), abs=3)


def test_without_bronchi_the_lower_end_stands_for_the_carina() -> None:
    airway = find_airway(forked(bronchi=False))
    assert airway is not None
    assert not airway.is_division
    assert airway.carina == pytest.approx((40, 20, 52), abs=1.5)


def test_a_trachea_that_the_scan_cuts_off_has_no_carina() -> None:
    mask = forked(bronchi=False)
    cut = mask.labels[:, :, 30:]
    assert find_airway(AnatomyMask(cut, Grid.of(cut.shape, mask.grid.affine), mask.names)) is None


@pytest.mark.real_data
def test_the_mediastinum_of_a_real_chest_ends_in_front_of_the_spine_and_above_the_liver(
    real_data: Path,
) -> None:
    """The mask has lungs only; the CT says where the bodies are (bone) and the abdomen (soft, no air)."""
    from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

    mask = read_mask(real_data / "ct" / "chest_64_masks")
    hu = OrientedVolume.from_file(real_data / "ct" / "chest_64.nrrd").hu
    derived = find_region(mask, "mediastinum")
    assert isinstance(derived, Region)
    voxels = derived.voxels(mask)
    assert (hu[voxels] > 300).mean() < 0.02, "calcified aorta, no vertebrae"
    lungs = of(mask, "lung_left", "lung_right")
    under = np.logical_or.accumulate(lungs[:, :, ::-1], axis=S)[:, :, ::-1] & ~lungs
    base = np.flatnonzero(lungs.any(axis=(R, A)))
    lowest_third = np.zeros_like(lungs)
    lowest_third[:, :, base[0] : base[0] + len(base) // 6] = True
    lowest = voxels & lowest_third
    assert (lowest & under).sum() <= 0.01 * voxels.sum(), "no slab between the recesses"
    assert np.ptp(np.nonzero(lowest)[0]) * mask.grid.spacing_mm[0] < 60, "a strand along the aorta"


@pytest.mark.real_data
def test_an_abdominal_scan_has_no_mediastinum(real_data: Path) -> None:
    mask = read_mask(real_data / "ct" / "example_ct_totalsegmentator.nii.gz")
    refused = find_region(mask, "mediastinum")
    assert isinstance(refused, NotDerivable)
    assert "lower ends of the lungs" in refused.why


def test_what_lies_in_front_of_the_sternum_is_chest_wall() -> None:
    mask = block_mask(
        {
            "lung_right": np.s_[14:22, 2:18, 2:142],
            "lung_left": np.s_[2:10, 2:18, 2:142],
            "sternum": np.s_[11:13, 14:16, 40:100],
        },
        (24, 20, 144),
    )
    derived = find_region(mask, "mediastinum")
    assert isinstance(derived, Region)
    voxels = derived.voxels(mask)
    assert voxels[10:14, 10:14].any()
    assert not voxels[:, 14:].any(), "in front of the back of the sternum, and above and below it"
