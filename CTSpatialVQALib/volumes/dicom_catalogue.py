"""The series of a DICOM folder, and the choice of the one that is meant.

Messages name a series by its number, description, slices, spacing and kernel, and never by what a header says
about a patient.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.errors import BadInput, one_line, shown
from CTSpatialVQALib.files import kind_of_file
from CTSpatialVQALib.volumes.dicom_header import DamagedElement, DicomHeader, read_dicom_header
from CTSpatialVQALib.volumes.dicom_signature import is_dicom
from CTSpatialVQALib.volumes.file_facts import Observation

MAX_FILES = 50_000
DICOMDIR = "DICOMDIR"
# Storage classes that are no slices: segmentations, structured reports, presentation states, RT objects,
# secondary captures (pictures made of a series), encapsulated documents
_CT_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.2": "CT",
    "1.2.840.10008.5.1.4.1.1.2.1": "enhanced CT",
    "1.2.840.10008.5.1.4.1.1.2.2": "legacy converted enhanced CT",
}
_OTHER_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.66",
    "1.2.840.10008.5.1.4.1.1.88",
    "1.2.840.10008.5.1.4.1.1.11",
    "1.2.840.10008.5.1.4.1.1.481",
    "1.2.840.10008.5.1.4.1.1.7",
    "1.2.840.10008.5.1.4.1.1.104",
    "1.2.840.10008.1.3.10",
)


class Series(NamedTuple):
    """The files of one series, and what names it for people."""

    uid: str
    number: str
    files: tuple[DicomHeader, ...]

    @property
    def slice_count(self) -> int:
        """Slices over all files, frames counted."""
        return sum(frame_count(header) for header in self.files)

    def line(self) -> str:
        """`4 'Thorax 1.0' 300 slices of 0.7 x 0.7 x 1 mm B70f`, for a list."""
        first = self.files[0].elements
        described = shown(one_line(_text(first.text, "SeriesDescription"), 24)) if self.files else ""
        kernel = one_line(_text(first.text, "ConvolutionKernel"), 12)
        parts = (self.number or self.uid, described, f"{self.slice_count} slices", self._spacing(), kernel)
        return " ".join(part for part in parts if part)

    def _spacing(self) -> str:
        try:
            spacing = self.files[0].elements.numbers("PixelSpacing", 2)
            ends = [header.elements.numbers("ImagePositionPatient", 3) for header in self.files]
        except DamagedElement:
            return ""
        positions = np.array([end for end in ends if end is not None])
        if spacing is None or len(positions) < 2:
            return ""
        reach = float(np.linalg.norm(positions.max(axis=0) - positions.min(axis=0)))
        return f"of {spacing[1]:.3g} x {spacing[0]:.3g} x {reach / (len(positions) - 1):.3g} mm"


class Choice(NamedTuple):
    """The series that is read, and what was left out for it."""

    files: tuple[DicomHeader, ...]
    observations: tuple[Observation, ...]


def choose_series(path: Path, series: str | None, *, what: str) -> Choice:
    """The files of the one series in a folder, or of the series that `series` or a single file names.

    Parameters
    ----------
    path : folder (searched with its subfolders), DICOMDIR, or one file of a series
    series : SeriesInstanceUID, or the series number if only one series has it

    Raises
    ------
    BadInput
        For no image, several series without a choice, an unknown choice, a damaged file.
    """
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # pydicom warns on the error stream about what is refused or not needed
        if path.is_dir() or path.name.upper() == DICOMDIR:
            folder = path if path.is_dir() else path.parent
            return _chosen(path, _headers(path, _walk(folder)), series, what)
        header = read_dicom_header(path)
        if frame_count(header) > 1 or header.pixels is None:
            return Choice((header,), ())
        beside = _headers(path, _files_in(path.parent))
        return _chosen(path, beside, series or header.elements.text("SeriesInstanceUID"), what)


def _chosen(path: Path, headers: Iterable[DicomHeader], choice: str | None, what: str) -> Choice:
    images, other_files = _split(headers)
    every = _by_series(images)
    volumes, left_out = _volumes(every)
    if choice is not None:
        return Choice(_named(path, every, choice).files, ())
    if not volumes:
        came = "no DICOM files" if not (images or other_files) else _no_volume(every, other_files)
        remedy = "Check the folder"
        raise BadInput(
            path, expected=f"{what}: a file, or a folder with a DICOM series", came=came, remedy=remedy
        )
    if len(volumes) > 1:
        raise _several(path, volumes)
    return Choice(volumes[0].files, left_out)


def _several(path: Path, volumes: list[Series]) -> BadInput:
    lines = "; ".join(entry.line() for entry in volumes[:8])
    more = f"; and {len(volumes) - 8} more" if len(volumes) > 8 else ""
    remedy = (
        f"Choose one by its number or UID: --series {volumes[0].number or 'UID'}, or series in the study file"
    )
    return BadInput(
        path, expected="one DICOM series", came=f"{len(volumes)} series: {lines}{more}", remedy=remedy
    )


def _named(path: Path, every: list[Series], choice: str) -> Series:
    matches = [entry for entry in every if choice == entry.uid] or [
        entry for entry in every if choice == entry.number
    ]
    if len(matches) == 1:
        return matches[0]
    if matches:
        uids = ", ".join(entry.uid for entry in matches[:3])
        came = f"{len(matches)} with the number {shown(choice, 20)} ({uids})"
        raise BadInput(path, expected="one series", came=came, remedy="Choose it by its UID")
    lines = "; ".join(entry.line() for entry in every[:8]) or "no series"
    raise BadInput(
        path,
        expected=f"the series {shown(choice, 70)}",
        came=lines,
        remedy="Choose one of these by number or UID",
    )


def _volumes(every: list[Series]) -> tuple[list[Series], tuple[Observation, ...]]:
    """Series that can be volumes; a scout and a single picture are left out where something else is there."""
    volumes, scouts, single = [], 0, 0
    for entry in every:
        slices = tuple(header for header in entry.files if not _is_localizer(header))
        if not slices:
            scouts += 1
        elif sum(map(frame_count, slices)) < 2 and len(every) > 1:
            single += 1
        else:
            scouts += len(slices) < len(entry.files)
            volumes.append(entry._replace(files=slices))
    if not (scouts or single) or not volumes:
        return volumes, ()
    text = " and ".join(
        f"{count} {name}"
        for count, name in ((scouts, "localizer series"), (single, "single pictures"))
        if count
    )
    return volumes, (Observation("localizers_left_out", f"left out: {text}"),)


def _no_volume(every: list[Series], other_files: Counter[str]) -> str:
    kinds = [f"{len(every)} localizer series"] if every else []
    kinds += (
        [f"{sum(other_files.values())} objects that are no slices (reports, segmentations, pictures)"]
        if other_files
        else []
    )
    return "only " + " and ".join(kinds)


def _by_series(headers: Iterable[DicomHeader]) -> list[Series]:
    files: dict[str, list[DicomHeader]] = {}
    for header in headers:
        files.setdefault(_text(header.elements.text, "SeriesInstanceUID"), []).append(header)
    series = [
        Series(uid, _text(members[0].elements.text, "SeriesNumber"), tuple(members))
        for uid, members in files.items()
    ]
    return sorted(series, key=lambda entry: (len(entry.number), entry.number, entry.uid))


def _split(headers: Iterable[DicomHeader]) -> tuple[list[DicomHeader], Counter[str]]:
    """Files with pixels that can be slices, and how many there are of each other class."""
    images, other_files = [], Counter[str]()
    for header in headers:
        sop_class = _text(header.elements.text, "SOPClassUID")
        no_slice = sop_class.startswith(_OTHER_CLASSES) and sop_class not in _CT_CLASSES
        if no_slice or (header.pixels is None and not header.elements.has("Rows")):
            other_files[sop_class] += 1
        else:
            images.append(header)
    return images, other_files


def _headers(where: Path, files: Iterable[Path]) -> Iterator[DicomHeader]:
    for number, path in enumerate(files):
        if number >= MAX_FILES:
            came = "more"
            raise BadInput(
                where, expected=f"at most {MAX_FILES} files", came=came, remedy="Choose a smaller folder"
            )
        if path.name.upper() != DICOMDIR and is_dicom(path):
            try:
                yield read_dicom_header(path)
            except BadInput as error:
                came = f"{path.name}, {error.came}"
                raise BadInput(
                    where, expected="slices that can all be read", came=came, remedy=error.remedy
                ) from error


def _walk(folder: Path) -> Iterator[Path]:
    """Every regular file of `folder` and its subfolders; links to folders are not followed."""
    for at, folders, _ in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from _files_in(Path(at))


def _files_in(folder: Path) -> Iterator[Path]:
    """Regular files only: opening a named pipe would wait for ever."""
    for path in sorted(folder.iterdir()):
        if not path.name.startswith(".") and kind_of_file(path) == "a file":
            yield path


def _is_localizer(header: DicomHeader) -> bool:
    try:
        return "LOCALIZER" in header.elements.texts("ImageType")[2:3]
    except DamagedElement:
        return False


def frame_count(header: DicomHeader) -> int:
    """Frames that the file claims to hold; 1 where it says nothing that can be read."""
    try:
        values = header.elements.numbers("NumberOfFrames", 1)
    except DamagedElement:
        return 1
    return int(values[0]) if values else 1


def _text(read: object, keyword: str) -> str:
    """A text for people or for grouping; a damaged one is none."""
    assert callable(read)
    try:
        return str(read(keyword))
    except DamagedElement:
        return ""
