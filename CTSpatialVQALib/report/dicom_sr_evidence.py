"""The DICOM instances that a case was read from, cut down to what a report may say of them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from pydicom import dcmread
from pydicom.config import RAISE
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage
from pydicom.valuerep import validate_value

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.report.dicom_sr_codes import derived_uid, short_text
from CTSpatialVQALib.volumes.dicom_catalogue import choose_series

_NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
_LONGEST = {"LO": 64, "SH": 16, "PN": 64}  # characters, DICOM PS3.5, table 6.2-1
# PatientSex has three values (PS3.3, C.7.1.1); these are other spellings of them, of several languages
_SEXES = {
    **dict.fromkeys(("M", "MALE", "MAN", "MANN", "MÄNNLICH", "HOMME", "MASCULIN"), "M"),
    **dict.fromkeys(("F", "FEMALE", "W", "WOMAN", "FRAU", "WEIBLICH", "FEMME", "FEMININ"), "F"),
    **dict.fromkeys(("O", "OTHER", "D", "DIVERS", "DIVERSE", "X"), "O"),
}
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
    choice = choose_series(case.ct, case.series, what="a DICOM series")
    paths = sorted(header.path for header in choice.files)
    return tuple(_cut_down(_header(path), case, identified) for path in paths)


def copied_fields(case: Case) -> dict[str, str]:
    """Fields of the patient that an identified report cannot copy as they stand -> what was done with them.

    A field that is no valid DICOM is refused by other systems; its nearest valid value is written instead.
    """
    if case.ct is None or not case.ct.is_dir():
        return {}
    choice = choose_series(case.ct, case.series, what="a DICOM series")
    header = _header(min(item.path for item in choice.files))
    changed = {}
    for name in _IDENTIFYING:
        value, valid = _value(header, name), _valid(header, name)
        if value != valid:
            changed[name] = f"written as {valid!r}" if valid else "left empty"
    return changed


def patient_only(case_id: str, study_ids: Sequence[str]) -> Dataset:
    """What a report without images says of its patient: the case id; its UIDs are derived from the ids."""
    patient = Dataset()
    patient.SOPClassUID = CTImageStorage
    for name in _NEEDED[1:]:
        setattr(patient, name, derived_uid(name, *study_ids, case_id))
    _say_patient(patient, case_id)
    return patient


def _header(path: Path) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of values that `_valid` mends
        return dcmread(path, stop_before_pixels=True, force=True, specific_tags=[*_NEEDED, *_IDENTIFYING])


def _value(header: Dataset, name: str) -> str:
    """What the file says, as text; '' where that cannot even be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what `_valid` mends
            return str(header[name].value or "") if name in header else ""
    except (ValueError, TypeError, LookupError, AttributeError):  # what pydicom's converters raise
        return ""


def _valid(header: Dataset, name: str) -> str:
    """The nearest value that the standard allows: a sex by its word, a text cut, anything else empty."""
    value = _value(header, name).strip()
    if name == "PatientSex":
        return _SEXES.get(value.upper(), "")
    vr = dictionary_VR(name)
    if name == "SpecificCharacterSet" or _is_valid(vr, value):
        return value
    cut = "".join(letter for letter in value if letter.isprintable() and letter != "\\")[
        : _LONGEST.get(vr, 0)
    ]
    return cut if _is_valid(vr, cut) else ""


def _is_valid(vr: str, value: str) -> bool:
    try:
        validate_value(vr, value, RAISE)
    except ValueError:
        return False
    return vr != "PN" or all(len(part) <= _LONGEST["PN"] for part in value.split("="))


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
                setattr(
                    kept, name, header[name].value if name == "SpecificCharacterSet" else _valid(header, name)
                )
    return kept


def _say_patient(dataset: Dataset, case_id: str) -> None:
    dataset.PatientID = short_text(case_id)
    for name in _IDENTIFYING:
        if name not in ("PatientID", "SpecificCharacterSet"):
            setattr(dataset, name, "")
