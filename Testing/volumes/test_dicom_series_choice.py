"""Folders as they come from a PACS or a disc: several series, a scout, subfolders, other objects."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.uid import ComprehensiveSRStorage

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes.image_file import read_ras
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from Testing.volumes.dicom_folder import write_series
from Testing.volumes.small_volumes import oblique_affine, speckled, stored_as

AFFINE = oblique_affine((0.75, 1.25, 2.5), (0, 0, 0))
THIN, SHARP = speckled((9, 7, 6), seed=1), speckled((9, 7, 12), seed=2)


def add_series(
    folder: Path, hu: NDArray[Any], number: int, description: str, kernel: str, prefix: str
) -> str:
    uid = f"1.2.826.0.1.{number}"
    folder.mkdir(parents=True, exist_ok=True)
    for path in write_series(folder, stored_as("LPS", hu, AFFINE), uid=uid, prefix=prefix):
        one = pydicom.dcmread(path)
        one.SeriesNumber, one.SeriesDescription, one.ConvolutionKernel = number, description, kernel
        one.save_as(path)
    return uid


def add_scout(folder: Path, uid: str = "1.2.826.0.1.99") -> None:
    for path in write_series(
        folder, stored_as("LPS", speckled((30, 40, 2)), AFFINE), uid=uid, prefix="scout"
    ):
        one = pydicom.dcmread(path)
        one.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
        one.save_as(path)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    add_series(tmp_path / "study" / "s2", THIN, 2, "Thorax 2.5", "B30f", "a")
    add_series(tmp_path / "study" / "s4", SHARP, 4, "Thorax sharp", "B70f", "b")
    add_scout(tmp_path / "study" / "s2")
    return tmp_path / "study"


def test_several_series_are_listed_with_what_tells_them_apart(study: Path) -> None:
    with pytest.raises(BadInput) as refusal:
        read_ras(study, what="a CT volume")
    text = str(refusal.value)
    assert (
        "found 2 series: 2 'Thorax 2.5' 6 slices of 0.75 x 1.25 x 2.5 mm B30f; 4 'Thorax sharp' 12 slices"
        in text
    )
    assert "--series 2" in text
    assert "SECRET" not in text


@pytest.mark.parametrize(("choice", "expected"), [("2", THIN), ("4", SHARP), ("1.2.826.0.1.4", SHARP)])
def test_a_series_is_chosen_by_number_or_uid(choice: str, expected: NDArray[Any], study: Path) -> None:
    np.testing.assert_array_equal(OrientedVolume.from_file(study, series=choice).hu, expected)


def test_an_unknown_choice_is_refused_with_those_there_are(study: Path) -> None:
    with pytest.raises(BadInput, match=r"the series '3', but found .*2 'Thorax 2\.5'.*4 'Thorax sharp'"):
        read_ras(study, what="a CT volume", series="3")


def test_a_number_that_two_series_have_is_no_choice(tmp_path: Path) -> None:
    add_series(tmp_path / "s", THIN, 4, "a", "", "a")
    second = write_series(tmp_path / "s", stored_as("LPS", SHARP, AFFINE), uid="1.2.9", prefix="b")
    for path in second:
        one = pydicom.dcmread(path)
        one.SeriesNumber = 4
        one.save_as(path)
    with pytest.raises(BadInput, match=r"2 with the number '4' \(1\.2\.826\.0\.1\.4, 1\.2\.9\)"):
        read_ras(tmp_path / "s", what="a CT volume", series="4")
    assert read_ras(tmp_path / "s", what="a CT volume", series="1.2.9").grid.shape == (9, 7, 12)


def test_a_scout_is_left_out_with_a_note(tmp_path: Path) -> None:
    add_series(tmp_path / "s", THIN, 2, "", "", "a")
    add_scout(tmp_path / "s")
    image = read_ras(tmp_path / "s", what="a CT volume")
    np.testing.assert_array_equal(image.array, THIN)
    assert [(note.code, note.message) for note in image.notes] == [
        ("localizers_left_out", "left out: 1 localizer series")
    ]


def test_a_scout_within_the_series_is_left_out(tmp_path: Path) -> None:
    uid = add_series(tmp_path / "s", THIN, 2, "", "", "a")
    add_scout(tmp_path / "s", uid)
    np.testing.assert_array_equal(read_ras(tmp_path / "s", what="a CT volume").array, THIN)


def test_only_a_scout_is_no_volume(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    add_scout(tmp_path / "s")
    with pytest.raises(BadInput, match="only 1 localizer series"):
        read_ras(tmp_path / "s", what="a CT volume")


@pytest.mark.parametrize("name", ["a000.dcm", "DICOMDIR"])
def test_one_file_of_a_series_or_a_dicomdir_stands_for_it(name: str, tmp_path: Path) -> None:
    add_series(tmp_path / "s", THIN, 2, "", "", "a")
    (tmp_path / "s" / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    np.testing.assert_array_equal(read_ras(tmp_path / "s" / name, what="a CT volume").array, THIN)


def test_one_file_chooses_its_own_of_two_series_in_a_folder(tmp_path: Path) -> None:
    add_series(tmp_path / "s", THIN, 2, "", "", "a")
    add_series(tmp_path / "s", SHARP, 4, "", "", "b")
    np.testing.assert_array_equal(read_ras(tmp_path / "s" / "b000.dcm", what="a CT volume").array, SHARP)


def test_reports_and_other_objects_are_no_slices(tmp_path: Path) -> None:
    add_series(tmp_path / "s", THIN, 2, "", "", "a")
    one = pydicom.dcmread(tmp_path / "s" / "a000.dcm")
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = ComprehensiveSRStorage
    one.SeriesInstanceUID = "1.2.77"
    del one.PixelData
    del one.Rows
    one.save_as(tmp_path / "s" / "report.dcm")
    np.testing.assert_array_equal(read_ras(tmp_path / "s", what="a CT volume").array, THIN)


def test_files_without_a_preamble_are_read(tmp_path: Path) -> None:
    add_series(tmp_path / "s", THIN, 2, "", "", "a")
    for path in (tmp_path / "s").iterdir():
        path.write_bytes(path.read_bytes()[132:])
    np.testing.assert_array_equal(read_ras(tmp_path / "s", what="a CT volume").array, THIN)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_named_pipe_in_the_folder_is_not_waited_for(tmp_path: Path) -> None:
    add_series(tmp_path / "s", THIN, 2, "", "", "a")
    os.mkfifo(tmp_path / "s" / "pipe")
    np.testing.assert_array_equal(read_ras(tmp_path / "s", what="a CT volume").array, THIN)
