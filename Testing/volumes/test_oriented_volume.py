"""A CT volume is whole Hounsfield units on axes to right, anterior and superior, or it is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from Testing.volumes.small_volumes import AXIS_CODES, oblique_affine, speckled, stored_as, write_nifti

AFFINE = oblique_affine((0.75, 1.25, 2.5), (0, 0, 0))


def read(folder: Path, array: NDArray[np.generic], affine: NDArray[np.float64] = AFFINE) -> OrientedVolume:
    return OrientedVolume.from_file(write_nifti(folder / "ct.nii", array, affine))


def test_floats_are_rounded_to_the_nearest_whole_hu(tmp_path: Path) -> None:
    values = speckled().astype(np.float32)
    values[0, 0, 0], values[1, 0, 0] = 39.6, -999.6
    volume = read(tmp_path, values)
    assert volume.hu.dtype == np.int16
    assert (int(volume.hu[0, 0, 0]), int(volume.hu[1, 0, 0])) == (40, -1000)
    assert volume.notes == ()


@pytest.mark.parametrize("kind", ["i4", "f4", "f8"])
def test_values_beyond_int16_are_clamped_and_counted(kind: str, tmp_path: Path) -> None:
    values = speckled((40, 30, 20)).astype(kind)
    values[0, 0, :2] = 40000
    values[1, 0, 0] = -70000
    volume = read(tmp_path, values)
    assert (int(volume.hu[0, 0, 0]), int(volume.hu[1, 0, 0])) == (32767, -32768)
    assert [note.code for note in volume.notes] == ["values_clamped"]
    assert "3 voxels" in volume.notes[0].message


def test_a_volume_that_is_mostly_beyond_int16_is_an_error(tmp_path: Path) -> None:
    """Air read as unsigned lies at 64512: set to 32767 it would look like metal everywhere."""
    volume = read(tmp_path, speckled().astype(np.int16).view(np.uint16))
    assert [(note.code, note.severity) for note in volume.notes] == [("values_mostly_clamped", "error")]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_volume_with_nan_or_infinity_is_refused(bad: float, tmp_path: Path) -> None:
    values = speckled().astype(np.float32)
    values[2, 2, 2] = bad
    with pytest.raises(BadInput, match=r"ct\.nii: expected a number in every voxel, but found 1 voxels"):
        read(tmp_path, values)


@pytest.mark.parametrize("value", [0, -1000])
def test_a_constant_volume_is_refused(value: int, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"ct\.nii.*one value everywhere"):
        read(tmp_path, np.full((4, 4, 4), value, np.int16))


def test_the_content_hash_is_that_of_the_patient_not_of_the_file(tmp_path: Path) -> None:
    patient = speckled()
    hashes = {read(tmp_path, *stored_as(code, patient, AFFINE)).content_sha256 for code in AXIS_CODES}
    assert len(hashes) == 1
    mirrored = read(tmp_path, *stored_as("RAS", patient[::-1], AFFINE))
    assert mirrored.content_sha256 not in hashes


def test_the_content_hash_tells_shapes_apart() -> None:
    values = np.arange(24, dtype=np.int16)
    grids = [Grid.of(shape, np.eye(4)) for shape in ((2, 3, 4), (4, 3, 2))]
    volumes = [OrientedVolume(values.reshape(grid.shape, order="F"), grid) for grid in grids]
    assert volumes[0].content_sha256 != volumes[1].content_sha256


@pytest.mark.parametrize(
    ("array", "affine", "expected"),
    [
        (speckled().astype(np.int32), np.eye(4), "int16"),
        (speckled()[:-1], np.eye(4), "shape"),
        (speckled(), np.diag([-1.0, 1, 1, 1]), "axes to LAS"),
        (speckled(), np.eye(4)[[1, 0, 2, 3]], "axes to ARS"),
        (speckled(), np.diag([0.0, 1, 1, 1]), "0 x 1 x 1 mm"),
        (speckled(), np.diag([200.0, 1, 1, 1]), "200 x 1 x 1 mm"),
    ],
)
def test_an_invalid_volume_cannot_be_made(
    array: NDArray[np.int16], affine: NDArray[np.float64], expected: str
) -> None:
    with pytest.raises(BadInput, match=expected):
        OrientedVolume(array, Grid.of(speckled().shape, affine))


def test_hu_cannot_be_changed_but_the_callers_array_can() -> None:
    mine = speckled()
    volume = OrientedVolume(mine, Grid.of(mine.shape, np.eye(4)))
    with pytest.raises(ValueError, match="read-only"):
        volume.hu[0, 0, 0] = 1
    mine[0, 0, 0] = 1


def test_spacing_axes_and_obliqueness_are_told(tmp_path: Path) -> None:
    stored = stored_as("PIR", speckled(), oblique_affine((0.75, 1.25, 2.5), (0, 0, 15)))
    volume = read(tmp_path, *stored)
    assert volume.axes == "PIR"
    assert volume.spacing_mm == pytest.approx((0.75, 1.25, 2.5), abs=1e-5)
    assert volume.obliqueness_deg == pytest.approx(15, abs=1e-3)


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name", ["example_ct.nii.gz", "example_ct_sm.nii.gz", "chest_crop.nii.gz", "chest_64.nrrd"]
)
def test_real_cts_are_read_without_complaint(name: str, real_data: Path) -> None:
    volume = OrientedVolume.from_file(real_data / "ct" / name)
    assert volume.notes == ()
    assert -1300 <= int(volume.hu.min()) < -800
