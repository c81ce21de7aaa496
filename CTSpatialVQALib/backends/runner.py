"""A run over many questions: volumes read once, resumed by key, failures kept as outcomes.

Three kinds of threads: one prepares (`feeding`), some ask (`asking`), and the caller's own writes, so that
store and log are used from one thread only.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from CTSpatialVQALib.backends.backend import Backend
from CTSpatialVQALib.backends.backend_lifecycle import cancel_all
from CTSpatialVQALib.backends.concurrency_limits import Traffic, permits
from CTSpatialVQALib.backends.other_case import OtherPatients
from CTSpatialVQALib.backends.question_feed import (
    AlreadySettled,
    CaseBegun,
    CaseChecked,
    Event,
    Fed,
    Feeder,
    Order,
    Unasked,
    by_case,
)
from CTSpatialVQALib.backends.request_threads import Replied, RequestThreads, cancelled
from CTSpatialVQALib.backends.run_alarms import RunAlarm, RunAlarms
from CTSpatialVQALib.backends.run_progress import Pace, Progress
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome, Probe
from CTSpatialVQALib.volumes.check_finding import Finding

# A reply is written at the latest so long after it came; where backends that are asked one by one are alone,
# later, for they mostly compute here and answer faster than a disk can be waited for.
FLUSH_AFTER_S = 0.02
FLUSH_ALONE_S = 0.5
GRACE_S = 6.0  # how long a stopped run waits for what is being asked
_LOOK_S = 0.1  # how often a run looks whether it was stopped

Keep = Callable[[Sequence[Reply]], None]


class NotAsked(NamedTuple):
    """Questions that could not be asked, for one reason.

    Parameters
    ----------
    case_id : the first of them
    because_of_probe : the probe does not apply to them
    questions : how many
    because_of_backend : the server or model does not answer at all; with neither, the case cannot be shown
    """

    backend: str
    probe: Probe
    case_id: str
    reason: str
    because_of_probe: bool
    questions: int
    because_of_backend: bool = False


class RunResult(NamedTuple):
    """What a run did.

    Parameters
    ----------
    outcomes : of new replies
    already_there : questions with a settled reply
    stopped : it was stopped before everything was asked
    case_findings : case id -> errors and warnings about its files, of the cases that were read
    """

    outcomes: Counter[Outcome]
    already_there: int
    not_asked: tuple[NotAsked, ...] = ()
    alarms: tuple[RunAlarm, ...] = ()
    stopped: bool = False
    case_findings: Mapping[str, tuple[Finding, ...]] = MappingProxyType({})


class Watchers(NamedTuple):
    """Who is told what while a run goes on; all are called from the thread that runs it.

    Parameters
    ----------
    keep : replies, after the store has them on disk (for the audit log)
    known : the id of a settled reply that is not asked for again
    told : how far it is, after each batch of replies
    alarm : something looks wrong
    checked : a case id, and what reading and checking its files found
    """

    keep: Keep = lambda replies: None
    settled: Callable[[str], None] = lambda reply_id: None
    progress: Callable[[Progress], None] = lambda progress: None
    alarm: Callable[[RunAlarm], None] = lambda alarm: None
    checked: Callable[[str, Sequence[Finding]], None] = lambda case_id, findings: None


NOBODY = Watchers()


def run_questions(
    questions: Iterable[Question],
    cases: Mapping[str, Case],
    backends: Sequence[Backend],
    store: RunStore,
    *,
    probes: Sequence[Probe] = (Probe.FULL,),
    workers: int | None = None,
    seed: int = 0,
    watchers: Watchers = NOBODY,
    stop: threading.Event | None = None,
) -> RunResult:
    """Ask every backend every question under every probe, unless the store has a settled reply.

    A case that cannot be read, and a question that a probe does not apply to, are not asked; the others are.
    After a kill at any moment no more replies are lost than `traffic.permits` allows.

    Parameters
    ----------
    workers : requests at once, for backends that bear more than one; default: as many as serve each best
    seed : of the choice of another patient for the probe `other_case`
    stop : once set, nothing more is asked; what is being asked has `GRACE_S` seconds to come, then it is kept
        as `cancelled`

    Raises
    ------
    BadInput
        If a backend refuses to be asked at all; what was answered before is kept.
    WorkFailed
        If the store cannot be written to.
    """
    grouped = by_case(questions)
    by_id = {question.question_id: question for listed in grouped.values() for question in listed}
    patients = {case_id: case.patient_id for case_id, case in cases.items()}
    order = Order(grouped, cases, backends, probes, store.settled(), OtherPatients(cases, seed))
    alarms = RunAlarms(by_id, patients)
    return _Run(order, store, alarms, watchers, workers, stop or threading.Event()).go()


class _Run:
    """One run, from the side of the thread that writes."""

    def __init__(
        self,
        order: Order,
        store: RunStore,
        alarms: RunAlarms,
        watchers: Watchers,
        workers: int | None,
        stop: threading.Event,
    ) -> None:
        at_once = {backend.name: _at_once(backend, workers) for backend in order.backends}
        room = {name: permits(count) for name, count in at_once.items()}
        self._events: queue.SimpleQueue[Event | Replied] = queue.SimpleQueue()
        self._traffic = Traffic(room)
        self._threads = {name: RequestThreads(count, self._events.put) for name, count in at_once.items()}
        self._feeder = Feeder(order, self._traffic, self._threads, self._events.put)
        self._flush_after_s = FLUSH_AFTER_S if any(n > 1 for n in at_once.values()) else FLUSH_ALONE_S
        self._batch = max(1, min(room.values(), default=1) // 2)
        self._order, self._store, self._watchers, self._stop = order, store, watchers, stop
        self._watch = alarms
        self._pace = Pace(order.total)
        self._unsaved: list[Reply] = []
        self._not_asked: dict[tuple[str, Probe, str], NotAsked] = {}
        self._already_there = 0
        self._alarms: list[RunAlarm] = []
        self._case_findings: dict[str, tuple[Finding, ...]] = {}
        self._fed = False
        self._stopped_at: float | None = None

    def go(self) -> RunResult:
        """Run to the end, or until stopped."""
        self._note(self._watch.take(reply for reply in self._store.replies() if self._order.wants(reply)))
        self._feeder.start()
        try:
            while not self._over():
                self._take_some()
                self._save()
        finally:  # also on Ctrl-C and on an error: what was answered is kept
            self._close()
        return RunResult(
            self._pace.outcomes,
            self._already_there,
            tuple(self._not_asked.values()),
            tuple(self._alarms),
            self._stopped_at is not None,
            MappingProxyType(self._case_findings),
        )

    def _over(self) -> bool:
        if self._stop.is_set() and self._stopped_at is None:
            self._stopped_at = time.monotonic()
            self._drop_waiting()
            cancel_all(self._order.backends)
        idle = not self._traffic.on_way and self._events.empty()
        if self._stopped_at is not None:
            return idle or time.monotonic() - self._stopped_at > GRACE_S
        return self._fed and idle

    def _take_some(self) -> None:
        """Wait for something to happen, then for what follows at once, up to a batch."""
        until = time.monotonic() + _LOOK_S
        while len(self._unsaved) < self._batch:
            try:
                event = self._events.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return
            if isinstance(event, Replied) and not self._unsaved:
                until = time.monotonic() + self._flush_after_s
            self._take(event)
            if time.monotonic() > until or (self._fed and not self._traffic.on_way):
                return

    def _take(self, event: Event | Replied) -> None:
        if isinstance(event, Replied):
            self._traffic.done(event.task)
            self._unsaved.append(event.reply)
        elif isinstance(event, AlreadySettled):
            self._already_there += 1
            self._pace.done += 1
            self._watchers.settled(event.reply_id)
        elif isinstance(event, Unasked):
            self._count_unasked(event)
        elif isinstance(event, CaseChecked):
            self._case_findings[event.case_id] = event.findings
            self._watchers.checked(event.case_id, event.findings)
        elif isinstance(event, CaseBegun):
            self._pace.case_id = event.case_id
            self._watchers.progress(self._pace.progress)
        elif isinstance(event, Fed):
            self._fed = True
        else:
            raise event.error

    def _count_unasked(self, event: Unasked) -> None:
        key = (event.backend, event.probe, event.reason)
        first = NotAsked(
            event.backend,
            event.probe,
            event.case_id,
            event.reason,
            event.because_of_probe,
            0,
            event.because_of_backend,
        )
        counted = self._not_asked.get(key, first)
        self._not_asked[key] = counted._replace(questions=counted.questions + 1)
        self._pace.done += 1

    def _save(self) -> None:
        if not self._unsaved:
            return
        batch, self._unsaved = self._unsaved, []
        self._store.put(batch)
        self._traffic.saved(reply.key.backend for reply in batch)
        self._watchers.keep(batch)
        self._pace.replied(batch)
        self._note(self._watch.take(batch))
        self._watchers.progress(self._pace.progress)

    def _note(self, alarms: Iterable[RunAlarm]) -> None:
        for alarm in alarms:
            self._alarms.append(alarm)
            self._watchers.alarm(alarm)

    def _drop_waiting(self) -> None:
        self._traffic.close()
        for threads in self._threads.values():
            for task in threads.drop_waiting():
                self._traffic.done(task)

    def _close(self) -> None:
        """Keep what came, say of what was begun that nobody waits for it, and let the threads go."""
        self._drop_waiting()
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, Replied):
                self._take(event)
        if self._stopped_at is not None:
            for task in self._traffic.on_way:
                self._unsaved.append(cancelled(task, "the run was stopped before the answer came"))
        self._save()
        for threads in self._threads.values():
            threads.end()


def _at_once(backend: Backend, workers: int | None) -> int:
    return backend.in_flight if workers is None or backend.in_flight == 1 else workers
