"""However a patient is stored, a model is shown the same bytes; another patient gives others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from CTSpatialVQALib.imaging.contract import Contract, prepare
from CTSpatialVQALib.imaging.contract_catalogue import PUBLISHED, contract_named, contracts
from CTSpatialVQALib.imaging.generic_slices import SliceOptions, slices_contract
from CTSpatialVQALib.imaging.preview import stack_of
from CTSpatialVQALib.imaging.resample import resampled_to_patient_axes
from CTSpatialVQALib.imaging.voxel_edits import mirrored
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from Testing.imaging.patients import phantom, phantom_volume, ramp, stored_phantom, volume_of
from Testing.volumes.dicom_folder import write_series
from Testing.volumes.small_volumes import AXIS_CODES, oblique_affine, stored_as

OFFICIAL = [name for name in contracts() if PUBLISHED not in name]
SOME_CODES = ("LAI", "PIR", "SLA", "ILP")


def every_plane() -> Contract:
    return slices_contract(SliceOptions(count=4, size=64, planes=("axial", "coronal", "sagittal")))


@pytest.mark.parametrize("name", OFFICIAL)
def test_storage_order_and_format_do_not_reach_the_model(name: str, tmp_path: Path) -> None:
    contract = contract_named(name)
    one = phantom()
    write_series(tmp_path / "series", stored_as("LPS", one.hu, one.grid.affine))
    volumes = [
        *(stored_phantom(tmp_path, code) for code in SOME_CODES),
        OrientedVolume.from_file(tmp_path / "series"),
    ]
    shown = {prepare(contract, volume).presentation.sha256 for volume in volumes}
    assert shown == {prepare(contract, phantom_volume()).presentation.sha256}


@pytest.mark.parametrize("contract", [contract_named("m3d"), contract_named("medgemma"), every_plane()])
def test_all_48_axis_codes_give_one_presentation(contract: Contract, tmp_path: Path) -> None:
    shown = {prepare(contract, stored_phantom(tmp_path, code)).presentation.sha256 for code in AXIS_CODES}
    assert len(AXIS_CODES) == 48
    assert len(shown) == 1


@pytest.mark.parametrize("spacing", [(0.703125, 0.703125, 1.25), (0.78125, 0.78125, 2.5), (0.7, 0.7, 0.8)])
@pytest.mark.parametrize("name", ["merlin", "m3d", "slices"])
def test_the_eighth_digit_of_the_spacing_does_not_matter(
    name: str, spacing: tuple[float, float, float]
) -> None:
    hu = phantom().hu
    exact = volume_of(hu, spacing)
    as_float32 = volume_of(hu, tuple(float(np.float32(mm)) * (1 + 2e-8) for mm in spacing))  # type: ignore[arg-type]
    assert exact.grid != as_float32.grid
    contract = contract_named(name)
    assert prepare(contract, exact).presentation == prepare(contract, as_float32).presentation


@pytest.mark.parametrize("name", OFFICIAL)
def test_another_patient_and_the_mirrored_one_are_shown_otherwise(name: str) -> None:
    contract = contract_named(name)
    shown = [
        prepare(contract, volume).presentation.content_sha256
        for volume in (phantom_volume(), phantom_volume(1), mirrored(phantom_volume()))
    ]
    assert len(set(shown)) == 3


@pytest.mark.parametrize(
    ("name", "axis"), [("m3d", -1), ("med3dvlm", -1), ("radfm", -2), ("vila-m3", -1), ("medgemma", -2)]
)
def test_the_mirrored_patient_gives_the_mirrored_array(name: str, axis: int) -> None:
    contract = contract_named(name)
    even = volume_of(phantom().hu)
    full = prepare(contract, even).array
    flipped = np.flip(prepare(contract, mirrored(even)).array, axis)
    np.testing.assert_allclose(full.astype(np.float32), flipped.astype(np.float32), atol=1e-6)


def test_ct_chat_and_merlin_mirror_where_the_field_is_cut_evenly() -> None:
    even = volume_of(phantom().hu, (6, 6, 6))
    ct_chat = contract_named("ct-chat")
    np.testing.assert_allclose(
        prepare(ct_chat, mirrored(even)).array[:, :, :, ::-1], prepare(ct_chat, even).array, atol=1e-6
    )
    merlin = contract_named("merlin")  # 253 samples to 224: 14 fall off one end, 15 off the other
    full, other = prepare(merlin, even).array, prepare(merlin, mirrored(even)).array[:, :, ::-1]
    np.testing.assert_allclose(other[:, :, :-1], full[:, :, 1:], atol=1e-6)


@pytest.mark.parametrize("name", OFFICIAL)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_axes_run_where_the_contract_says(name: str, axis: int) -> None:
    """A ramp along R, A or S rises or falls along the axis that `directions` names, and along no other."""
    if name == "slices":
        contract = slices_contract(SliceOptions(count=8, size=64, windows=("bone",), side_letters=False))
        directions = "IPL"
    else:
        contract, directions = contract_named(name), ""
    prepared = prepare(contract, ramp(axis))
    directions = prepared.directions or directions
    stack = stack_of(prepared).astype(np.float32)
    stack = stack[..., 0] if stack.ndim == 4 else stack
    letters = [letter for letter in directions if letter in ("RL", "AP", "SI")[axis]]
    along = directions.index(letters[0])
    if stack.shape[along] == 1:
        assert (name, axis) == ("vila-m3", 2)  # one slice has no order
        return
    middle = [n // 2 for n in stack.shape]
    inside = [slice(middle[k] - 10, middle[k] + 11) if stack.shape[k] > 21 else slice(None) for k in range(3)]
    steps = np.diff(stack[tuple(inside)], axis=along)
    rises = letters[0] in "RAS"
    assert (steps >= -1e-6).all() if rises else (steps <= 1e-6).all()
    assert np.abs(steps.sum(axis=along)).min() > 0


@pytest.mark.parametrize("name", ["m3d", "med3dvlm", "radfm", "vila-m3", "medgemma", "lingshu"])
def test_slices_run_from_superior_to_inferior(name: str) -> None:
    used = prepare(contract_named(name), ramp(2)).presentation.slices
    assert used is not None
    assert list(used.used) == sorted(used.used, reverse=True)


def soft_body(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A smooth patient: HU at points (..., 3) in RAS mm, air far outside."""
    r, a, s = np.moveaxis(points, -1, 0)
    inside = 1 / (1 + np.exp((np.sqrt((r / 80) ** 2 + (a / 60) ** 2 + (s / 90) ** 2) - 1) * 60))
    return -1000 + inside * (1030 + 60 * np.sin(r / 25) + 50 * np.cos(a / 20) + 40 * np.sin(s / 30))


