"""How is work stopped from outside? The first Ctrl-C asks it to come to an end, the second one interrupts."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopped_by_signal(message: str) -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets, with `message` to the person; a second one interrupts.

    Outside the main thread, where no signal can be listened to, nothing sets the event.
    """
    stop = threading.Event()

    def heard(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        # past Python's buffers, in the middle of whose work the signal may have come
        os.write(2, f"\n{message}\n".encode())

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, heard) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
