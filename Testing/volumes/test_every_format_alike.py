"""Every format, axis code and number type brings the same voxels to the same places."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from CTSpatialVQALib.volumes.image_file import read_ras
from Testing.volumes.dicom_folder import Scanner, write_series
from Testing.volumes.small_volumes import AXIS_CODES, oblique_affine, speckled, stored_as, write_nifti
from Testing.volumes.volume_writers import nifti2_bytes, write_meta, write_nrrd

TILTED = oblique_affine((0.75, 1.25, 2.5), (12, -7, 20))
FORMATS = ("nifti-1", "nifti-2", "nrrd", "mha", "mhd", "dicom")
SCALES = {"nifti-1": 112, "nifti-2": 176}  # offset of slope and intercept


def write(
    kind: str,
    folder: Path,
    array: NDArray[Any],
    affine: NDArray[np.float64],
    order: str = "<",
    packed: bool = True,
) -> Path:
    if kind == "nifti-1":
        return write_nifti(folder / ("a.nii.gz" if packed else "a.nii"), array, affine, order=order)
    if kind == "nifti-2":
        path = folder / "a.nii"
        path.write_bytes(nifti2_bytes(array, affine, order=order))
        return path
    if kind == "nrrd":
        return write_nrrd(folder / "a.nrrd", array, affine, order=order, packed=packed)
    if kind == "dicom":
        write_series(folder / "dicom", stored_as("RAS", array, affine), scanner=Scanner(1.0, 0.0))
        return folder / "dicom"
    return write_meta(folder / f"a.{kind}", array, affine, order=order, packed=packed)


@pytest.mark.parametrize("code", AXIS_CODES)
@pytest.mark.parametrize("kind", FORMATS)
def test_every_axis_code_in_every_format(kind: str, code: str, tmp_path: Path) -> None:
    patient = speckled()
    stored = stored_as(code, patient, TILTED)
    if kind == "dicom" and np.linalg.det(stored.affine[:3, :3]) < 0:
        pytest.skip("DICOM slices are stacked along row x column: a left-handed order cannot be stored")
    image = read_ras(write(kind, tmp_path, *stored), what="a CT volume")
    np.testing.assert_array_equal(image.array, patient)
    np.testing.assert_allclose(image.grid.affine, TILTED, atol=1e-4)
    assert image.stored_axes == code
    assert image.notes == ()


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "dicom"])
def test_every_number_type_in_every_format(
    kind: str, packed: bool, order: str, dtype: str, tmp_path: Path
) -> None:
    values = np.random.default_rng(4).integers(0, 120, (9, 7, 5)).astype(dtype)
    values = values + dtype.startswith("f") * np.array(0.375, dtype)
    stored = stored_as("LPS", values.astype(dtype), TILTED)
    path = write(kind, tmp_path, *stored, order, packed)
    image = read_ras(path, what="a CT volume")
    assert image.array.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(image.array, values)
    whole = read_ras(path, what="a CT volume", whole_hu=True).array
    assert whole.dtype == np.int16
    np.testing.assert_array_equal(whole, np.rint(values))


@pytest.mark.parametrize("dtype", ["i2", "u2", "f4", "f8"])
@pytest.mark.parametrize("kind", list(SCALES))
@pytest.mark.parametrize(("slope", "intercept"), [(1.0, -1024.0), (2.0, 0.0), (0.25, -1000.5)])
def test_the_rescale_of_nifti_is_applied_once(
    kind: str, dtype: str, slope: float, intercept: float, tmp_path: Path
) -> None:
    stored = np.random.default_rng(5).integers(0, 3000, (9, 7, 5)).astype(dtype)
    path = write(kind, tmp_path, stored, TILTED, packed=False)
    data = bytearray(path.read_bytes())
    struct.pack_into("<2f" if kind == "nifti-1" else "<2d", data, SCALES[kind], slope, intercept)
    path.write_bytes(data)
    hu = stored.astype(np.float64) * slope + intercept
    np.testing.assert_array_equal(read_ras(path, what="a CT volume").array, hu)
    np.testing.assert_array_equal(read_ras(path, what="a CT volume", whole_hu=True).array, np.rint(hu))


@pytest.mark.parametrize("space", ["left-posterior-superior", "RAS", "LAS"])
def test_nrrd_spaces_name_the_same_places(space: str, tmp_path: Path) -> None:
    image = read_ras(write_nrrd(tmp_path / "a.nrrd", speckled(), TILTED, space=space), what="a CT volume")
    np.testing.assert_allclose(image.grid.affine, TILTED, atol=1e-9)
    assert image.notes == ()


@pytest.mark.parametrize("suffix", ["a.nrrd", "a.mha", "a.mhd"])
@pytest.mark.parametrize("code", ["LPS", "RAS", "PIR", "SAL"])
def test_itk_reads_these_files_as_we_do(suffix: str, code: str, tmp_path: Path) -> None:
    """A second opinion, also about the files that these tests write."""
    stored = stored_as(code, speckled(), TILTED)
    writer = write_nrrd if suffix == "a.nrrd" else write_meta
    path = writer(tmp_path / suffix, *stored)
    ours, itk = read_ras(path, what="a CT volume"), sitk.DICOMOrient(sitk.ReadImage(str(path)), "RAS")
    np.testing.assert_array_equal(ours.array, sitk.GetArrayViewFromImage(itk).T)
    for index in ((0, 0, 0), tuple(n - 1 for n in itk.GetSize())):
        left, posterior, superior = itk.TransformIndexToPhysicalPoint(index)
        np.testing.assert_allclose(ours.grid.to_ras(index), (-left, -posterior, superior), atol=1e-6)


def test_slicer_reads_an_nrrd_where_we_do(tmp_path: Path) -> None:
    slicer = pytest.importorskip("slicer", reason="slicer-core is the second opinion")
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    stored = stored_as("PIR", speckled(), TILTED)
    path = write_nrrd(tmp_path / "a.nrrd", *stored)
    scene = slicer.vtkMRMLScene()
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(path))
    assert storage.ReadData(node)
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    affine = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
    image = node.GetImageData()
    samples = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions(), order="F")
    ours = read_ras(path, what="a CT volume")
    for index in np.ndindex(*samples.shape):
        at = np.rint(ours.grid.to_index(affine[:3, :3] @ index + affine[:3, 3])).astype(int)
        assert ours.array[tuple(at)] == samples[index]
