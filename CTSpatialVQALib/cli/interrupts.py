"""Stopping from outside: the first Ctrl-C or SIGTERM asks the work to come to an end, a second interrupts it.

SIGTERM comes from those who do not ask twice (a shutdown, a batch system): a command ends within ten seconds.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_INTERRUPTED_AFTER_S = 8.0  # work that has not noticed by then is interrupted where it is
_ENDED_AFTER_S = 9.5  # and the process is ended if even that was not heard


@contextmanager
def stopped_by_signal(message: str) -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets, with `message` to the person; a second one interrupts.

    After SIGTERM the block is interrupted if it goes on for too long, and what would follow it is left out.
    Outside the main thread, where no signal can be listened to, nothing sets the event.

    Raises
    ------
    KeyboardInterrupt
        At the second signal, and at the end of the block after SIGTERM.
    """
    stop = threading.Event()
    terminated = threading.Event()

    def heard(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        # past Python's buffers, in the middle of whose work the signal may have come
        os.write(2, f"\n{message}\n".encode())
        if number == signal.SIGTERM:
            terminated.set()
            _interrupt_soon()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, heard) for number in _SIGNALS}
    try:
        with _Watchdog():
            yield stop
    finally:
        if terminated.is_set():
            _interrupt_no_more()
        for number, handler in before.items():
            signal.signal(number, handler)
    if terminated.is_set():
        raise KeyboardInterrupt


class _Watchdog:
    """A small process that ends this one if it goes on for too long after SIGTERM. A context manager.

    Python runs a signal's handler between two of its instructions, so never while one call into a library
    goes on. The interpreter's note of the signal is written at once, into the pipe that the other process
    reads. It leaves this one alone when the pipe is closed.
    """

    def __enter__(self) -> Self:
        if os.name == "nt":  # its pipes cannot be waited for with a time limit, and nothing sends SIGTERM
            return self
        arguments = [sys.executable, "-S", "-E", "-c", _WATCHDOG, str(os.getpid()), str(_ENDED_AFTER_S)]
        self._process = subprocess.Popen(arguments, stdin=subprocess.PIPE, start_new_session=True)
        assert self._process.stdin is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        self._before = signal.set_wakeup_fd(self._process.stdin.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        if os.name != "nt":
            signal.set_wakeup_fd(self._before)
            self._process.communicate()


_WATCHDOG = """
import os, select, signal, sys, time
ends = None
while True:
    left = None if ends is None else max(0, ends - time.monotonic())
    if not select.select([0], [], [], left)[0]:
        os.kill(int(sys.argv[1]), signal.SIGKILL)
        break
    numbers = os.read(0, 100)
    if not numbers:
        break
    if signal.SIGTERM in numbers and ends is None:
        ends = time.monotonic() + float(sys.argv[2])
"""


def _interrupt_soon() -> None:
    if hasattr(signal, "setitimer"):  # not on Windows
        signal.signal(signal.SIGALRM, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, _INTERRUPTED_AFTER_S)


def _interrupt_no_more() -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
