"""The report's data as JSON: in the page, inside a script element, and on stdout."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from CTSpatialVQALib.report.page_data import (
    AnswerShown,
    BackendSummary,
    GroupRow,
    ReportData,
    ReportItem,
    Tally,
)
from CTSpatialVQALib.report.plots import Section, Table
from CTSpatialVQALib.statistics.clusters import INTERVAL_METHOD

FORMAT = "ctspatialvqa-report/2"

# The answers of an item stand as lists in this order, so that 45,000 of them do not repeat their keys.
ANSWER_COLUMNS = ("backend", "outcome", "text", "correct", "error_type", "reason", "basis")

_UNSAFE_IN_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def embedded_json(data: ReportData) -> Iterator[str]:
    r"""All items and numbers, without pictures, as ASCII JSON that no HTML parser can mistake for markup.

    `<`, `>` and `&` stand as `\\u003c` and so on, and everything beyond ASCII (U+2028 and halves of
    surrogate pairs included) as escapes, so neither `</script` nor `<!--` can occur; the value that a
    JSON parser reads is exactly the original text. What is empty or unknown at the end of an answer is
    left out. It comes piece by piece, because that of a long report takes more memory than its items.
    """
    numbers = {summary.name: at for at, summary in enumerate(data.summary)}
    for item in data.items:
        for answer in item.answers:
            numbers.setdefault(answer.backend, len(numbers))
    document = _head(data) | {
        "answer_columns": ANSWER_COLUMNS,
        "answer_backends": list(numbers),
    }
    yield _safe_json(document)[:-1] + ',"items":['
    for at, item in enumerate(data.items):
        yield "," * (at > 0) + _safe_json(_item(item, numbers))
    yield "]}"


def _safe_json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.translate(_UNSAFE_IN_HTML)


def summary_json_text(data: ReportData) -> str:
    """All numbers and tables without the single questions, as JSON."""
    document = _head(data) | {"headlines": data.headlines, "warnings": data.warnings, "notes": data.notes}
    return json.dumps(document, ensure_ascii=False, allow_nan=False)


def _head(data: ReportData) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "title": data.title,
        "study_id": data.study_id,
        "generated_utc": data.generated_utc,
        "software_version": data.software_version,
        "research_note": data.research_note,
        "log_anchor": data.log_anchor,
        "methods": data.methods,
        "settings": None if data.settings is None else _table(data.settings),
        "backends": [_backend(summary) for summary in data.summary],
        "numbers": data.numbers,
        "sections": [_section(section) for section in data.sections],
    }


def plain(value: object) -> object:
    """Named tuples and dataclasses as JSON objects, mappings with text keys, NaN and infinities as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: plain(entry) for key, entry in value._asdict().items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value


def _section(section: Section) -> dict[str, Any]:
    tables = [piece for piece in section.pieces if isinstance(piece, Table)]
    tables += [figure.table for figure in section.figures]
    return {"name": section.name, "title": section.title, "tables": [_table(table) for table in tables]}


def _table(table: Table) -> dict[str, Any]:
    return {
        "caption": table.caption,
        "columns": [column.name for column in table.columns],
        "rows": table.rows,
    }


def _backend(summary: BackendSummary) -> dict[str, Any]:
    return {
        "name": summary.name,
        "description": summary.description,
        **_numbers(summary.tally),
        "interval_95": summary.interval,
        "interval_method": f"{INTERVAL_METHOD}, over patients",
        "patients": summary.patients,
        "failed_by_outcome": dict(summary.failed_by_outcome),
        "errors": dict(summary.errors),
        "unscored": summary.unscored,
        "not_asked": summary.not_asked,
        "by_category": [_group(row) for row in summary.by_category],
        "by_form": [_group(row) for row in summary.by_form],
    }


def _group(row: GroupRow) -> dict[str, Any]:
    return {"name": row.name, **_numbers(row.tally)}


def _numbers(tally: Tally) -> dict[str, Any]:
    return {
        "asked": tally.asked,
        "answered": tally.answered,
        "right": tally.right,
        "wrong": tally.wrong,
        "undecided": tally.undecided,
        "failed": tally.failed,
        "accuracy": tally.accuracy,
        "failure_bounds": tally.failure_bounds,
    }


def _item(item: ReportItem, numbers: Mapping[str, int]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "question_id": item.question_id,
        "case": item.case_label,
        "question": item.question,
        "reference": item.reference,
        "categories": item.categories,
        "form": item.form,
        "structures": [chip.name for chip in item.structures],
        "answers": [_answer(answer, numbers) for answer in item.answers],
    }
    if item.verdicts:
        record["verdicts"] = [
            {
                "reader": verdict.reader,
                "backend": verdict.backend,
                "stage": verdict.stage,
                "value": verdict.value,
                "aided": verdict.aided,
                "detail": verdict.detail,
            }
            for verdict in item.verdicts
        ]
    return record


def _answer(answer: AnswerShown, numbers: Mapping[str, int]) -> list[Any]:
    cells: list[Any] = [
        numbers[answer.backend],
        answer.outcome,
        answer.text,
        answer.correct,
        answer.error_type,
        answer.reason,
        answer.basis,
    ]
    while cells[-1] in (None, ""):
        cells.pop()
    return cells
