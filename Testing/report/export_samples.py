"""Questions, replies and verdicts of which the tests of the exports make their logs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from CTSpatialVQALib.audit.events import Entry
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.records.words import Category, Outcome, Stage, VerdictValue

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
READER = Actor(id="reader-1")


def question(number: int, text: str = "Which side?") -> Question:
    return Question(
        question_id=f"case-1::{number}",
        case_id="case-1",
        text=text,
        reference="Left.",
        categories=(Category.LATERALITY, Category.ADJACENCY),
    )


def reply(about: Question, answer: str | None = "Right.", backend: str = "model") -> Reply:
    key = ReplyKey(
        question_id=about.question_id,
        question_sha256=about.question_sha256,
        backend=backend,
        backend_version="2",
        contract="none",
        presentation_sha256="1" * 64,
        prompt_sha256="2" * 64,
    )
    return Reply(
        reply_id=key.reply_id,
        key=key,
        case_id=about.case_id,
        outcome=Outcome.TIMEOUT if answer is None else Outcome.ANSWERED,
        answer=answer,
        started_utc=NOON,
        duration_s=1.0,
    )


def verdict(about: Reply, value: VerdictValue = VerdictValue.CORRECT, **fields: object) -> Verdict:
    given = {
        "reader": "reader-1",
        "reply_id": about.reply_id,
        "question_id": about.key.question_id,
        "question_sha256": about.key.question_sha256,
        "stage": Stage.BLIND,
        "value": value,
        "aided": False,
        "given_utc": NOON,
    }
    return Verdict.model_validate(given | fields)


def log_of(path: Path, *entries: Entry) -> Path:
    with AuditLog.open(path, READER) as log:
        log.append_many(entries)
    return path
