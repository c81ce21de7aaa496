"""A failure is never an answer, and a log record carries the hash of its place and its event."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.event import GENESIS, Actor, Event, EventKind, LogRecord, chained_sha256
from CTSpatialVQALib.records.reply import Presentation, Reply, ReplyKey
from CTSpatialVQALib.records.words import Outcome, Probe

HASH = "b" * 64
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = ReplyKey(
    question_id="q",
    question_sha256=HASH,
    backend="model",
    backend_version="1",
    contract="none",
    presentation_sha256=HASH,
    prompt_sha256=HASH,
)


def reply(**changes: Any) -> Reply:
    fields = {
        "reply_id": KEY.reply_id,
        "key": KEY,
        "case_id": "c",
        "outcome": Outcome.ANSWERED,
        "answer": "left",
        "started_utc": NOON,
        "duration_s": 0.0,
    }
    return Reply(**(fields | changes))


def event(**changes: Any) -> Event:
    fields = {
        "event_id": "e1",
        "kind": EventKind.REVEALED,
        "at_utc": NOON,
        "monotonic_s": 1.0,
        "actor": Actor(id="reader 1"),
    }
    return Event(**(fields | changes))


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.ANSWERED])
def test_failure_with_an_answer_is_refused(outcome: Outcome) -> None:
    with pytest.raises(ValidationError, match="an answer with the outcome 'answered' and with no other"):
        reply(outcome=outcome, answer="left")


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.ANSWERED])
def test_failure_keeps_what_came(outcome: Outcome) -> None:
    failed = reply(outcome=outcome, answer=None, raw="I cannot", detail="why")

    assert failed.answer is None
    assert failed.raw == "I cannot"


def test_answered_without_an_answer_is_refused() -> None:
    with pytest.raises(ValidationError, match="an answer with the outcome 'answered'"):
        reply(answer=None)


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u3000"])
def test_blank_answer_is_refused(blank: str) -> None:
    with pytest.raises(ValidationError, match="an answer that is not blank"):
        reply(answer=blank)


def test_reply_under_another_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="a reply_id that is the hash of its key"):
        reply(reply_id=HASH)


@pytest.mark.parametrize("seconds", [-0.1, float("nan"), float("inf")])
def test_impossible_duration_is_refused(seconds: float) -> None:
    with pytest.raises(ValidationError):
        reply(duration_s=seconds)


@pytest.mark.parametrize(
    "changes",
    [
        {"question_id": "q2"},
        {"question_sha256": "c" * 64},
        {"backend": "other"},
        {"backend_version": "2"},
        {"contract": "slices"},
        {"probe": Probe.MIRRORED},
        {"presentation_sha256": "c" * 64},
        {"prompt_sha256": "c" * 64},
        {"parameters": {"temperature": 1}},
    ],
)
def test_whatever_changes_the_asking_changes_the_reply_id(changes: dict[str, Any]) -> None:
    assert ReplyKey(**(KEY.model_dump() | changes)).reply_id != KEY.reply_id


def test_same_asking_has_the_same_reply_id_whatever_the_order_of_its_parameters() -> None:
    one = KEY.model_copy(update={"parameters": {"seed": 1, "temperature": 0}})
    other = KEY.model_copy(update={"parameters": {"temperature": 0, "seed": 1}})

    assert one.reply_id == other.reply_id


def test_presentation_hash_covers_more_than_the_pixels() -> None:
    shown = Presentation(contract="slices", version="1", content_sha256=HASH)

    assert shown.sha256 != shown.model_copy(update={"hu_map": "bone window"}).sha256


def test_log_record_has_the_hash_of_its_place_and_event() -> None:
    record = LogRecord.following(3, HASH, event())

    assert record.sha256 == chained_sha256(3, HASH, event())


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 4},
        {"prev_sha256": GENESIS},
        {"sha256": GENESIS},
        {"event": event(payload={"edited": True})},
        {"event": event(at_utc=NOON.replace(microsecond=1))},
        {"event": event(actor=Actor(id="reader 2"))},
    ],
)
def test_log_record_that_was_edited_is_refused(changes: dict[str, Any]) -> None:
    record = LogRecord.following(3, HASH, event())

    with pytest.raises(ValidationError, match="a sha256 that fits the record"):
        LogRecord(**(dict(record) | changes))


def test_edited_log_text_is_refused_by_name() -> None:
    text = LogRecord.following(1, GENESIS, event()).to_json().replace("revealed", "verdict")

    with pytest.raises(BadInput, match=r"log line 1: .*expected a sha256 that fits the record"):
        LogRecord.from_json(text, where="log line 1")


def test_log_begins_at_one() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        LogRecord.following(0, GENESIS, event())
