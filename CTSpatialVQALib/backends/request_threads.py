"""Threads that ask one backend and turn whatever happens into a reply."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from CTSpatialVQALib.backends.backend import Answer
from CTSpatialVQALib.backends.concurrency_limits import Task
from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome, Probe

SHOWN_INSTEAD = "shown_instead"  # among a reply's facts: the case that was shown for the probe `other_case`


@dataclass(frozen=True)
class Replied:
    """What became of a task."""

    task: Task
    reply: Reply


@dataclass(frozen=True)
class Broken:
    """A thread stopped at an error that is no outcome: a fault of the program, or bad input."""

    error: BaseException


Tell = Callable[[Replied | Broken], None]


class RequestThreads:
    """So many threads that ask one backend; they end with the program, also while a model still computes."""

    def __init__(self, count: int, tell: Tell) -> None:
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._tell = tell
        self._most = count
        self._threads: list[threading.Thread] = []

    def ask(self, task: Task) -> None:
        """Ask as soon as a thread is free."""
        if len(self._threads) < self._most:
            self._threads.append(threading.Thread(target=self._work, name="asking", daemon=True))
            self._threads[-1].start()
        self._tasks.put(task)

    def drop_waiting(self) -> list[Task]:
        """Take back what no thread has begun."""
        waiting: list[Task] = []
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                return waiting
            if task is not None:
                waiting.append(task)

    def end(self) -> None:
        """Let the threads go when they have nothing left to do."""
        for _ in self._threads:
            self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                outcome: Replied | Broken = Replied(task, reply_to(task))
            except BaseException as error:  # noqa: BLE001 nobody sees what a thread dies of: it is passed on
                outcome = Broken(error)
            self._tell(outcome)
            del task, outcome  # while it waits for the next one, a thread holds no volume


def reply_to(task: Task) -> Reply:
    """Ask, and say what became of it."""
    started, clock = utc_now(), time.monotonic()
    answer = _answer(task)
    return reply_of(task, answer, started=started, duration_s=time.monotonic() - clock)


def cancelled(task: Task, why: str) -> Reply:
    """The reply to a task whose answer nobody waits for any more."""
    return reply_of(task, Answer(Outcome.CANCELLED, detail=why), started=utc_now(), duration_s=0.0)


def reply_of(task: Task, answer: Answer, *, started: datetime, duration_s: float) -> Reply:
    """`answer` as the record that is kept."""
    return Reply(
        reply_id=task.key.reply_id,
        key=task.key,
        case_id=task.question.case_id,
        outcome=answer.outcome,
        answer=answer.text if answer.outcome is Outcome.ANSWERED else None,
        raw=answer.text,
        detail=answer.detail,
        basis=answer.basis,
        reasoning=answer.reasoning,
        facts={**answer.facts, **_facts(task)},
        started_utc=started,
        duration_s=duration_s,
    )


def _facts(task: Task) -> dict[str, JsonValue]:
    other_patient = task.case.other_patient if task.key.probe is Probe.OTHER_CASE and task.case.held else None
    return {} if other_patient is None else {SHOWN_INSTEAD: other_patient.case.case_id}


def _answer(task: Task) -> Answer:
    try:
        return task.backend.ask(task.question, task.case, task.key.probe)
    except MemoryError:
        return Answer(Outcome.OUT_OF_MEMORY, detail="the machine ran out of memory")
    except WorkFailed as error:
        return Answer(Outcome.TRANSPORT_ERROR, detail=str(error))
