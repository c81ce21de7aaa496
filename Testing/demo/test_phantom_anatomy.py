"""Is a phantom patient built like a human? Everything is checked on the arrays alone."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from scipy import ndimage

from CTSpatialVQALib.demo import phantom as phantom_module
from CTSpatialVQALib.demo.patients import PATIENTS
from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.structures import label_names, opposite, structures
from Testing.demo.measured import Measured

UPRIGHT = (0, 1, 2, 4)
SITUS = 3
LEFT_ORGANS = ("heart", "spleen", "stomach")
RIGHT_ORGANS = ("liver", "gallbladder", "superior_vena_cava", "inferior_vena_cava")
LOBES = [name for name in structures() if name.startswith("lung_") and "lobe" in name]


def _digest(measured: Measured) -> str:
    arrays = measured.phantom.hu.tobytes() + measured.phantom.labels.tobytes()
    return hashlib.sha256(arrays).hexdigest()


def test_the_same_patient_is_the_same_array_every_time() -> None:
    once, again = (Measured(make_patient(2, "tiny")) for _ in range(2))

    assert _digest(once) == _digest(again)
    assert _digest(once) != _digest(Measured(make_patient(1, "tiny")))


@pytest.mark.parametrize("index", range(5))
def test_labels_are_totalsegmentator_values_and_none_is_empty(patients: list[Measured], index: int) -> None:
    phantom = patients[index].phantom
    counts = np.bincount(phantom.labels.reshape(-1), minlength=256)

    assert set(np.flatnonzero(counts)) - {0} == set(phantom.names)
    assert all(label_names("total_v2")[value] == name for value, name in phantom.names.items())
    assert len(phantom.names) >= 80
    # a few voxels would mean that another organ has covered this one
    assert min(counts[value] * phantom.grid.voxel_ml for value in phantom.names) > 0.8


def test_arrays_run_to_the_right_the_front_and_the_head(patients: list[Measured]) -> None:
    for one in patients:
        assert (np.diag(one.phantom.grid.affine)[:3] > 0).all()
        assert one.centre("sternum")[1] > one.centre("vertebrae_T6")[1]
        assert one.centre("thyroid_gland")[2] > one.centre("heart")[2] > one.centre("liver")[2]


@pytest.mark.parametrize("index", UPRIGHT)
def test_unpaired_organs_lie_on_their_usual_side(patients: list[Measured], index: int) -> None:
    one = patients[index]

    assert {name: one.side(name) for name in LEFT_ORGANS} == dict.fromkeys(LEFT_ORGANS, "left")
    assert {name: one.side(name) for name in RIGHT_ORGANS} == dict.fromkeys(RIGHT_ORGANS, "right")
    assert "lung_middle_lobe_right" in one.phantom.names.values()


def test_situs_inversus_mirrors_the_organs_and_the_lobes_of_the_lungs(patients: list[Measured]) -> None:
    one = patients[SITUS]

    assert {name: one.side(name) for name in LEFT_ORGANS} == dict.fromkeys(LEFT_ORGANS, "right")
    assert {name: one.side(name) for name in RIGHT_ORGANS} == dict.fromkeys(RIGHT_ORGANS, "left")
    assert "lung_middle_lobe_right" not in one.phantom.names.values()
    assert one.phantom.facts.situs_inversus


@pytest.mark.parametrize("index", range(5))
def test_paired_structures_lie_on_the_side_of_their_name(patients: list[Measured], index: int) -> None:
    one = patients[index]
    present = set(one.phantom.names.values())
    paired = [name for name in present if opposite(name) in present and name != "pulmonary_vein"]

    assert len(paired) > 40
    assert all(one.side(name) in name.split("_") for name in paired)


def test_lobes_tile_the_lungs_without_a_gap(patients: list[Measured]) -> None:
    for one in patients:
        phantom = one.phantom
        lungs = one.voxels(*LOBES)
        for axis in range(3):
            both_sides = np.roll(lungs, 1, axis) & np.roll(lungs, -1, axis)
            assert (both_sides & (phantom.labels == 0)).sum() < 0.001 * lungs.sum()
        assert 2500 < lungs.sum() * phantom.grid.voxel_ml < 7000


def test_upper_lobes_lie_above_and_in_front_of_lower_lobes(patients: list[Measured]) -> None:
    for one in patients:
        for side in ("left", "right"):
            upper, lower = one.centre(f"lung_upper_lobe_{side}"), one.centre(f"lung_lower_lobe_{side}")
            assert upper[2] > lower[2] + 40
            assert upper[1] > lower[1] + 10


def test_vertebrae_and_ribs_follow_each_other_downwards(patients: list[Measured]) -> None:
    for one in patients:
        spine = [one.centre(f"vertebrae_T{n}")[2] for n in range(1, 13)]
        assert (np.diff(spine) < -15).all()
        for side in ("left", "right"):
            ribs = [one.centre(f"rib_{side}_{n}")[2] for n in range(1, 13)]
            assert (np.diff(ribs) < -8).all()


def test_ribs_are_arcs_that_fall_from_the_spine_to_the_front(patients: list[Measured]) -> None:
    for one in patients:
        for name in ("rib_left_5", "rib_right_5"):
            places = one.places(name)
            front, back = places[:, 1] > places[:, 1].max() - 10, places[:, 1] < places[:, 1].min() + 10
            assert places[front, 2].mean() < places[back, 2].mean() - 40
            assert np.ptp(places[:, 1]) > 100
            assert ndimage.label(one.inside(name), np.ones((3, 3, 3)))[1] == 1


def test_tissues_have_the_density_of_a_ct(patients: list[Measured]) -> None:
    expected = {"lung_upper_lobe_left": (-920, -780), "trachea": (-1024, -800), "liver": (50, 130),
                "vertebrae_T8": (150, 450), "kidney_left": (20, 200)}  # fmt: skip
    for one in patients:
        for name, (low, high) in expected.items():
            assert low < np.median(one.hu_of(name)) < high, name
        assert one.phantom.hu[0, -1].mean() == pytest.approx(-1000, abs=25)
        assert one.hu_of("liver").std() > 8


def test_contrast_separates_the_patients(patients: list[Measured]) -> None:
    aorta = [float(np.median(one.hu_of("aorta"))) for one in patients]

    assert aorta[1] < 70 < 120 < aorta[0] < aorta[4]


def test_the_tiny_size_has_the_same_structures(patients: list[Measured]) -> None:
    for index, one in enumerate(patients):
        tiny = make_patient(index, "tiny")
        assert set(tiny.names.values()) == set(one.phantom.names.values())
        assert tiny.labels.size < 200_000


def test_the_bench_size_draws_104_classes() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    shapes = phantom_module._shapes(PATIENTS[0], phantom_module._SCANS["bench"], rng, whole_torso=True)

    assert len({shape.paint.name for shape in shapes} - {None}) == 104


def test_an_unknown_patient_or_size_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="0 to 4"):
        make_patient(5, "tiny")
    with pytest.raises(BadInput, match="huge"):
        make_patient(0, "huge")  # type: ignore[arg-type]
