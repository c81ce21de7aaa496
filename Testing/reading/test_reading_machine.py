"""Whatever a reader does, the state stays legal, nothing hidden shows, and the log tells the same state."""

from __future__ import annotations

import random
import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.reading.session import Reading
from CTSpatialVQALib.reading.visible import ShownCt, Visible
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.words import ReadingMode, Stage
from Testing.reading.script import OPERATIONS, act
from Testing.reading.tables import MODELS, REFERENCE, REPORT, Clock, plan

SECRETS = (REFERENCE, REPORT, *MODELS)


def leaks(seen: Visible) -> bool:
    sight = seen.sight
    hidden = (sight.overlay, sight.geometry, sight.scores, sight.other_replies, seen.suggestion)
    return any(hidden) or any(secret in repr(seen) for secret in SECRETS)


class ReadingMachine(RuleBasedStateMachine):
    """A reader who does anything in any order, with crashes in between."""

    @initialize(
        mode=st.sampled_from(ReadingMode),
        repeats=st.sampled_from([0.0, 0.5]),
        cases=st.integers(1, 2),
        seed=st.integers(0, 9),
    )
    def begin(self, mode: ReadingMode, repeats: float, cases: int, seed: int) -> None:
        self.stack = ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.path = Path(folder) / "log.sqlite"
        self.plan = plan(mode, cases=cases, questions=2, repeats=repeats, seed=seed)
        self.clock = Clock()
        self.session = ExitStack()
        self.open()

    def open(self) -> None:
        log = self.session.enter_context(AuditLog.open(self.path, Actor(id="reader-1"), now=self.clock))
        self.here = self.session.enter_context(Reading.open(self.plan, log, now=self.clock))

    @rule(
        operation=st.sampled_from([*OPERATIONS, "give", "give", "next_unanswered"]), seed=st.integers(0, 99)
    )
    def do(self, operation: str, seed: int) -> None:
        before, seq = self.here.state, self.here._seq
        if not act(self.here, random.Random(seed), operation):
            assert self.here.state == before
            assert self.here._seq == seq, "a refused step was written"

    @rule()
    def read_a_case_and_reveal_it(self) -> None:
        case_id = self.here.next_unanswered().case_id
        for key in self.plan.by_case.get(case_id or "", ()):
            if self.here.state.is_open(key):
                self.here.go_to(key)
                act(self.here, random.Random(1), "give")
        act(self.here, random.Random(1), "reveal")

    @rule()
    def crash_and_open_again(self) -> None:
        before = self.here.state
        self.here._lock.release()
        self.here._log.close()
        self.session = ExitStack()
        self.open()
        assert self.here.state == before

    @invariant()
    def nothing_hidden_is_shown(self) -> None:
        seen, mode = self.here.visible(choosing=True), self.plan.rules.mode
        if seen.key is None or mode is ReadingMode.UNAIDED:
            assert leaks(seen) is False
            assert seen.reply is None
        elif mode is ReadingMode.BLINDED:
            assert leaks(seen) is (seen.case_id in self.here.state.revealed)
            assert seen.sight.ct is ShownCt.VOLUME
        else:
            assert leaks(seen) is True
        assert not any(secret in repr(self.here.lines()) for secret in SECRETS)

    @invariant()
    def verdicts_are_legal(self) -> None:
        state, mode = self.here.state, self.plan.rules.mode
        for key, known in state.items.items():
            revealed = self.plan.item(key).case_id in state.revealed
            for given, stage in ((known.blind, Stage.BLIND), (known.final, Stage.FINAL)):
                if given is not None:
                    assert given.verdict.stage is stage
                    assert given.verdict.aided is (stage is Stage.FINAL)
            assert known.final is None or mode is ReadingMode.OPEN or (known.blind is not None and revealed)
            assert known.blind is None or mode is ReadingMode.BLINDED
            assert known.own is None or mode is ReadingMode.UNAIDED

    @invariant()
    def a_case_is_revealed_only_when_all_its_replies_have_a_blind_verdict(self) -> None:
        for case_id in self.here.state.revealed:
            assert all(self.here.state.of(key).blind for key in self.plan.by_case[case_id])

    @invariant()
    def counts_fit(self) -> None:
        progress, lines = self.here.progress, self.here.lines()
        assert 0 <= progress.done + progress.waiting <= progress.total == len(lines)
        assert progress.done == sum(line.standing == "done" for line in lines)

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.session.close()
            self.stack.close()


ReadingMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
test_any_course_of_a_reading = ReadingMachine.TestCase