def sampled_body(degrees: tuple[float, float, float], spacing: tuple[float, float, float]) -> OrientedVolume:
    affine = oblique_affine(spacing, degrees)
    shape = tuple(round(230 / mm) for mm in spacing)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    grid = Grid.of(shape, affine)  # type: ignore[arg-type]
    points = grid.to_ras(np.moveaxis(np.indices(shape), 0, -1).astype(float))
    return OrientedVolume(np.asfortranarray(np.rint(soft_body(points)).astype(np.int16)), grid)


@pytest.mark.parametrize("name", ["ct-chat", "merlin"])
def test_a_volume_stored_obliquely_differs_by_less_than_2_hu_inside_the_body(name: str) -> None:
    """Compared in the world: both presentations at the same points of the patient."""
    contract = contract_named(name)
    points = np.random.default_rng(5).uniform(-30, 30, (4000, 3))
    read = [
        hu_at(contract, volume, points)
        for volume in (sampled_body((0, 0, 0), (2, 2, 2)), sampled_body((9, -6, 14), (2, 2, 2)))
    ]
    assert np.abs(read[0] - read[1]).max() < 2
    assert np.abs(read[1] - soft_body(points)).max() < 2


def hu_at(contract: Contract, volume: OrientedVolume, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """HU of the presentation at world points, by the geometry of the recipes told once more."""
    prepared = prepare(contract, volume)
    box = resampled_to_patient_axes(volume).grid
    first, last = box.to_ras((0.0, 0.0, 0.0)), box.to_ras(tuple(n - 1 for n in box.shape))  # type: ignore[arg-type]
    if contract.name == "merlin":
        target = np.array([224, 224, 160])
        step = np.array([1.5, 1.5, 3.0])
        count = np.round((last - first) / step + 1)
        start = np.where(count >= target, count // 2 - target // 2, -((target - count) // 2))
        index = (points - first) / step - start
        values = prepared.array[0, 0] * 2000 - 1000
    else:
        middle, spacing = (first + last) / 2, np.array(box.spacing_mm)
        wanted = np.array([0.75, 0.75, 1.5])
        count = np.floor(np.array(box.shape) * spacing / wanted)
        step = np.array(box.shape) * spacing / count
        target = np.array([480, 480, 240])
        start = np.where(count >= target, (count - target) // 2, -((target - count) // 2))
        away = (points - middle) / step * [-1, -1, 1]
        # cut or padded about the middle of (right to left, anterior to posterior, inferior to superior)
        index = away + (count - 1) / 2 - start
        values = prepared.array[0, 0].transpose(1, 2, 0) * 1000
    return ndimage.map_coordinates(values.astype(float), index.T, order=1)


def test_straight_volumes_are_not_resampled() -> None:
    volume = phantom_volume()
    assert resampled_to_patient_axes(volume) is volume


def test_around_a_straightened_volume_is_air() -> None:
    grid = Grid.of((40, 40, 40), oblique_affine((2, 2, 2), (0, 0, 30)))
    tissue = np.full((40, 40, 40), 40, np.int16)
    tissue[20, 20, 20] = 41
    straight = resampled_to_patient_axes(OrientedVolume(tissue, grid))
    assert straight.hu.shape[0] > 50
    assert {int(straight.hu[at]) for at in ((0, 0, 20), (-1, -1, 20))} == {-1024}
    assert int(straight.hu[straight.hu.shape[0] // 2, straight.hu.shape[1] // 2, 10]) == 40
