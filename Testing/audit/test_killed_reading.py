"""A scripted reading whose program is killed at random moments, as often as CTSPATIALVQA_KILLS says."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.events import (
    Entry,
    draft_kept,
    question_shown,
    revealed,
    session_opened,
    verdict_given,
)
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.records.base import sha256_of, utc_now
from CTSpatialVQALib.records.event import EventKind, LogRecord
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.words import LogTrust, ReadingMode, Stage, VerdictValue
from Testing.audit.logbook import READER, Child

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks processes")

KILLS = int(os.environ.get("CTSPATIALVQA_KILLS", "25"))
COMMENT = "other side than it says"
STEPS = 4 + len(COMMENT) // 6
Tell = Callable[[object], None]


def verdict(number: int, stage: Stage, comment: str) -> Verdict:
    return Verdict(
        reader=READER.id,
        reply_id=sha256_of(number),
        question_id=f"case-1::{number}",
        question_sha256="a" * 64,
        stage=stage,
        value=VerdictValue.CORRECT,
        aided=stage is Stage.FINAL,
        comment=comment,
        given_utc=utc_now(),
    )


def steps_of(number: int) -> Iterator[Entry]:
    """What is recorded while one question is read: shown, judged, revealed, typed, judged again."""
    question_id, reply_id = f"case-1::{number}", sha256_of(number)
    yield question_shown(question_id, "a" * 64, reply_id=reply_id, stage=Stage.BLIND)
    yield verdict_given(verdict(number, Stage.BLIND, ""))
    yield revealed("overlay", question_id, reply_id=reply_id)
    for end in range(6, len(COMMENT) + 1, 6):
        yield draft_kept(question_id, reply_id, COMMENT[:end])
    yield verdict_given(verdict(number, Stage.FINAL, COMMENT))


@dataclass
class Reading:
    """Where the reader is, from the log alone."""

    done: int = 0
    step: int = 0
    draft: str = ""
    verdicts: list[tuple[str, str]] = field(default_factory=list)

    def take(self, record: LogRecord) -> None:
        event = record.event
        if event.kind is EventKind.SESSION_OPENED:
            return
        self.step += 1
        if event.kind is EventKind.DRAFT_KEPT:
            self.draft = str(event.payload["text"])
        if event.kind is EventKind.VERDICT:
            given = Verdict.model_validate(event.payload["verdict"])
            self.verdicts.append((given.question_id, given.stage))
        if self.step == STEPS:
            self.done, self.step, self.draft = self.done + 1, 0, ""


def resumed(log: AuditLog) -> Reading:
    reading = Reading()
    for record in log.records():
        reading.take(record)
    return reading


def read_until_killed(path: Path, tell: Tell) -> None:
    with AuditLog.open(path, READER) as log:
        reading = resumed(log)
        log.append(*session_opened("killed", "b" * 64, ReadingMode.BLINDED))
        while True:
            steps = list(steps_of(reading.done))
            for entry in steps[reading.step :]:
                record = log.append(*entry)
                reading.take(record)
                tell([reading.done, reading.step, reading.draft, log.anchor_text])


def test_a_reading_killed_at_random_moments_goes_on_where_it_was(log_path: Path) -> None:
    seeded = random.Random(11)
    told: list[object] = [[0, 0, "", None]]
    for _ in range(KILLS):
        child = Child(lambda tell: read_until_killed(log_path, tell))
        heard = child.heard()
        told += islice(heard, seeded.randrange(12))
        time.sleep(seeded.uniform(0.0, 0.004))
        os.kill(child.pid, signal.SIGKILL)
        told += heard
        assert child.end() == -signal.SIGKILL
        _check(log_path, told[-1])
    assert len(told) > KILLS


def _check(log_path: Path, last_told: object) -> None:
    """What was told is there; beyond it there is at most the one step that was killed before it was told."""
    assert isinstance(last_told, list)
    done, step, draft, anchor = last_told
    with AuditLog.open(log_path, READER) as log:
        reading = resumed(log)
    beyond = (reading.done * STEPS + reading.step) - (done * STEPS + step)
    # several lives may each have left one more step untold, but only since the last one that told anything
    assert beyond >= 0
    if anchor is not None:
        found = verify(log_path, anchor)
        assert found.trust is LogTrust.ANCHORED
        assert found.after_anchor is not None
        assert beyond <= found.after_anchor
    if beyond == 0:
        assert (reading.done, reading.step, reading.draft) == (done, step, draft)
    expected = [(f"case-1::{n}", stage) for n in range(reading.done) for stage in ("blind", "final")]
    if reading.step >= 2:
        expected.append((f"case-1::{reading.done}", "blind"))
    assert reading.verdicts == expected  # none lost, none twice, in order
