"""Limits of what is on its way: requests per backend, arrays in memory, open cases."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from CTSpatialVQALib.backends.backend import Backend
from CTSpatialVQALib.backends.case_data import HeldCase
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import ReplyKey

MOST_ARRAY_BYTES = 1024**3
OPEN_CASES = 2  # one whose last requests are on their way, and the next
# A backend that is asked one by one mostly computes here, faster than a disk writes reply by reply.
SPARE_OF_ONE = 512

_Counted = TypeVar("_Counted", int, str)


def permits(in_flight: int) -> int:
    """How many requests may be begun, waiting or not yet on disk: as many again as are asked at once."""
    return in_flight + (in_flight if in_flight > 1 else SPARE_OF_ONE)


@dataclass(frozen=True, eq=False)
class Task:
    """One request, prepared: what is shown is held by `case`."""

    backend: Backend
    question: Question
    case: HeldCase
    key: ReplyKey


class Traffic:
    """Counts what is on its way and lets the next request wait until there is room.

    A task enters when it is prepared, is `done` when its reply came, and gives its place back when the reply
    is `saved`: so no more than `permits` requests can be lost by a kill.

    Parameters
    ----------
    room : permits by name of backend
    """

    def __init__(self, room: Mapping[str, int]) -> None:
        self._room = dict(room)
        self._changed = threading.Condition()
        self._cases: Counter[str] = Counter()
        self._arrays: Counter[int] = Counter()  # by identity: several requests hold one array
        self._bytes = 0
        self._on_way: set[Task] = set()
        self._closed = False

    @property
    def on_way(self) -> frozenset[Task]:
        """Tasks that entered and are not done."""
        with self._changed:
            return frozenset(self._on_way)

    def next_case(self) -> bool:
        """Wait until another case may be opened; False if the traffic was closed."""
        return self._wait_until(lambda: len(self._cases) < OPEN_CASES)

    def enter(self, task: Task) -> bool:
        """Wait until `task` may be asked; False if the traffic was closed."""
        name = task.backend.name
        with self._changed:
            if not self._wait_until(lambda: self._room[name] > 0 and self._fits(task)):
                return False
            self._room[name] -= 1
            self._cases[task.case.case.case_id] += 1
            self._on_way.add(task)
            for prepared in task.case.held:
                self._bytes += prepared.array.nbytes if id(prepared) not in self._arrays else 0
                self._arrays[id(prepared)] += 1
            return True

    def done(self, task: Task) -> None:
        """The reply to `task` came, or it was dropped: its arrays may go."""
        with self._changed:
            if task not in self._on_way:
                return
            self._on_way.remove(task)
            self._take(self._cases, task.case.case.case_id)
            for prepared in task.case.held:
                self._bytes -= prepared.array.nbytes if self._take(self._arrays, id(prepared)) else 0
            self._changed.notify_all()

    def saved(self, backends: Iterable[str]) -> None:
        """Replies of these backends, one name each, are on disk."""
        with self._changed:
            for name in backends:
                self._room[name] += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let nothing more in."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether nothing more gets in."""
        return self._closed

    def _fits(self, task: Task) -> bool:
        fresh = sum(prepared.array.nbytes for prepared in task.case.held if id(prepared) not in self._arrays)
        return not self._on_way or self._bytes + fresh <= MOST_ARRAY_BYTES

    def _wait_until(self, free: Callable[[], bool]) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or free())
            return not self._closed

    @staticmethod
    def _take(counter: Counter[_Counted], entry: _Counted) -> bool:
        """Count `one` down; True if it was the last."""
        counter[entry] -= 1
        if counter[entry]:
            return False
        del counter[entry]
        return True
