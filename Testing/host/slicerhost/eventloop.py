"""Event loop that keeps the interpreter's lock, as Slicer's does: Python threads starve while it runs.

Slicer embeds Python and never lets go of the lock while only Qt works; a Python thread advances in the few
milliseconds in which a slot of the main thread runs Python code. PySide6 lets go of it, so here Qt is called
through ctypes' `PyDLL`, which keeps it.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import PySide6
from PySide6 import QtTest, QtWidgets

# mangled names of Qt 6 for Linux: QTest::qWait(int), QCoreApplication::processEvents(flags)
_WAIT = "_ZN5QTest5qWaitEi"
_PROCESS = "_ZN16QCoreApplication13processEventsE6QFlagsIN10QEventLoop17ProcessEventsFlagEE"


@cache
def _qt() -> Any:
    """Qt's own library; None where it is named otherwise (Windows, macOS): threads do not starve there."""
    path = Path(PySide6.__file__).parent / "Qt" / "lib" / "libQt6Core.so.6"
    try:
        library = ctypes.PyDLL(str(path))
        for name in (_WAIT, _PROCESS):
            getattr(library, name).restype = None
    except (OSError, AttributeError):
        return None
    return library


def holds_the_lock() -> bool:
    """Whether threads starve on this machine as they do in Slicer."""
    return _qt() is not None


def process_events() -> None:
    """Let Qt work off what waits."""
    if _qt() is None:
        QtWidgets.QApplication.processEvents()
    else:
        getattr(_qt(), _PROCESS)(0)


def wait(milliseconds: int) -> None:
    """Let the event loop run for so long."""
    if _qt() is None:
        QtTest.QTest.qWait(milliseconds)
    else:
        getattr(_qt(), _WAIT)(ctypes.c_int(milliseconds))
