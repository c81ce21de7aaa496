"""Python threads hardly run while only the event loop does, as in Slicer; timers and processes do."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest


class Counter:
    """A thread that counts as fast as it can."""

    def __init__(self) -> None:
        self.count = 0
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped:
            self.count += 1

    def counted_while(self, work: Any) -> int:
        """How far it comes in the meantime."""
        before = self.count
        work()
        return self.count - before

    def stop(self) -> None:
        self._stopped = True
        self._thread.join()


@pytest.fixture
def counter(slicer_host: Any) -> Iterator[Counter]:
    from slicerhost import eventloop

    if not eventloop.holds_the_lock():
        pytest.skip("the event loop of this machine's PySide6 lets go of the interpreter's lock")
    counter = Counter()
    yield counter
    counter.stop()


def test_a_thread_starves_while_the_event_loop_runs(counter: Counter, slicer_host: Any) -> None:
    running = counter.counted_while(lambda: time.sleep(0.4))
    starving = counter.counted_while(lambda: slicer_host.settle(400))
    assert starving < running / 5


def test_a_timer_lets_a_thread_advance_only_by_what_its_slot_takes(
    counter: Counter, slicer_host: Any, qt: Any
) -> None:
    running = counter.counted_while(lambda: time.sleep(0.4))
    timer = qt.QTimer()
    timer.setInterval(60)
    timer.timeout.connect(lambda: None)
    timer.start()
    starving = counter.counted_while(lambda: slicer_host.settle(400))
    timer.stop()
    assert starving < running / 3


def test_timers_and_processes_run_as_ever(counter: Counter, slicer_host: Any, qt: Any) -> None:
    ticks: list[int] = []
    timer = qt.QTimer()
    timer.setInterval(20)
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start()
    with subprocess.Popen(
        [sys.executable, "-c", "print(sum(range(10**5)))"], stdout=subprocess.PIPE
    ) as child:
        slicer_host.settle(300)
        assert child.wait(30) == 0
    timer.stop()
    assert len(ticks) > 5
