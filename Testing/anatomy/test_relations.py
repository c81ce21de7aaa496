"""How two structures lie to each other is measured from their voxels, not guessed from their names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from CTSpatialVQALib.anatomy.relations import compare, surface_distance_mm
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes.anatomy_mask import read_mask
from Testing.volumes.small_volumes import block_mask, body

# voxels of 1 x 2 x 3 mm
PAIR = block_mask({"liver": np.s_[12:16, 4:6, 8:10], "spleen": np.s_[2:6, 10:12, 2:4]})
VESSEL_IN_LUNG = block_mask({"lung_left": np.s_[2:12, 2:12, 2:12], "aorta": np.s_[5:7, 5:7, 5:7]})


def test_the_differences_are_those_of_the_centroids_in_mm() -> None:
    assert compare(PAIR, "liver", "spleen") == (10.0, 18.0, -12.0, False, 0.0)
    assert compare(PAIR, "spleen", "liver") == (-10.0, -18.0, 12.0, False, 0.0)


def test_a_vessel_in_the_lung_is_enclosed_by_it_and_not_the_other_way_round() -> None:
    inside = compare(VESSEL_IN_LUNG, "aorta", "lung_left")
    assert (inside.touching, inside.enclosed_share) == (True, 1.0)
    outside = compare(VESSEL_IN_LUNG, "lung_left", "aorta")
    assert outside.touching
    assert outside.enclosed_share < 0.05


def test_an_edge_is_not_a_face() -> None:
    faces = block_mask({"liver": np.s_[0:4, 0:4, 0:4], "spleen": np.s_[4:8, 0:4, 0:4]})
    edges = block_mask({"liver": np.s_[0:4, 0:4, 0:4], "spleen": np.s_[4:8, 4:8, 0:4]})
    assert compare(faces, "liver", "spleen").touching
    assert not compare(edges, "liver", "spleen").touching


def test_the_distance_is_the_smallest_between_all_voxels() -> None:
    points = [PAIR.grid.to_ras(np.argwhere(PAIR.voxels_of(name))) for name in ("liver", "spleen")]
    assert surface_distance_mm(PAIR, "liver", "spleen") == pytest.approx(cdist(*points).min())
    assert surface_distance_mm(VESSEL_IN_LUNG, "aorta", "lung_left") == 0.0


def test_unions_of_parts_can_be_compared() -> None:
    mask = body().mask
    assert compare(mask, "lung_right", "lung_left").right_of_mm > 100
    assert compare(mask, "heart", "vertebrae_T5").front_of_mm > 50
    assert surface_distance_mm(mask, "lung_right", "lung_left") > 50


def test_a_structure_that_is_not_there_is_named() -> None:
    with pytest.raises(BadInput, match=r"'heart'.*only spleen, liver"):
        compare(PAIR, "liver", "heart")


@pytest.mark.real_data
def test_real_neighbours(real_data: Path) -> None:
    mask = read_mask(real_data / "ct" / "example_ct_totalsegmentator.nii.gz")
    assert compare(mask, "liver", "spleen").right_of_mm > 100
    assert compare(mask, "kidney_left", "urinary_bladder").above_mm > 100
    assert compare(mask, "vertebrae_L3", "vertebrae_L4").touching
    assert surface_distance_mm(mask, "vertebrae_L3", "vertebrae_L4") == 0.0
    points = [mask.grid.to_ras(np.argwhere(mask.voxels_of(name))) for name in ("kidney_left", "gallbladder")]
    assert surface_distance_mm(mask, "kidney_left", "gallbladder") == pytest.approx(cdist(*points).min())
