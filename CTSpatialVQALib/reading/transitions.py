"""Transitions of a reading: each step is checked before it changes anything, so no state is illegal."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime
from typing import NamedTuple

from CTSpatialVQALib.errors import shown
from CTSpatialVQALib.reading.plan import ItemKey, ReadingPlan
from CTSpatialVQALib.reading.refusal import NotAllowed
from CTSpatialVQALib.reading.standing_verdicts import Given, ItemState, LastGiven, Standings
from CTSpatialVQALib.reading.steps import (
    Answered,
    Correcting,
    Drafted,
    Flagged,
    Judged,
    Opened,
    Revealed,
    Shown,
    Step,
)
from CTSpatialVQALib.records.words import Outcome, ReadingMode, Stage


class Board(Standings):
    """A state in the making: a copy that steps change in place, because a log has very many of them.

    Parameters
    ----------
    current, shown_utc, last : as in `ReadingState`
    """

    def __init__(
        self,
        plan: ReadingPlan,
        items: Mapping[ItemKey, ItemState],
        revealed: Set[str],
        current: ItemKey | None,
        shown_utc: datetime | None,
        last: LastGiven | None,
    ) -> None:
        self.plan = plan
        self.items: dict[ItemKey, ItemState] = dict(items)
        self.revealed: set[str] = set(revealed)
        self.current = current
        self.shown_utc = shown_utc
        self.last = last

    def take(self, step: Step) -> None:
        """Do one step.

        Raises
        ------
        NotAllowed
            If the rules do not allow it; then nothing was changed.
        """
        match step:
            case Shown():
                self._show(step)
            case Drafted():
                key = self._item_key(step.key, "draft")
                self.items[key] = self.of(key)._replace(draft=step.text)
            case Judged():
                self._judge(step)
            case Answered():
                self._answer(step)
            case Flagged():
                key = self._item_key(step.key, "flag")
                self.items[key] = self.of(key)._replace(flagged=step.up)
            case Revealed():
                self._reveal(step)
            case Opened():
                self._open(step)

    def _open(self, step: Opened) -> None:
        plan = Opened(self.plan.study_id, self.plan.study_sha256, self.plan.rules.mode)
        if step != plan:
            raise NotAllowed(
                "session",
                expected=f"study {shown(plan.study_id)} {plan.study_sha256[:12]} read {plan.mode}",
                came=f"{shown(step.study_id)} {step.study_sha256[:12]} read {step.mode}",
                remedy="Begin a new log for a changed study; its rules must not change while it is read",
            )

    def _reveal(self, step: Revealed) -> None:
        key = self._item_key(ItemKey(step.question_id), "reveal")
        case_id = self.plan.item(key).case_id
        if not self.can_reveal(case_id):
            raise NotAllowed(
                f"reveal of case {shown(case_id)}",
                expected="mode blinded, a blind verdict on every reply of the case, and no reveal before",
                came=self._why_not(case_id),
                remedy="Judge the replies that are left first",
            )
        self.revealed.add(case_id)

    def _why_not(self, case_id: str) -> str:
        if self.plan.rules.mode is not ReadingMode.BLINDED:
            return f"mode {self.plan.rules.mode}"
        if case_id in self.revealed:
            return "a case that was revealed before"
        return f"{sum(self.is_open(key) for key in self.plan.by_case[case_id])} without"

    def _show(self, step: Shown) -> None:
        key = self._item_key(step.key, "show")
        stage = self.stage_of(key)
        if step.key == key and step.stage is not stage:  # otherwise the reply came after it was shown
            raise NotAllowed(
                "show",
                expected=f"stage {stage}",
                came=f"stage {step.stage}",
                remedy="Read on where it stands",
            )
        if step.correcting is not None:
            self._require_correctable(key, step.correcting)
            self.items[key] = self.of(key)._replace(correcting=step.correcting)
        self.current, self.shown_utc = key, step.at_utc

    def _require_correctable(self, key: ItemKey, correcting: Correcting) -> None:
        stage = self.stage_of(key)
        standing = None if stage is None else self.of(key).given(stage)
        if standing is None or standing.event_id != correcting.event_id or not correcting.reason.strip():
            raise NotAllowed(
                "correction",
                expected="a standing verdict of the present stage, and a reason",
                came="no such verdict" if standing is None else "another verdict or no reason",
                remedy="Correct the final verdict; once its case is revealed a blind one is fixed",
            )

    def _judge(self, step: Judged) -> None:
        key, verdict = self._require_current(step.key, "verdict"), step.verdict
        item, state = self.plan.item(key), self.of(key)
        standing = state.given(verdict.stage)
        expected = _Terms(
            self.plan.reader,
            item.question.question_sha256,
            self.stage_of(key),
            self.sight_of(key).aided,
            None if standing is None else standing.event_id,
        )
        came = _Terms(verdict.reader, verdict.question_sha256, verdict.stage, verdict.aided, verdict.corrects)
        if came != expected:
            raise NotAllowed(
                "verdict",
                expected=expected.described(),
                came=came.described(),
                remedy="Correct it with a reason",
            )
        standing_now = Given(step.event_id, verdict)
        self.items[key] = state.settled(standing_now)
        self.last = LastGiven(key, verdict.stage)

    def _answer(self, step: Answered) -> None:
        key, reply = self._require_current(step.key, "answer"), step.reply
        question = self.plan.item(key).question
        unaided = self.plan.rules.mode is ReadingMode.UNAIDED
        fits = reply.key.question_sha256 == question.question_sha256 and reply.key.backend == self.plan.reader
        if not (unaided and fits and reply.outcome is Outcome.ANSWERED):
            raise NotAllowed(
                "own answer",
                expected="an answer by this reader to this question, in mode unaided",
                came=f"mode {self.plan.rules.mode}, outcome {reply.outcome}, by {shown(reply.key.backend)}",
                remedy="Give a verdict where a reply is read",
            )
        self.items[key] = self.of(key)._replace(own=reply, draft="")

    def _item_key(self, key: ItemKey, step: str) -> ItemKey:
        resolved = self.plan.resolved(key)
        if resolved is None:
            raise NotAllowed(
                step,
                expected="an item of this reading",
                came=f"question {shown(key.question_id)}, reply {str(key.reply_id)[:12]}",
                remedy="Give the study and all runs that were read before",
            )
        return resolved

    def _require_current(self, key: ItemKey, step: str) -> ItemKey:
        resolved = self._item_key(key, step)
        if resolved != self.current:
            raise NotAllowed(
                step,
                expected="the item that is shown",
                came=f"question {shown(key.question_id)}",
                remedy="Go to the question first",
            )
        return resolved


class _Terms(NamedTuple):
    """What of a verdict follows from the state."""

    reader: str
    question_sha256: str
    stage: Stage | None
    aided: bool
    corrects: str | None

    def described(self) -> str:
        replaces = "replacing none" if self.corrects is None else f"replacing event {self.corrects}"
        aided = "aided" if self.aided else "unaided"
        return f"{self.stage}, {aided}, {replaces}, by {shown(self.reader)} on {self.question_sha256[:12]}"
