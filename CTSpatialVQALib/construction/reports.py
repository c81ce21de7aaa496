"""Radiology reports that questions are made from: CSV, JSON, JSON Lines or a folder of texts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import Field, ValidationError

from CTSpatialVQALib.benchmark.jsonfiles import iter_jsonl, load_json
from CTSpatialVQALib.construction.candidate_pairs import Section
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.files import require_regular_file
from CTSpatialVQALib.records.base import Identifier, Record, bad_input_from, normalised, sha256_of
from CTSpatialVQALib.records.case import official_patient_id

MAX_REPORT_BYTES = 1024**2
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "case_id": ("case_id", "volumename", "volume", "case", "id", "file_name", "accessionnumber"),
    "patient_id": ("patient_id", "patient", "patientid"),
    "findings": ("findings", "findings_en", "finding"),
    "impression": ("impression", "impressions", "impression_en", "impressions_en", "conclusion"),
}
_HEADING = re.compile(
    r"^[ \t#*]*(findings?|impressions?|conclusions?|opinion)[ \t*]*(?::|$)[ \t*]*",
    re.IGNORECASE | re.MULTILINE,
)


class Report(Record):
    """One case's radiology report."""

    case_id: Identifier
    patient_id: Identifier
    findings: str = Field(max_length=MAX_REPORT_BYTES)
    impression: str = Field(default="", max_length=MAX_REPORT_BYTES)

    @property
    def report_id(self) -> str:
        """Of the text as it is compared: two cases with the same report share it."""
        return "r-" + sha256_of([normalised(self.findings), normalised(self.impression)])[:20]

    def section(self, name: Section) -> str:
        """The text of a section."""
        return self.findings if name == "findings" else self.impression

    @property
    def text(self) -> str:
        """Findings, then impression, a line between them."""
        return f"{self.findings}\n{self.impression}".strip()


class _Row(NamedTuple):
    """One report as a file gives it; `case_id` is known where the file keys its reports by it."""

    where: str
    columns: Mapping[str, object]
    case_id: str | None = None


def read_reports(path: Path) -> dict[str, Report]:
    """The reports of a file or a folder, by case id.

    CSV with a header, JSON Lines, a JSON object of case ids or a JSON list of rows, with columns for the case
    (`case_id`, `VolumeName` ...), `findings` and `impression` (`Findings_EN`, `Impressions_EN` ...), case of
    letters ignored; or a folder of `.txt` files named by their case, in which lines `FINDINGS:` and
    `IMPRESSION:` begin the sections (without them, all is findings).

    Raises
    ------
    BadInput
        If there is none, a case stands twice, or a report is blank, naming the place.
    """
    by_case: dict[str, Report] = {}
    for row in _rows(path):
        report = _report(row)
        if report.case_id in by_case:
            raise BadInput(
                row.where,
                expected="each case once",
                came=f"{shown(report.case_id)} again",
                remedy="Keep one of its reports",
            )
        by_case[report.case_id] = report
    if not by_case:
        raise BadInput(path, expected="at least one report", came="none", remedy="Check the path")
    return by_case


def _rows(path: Path) -> Iterator[_Row]:
    if path.is_dir():
        return _folder(path)
    if path.suffix.lower() == ".csv":
        return _csv(path)
    if path.suffix.lower() == ".jsonl":
        return (_Row(f"{path}: line {number}", value) for number, value in iter_jsonl(path))
    return _json(path)


def _folder(path: Path) -> Iterator[_Row]:
    for file in sorted(path.glob("*.txt")):
        if file.stat().st_size > MAX_REPORT_BYTES:
            raise BadInput(file, expected="a report under 1 MiB", came="more", remedy="Check the file")
        yield _Row(str(file), _sections(_utf8(file)), file.stem)


def _sections(text: str) -> dict[str, object]:
    parts = {"findings": "", "impression": ""}
    begin, name = 0, "findings"
    for heading in _HEADING.finditer(text):
        parts[name] += text[begin : heading.start()]
        name = "findings" if heading.group(1).lower().startswith("finding") else "impression"
        begin = heading.end()
    parts[name] += text[begin:]
    return {section: words.strip() for section, words in parts.items()}


def _csv(path: Path) -> Iterator[_Row]:
    text = _utf8(path)
    csv.field_size_limit(MAX_REPORT_BYTES)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""))  # a report has line breaks of its own
        for number, row in enumerate(reader, start=1):
            yield _Row(f"{path}: row {number}", {key: value for key, value in row.items() if key})
    except csv.Error as error:
        raise BadInput(path, expected="CSV", came=str(error), remedy="Correct the file") from error


def _json(path: Path) -> Iterator[_Row]:
    content = load_json(path)
    if isinstance(content, dict):
        for case_id, value in content.items():
            yield _Row(f"{path}: {shown(case_id)}", _object(value, f"{path}: {shown(case_id)}"), case_id)
    elif isinstance(content, list):
        for at, value in enumerate(content):
            yield _Row(f"{path}: entry {at}", _object(value, f"{path}: entry {at}"))
    else:
        raise BadInput(
            path,
            expected="an object of case ids or a list of rows",
            came=type(content).__name__,
            remedy="Give reports as documented",
        )


def _object(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadInput(where, expected="an object", came=type(value).__name__, remedy="Correct the entry")
    return value


def _report(row: _Row) -> Report:
    columns = {str(key).strip().lower(): value for key, value in row.columns.items()}
    values = {name: _column(columns, aliases) for name, aliases in _COLUMNS.items()}
    case_id = row.case_id or values["case_id"]
    if not case_id or not (values["findings"] or values["impression"]):
        raise BadInput(
            row.where,
            expected="a case id, and text in 'findings' or 'impression'",
            came="columns " + shown(", ".join(columns)),
            remedy="Name the columns as documented, and leave out blank reports",
        )
    try:
        return Report(
            case_id=case_id,
            patient_id=values["patient_id"] or official_patient_id(case_id),
            findings=values["findings"],
            impression=values["impression"],
        )
    except ValidationError as error:
        raise bad_input_from(error, row.where, "report") from error


def _column(columns: Mapping[str, object], aliases: tuple[str, ...]) -> str:
    for name in aliases:
        value = columns.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _utf8(path: Path) -> str:
    require_regular_file(path, expected="a file or a folder")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path}: byte {error.start}",
            expected="UTF-8 text",
            came=f"byte {error.object[error.start]:#04x}",
            remedy="Save the file as UTF-8",
        ) from error
