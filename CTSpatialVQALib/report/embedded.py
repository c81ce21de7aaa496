"""How do machines read the report? The page's data as JSON that can stand inside a script element."""

from __future__ import annotations

import json
from typing import Any

from CTSpatialVQALib.report.page_data import BackendSummary, GroupRow, ReportData, ReportItem, Tally

FORMAT = "ctspatialvqa-report/1"

_UNSAFE_IN_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def embedded_json(data: ReportData) -> str:
    r"""All items and numbers, without pictures, as ASCII JSON that no HTML parser can mistake for markup.

    `<`, `>` and `&` stand as `\\u003c` and so on, and everything beyond ASCII (U+2028 and halves of
    surrogate pairs included) as escapes, so neither `</script` nor `<!--` can occur; the value that a
    JSON parser reads is exactly the original text.
    """
    document = {
        "format": FORMAT,
        "title": data.title,
        "study_id": data.study_id,
        "generated_utc": data.generated_utc,
        "software_version": data.software_version,
        "research_note": data.research_note,
        "log_anchor": data.log_anchor,
        "backends": [_backend(summary) for summary in data.summary],
        "items": [_item(item) for item in data.items],
    }
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.translate(_UNSAFE_IN_HTML)


def _backend(summary: BackendSummary) -> dict[str, Any]:
    return {
        "name": summary.name,
        "description": summary.description,
        **_numbers(summary.tally),
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
        "wilson_95": tally.interval,
        "failure_bounds": tally.failure_bounds,
    }


def _item(item: ReportItem) -> dict[str, Any]:
    return {
        "question_id": item.question_id,
        "case": item.case_label,
        "question": item.question,
        "reference": item.reference,
        "categories": item.categories,
        "form": item.form,
        "structures": [chip.name for chip in item.structures],
        "answers": [
            {
                "backend": answer.backend,
                "standing": answer.standing,
                "outcome": answer.outcome,
                "text": answer.text,
                "correct": answer.correct,
                "error_type": answer.error_type,
                "reason": answer.reason,
                "basis": answer.basis,
            }
            for answer in item.answers
        ],
        "verdicts": [
            {
                "reader": verdict.reader,
                "backend": verdict.backend,
                "stage": verdict.stage,
                "value": verdict.value,
                "aided": verdict.aided,
                "detail": verdict.detail,
            }
            for verdict in item.verdicts
        ],
    }
