"""Events and records of the audit log, each record chained to the one before."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, JsonValue, model_validator

from CTSpatialVQALib.records.base import Identifier, Record, Sha256, UtcTime, sha256_of

GENESIS = "0" * 64


class EventKind(StrEnum):
    """Everything that can be said in the log; `audit.events` documents what each kind's payload holds."""

    SESSION_OPENED = "session_opened"
    SESSION_CLOSED = "session_closed"
    QUESTION_SHOWN = "question_shown"
    REVEALED = "revealed"
    DRAFT_KEPT = "draft_kept"
    FLAGGED = "flagged"
    READER_ANSWERED = "reader_answered"
    REPLY_RECEIVED = "reply_received"
    SCORED = "scored"
    VERDICT = "verdict"
    CORRECTION = "correction"
    ADJUDICATED = "adjudicated"
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    GRANT_GIVEN = "grant_given"
    CASE_CHECKED = "case_checked"
    EXPORT_MADE = "export_made"
    LOGS_MERGED = "logs_merged"
    SIGNED = "signed"


class Actor(Record):
    """Who did it: a reader by pseudonym and role, or the program itself."""

    id: Identifier
    role: str = "reader"


class Event(Record):
    """One thing that happened.

    Parameters
    ----------
    event_id : random UUID, so that the same event written twice is recognised
    at_utc, monotonic_s : wall clock, and a clock that does not jump, for order and durations
    software : name -> version of what was running
    payload : the record the event is about, as plain JSON
    """

    event_id: Identifier
    kind: EventKind
    at_utc: UtcTime
    monotonic_s: float
    actor: Actor
    software: dict[str, str] = {}
    payload: dict[str, JsonValue] = {}


class LogRecord(Record):
    """An event in its place in the chain: `sha256` covers the place, the record before and the event."""

    seq: int = Field(ge=1)
    prev_sha256: Sha256
    sha256: Sha256
    event: Event

    @classmethod
    def following(cls, seq: int, prev_sha256: str, event: Event) -> Self:
        """The record of `event` at place `seq` after the record with hash `prev_sha256`."""
        return cls(
            seq=seq, prev_sha256=prev_sha256, sha256=chained_sha256(seq, prev_sha256, event), event=event
        )

    @model_validator(mode="after")
    def _hash_fits(self) -> Self:
        if self.sha256 != chained_sha256(self.seq, self.prev_sha256, self.event):
            raise ValueError("a sha256 that fits the record")
        return self


def chained_sha256(seq: int, prev_sha256: str, event: Event) -> str:
    """Hash that ties `event` to its place and to everything before it."""
    return sha256_of([seq, prev_sha256, event.model_dump(mode="json")])
