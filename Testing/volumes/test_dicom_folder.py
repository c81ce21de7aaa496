"""A DICOM folder is read as the one volume it holds, or refused without repeating the patient's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes.image_file import read_ras
from Testing.volumes.dicom_folder import Scanner, write_series
from Testing.volumes.small_volumes import Stored, oblique_affine, speckled, stored_as, write_nifti

AFFINE = oblique_affine((0.75, 1.25, 2.5), (0, 0, 0))
TILTED = oblique_affine((0.75, 1.25, 2.5), (12, -7, 20))


@pytest.mark.parametrize("code", ["LPS", "RAI", "RAS", "ASL"])
@pytest.mark.parametrize("affine", [AFFINE, TILTED], ids=["straight", "tilted"])
def test_a_series_and_the_nifti_of_the_same_patient_are_the_same_volume(
    code: str, affine: NDArray[np.float64], tmp_path: Path
) -> None:
    patient = speckled((9, 7, 6))
    stored = stored_as(code, patient, affine)
    if np.linalg.det(stored.affine[:3, :3]) < 0:  # DICOM slices are stacked along row x column
        stored = stored_as(
            code.translate(str.maketrans(code[2], "RASLPI"["LPIRAS".index(code[2])])), patient, affine
        )
    write_series(tmp_path / "series", stored)
    nifti = read_ras(write_nifti(tmp_path / "ct.nii.gz", *stored), what="a CT volume")

    series = read_ras(tmp_path / "series", what="a CT volume")

    np.testing.assert_array_equal(series.array, patient)
    np.testing.assert_array_equal(series.array, nifti.array)
    assert series.grid.matches(nifti.grid)
    np.testing.assert_allclose(series.grid.affine, affine, atol=1e-4)
    assert series.notes == ()


def test_slope_and_intercept_are_applied_once(tmp_path: Path) -> None:
    patient = (speckled((9, 7, 6)) // 2) * 2
    write_series(tmp_path / "series", stored_as("LPS", patient, AFFINE), scanner=Scanner(2.0, -1000.0))
    np.testing.assert_array_equal(read_ras(tmp_path / "series", what="a CT volume").array, patient)


def test_other_files_in_the_folder_do_not_matter(tmp_path: Path) -> None:
    write_series(tmp_path / "series", a_patient())
    (tmp_path / "series" / "README.txt").write_text("notes")
    assert read_ras(tmp_path / "series", what="a CT volume").grid.shape == (9, 7, 6)


def test_a_series_that_is_no_ct_is_noted(tmp_path: Path) -> None:
    write_series(tmp_path / "series", a_patient(), scanner=Scanner(modality="PT"))
    assert [note.code for note in read_ras(tmp_path / "series", what="a CT volume").notes] == ["not_ct"]


def test_slightly_uneven_slices_are_noted(tmp_path: Path) -> None:
    edit(write_series(tmp_path / "series", a_patient())[3], lambda one: shift(one, 0.1))
    assert [note.code for note in read_ras(tmp_path / "series", what="a CT volume").notes] == [
        "slices_uneven"
    ]


def a_patient() -> Stored:
    return stored_as("LPS", speckled((9, 7, 6)), AFFINE)


def edit(path: Path, change: Callable[[pydicom.Dataset], None]) -> None:
    one = pydicom.dcmread(path)
    change(one)
    one.save_as(path)


def shift(one: pydicom.Dataset, mm: float, axis: int = 2) -> None:
    position = [float(value) for value in one.ImagePositionPatient]
    position[axis] += mm
    one.ImagePositionPatient = position


def tilt(folder: Path) -> None:
    for path in write_series(folder, a_patient()):
        edit(path, lambda one: shift(one, 0.05 * float(one.ImagePositionPatient[2]), axis=1))


def second_series(folder: Path) -> None:
    write_series(folder, a_patient(), prefix="a")
    write_series(folder, a_patient(), prefix="b")


def missing_slice(folder: Path) -> None:
    write_series(folder, a_patient())[2].unlink()


def twice(folder: Path) -> None:
    for prefix in "ab":
        write_series(folder, a_patient(), prefix=prefix, uid="1.2.3.4")


def turned_slice(folder: Path) -> None:
    edit(
        write_series(folder, a_patient())[2],
        lambda one: setattr(one, "ImageOrientationPatient", [0, 1, 0, 1, 0, 0]),
    )


def without_position(folder: Path) -> None:
    edit(write_series(folder, a_patient())[2], lambda one: delattr(one, "ImagePositionPatient"))


def localiser(folder: Path) -> None:
    write_series(folder, a_patient(), uid="1.2.3.4")
    write_series(folder, stored_as("LPS", speckled((30, 40, 2)), AFFINE), uid="1.2.3.4", prefix="loc")


def single_slice(folder: Path) -> None:
    for path in write_series(folder, a_patient())[1:]:
        path.unlink()


def cut_short(folder: Path) -> None:
    path = write_series(folder, a_patient())[-1]
    path.write_bytes(path.read_bytes()[:-60])


def empty(folder: Path) -> None:
    folder.mkdir()


def only_text(folder: Path) -> None:
    folder.mkdir()
    (folder / "a.dcm").write_text("hello")


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (empty, "no DICOM files"),
        (only_text, "no DICOM files"),
        (second_series, "2 series: 1.2.826"),
        (missing_slice, "a gap of 5.00 mm after"),
        (twice, "a second slice where"),
        (turned_slice, "turned differently"),
        (without_position, "without position or orientation"),
        (localiser, "another size"),
        (single_slice, "9 x 7"),
        (tilt, "tilt of 2.86 degrees"),
        (cut_short, "a damaged DICOM file"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_bad_series_is_refused_in_one_line_without_the_patients_name(
    spoil: Callable[[Path], None], expected: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    spoil(tmp_path / "series")
    with pytest.raises(BadInput) as refusal:
        read_ras(tmp_path / "series", what="a CT volume")
    text = str(refusal.value)
    assert expected in text
    assert str(tmp_path / "series") in text
    assert "SECRET" not in text
    assert "\n" not in text
    assert capfd.readouterr() == ("", "")
