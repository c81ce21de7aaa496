"""Steps of a reading and the events they stand for in the log, both ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.audit.events import (
    Entry,
    draft_kept,
    flagged,
    question_answered_by_reader,
    question_shown,
    revealed,
    verdict_given,
)
from CTSpatialVQALib.reading.plan import Item, ItemKey
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import ReadingMode, Stage


class Opened(NamedTuple):
    """A session began on this study."""

    study_id: str
    study_sha256: str
    mode: ReadingMode


class Correcting(NamedTuple):
    """Which verdict is about to be replaced, and why."""

    event_id: str
    reason: str


class Shown(NamedTuple):
    """An item came before the reader; with `correcting`, to give its verdict anew."""

    key: ItemKey
    stage: Stage | None
    at_utc: datetime
    correcting: Correcting | None = None


class Judged(NamedTuple):
    """A verdict was given; `event_id` is what a correction of it names."""

    event_id: str
    verdict: Verdict

    @property
    def key(self) -> ItemKey:
        """The item it is about."""
        return ItemKey(self.verdict.question_id, self.verdict.reply_id, self.verdict.occasion)


class Answered(NamedTuple):
    """The reader answered himself; a later answer replaces it."""

    reply: Reply
    occasion: int

    @property
    def key(self) -> ItemKey:
        """The item it is about."""
        return ItemKey(self.reply.key.question_id, None, self.occasion)


class Drafted(NamedTuple):
    """The comment, or the own answer, as typed so far."""

    key: ItemKey
    text: str


class Flagged(NamedTuple):
    """A flag was put up or taken down."""

    key: ItemKey
    up: bool


class Revealed(NamedTuple):
    """Everything about the case of this question became visible, in a blinded reading."""

    question_id: str


Step = Opened | Shown | Judged | Answered | Drafted | Flagged | Revealed


def entry_of(step: Shown | Judged | Answered | Drafted | Flagged | Revealed, item: Item) -> Entry:
    """The log event that says `step` about `item`.

    `occasion` is added to the payload where it is not 1; `correcting` and `reason` to that of a question
    shown for correction.
    """
    match step:
        case Judged():
            return verdict_given(step.verdict)
        case Answered():
            return _with_occasion(question_answered_by_reader(step.reply, item.question), step.occasion)
        case Revealed():
            return revealed("reference", step.question_id)
        case Shown():
            return _with_occasion(_entry_of_shown(step, item), step.key.occasion)
        case Drafted():
            return _with_occasion(draft_kept(*step.key[:2], step.text), step.key.occasion)
        case Flagged():
            return _with_occasion(flagged(*step.key[:2], up=step.up), step.key.occasion)


def step_of(event: Mapping[str, Any]) -> Step | None:
    """The step that a log event says; None for events that do not concern the reading.

    Parameters
    ----------
    event : plain JSON of an `Event`

    Raises
    ------
    KeyError, TypeError, ValueError
        If the payload is not of the shape that its kind promises.
    """
    step_from = _STEP_FROM.get(event["kind"])
    return None if step_from is None else step_from(event)


def _entry_of_shown(step: Shown, item: Item) -> Entry:
    question_id, reply_id, _ = step.key
    entry = question_shown(question_id, item.question.question_sha256, reply_id=reply_id, stage=step.stage)
    if step.correcting is None:
        return entry
    about: dict[str, JsonValue] = {
        "correcting": step.correcting.event_id,
        "reason": step.correcting.reason,
    }
    return Entry(entry.kind, entry.payload | about)


def _opened(event: Mapping[str, Any]) -> Opened:
    payload = event["payload"]
    return Opened(payload["study_id"], payload["study_sha256"], ReadingMode(payload["mode"]))


def _shown(event: Mapping[str, Any]) -> Shown:
    payload = event["payload"]
    event_id = payload.get("correcting")
    return Shown(
        _key(payload),
        _STAGES[payload["stage"]],
        datetime.fromisoformat(event["at_utc"]),
        None if event_id is None else Correcting(event_id, payload["reason"]),
    )


def _judged(event: Mapping[str, Any]) -> Judged:
    return Judged(event["event_id"], Verdict.model_validate(event["payload"]["verdict"]))


def _answered(event: Mapping[str, Any]) -> Answered:
    payload = event["payload"]
    return Answered(Reply.model_validate(payload["reply"]), payload.get("occasion", 1))


def _drafted(event: Mapping[str, Any]) -> Drafted:
    return Drafted(_key(event["payload"]), event["payload"]["text"])


def _flagged(event: Mapping[str, Any]) -> Flagged:
    return Flagged(_key(event["payload"]), bool(event["payload"]["up"]))


def _revealed(event: Mapping[str, Any]) -> Revealed | None:
    payload = event["payload"]
    return Revealed(payload["question_id"]) if payload["what"] == "reference" else None


def _key(payload: Mapping[str, Any]) -> ItemKey:
    return ItemKey(payload["question_id"], payload["reply_id"], payload.get("occasion", 1))


def _with_occasion(entry: Entry, occasion: int) -> Entry:
    return entry if occasion == 1 else Entry(entry.kind, entry.payload | {"occasion": occasion})


# Looked up instead of asked one after the other: a log has very many events.
_STAGES: Mapping[str | None, Stage | None] = {None: None, **{stage.value: stage for stage in Stage}}
_STEP_FROM: Mapping[str, Callable[[Mapping[str, Any]], Step | None]] = {
    EventKind.SESSION_OPENED: _opened,
    EventKind.QUESTION_SHOWN: _shown,
    EventKind.VERDICT: _judged,
    EventKind.CORRECTION: _judged,
    EventKind.READER_ANSWERED: _answered,
    EventKind.DRAFT_KEPT: _drafted,
    EventKind.FLAGGED: _flagged,
    EventKind.REVEALED: _revealed,
}
