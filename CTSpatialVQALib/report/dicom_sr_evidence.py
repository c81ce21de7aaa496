"""Which DICOM instances was a case read from? Their headers, cut down to what a report may say of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import CTImageStorage

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.report.dicom_sr_codes import derived_uid, short_text

_NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
# what highdicom copies into a report, and a de-identified one must not have
_IDENTIFYING = (
    "SpecificCharacterSet",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
)


def evidence_of(case: Case, *, identified: bool) -> tuple[Dataset, ...]:
    """The instances of the case's DICOM series, ordered by file name; empty if its CT is no DICOM folder.

    Each holds its UIDs and what is said of the patient: the case id, or with `identified`
    what the file says.

    Raises
    ------
    BadInput
        If the folder holds no DICOM file, several series, or a file without its UIDs.
    """
    if case.ct is None or not case.ct.is_dir():
        return ()
    found = tuple(
        _cut_down(header, case, identified)
        for path in sorted(case.ct.iterdir())
        if path.name != "DICOMDIR" and path.is_file() and (header := _header(path)) is not None
    )
    series = {one.SeriesInstanceUID for one in found}
    if len(series) != 1:
        raise BadInput(
            case.ct,
            expected="a folder with one DICOM series",
            came=f"{len(series)} series" if found else "no DICOM file",
            remedy="Correct 'ct' of the case in the study file",
        )
    return found


def patient_only(case_id: str, study_ids: Sequence[str]) -> Dataset:
    """What a report without images says of its patient: the case id; its UIDs are derived from the ids."""
    made = Dataset()
    made.SOPClassUID = CTImageStorage
    for name in _NEEDED[1:]:
        setattr(made, name, derived_uid(name, *study_ids, case_id))
    _say_patient(made, case_id)
    return made


def _header(path: Path) -> Dataset | None:
    try:
        return dcmread(path, stop_before_pixels=True, specific_tags=[*_NEEDED, *_IDENTIFYING])
    except InvalidDicomError:  # a file of another kind that lies there too
        return None


def _cut_down(header: Dataset, case: Case, identified: bool) -> Dataset:
    kept = Dataset()
    for name in _NEEDED:
        if name in header:
            setattr(kept, name, header[name].value)
    if not all(kept.get(name) for name in _NEEDED):
        raise BadInput(
            str(case.ct),
            expected="DICOM files with their UIDs",
            came="one without",
            remedy="Export the series again",
        )
    _say_patient(kept, case.case_id)
    if identified:
        for name in _IDENTIFYING:
            if name in header:
                setattr(kept, name, header[name].value)
    return kept


def _say_patient(dataset: Dataset, case_id: str) -> None:
    dataset.PatientID = short_text(case_id)
    for name in _IDENTIFYING:
        if name not in ("PatientID", "SpecificCharacterSet"):
            setattr(dataset, name, "")
