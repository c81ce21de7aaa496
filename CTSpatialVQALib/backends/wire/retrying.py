"""Whether and when a failed request is tried again: the policy, as data."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from CTSpatialVQALib.backends.wire.failures import Failure


class RetryDecision(NamedTuple):
    """Whether to try again after `wait_s`, or why not."""

    retry: bool
    wait_s: float = 0.0
    why_not: str = ""


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential waits with jitter (each between half and all of its length), under a cap.

    A server's Retry-After is never undercut. What cannot come before the deadline is not waited for.
    """

    attempts: int = 6
    first_s: float = 0.5
    factor: float = 2.0
    cap_s: float = 60.0

    def decision(self, failure: Failure, *, attempt: int, left_s: float, dice: float) -> RetryDecision:
        """Decide after the failed `attempt` (from 1), `left_s` before the deadline.

        Parameters
        ----------
        dice : 0 to 1, where in the jitter's range the wait falls
        """
        if not failure.retry:
            return RetryDecision(retry=False)
        if attempt >= self.attempts:
            return RetryDecision(retry=False, why_not=_tried(attempt))
        wait = min(self.cap_s, self.first_s * self.factor ** min(attempt - 1, 60)) * (0.5 + dice / 2)
        if failure.after_s is not None:
            wait = failure.after_s + wait * 0.1  # not all waiting clients at the same moment
        if wait >= left_s:
            asks = "" if failure.after_s is None else f", the server asks to wait {failure.after_s:.0f} s"
            return RetryDecision(retry=False, why_not=f"{_tried(attempt)}{asks}, no time is left")
        return RetryDecision(retry=True, wait_s=wait)


def _tried(attempts: int) -> str:
    return "tried once" if attempts == 1 else f"tried {attempts} times"


@dataclass(frozen=True)
class Timing:
    """Clock, dice and cancelling; a test brings its own.

    Parameters
    ----------
    cancel : set it, and whatever is asked ends within a moment with the outcome `cancelled`
    clock : seconds, never running backwards
    dice : 0 to 1
    """

    cancel: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], float] = time.monotonic
    dice: Callable[[], float] = random.random
    wait: Callable[[threading.Event, float], bool] = threading.Event.wait

    def slept(self, seconds: float) -> bool:
        """Wait; False if it was cut short by cancelling."""
        return not self.wait(self.cancel, seconds)
