"""A real process reads, is killed at any moment, and the next one goes on exactly where it was."""

from __future__ import annotations

import itertools
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.reading.plan import ReadingPlan
from CTSpatialVQALib.reading.replay import own_step, resumed
from CTSpatialVQALib.reading.session import Reading
from CTSpatialVQALib.reading.state import ReadingState
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.event import Actor, EventKind
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.words import ReadingMode
from Testing.audit.logbook import Child
from Testing.reading.script import act, digest
from Testing.reading.tables import plan

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks processes")

# Raise it to believe more; the suite's share of time is small.
KILLS = int(os.environ.get("CTSPATIALVQA_KILLS", "15"))
Tell = Callable[[object], None]
READER = Actor(id="reader-1")


class Told(NamedTuple):
    """What the process acknowledged: the log's length and the state after each step."""

    seq: int
    digest: str


def read_until_killed(tell: Tell, path: Path, of: ReadingPlan, seed: int) -> None:
    """What a reader acknowledged is told only after the method has returned, as a window would show it."""
    dice = random.Random(seed)
    with AuditLog.open(path, READER) as log, Reading.open(of, log, now=utc_now) as here:
        tell([log.head.seq, digest(here.state)])
        while True:
            act(here, dice)
            tell([log.head.seq, digest(here.state)])


def state_after(path: Path, of: ReadingPlan, seq: int) -> ReadingState:
    """The state that the first `seq` records tell."""
    with AuditLog.open(path, READER) as log:
        events = [record.event.model_dump(mode="json") for record in log.records() if record.seq <= seq]
    steps = (own_step(event, path, of.reader) for event in events)
    return ReadingState(of).after(step for step in steps if step is not None)


def verdict_chains_hold(path: Path) -> bool:
    """Whether each verdict is the first under its key or corrects the one that stood: nothing twice."""
    standing: dict[object, str] = {}
    with AuditLog.open(path, READER) as log:
        for record in log.records():
            if record.event.kind in (EventKind.VERDICT, EventKind.CORRECTION):
                verdict = Verdict.model_validate(record.event.payload["verdict"])
                if verdict.corrects != standing.get(verdict.key):
                    return False
                standing[verdict.key] = record.event.event_id
    return True


@pytest.mark.parametrize("mode", [ReadingMode.BLINDED, ReadingMode.OPEN, ReadingMode.UNAIDED])
def test_a_reading_killed_at_any_moment_goes_on_where_it_was(tmp_path: Path, mode: ReadingMode) -> None:
    dice = random.Random(f"kills of {mode}")
    of = plan(mode, cases=2, repeats=0.3)
    path = tmp_path / "reader-1.sqlite"
    acknowledged_verdicts = 0
    for life in range(-(-KILLS // 3)):
        child = Child(lambda tell, life=life: read_until_killed(tell, path, of, life))
        heard = child.heard()
        told = list(itertools.islice(heard, dice.randrange(1, 40)))
        time.sleep(dice.uniform(0.0, 0.004))
        os.kill(child.pid, signal.SIGKILL)
        told += heard
        assert child.end() == -signal.SIGKILL
        last = Told(*told[-1])  # type: ignore[misc]

        now = resumed(path, of)
        assert verify(path).holds
        # at most the one step that was on disk when the kill came before the telling
        assert last.seq <= now.seq <= last.seq + 1
        assert digest(state_after(path, of, last.seq)) == last.digest
        if now.seq == last.seq:
            assert digest(now.state) == last.digest
        assert verdict_chains_hold(path)
        acknowledged_verdicts = max(acknowledged_verdicts, len(now.state.items))
    assert acknowledged_verdicts > 3
