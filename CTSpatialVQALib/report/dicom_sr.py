"""Verdicts as a folder of DICOM Structured Reports, one per reader and case."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_text, written_whole
from CTSpatialVQALib.optional_packages import require_package
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.report.exports import read_table
from CTSpatialVQALib.report.verdict_columns import NOTICE, Row
from CTSpatialVQALib.report.verdict_table import EVERYTHING, TableChoice, VerdictTable
from CTSpatialVQALib.report.whole_folder import folder_written_whole, require_new_folder

if TYPE_CHECKING:
    from CTSpatialVQALib.report.dicom_sr_document import CaseReading

FORMAT = "ctspatialvqa-dicom-sr/1"
NO_CASES: Mapping[str, Case] = MappingProxyType({})


class _Group(NamedTuple):
    reader: str
    case_id: str


def require_dicom() -> None:
    """Refuse where highdicom is missing.

    Raises
    ------
    WorkFailed
        Naming the feature and the command that installs the library.
    """
    require_package("highdicom.sr", "The DICOM SR export")


def export_dicom_sr(
    log: Path,
    out: Path,
    *,
    cases: Mapping[str, Case] = NO_CASES,
    identified: bool = False,
    choice: TableChoice = EVERYTHING,
    noted: Callable[[str], None] = lambda note: None,
) -> int:
    """Write the folder `out` with one report per reader and case and `index.json`; return the verdicts in it.

    Parameters
    ----------
    cases : case id -> case of the study; where its CT is a DICOM series the report refers to the images
    identified : readers by their own ids, patients as the DICOM files name them
    noted : told of fields of a patient that could not be copied as they stand

    Raises
    ------
    BadInput
        If `log` is no audit log or holds no verdict, a verdict's reply is not in it, a case's DICOM folder is
        not one series, or there is something at `out` already.
    WorkFailed
        If highdicom is missing, the log's chain is broken or the folder cannot be written.
    """
    require_dicom()
    require_new_folder(out)
    readings = _readings(read_table(log, identified=identified, choice=choice), log)
    if identified:
        _say_changed_fields(readings, cases, noted)
    with folder_written_whole(out) as folder:
        index = [
            # a case id never becomes a path
            _write(
                folder / f"sr-{number:04d}.dcm", reading, cases.get(reading.case_id), identified=identified
            )
            for number, reading in enumerate(readings, start=1)
        ]
        document = {"format": FORMAT, "notice": NOTICE, "reports": index}
        write_text(folder / "index.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    return sum(len(reading.rows) for reading in readings)


def _write(path: Path, reading: CaseReading, case: Case | None, *, identified: bool) -> dict[str, object]:
    """Write one report; its entry in the index."""
    from CTSpatialVQALib.report.dicom_sr_document import report_of
    from CTSpatialVQALib.report.dicom_sr_evidence import evidence_of

    evidence = evidence_of(case, identified=identified) if case is not None else ()
    with written_whole(path) as temporary:
        report = report_of(reading, evidence, identified=identified)
        report.save_as(temporary, enforce_file_format=True, overwrite=True)
    return {
        "file": path.name,
        "reader": reading.reader,
        "case_id": reading.case_id,
        "verdicts": len(reading.rows),
        "images": len(evidence),
    }


def _say_changed_fields(
    readings: Sequence[CaseReading], cases: Mapping[str, Case], noted: Callable[[str], None]
) -> None:
    """One line for each case whose files hold what DICOM does not allow."""
    from CTSpatialVQALib.report.dicom_sr_evidence import copied_fields

    for case_id in dict.fromkeys(reading.case_id for reading in readings):
        changed = copied_fields(cases[case_id]) if case_id in cases else {}
        for name, how in changed.items():
            noted(f"case {case_id}: {name} of its DICOM files is no valid DICOM; {how} in the report")


def _readings(table: VerdictTable, log: Path) -> list[CaseReading]:
    from CTSpatialVQALib.report.dicom_sr_document import CaseReading

    rows = [entry.row for entry in table.verdicts()]
    lost = next((row for row in rows if not row["case_id"]), None)
    if not rows or lost:
        raise BadInput(
            log if lost is None else f"{log}: record {lost['seq']}",
            expected="a verdict" if lost is None else "a verdict on a reply that the log holds",
            came="none" if lost is None else "one on an unknown reply, so its case is not known",
            remedy="Give the log of a reading, or export as csv",
        )
    groups: dict[_Group, list[Row]] = {}
    for row in rows:
        groups.setdefault(_Group(row["reader"], row["case_id"]), []).append(row)
    studies = tuple(sorted(table.studies))
    return [
        CaseReading(group.reader, group.case_id, tuple(group_rows), studies)
        for group, group_rows in groups.items()
    ]
