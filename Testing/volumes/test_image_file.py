"""Every sample must land where the file says it lies in the patient, whatever the storage order."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes.axis_orientation import axis_code, turn_to_ras, turned
from CTSpatialVQALib.volumes.image_file import read_ras
from Testing.volumes.small_volumes import (
    AXIS_CODES,
    nifti_bytes,
    oblique_affine,
    speckled,
    stored_as,
    write_nifti,
)

STRAIGHT = oblique_affine((0.75, 1.25, 2.5), (0, 0, 0))
TILTED = oblique_affine((0.75, 1.25, 2.5), (12, -7, 20))


def test_there_are_48_axis_codes() -> None:
    assert len(set(AXIS_CODES)) == 48


@pytest.mark.parametrize("code", AXIS_CODES)
def test_the_same_patient_in_any_storage_order_is_the_same_volume(code: str, tmp_path: Path) -> None:
    patient = speckled()
    for name, affine in (("straight", STRAIGHT), ("tilted", TILTED)):
        stored = stored_as(code, patient, affine)
        image = read_ras(write_nifti(tmp_path / f"{name}.nii", *stored), what="a CT volume")
        np.testing.assert_array_equal(image.array, patient)
        np.testing.assert_allclose(image.grid.affine, affine, atol=1e-5)
        assert image.stored_axes == code


@pytest.mark.parametrize("code", ["LPS", "RAS", "PIR", "SAL"])
@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".mhd", ".nii.gz"])
def test_simpleitk_and_we_agree_on_where_a_marker_lies(code: str, suffix: str, tmp_path: Path) -> None:
    patient = np.full((9, 7, 5), -1000, dtype=np.int16)
    patient[6, 2, 4] = 1000
    stored = stored_as(code, patient, TILTED)
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ stored.affine
    spacing = np.linalg.norm(to_lps[:3, :3], axis=0)
    written = sitk.GetImageFromArray(np.ascontiguousarray(stored.array.T))
    written.SetSpacing(spacing.tolist())
    written.SetDirection((to_lps[:3, :3] / spacing).ravel().tolist())
    written.SetOrigin(to_lps[:3, 3].tolist())
    path = tmp_path / f"marker{suffix}"
    sitk.WriteImage(written, str(path))

    image = read_ras(path, what="a CT volume")

    there = [int(n) for n in np.argwhere(stored.array == 1000)[0]]
    left, posterior, superior = written.TransformIndexToPhysicalPoint(there)
    found = image.grid.to_ras(np.argwhere(image.array == 1000)[0])
    np.testing.assert_allclose(found, (-left, -posterior, superior), atol=0.01)


@given(
    angles=st.tuples(*[st.floats(-40, 40)] * 3),
    code=st.sampled_from(AXIS_CODES),
    spacing=st.tuples(*[st.floats(0.3, 6)] * 3),
)
def test_turning_moves_no_sample(
    angles: tuple[float, float, float], code: str, spacing: tuple[float, float, float]
) -> None:
    patient = np.arange(4 * 3 * 2).reshape(4, 3, 2)
    stored = stored_as(code, patient, oblique_affine(spacing, angles))
    array, affine = turned(stored.array, stored.affine, turn_to_ras(stored.affine))
    assert axis_code(affine) == "RAS"
    for value in range(array.size):
        before = stored.affine @ [*np.argwhere(stored.array == value)[0], 1]
        after = affine @ [*np.argwhere(array == value)[0], 1]
        np.testing.assert_allclose(after, before, atol=1e-9)


def test_a_volume_turned_about_one_axis_is_oblique_by_that_angle(tmp_path: Path) -> None:
    stored = stored_as("PIR", speckled(), oblique_affine((1, 2, 3), (0, 0, 12)))
    image = read_ras(write_nifti(tmp_path / "a.nii", *stored), what="a CT volume")
    assert image.obliqueness_deg == pytest.approx(12, abs=1e-3)


@pytest.mark.parametrize("code", ["RAS", "LAS", "PIR", "SRA"])
def test_the_qform_is_used_where_there_is_no_sform(code: str, tmp_path: Path) -> None:
    patient = speckled()
    spacing = (0.5, 1.5, 2.0)
    affine = oblique_affine(spacing, (10, 20, -30))
    stored = stored_as(code, patient, affine)
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ stored.affine
    steps = np.linalg.norm(to_lps[:3, :3], axis=0)
    image = sitk.GetImageFromArray(np.ascontiguousarray(stored.array.T))
    image.SetSpacing(steps.tolist())
    image.SetDirection((to_lps[:3, :3] / steps).ravel().tolist())
    image.SetOrigin(to_lps[:3, 3].tolist())
    sitk.WriteImage(image, str(tmp_path / "both.nii"))
    data = bytearray((tmp_path / "both.nii").read_bytes())
    assert struct.unpack_from("<h", data, 252)[0] > 0, "SimpleITK writes a qform"
    struct.pack_into("<h", data, 254, 0)
    struct.pack_into("<12f", data, 280, *[0.0] * 12)
    (tmp_path / "qform.nii").write_bytes(data)

    read = read_ras(tmp_path / "qform.nii", what="a CT volume")

    np.testing.assert_array_equal(read.array, patient)
    np.testing.assert_allclose(read.grid.affine, affine, atol=1e-4)


def test_a_file_that_does_not_state_its_orientation_says_so(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a.nii", speckled(), STRAIGHT, fields={252: b"\0\0\0\0"})
    assert [note.code for note in read_ras(path, what="a CT volume").notes] == ["orientation_not_stated"]


def test_a_file_that_contradicts_itself_about_left_and_right_says_so(tmp_path: Path) -> None:
    # a unit quaternion is the identity: axes to R, A, S
    fields = {252: struct.pack("<2h", 1, 1), 256: struct.pack("<6f", 0, 0, 0, 0, 0, 0)}
    path = write_nifti(tmp_path / "a.nii", speckled(), np.diag([-1.0, 1, 1, 1]), fields=fields)
    image = read_ras(path, what="a CT volume")
    assert [(note.code, note.severity) for note in image.notes] == [("orientation_contradictory", "error")]
    assert image.stored_axes == "LAS"


def test_a_spacing_that_contradicts_the_sform_is_noted(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a.nii", speckled(), STRAIGHT, fields={80: struct.pack("<3f", 1, 1, 5)})
    image = read_ras(path, what="a CT volume")
    assert [note.code for note in image.notes] == ["spacing_contradictory"]
    assert image.grid.spacing_mm == pytest.approx((0.75, 1.25, 2.5))


@pytest.mark.parametrize("kind", ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_number_type_in_both_byte_orders(kind: str, order: str, tmp_path: Path) -> None:
    values = np.arange(2 * 3 * 4).reshape(2, 3, 4).astype(kind)
    path = write_nifti(tmp_path / "a.nii.gz", values, STRAIGHT, order=order)
    array = read_ras(path, what="a CT volume").array
    np.testing.assert_array_equal(array, values)
    assert array.dtype == np.dtype(kind)


def test_slope_and_intercept_are_applied_once(tmp_path: Path) -> None:
    scale = {112: struct.pack("<2f", 2.0, -1024.0)}
    raw = speckled()
    image = read_ras(write_nifti(tmp_path / "a.nii", raw, STRAIGHT, fields=scale), what="a CT volume")
    np.testing.assert_array_equal(image.array, raw.astype(float) * 2 - 1024)


def test_the_packed_file_is_read_even_if_the_unpacked_one_lies_beside_it(tmp_path: Path) -> None:
    right, other = speckled(seed=1), speckled(seed=2)
    write_nifti(tmp_path / "ct.nii", other, STRAIGHT)
    path = write_nifti(tmp_path / "ct.nii.gz", right, STRAIGHT)
    np.testing.assert_array_equal(read_ras(path, what="a CT volume").array, right)


def test_several_gzip_streams_in_one_file_are_one_volume(tmp_path: Path) -> None:
    data = nifti_bytes(speckled(), STRAIGHT)
    packed = gzip.compress(data[:500]) + gzip.compress(data[500:]) + b"\0" * 100
    (tmp_path / "a.nii.gz").write_bytes(packed)
    np.testing.assert_array_equal(read_ras(tmp_path / "a.nii.gz", what="a CT volume").array, speckled())


def test_a_shear_within_a_tenth_of_a_degree_is_kept_and_a_larger_one_refused(tmp_path: Path) -> None:
    affine = np.eye(4)
    affine[0, 1] = np.tan(np.deg2rad(0.05))
    image = read_ras(write_nifti(tmp_path / "a.nii", speckled(), affine), what="a CT volume")
    np.testing.assert_allclose(image.grid.affine, affine, atol=1e-6)
    affine[0, 1] = np.tan(np.deg2rad(0.2))
    with pytest.raises(BadInput, match=r"b\.nii.*sheared by 0\.20 degrees"):
        read_ras(write_nifti(tmp_path / "b.nii", speckled(), affine), what="a CT volume")


def test_the_samples_cannot_be_changed(tmp_path: Path) -> None:
    image = read_ras(write_nifti(tmp_path / "a.nii", speckled(), STRAIGHT), what="a CT volume")
    with pytest.raises(ValueError, match="read-only"):
        image.array[0, 0, 0] = 1


@pytest.mark.real_data
def test_every_real_file_reads_where_simpleitk_puts_it(real_data: Path) -> None:
    files = [*(real_data / "ct").glob("*.nrrd"), *(real_data / "ct").rglob("*.nii.gz")]
    assert len(files) > 100
    for path in files:
        image = read_ras(path, what="a CT volume")
        oriented = sitk.DICOMOrient(sitk.ReadImage(str(path)), "RAS")
        np.testing.assert_array_equal(image.array, sitk.GetArrayViewFromImage(oriented).T, err_msg=path.name)
        for index in ((0, 0, 0), tuple(n - 1 for n in oriented.GetSize())):
            left, posterior, superior = oriented.TransformIndexToPhysicalPoint(index)
            expected = (-left, -posterior, superior)
            np.testing.assert_allclose(image.grid.to_ras(index), expected, atol=1e-3, err_msg=path.name)
        assert image.notes == ()
