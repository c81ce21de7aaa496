"""Progress of a run: how far, how fast, how long still."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome

RATE_OVER_S = 60.0


class Progress(NamedTuple):
    """How far a run is.

    Parameters
    ----------
    done : requests that need nothing more: replied now or before, or impossible
    case_id : the case that is being prepared
    outcomes : of the replies that came now
    per_second : replies that came, over the last minute; None before the second one
    left_s : seconds that the rest takes at this rate; None where there is none
    """

    done: int
    total: int
    case_id: str
    outcomes: Mapping[Outcome, int] = MappingProxyType({})
    per_second: float | None = None
    left_s: float | None = None

    @property
    def failed(self) -> dict[Outcome, int]:
        """Replies that are no answers, by outcome."""
        return {outcome: n for outcome, n in self.outcomes.items() if outcome is not Outcome.ANSWERED}


class _Mark(NamedTuple):
    clock: float
    replies: int


class Pace:
    """Counts what is done."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.done = 0
        self.case_id = ""
        self.outcomes: Counter[Outcome] = Counter()
        self._clock = clock
        self._marks = deque([_Mark(clock(), 0)])

    def replied(self, replies: Iterable[Reply]) -> None:
        """Replies were kept."""
        self.outcomes.update(reply.outcome for reply in replies)
        now = self._clock()
        self._marks.append(_Mark(now, self.outcomes.total()))
        while len(self._marks) > 2 and self._marks[0].clock < now - RATE_OVER_S:
            self._marks.popleft()

    @property
    def progress(self) -> Progress:
        """How far it is now."""
        rate = self._rate()
        done = self.done + self.outcomes.total()
        left = None if not rate else (self.total - done) / rate
        return Progress(done, self.total, self.case_id, MappingProxyType(self.outcomes), rate, left)

    def _rate(self) -> float | None:
        first, last = self._marks[0], self._marks[-1]
        replies, seconds = last.replies - first.replies, last.clock - first.clock
        return replies / seconds if replies and seconds > 0 else None
