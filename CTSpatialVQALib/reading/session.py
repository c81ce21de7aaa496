"""Session of a reader, as a window drives it: every step is on disk before it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Self

from CTSpatialVQALib.audit.events import Entry, reply_received, session_closed, session_opened
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.reading.human_control import own_reply
from CTSpatialVQALib.reading.keys import Judgement
from CTSpatialVQALib.reading.lock import SessionLock
from CTSpatialVQALib.reading.plan import Item, ItemKey, ReadingPlan
from CTSpatialVQALib.reading.progress import Line, Progress, lines_of, neighbour, next_open, progress_of
from CTSpatialVQALib.reading.refusal import NotAllowed
from CTSpatialVQALib.reading.replay import own_step, resumed
from CTSpatialVQALib.reading.state import ReadingState
from CTSpatialVQALib.reading.steps import (
    Answered,
    Correcting,
    Drafted,
    Flagged,
    Judged,
    Revealed,
    Shown,
    Step,
    entry_of,
)
from CTSpatialVQALib.reading.visible import Visible
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.judgement import Verdict, Viewing

MIS_KEY = "mis-key"
_NO_EVENT = "not yet recorded"


class Reading:
    """One reader reads one study with one log; use it as a context manager, from one thread.

    Every method that changes something checks whether it is allowed, writes one event, and only when that is
    on disk changes the state. So what a method returned from survives a crash, and `Reading.open` on the same
    log goes on exactly there: item, draft, stage, reveals, flags, and a correction that was begun.

    Parameters
    ----------
    log : open for appending, with the reader as its actor; not shared with another reader
    now : the wall clock

    Examples
    --------
    >>> from pathlib import Path
    >>> from CTSpatialVQALib import AuditLog, open_run, open_study
    >>> from CTSpatialVQALib.reading.keys import judgement_of
    >>> from CTSpatialVQALib.reading.plan import plan_reading
    >>> from CTSpatialVQALib.records.base import utc_now
    >>> from CTSpatialVQALib.records.event import Actor
    >>> plan = plan_reading(open_study("demo/study.toml"), open_run("demo-run").replies, "reader-1")
    >>> with (
    ...     AuditLog.open(Path("reader-1.sqlite"), Actor(id="reader-1")) as log,
    ...     Reading.open(plan, log, now=utc_now) as reading,
    ... ):
    ...     shown = reading.next_unanswered()
    ...     print(shown.question)
    ...     after = reading.judge(judgement_of("1"))
    ...     reading
    In which lobe is the pulmonary nodule located?
    Reading of study 'phantoms-tiny' by reader-1: 1 of 38
    """

    def __init__(
        self, plan: ReadingPlan, log: AuditLog, lock: SessionLock, now: Callable[[], datetime]
    ) -> None:
        self._log = log
        self._lock = lock
        self._now = now
        self._state, self._seq = ReadingState(plan), 0

    @classmethod
    def open(cls, plan: ReadingPlan, log: AuditLog, *, now: Callable[[], datetime]) -> Self:
        """Begin the reading, or go on where the log left it.

        The item that was shown is `state.current`; show it again (`go_to`) when it is on the screen, so that
        its time counts from then.

        Raises
        ------
        BadInput
            If the log is another reader's or study's, or does not fit the plan.
        WorkFailed
            If another program reads with this log, or it cannot be written to.
        """
        _require_actor(plan, log.actor, log.path)
        lock = SessionLock(log.path)
        try:
            opened = cls(plan, log, lock, now)
            new = opened._taken(plan)
            opened._append([session_opened(plan.study_id, plan.study_sha256, plan.rules.mode), *new])
        except BaseException:
            lock.release()
            raise
        return opened

    def __repr__(self) -> str:
        return f"Reading of study {self.plan.study_id!r} by {self.plan.reader}: {self.progress}"

    @property
    def plan(self) -> ReadingPlan:
        """What is read."""
        return self._state.plan

    @property
    def state(self) -> ReadingState:
        """Where the reading stands; a value that never changes, compare or keep it freely."""
        return self._state

    @property
    def current(self) -> Item | None:
        """The item before the reader. For the window, ask `visible` instead: it holds back what is hidden."""
        return None if self._state.current is None else self.plan.item(self._state.current)

    @property
    def progress(self) -> Progress:
        """`str` of it is "12 of 57"."""
        return progress_of(self._state)

    @property
    def draft(self) -> str:
        """The comment, or own answer, as typed so far for the current item."""
        return "" if self._state.current is None else self._state.of(self._state.current).draft

    def lines(self) -> tuple[Line, ...]:
        """The list of items with their state."""
        return lines_of(self._state)

    def visible(self, *, choosing: bool = False) -> Visible:
        """All that may be shown now; `choosing`: a verdict key was pressed and its chooser is open."""
        return self._state.visible(choosing=choosing)

    def go_to(self, key: ItemKey) -> Visible:
        """Show an item; what may be seen of it is returned.

        Raises
        ------
        NotAllowed
            If it is no item of this reading.
        """
        return self._show(key, None)

    def next(self) -> Visible:
        """Show the following item; at the end, stay."""
        return self._step_by(1)

    def previous(self) -> Visible:
        """Show the item before; at the beginning, stay."""
        return self._step_by(-1)

    def next_unanswered(self) -> Visible:
        """Show the next item that needs something, those of the current case first; if none, stay."""
        self._catch_up()
        key = next_open(self._state)
        return self.visible() if key is None else self._show(key, None)

    def judge(
        self, judgement: Judgement, *, viewing: Viewing | None = None, reason: str = MIS_KEY
    ) -> Verdict:
        """Give the current item its verdict; the draft becomes its comment.

        Where one stands already at this stage, the new one is a correction that names it, with the reason
        given when it was undone, or `reason`.

        Raises
        ------
        NotAllowed
            If nothing is shown, or the item has no reply to judge now.
        pydantic.ValidationError
            If the judgement contradicts itself (an error type without 'incorrect', ...).
        WorkFailed
            If it could not be written; then nothing was recorded.
        """
        self._catch_up()
        item = self._require_current("verdict")
        verdict = self._verdict(item, judgement, viewing, reason)
        self._do(Judged(_NO_EVENT, verdict), item.key)
        return verdict

    def answer(self, text: str) -> None:
        """The reader's own answer to the current question (mode `unaided`); a later one replaces it.

        Raises
        ------
        NotAllowed
            If nothing is shown, the reading is not unaided, or the answer is blank.
        """
        self._catch_up()
        item = self._require_current("own answer")
        if not text.strip():
            raise NotAllowed(
                "own answer", expected="an answer", came="blank text", remedy="Type one, or flag the question"
            )
        now = self._now()
        reply = own_reply(
            item.question,
            text,
            reader=self.plan.reader,
            saw=self._state.sight_of(item.key).ct,
            shown_utc=self._state.shown_utc or now,
            given_utc=now,
            occasion=item.key.occasion,
        )
        self._do(Answered(reply, item.key.occasion), item.key)

    def undo(self, *, reason: str = MIS_KEY) -> Visible:
        """Go back to the verdict given last, to give it anew; `reason` is kept with the correction.

        The old verdict stays in the log and stands until the new one is given; meanwhile the item counts as
        open.

        Raises
        ------
        NotAllowed
            If there is none, or it is a blind one whose case was revealed since.
        """
        self._catch_up()
        last = self._state.last
        if last is None:
            raise NotAllowed(
                "undo", expected="a verdict given before", came="none", remedy="There is nothing to undo"
            )
        standing = self._state.of(last.key).given(last.stage)
        event_id = _NO_EVENT if standing is None else standing.event_id
        return self._show(last.key, Correcting(event_id, reason))

    def reveal(self) -> Visible:
        """Open reference, overlay, scores, model names and geometry of the current case (mode `blinded`).

        Raises
        ------
        NotAllowed
            Unless every reply of the case, second readings included, has its blind verdict.
        """
        self._catch_up()
        item = self._require_current("reveal")
        self._do(Revealed(item.key.question_id), item.key)
        return self.visible()

    def keep_draft(self, text: str) -> None:
        """Keep the comment, or the own answer, of the current item as typed so far."""
        self._catch_up()
        item = self._require_current("draft")
        if text != self._state.of(item.key).draft:
            self._do(Drafted(item.key, text), item.key)

    def flag(self, up: bool = True) -> None:
        """Mark the current item to come back to, or take the mark away."""
        self._catch_up()
        item = self._require_current("flag")
        if up != self._state.of(item.key).flagged:
            self._do(Flagged(item.key, up), item.key)

    def extend(self, plan: ReadingPlan) -> None:
        """Go on with a plan that has more replies, as they come from a model.

        Raises
        ------
        BadInput
            If an item that was read is missing, or a case was revealed that now has a reply without a blind
            verdict; then the reading goes on with the plan it had.
        """
        _require_actor(plan, self._log.actor, self._log.path)
        self._append(self._taken(plan))

    def close(self) -> None:
        """End the session on purpose. The log stays open; it is the caller's."""
        try:
            self._append([session_closed(self.plan.study_id)])
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _taken(self, plan: ReadingPlan) -> list[Entry]:
        """Go over to `plan`, at the state of the log; the replies that the log does not hold yet."""
        resumed_log = resumed(self._log.path, plan)
        self._state, self._seq = resumed_log.state, resumed_log.seq
        recorded = resumed_log.reply_ids
        return [
            reply_received(item.reply, item.question)
            for item in plan.items
            if item.reply is not None and item.key.occasion == 1 and item.key.reply_id not in recorded
        ]

    def _verdict(self, item: Item, judgement: Judgement, viewing: Viewing | None, reason: str) -> Verdict:
        stage = self._state.stage_of(item.key)
        if stage is None or item.key.reply_id is None:
            raise NotAllowed(
                "verdict",
                expected="a reply that waits for a verdict",
                came="none here",
                remedy="Ask a model first, or go to another question",
            )
        state = self._state.of(item.key)
        standing = state.given(stage)
        if state.correcting is not None:
            reason = state.correcting.reason
        return Verdict(
            **judgement.model_dump(),
            reader=self.plan.reader,
            reply_id=item.key.reply_id,
            question_id=item.key.question_id,
            question_sha256=item.question.question_sha256,
            stage=stage,
            aided=self._state.sight_of(item.key).aided,
            comment=state.draft,
            shown_utc=self._state.shown_utc,
            given_utc=self._now(),
            corrects=None if standing is None else standing.event_id,
            correction_reason="" if standing is None else reason,
            occasion=item.key.occasion,
            viewing=viewing,
        )

    def _step_by(self, by: int) -> Visible:
        self._catch_up()
        key = neighbour(self._state, by)
        return self.visible() if key is None else self._show(key, None)

    def _show(self, key: ItemKey, correcting: Correcting | None) -> Visible:
        self._catch_up()
        resolved = self.plan.resolved(key) or key
        stage = self._state.stage_of(resolved) if resolved in self.plan.positions else None
        step = Shown(resolved, stage, self._now(), correcting)
        self._do(step, resolved)
        return self.visible()

    def _require_current(self, what: str) -> Item:
        item = self.current
        if item is None:
            raise NotAllowed(
                what, expected="a question that is shown", came="none", remedy="Go to a question first"
            )
        return item

    def _do(self, step: Shown | Judged | Answered | Drafted | Flagged | Revealed, key: ItemKey) -> None:
        self._state.after([step])  # refused here, before anything is written
        self._append([entry_of(step, self.plan.item(key))])

    def _append(self, entries: Iterable[Entry]) -> None:
        entries = list(entries)
        if entries:
            self._log.append_many(entries)
            self._catch_up()

    def _catch_up(self) -> None:
        """Read what the log has more than the state, as `open` would, whoever wrote it."""
        if self._log.head.seq == self._seq:
            return
        steps: list[Step] = []
        seq = self._seq
        for record in self._log.records(after=seq):
            step = own_step(record.event.model_dump(mode="json"), self._log.path, self.plan.reader)
            steps += [] if step is None else [step]
            seq = record.seq
        self._state, self._seq = self._state.after(steps), seq  # at once: every state is a copy of all items


def _require_actor(plan: ReadingPlan, actor: Actor, path: Path) -> None:
    if actor.id != plan.reader:
        raise NotAllowed(
            f"{path}",
            expected=f"a log opened by reader '{plan.reader}'",
            came=f"'{actor.id}'",
            remedy="Open the log with the reader as its actor",
        )
