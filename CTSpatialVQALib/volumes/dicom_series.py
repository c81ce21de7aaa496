"""What does a folder hold as DICOM? Exactly one series, sorted by position, evenly spaced, or a refusal.

Messages count files and series and never repeat what a DICOM header says about a patient.
"""

# SimpleITK declares types and annotates none of its classes
# mypy: untyped-calls-exclude=SimpleITK

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes.axis_orientation import StoredImage, check_affine, check_shape
from CTSpatialVQALib.volumes.check_finding import Finding
from CTSpatialVQALib.volumes.itk_file import native_silence, ras_affine, samples_of, unreadable

POSITION, ORIENTATION = "0020|0032", "0020|0037"
MODALITY = "0008|0060"
UNEVEN_NOTED, UNEVEN_REFUSED = 0.01, 0.10  # share of the slice distance
MAX_TILT_DEG = 0.1


class _Slice(NamedTuple):
    """One file of the series: where it lies and how it is turned (LPS, as DICOM has it)."""

    file: str
    position: NDArray[np.float64]
    orientation: NDArray[np.float64]
    size: tuple[int, ...]
    modality: str


def read_series(folder: Path, *, what: str) -> StoredImage:
    """The one series in `folder` (not in its subfolders) as a volume; rescale slope and intercept applied.

    Raises
    ------
    BadInput
        For no DICOM file, several series, slices turned differently, missing slices, a tilted gantry.
    """
    with native_silence():
        files = _files_of_the_one_series(folder, what)
        if len(files) == 1:
            return _one_file(folder, files[0], what)
        slices = [_slice(folder, file, what) for file in files]
        notes = _check_together(folder, slices, what)
        ordered, more = _ordered(folder, slices)
        check_shape(folder, (*slices[0].size[:2], len(slices)), 4, what=what)
        reader = sitk.ImageSeriesReader()
        reader.SetImageIO("GDCMImageIO")
        reader.SetFileNames([one.file for one in ordered])
        try:
            image = reader.Execute()
        except RuntimeError as error:
            raise unreadable(folder, what, error) from error
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise _refuse(folder, "one number per voxel", "colour images", "Choose the CT series")
    affine = ras_affine(image)
    check_affine(folder, affine, image.GetSize())
    return StoredImage(samples_of(image), affine, (*notes, *more))


def _files_of_the_one_series(folder: Path, what: str) -> tuple[str, ...]:
    series = sitk.ImageSeriesReader.GetGDCMSeriesIDs(str(folder))
    if not series:
        raise _refuse(
            folder, f"{what}: a file, or a folder with one DICOM series", "no DICOM files", "Check the folder"
        )
    if len(series) > 1:
        counts = sorted(
            len(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder), one)) for one in series
        )
        came = f"{len(series)} series of {', '.join(str(n) for n in counts[:10])} files"
        raise _refuse(folder, "one DICOM series", came, "Put the series to be used into a folder of its own")
    files = tuple(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder), series[0]))
    _require_all_listed(folder, files)
    return files


def _require_all_listed(folder: Path, files: tuple[str, ...]) -> None:
    """GDCM leaves out files that it cannot parse; without its last slice a series would still look whole."""
    listed = {Path(file).name for file in files}
    for path in sorted(folder.iterdir()):
        if path.name not in listed and path.name != "DICOMDIR" and path.is_file() and _is_dicom(path):
            came = f"{path.name}, a damaged DICOM file"
            raise _refuse(folder, "slices that can all be read", came, "Export the series again")


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def _one_file(folder: Path, file: str, what: str) -> StoredImage:
    """A series of one file is a volume only if that file has many frames (Enhanced CT)."""
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(file)
    try:
        reader.ReadImageInformation()
        check_shape(folder, reader.GetSize(), 4, what=what)
        check_affine(folder, ras_affine(reader), reader.GetSize())
        image = reader.Execute()
    except RuntimeError as error:
        raise unreadable(folder, what, error) from error
    return StoredImage(samples_of(image), ras_affine(image))


