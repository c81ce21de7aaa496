"""Phantom patients as cases on disk, stored as a test wants, and a question about them."""

from __future__ import annotations

from pathlib import Path

from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.imaging.generic_slices import SliceOptions, slices_contract
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from Testing.imaging.patients import phantom
from Testing.volumes.dicom_folder import write_series
from Testing.volumes.small_volumes import stored_as, write_nifti

FOUR_SLICES = slices_contract(SliceOptions(count=4, size=128, windows=("lung",)))
TOKENS = 24  # of a reply
WHERE = "Is the nodule in the left or the right lung?"


def question(text: str = WHERE) -> Question:
    return Question(question_id="one::0", case_id="one", text=text, reference="left")


def stored_case(folder: Path, code: str = "LPS", index: int = 0) -> CaseData:
    """The phantom written as NIfTI with its axes running to `code`."""
    one = phantom(index)
    path = write_nifti(folder / f"{code}-{index}.nii", *stored_as(code, one.hu, one.grid.affine))
    return CaseData(Case(case_id="one", patient_id="p", ct=path))


def series_case(folder: Path) -> CaseData:
    """The same phantom as a DICOM series."""
    one = phantom()
    write_series(folder / "series", stored_as("LPS", one.hu, one.grid.affine))
    return CaseData(Case(case_id="one", patient_id="p", ct=folder / "series"))
