from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from CTSpatialVQALib.audit.events import (
    consent_given,
    consent_withdrawn,
    export_made,
    reply_received,
    scored,
    session_closed,
    session_opened,
    verdict_given,
)
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.judgement import Score, Verdict
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.records.words import ErrorType, Outcome, ReadingMode, Stage, VerdictValue
from Testing.audit.logbook import READER

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUESTION = Question(question_id="case-1::0", case_id="case-1", text="Which side?", reference="Left.")
KEY = ReplyKey(
    question_id=QUESTION.question_id,
    question_sha256=QUESTION.question_sha256,
    backend="recorded",
    backend_version="1",
    contract="none",
    presentation_sha256="1" * 64,
    prompt_sha256="2" * 64,
    parameters={"temperature": 0.0},
)
REPLY = Reply(
    reply_id=KEY.reply_id,
    key=KEY,
    case_id="case-1",
    outcome=Outcome.ANSWERED,
    answer="Right.",
    started_utc=NOON,
    duration_s=0.25,
)
SCORE = Score(question_id="case-1::0", reply_id=REPLY.reply_id, correct=True, by="rules-1", reason="same")
VERDICT = Verdict(
    reader="reader-1",
    reply_id=REPLY.reply_id,
    question_id=QUESTION.question_id,
    question_sha256=QUESTION.question_sha256,
    stage=Stage.BLIND,
    value=VerdictValue.INCORRECT,
    aided=False,
    error_type=ErrorType.LATERALITY_SWAP,
    given_utc=NOON,
)


def test_every_record_is_read_out_of_the_log_as_it_was(log_path: Path) -> None:
    with AuditLog.open(log_path, READER) as log:
        log.append_many([reply_received(REPLY, QUESTION), scored(SCORE), verdict_given(VERDICT)])
        reply, score, verdict = (record.event for record in log.records())
    assert Reply.model_validate(reply.payload["reply"]) == REPLY
    assert Question.model_validate(reply.payload["question"]) == QUESTION
    assert Score.model_validate(score.payload["score"]) == SCORE
    assert Verdict.model_validate(verdict.payload["verdict"]) == VERDICT
    assert [event.kind for event in (reply, score, verdict)] == ["reply_received", "scored", "verdict"]


def test_a_reply_may_come_without_its_question() -> None:
    assert set(reply_received(REPLY).payload) == {"reply"}


def test_a_verdict_that_corrects_another_is_a_correction() -> None:
    correction = VERDICT.model_copy(update={"corrects": "an-event-id", "correction_reason": "misread"})
    assert verdict_given(VERDICT).kind is EventKind.VERDICT
    assert verdict_given(correction).kind is EventKind.CORRECTION


def test_the_short_events_say_what_they_are_about() -> None:
    assert session_opened("study", "a" * 64, ReadingMode.BLINDED) == (
        EventKind.SESSION_OPENED,
        {"study_id": "study", "study_sha256": "a" * 64, "mode": "blinded"},
    )
    assert session_closed("study") == (EventKind.SESSION_CLOSED, {"study_id": "study"})
    assert consent_given("example.org") == (EventKind.CONSENT_GIVEN, {"host": "example.org"})
    assert consent_withdrawn("example.org") == (EventKind.CONSENT_WITHDRAWN, {"host": "example.org"})
    assert export_made("csv", "b" * 64, 3) == (
        EventKind.EXPORT_MADE,
        {"format": "csv", "sha256": "b" * 64, "count": 3},
    )