def _slice(folder: Path, file: str, what: str) -> _Slice:
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(file)
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise unreadable(Path(file), what, error) from error
    if not (reader.HasMetaDataKey(POSITION) and reader.HasMetaDataKey(ORIENTATION)):
        came = f"{Path(file).name} without position or orientation"
        raise _refuse(folder, "slices that state where they lie", came, "Remove files that are no slices")
    position, orientation = (_numbers(reader.GetMetaData(key)) for key in (POSITION, ORIENTATION))
    if (
        position.shape != (3,)
        or orientation.shape != (6,)
        or not np.isfinite([*position, *orientation]).all()
    ):
        came = f"{Path(file).name} with a damaged position or orientation"
        raise _refuse(folder, "slices that state where they lie", came, "Export the series again")
    modality = reader.GetMetaData(MODALITY).strip() if reader.HasMetaDataKey(MODALITY) else ""
    return _Slice(file, position, orientation, tuple(reader.GetSize()), modality)


def _numbers(text: str) -> NDArray[np.float64]:
    try:
        return np.array([float(part) for part in text.strip("\0 ").split("\\")])
    except ValueError:
        return np.array([np.nan])


def _check_together(folder: Path, slices: list[_Slice], what: str) -> tuple[Finding, ...]:
    first = slices[0]
    for one in slices:
        name = Path(one.file).name
        if one.size[:2] != first.size[:2]:
            raise _refuse(
                folder,
                "slices of one size",
                f"{name} of another size",
                "Separate the localiser from the series",
            )
        if np.abs(one.orientation - first.orientation).max() > 1e-3:
            raise _refuse(
                folder, "slices of one orientation", f"{name} turned differently", "Separate the series"
            )
    if first.modality not in ("CT", ""):
        text = f"{folder.name}: the DICOM modality is not CT, so its numbers may be no Hounsfield units"
        return (Finding("not_ct", "warning", text),)
    return ()


def _ordered(folder: Path, slices: list[_Slice]) -> tuple[list[_Slice], tuple[Finding, ...]]:
    """Slices along their normal, from the lowest position up, with even steps and no tilt."""
    row, column = slices[0].orientation[:3], slices[0].orientation[3:]
    normal = np.cross(row, column)
    ordered = sorted(slices, key=lambda one: float(one.position @ normal))
    steps = np.diff([one.position for one in ordered], axis=0)
    gaps = steps @ normal
    usual = float(np.median(gaps))
    if gaps.min() <= 1e-3:
        at = Path(ordered[int(gaps.argmin()) + 1].file).name
        raise _refuse(
            folder, "one slice at each position", f"a second slice where {at} lies", "Remove repeated slices"
        )
    uneven = float(np.abs(gaps - usual).max() / usual)
    if uneven > UNEVEN_REFUSED:
        worst = int(np.abs(gaps - usual).argmax())
        at = Path(ordered[worst].file).name
        came = f"a gap of {gaps[worst]:.2f} mm after {at} where {usual:.2f} mm is usual"
        raise _refuse(
            folder, "evenly spaced slices", came, "Add the missing slices or export the series again"
        )
    whole = ordered[-1].position - ordered[0].position
    tilt = math.degrees(math.acos(min(1.0, float(whole @ normal / np.linalg.norm(whole)))))
    if tilt > MAX_TILT_DEG:
        came = f"slices shifted sideways by a tilt of {tilt:.2f} degrees"
        raise _refuse(folder, "an untilted gantry", came, "Resample the series to a straight grid")
    if uneven > UNEVEN_NOTED:
        text = f"{folder.name}: slice distances vary by {uneven:.0%} of {usual:.2f} mm, and so do positions"
        return ordered, (Finding("slices_uneven", "warning", text),)
    return ordered, ()


def _refuse(folder: Path, expected: str, came: str, remedy: str) -> BadInput:
    return BadInput(folder, expected=expected, came=came, remedy=remedy)
