"""Ownership of C++ objects as in PythonQt: what would be deleted twice in Slicer fails the test here.

What Python made, or took back with `setParent(None)`, belongs to Python while it has no parent: the C++
object is deleted when the last reference to its Python object goes. A connected slot is such a reference,
and it goes with the C++ object. Where it was the last one,
Slicer deletes what is being deleted already, and crashes.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any

import shiboken6
from PySide6 import QtCore

import slicerhost.skin as skin
from slicerhost import slot_errors

_OWNED = "_owned_by_python"


class DeletedTwice(AssertionError):
    """Slicer would end here with a segmentation fault."""


class _EndWatch(QtCore.QObject):
    """Sees the event with which `deleteLater` ends an object, just before it does."""

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        """Look, and let the event pass."""
        if event.type() == QtCore.QEvent.Type.DeferredDelete:
            before_end(watched)
        return False


_watch: _EndWatch | None = None
_watched: list[weakref.ref[QtCore.QObject]] = []


def created_in_python(raw: Any) -> None:
    """The object was made by a call from Python."""
    if isinstance(raw, QtCore.QObject):
        raw.__dict__[_OWNED] = True


def before_call(raw: Any, name: str, args: tuple[Any, ...]) -> None:
    """Notice the calls that decide who owns an object, and those that end it."""
    if not isinstance(raw, QtCore.QObject):
        return
    if name == "setParent" and args and args[0] is None:
        raw.__dict__[_OWNED] = True
        _watch_end(raw)
    elif name == "deleteLater":
        _watch_end(raw)


def before_end(raw: QtCore.QObject, held: int = 0) -> None:
    """Keep a mishap where the end of `raw` would let go of the last reference to its Python object.

    The slots are let go of as at the real end, and the Python object is seen to go or to stay.

    Parameters
    ----------
    held : references of the caller that do not count, at a call of the object's own method
    """
    from slicerhost.signals import connections_of

    if raw.parent() is not None or not raw.__dict__.get(_OWNED):
        return
    connections = connections_of(raw)
    if not connections:
        return
    label = f"{skin.listed_name(type(raw))} '{raw.objectName()}'"
    python = raw.__dict__.get("_shown")
    if isinstance(python, weakref.ref):
        python = python()
    if python is None:
        return
    # of this function and of the count itself, and of the C++ object that keeps its Python subclass
    others = 2 + held + (0 if skin.is_generated(type(python)) else 1)
    before = sys.getrefcount(python) - others
    signals = ", ".join(dict.fromkeys(connection.signal for connection in connections))
    for connection in connections:
        connection.source.disconnect(connection.adapter)
    connections.clear()
    del connection
    after = sys.getrefcount(python) - others
    if before > 0 and after <= 0:
        slot_errors.keep(
            DeletedTwice(
                f"{label} has no parent, so Python owns it, and the last reference to it is held by its own "
                f"connection ({signals}): Slicer deletes it twice and crashes. Keep its parent, hide it and "
                "call deleteLater(), or connect something that does not hold it."
            )
        )


def check_left_over() -> None:
    """Look at the end of a test at what was taken from its parent and is held by nothing but itself."""
    for reference in _watched:
        raw = reference()
        if raw is not None and shiboken6.isValid(raw):
            before_end(raw)
    _watched.clear()


def _watch_end(raw: QtCore.QObject) -> None:
    global _watch
    if _watch is None:
        _watch = _EndWatch()
    if not any(reference() is raw for reference in _watched):
        raw.installEventFilter(_watch)
        _watched.append(weakref.ref(raw))
    _watched[:] = [reference for reference in _watched if reference() is not None]
