"""A case: one CT volume, its anatomy mask and its report, each of which may be absent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field

from CTSpatialVQALib.records.base import Identifier, Record

MaskFormat = Literal["auto", "multilabel", "folder", "segmentation"]
MaskNaming = Literal["auto", "total_v2", "total_v1"]

_OFFICIAL_PATIENT = re.compile(r"^((?:valid|train)_\d+)_[a-z]+_\d+(?:\.nii\.gz)?$")


class Case(Record):
    """One CT volume as the study file names it; all paths are resolved and allowed.

    Parameters
    ----------
    ct : file, or folder of a DICOM series; None where the volume is not at hand
    series : of a DICOM folder with several series, the SeriesInstanceUID or number of the one to read
    mask : multilabel file, folder of one file per structure, or Slicer segmentation
    report_text : the radiology report, shown to a reader after the reveal only
    situs_inversus : the reader declares that this patient's organs are mirrored
    """

    case_id: Identifier
    patient_id: Identifier
    ct: Path | None = None
    series: str | None = None
    mask: Path | None = None
    mask_format: MaskFormat = "auto"
    mask_naming: MaskNaming = "auto"
    report_text: str = Field(default="", max_length=1_000_000)
    situs_inversus: bool = False


def official_patient_id(case_id: str) -> str:
    """The patient in `valid_<patient>_<study>_<reconstruction>`; any other id is its own patient."""
    match = _OFFICIAL_PATIENT.match(case_id)
    return match.group(1) if match else case_id
