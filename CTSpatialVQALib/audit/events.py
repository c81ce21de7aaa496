"""What is said in the log? One constructor per event, so that every payload has one documented shape.

A payload holds whole records under fixed keys (`reply`, `question`, `score`, `verdict`) and nothing that
names a place on this computer: no path, no address except the host that consent was given to.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.records.base import Record
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.judgement import Score, Verdict
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import ReadingMode


class Entry(NamedTuple):
    """An event to be: `log.append(*entry)` or `log.append_many(entries)`."""

    kind: EventKind
    payload: dict[str, JsonValue]


def session_opened(study_id: str, study_sha256: str, mode: ReadingMode) -> Entry:
    """A reader or a run began: `{"study_id", "study_sha256", "mode"}`; the hash is of the study file."""
    return Entry(
        EventKind.SESSION_OPENED,
        {"study_id": study_id, "study_sha256": study_sha256, "mode": mode.value},
    )


def session_closed(study_id: str) -> Entry:
    """The session was ended on purpose: `{"study_id"}`. After a crash it is absent."""
    return Entry(EventKind.SESSION_CLOSED, {"study_id": study_id})


def reply_received(reply: Reply, question: Question | None = None) -> Entry:
    """`{"reply": Reply, "question": Question}`; with the question the log can be read without its study."""
    payload: dict[str, JsonValue] = {"reply": _plain(reply)}
    if question is not None:
        payload["question"] = _plain(question)
    return Entry(EventKind.REPLY_RECEIVED, payload)


def scored(score: Score) -> Entry:
    """An automatic judgement: `{"score": Score}`."""
    return Entry(EventKind.SCORED, {"score": _plain(score)})


def verdict_given(verdict: Verdict) -> Entry:
    """`{"verdict": Verdict}`; the kind is `correction` where the verdict names the event it corrects."""
    kind = EventKind.VERDICT if verdict.corrects is None else EventKind.CORRECTION
    return Entry(kind, {"verdict": _plain(verdict)})


def consent_given(host: str) -> Entry:
    """The user agreed that data are sent to `host`: `{"host"}`."""
    return Entry(EventKind.CONSENT_GIVEN, {"host": host})


def consent_withdrawn(host: str) -> Entry:
    """The user no longer agrees: `{"host"}`."""
    return Entry(EventKind.CONSENT_WITHDRAWN, {"host": host})


def export_made(export_format: Literal["csv", "jsonl", "html"], sha256: str, count: int) -> Entry:
    """A file left the log: `{"format", "sha256", "count"}`; hash of the file, rows or records in it."""
    return Entry(EventKind.EXPORT_MADE, {"format": export_format, "sha256": sha256, "count": count})


def _plain(record: Record) -> JsonValue:
    plain: JsonValue = record.model_dump(mode="json")
    return plain
