from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.events import (
    Entry,
    SeenWith,
    adjudicated,
    case_checked,
    consent_given,
    consent_withdrawn,
    draft_kept,
    export_made,
    flagged,
    grant_given,
    logs_merged,
    question_answered_by_reader,
    question_shown,
    reply_received,
    revealed,
    scored,
    session_closed,
    session_opened,
    signed,
    verdict_given,
)
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.errors import BadInput
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
    assert grant_given("medgemma", "python", "python3") == (
        EventKind.GRANT_GIVEN,
        {"backend": "medgemma", "of": "python", "value": "python3"},
    )
    assert case_checked("case-1", [("mask_misfit", "error")]) == (
        EventKind.CASE_CHECKED,
        {"case_id": "case-1", "findings": [{"code": "mask_misfit", "severity": "error"}]},
    )
    assert export_made("csv", "b" * 64, 3) == (
        EventKind.EXPORT_MADE,
        {"format": "csv", "sha256": "b" * 64, "count": 3},
    )
    assert export_made("dicom-sr", "b" * 64, 3, identified=True).payload["identified"] is True
    assert flagged("case-1::0").payload == {
        "question_id": "case-1::0",
        "reply_id": None,
        "up": True,
        "reason": "",
    }
    assert draft_kept("case-1::0", REPLY.reply_id, "not sure").payload == {
        "question_id": "case-1::0",
        "reply_id": REPLY.reply_id,
        "text": "not sure",
    }
    assert revealed("overlay", "case-1::0").payload == {
        "what": "overlay",
        "question_id": "case-1::0",
        "reply_id": None,
    }


def test_what_a_session_and_a_question_were_seen_with_is_kept() -> None:
    volumes = SeenWith(ct_sha256="c" * 64, mask_sha256="d" * 64)
    model = SeenWith("model", "1", "slices/1", "e" * 64)
    opened = session_opened("study", "a" * 64, ReadingMode.OPEN, seen_with=model)
    assert opened.payload["with"] == {
        "backend": "model",
        "backend_version": "1",
        "contract": "slices/1",
        "presentation_sha256": "e" * 64,
    }
    shown = question_shown("case-1::0", "f" * 64, stage=Stage.BLIND, seen_with=volumes)
    assert shown.payload == {
        "question_id": "case-1::0",
        "question_sha256": "f" * 64,
        "reply_id": None,
        "stage": "blind",
        "with": {"ct_sha256": "c" * 64, "mask_sha256": "d" * 64},
    }
    assert "with" not in question_shown("case-1::0", "f" * 64).payload


def test_a_readers_own_answer_is_a_reply_of_another_kind() -> None:
    entry = question_answered_by_reader(REPLY, QUESTION)
    assert entry.kind is EventKind.READER_ANSWERED
    assert Reply.model_validate(entry.payload["reply"]) == REPLY
    assert Question.model_validate(entry.payload["question"]) == QUESTION


def test_an_adjudication_names_the_verdicts_it_decides_between() -> None:
    entry = adjudicated(VERDICT, ["event-1", "event-2"])
    assert (entry.kind, entry.payload["of"]) == (EventKind.ADJUDICATED, ["event-1", "event-2"])
    assert Verdict.model_validate(entry.payload["verdict"]) == VERDICT
    with pytest.raises(BadInput, match="adjudication: expected the event ids"):
        adjudicated(VERDICT, [])


def test_every_kind_of_event_has_a_constructor(log_path: Path) -> None:
    correction = VERDICT.model_copy(update={"corrects": "an-event-id", "correction_reason": "misread"})
    entries: list[Entry] = [
        session_opened("study", "a" * 64, ReadingMode.OPEN),
        question_shown("case-1::0", "f" * 64),
        revealed("reference", "case-1::0"),
        draft_kept("case-1::0", None, ""),
        flagged("case-1::0", up=False),
        question_answered_by_reader(REPLY),
        reply_received(REPLY),
        scored(SCORE),
        verdict_given(VERDICT),
        verdict_given(correction),
        adjudicated(VERDICT, ["event-1"]),
        consent_given("example.org"),
        consent_withdrawn("example.org"),
        grant_given("medgemma", "key_variable", "MODEL_KEY"),
        case_checked("case-1", [("mask_misfit", "error")]),
        export_made("csv", "b" * 64, 3),
        signed(1, "a" * 64, "2026-03-01T12:00:00Z", public_key="b" * 64, signature="c" * 128),
        logs_merged("study", "a" * 64, [("reader-1", 3, "b" * 64)]),
        session_closed("study"),
    ]
    assert {entry.kind for entry in entries} == set(EventKind)
    with AuditLog.open(log_path, READER) as log:
        log.append_many(entries)
        assert [record.event.payload for record in log.records()] == [entry.payload for entry in entries]
