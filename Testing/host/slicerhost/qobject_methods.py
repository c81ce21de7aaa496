"""What PythonQt adds to every QObject: connect, disconnect, className, findChild by class name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6 import QtCore

import slicerhost.skin as skin
from slicerhost.signals import connect_by_signature, disconnect_by_signature

ADDED = frozenset({"connect", "disconnect", "className", "findChild", "findChildren", "inherits"})


def added(python: skin.Shown, name: str) -> Callable[..., Any]:
    """The method `name` of the object."""
    raw = skin.raw_of(python)
    if name == "connect":
        return lambda signature, *to: connect_by_signature(raw, signature, *to)
    if name == "disconnect":
        return lambda signature, slot=None: disconnect_by_signature(raw, signature, slot)
    if name == "className":
        return lambda: skin.listed_name(type(raw))
    if name == "inherits":
        return lambda class_name: _is_a(raw, class_name)
    if name == "findChild":
        return lambda kind, child_name="": next(iter(_found(raw, kind, child_name)), None)
    return lambda kind, child_name="": _found(raw, kind, child_name)


def _found(raw: QtCore.QObject, kind: Any, name: str) -> tuple[Any, ...]:
    class_name = kind if isinstance(kind, str) else kind.__name__
    every = raw.findChildren(QtCore.QObject)
    return tuple(
        skin.shown(child)
        for child in every
        if _is_a(child, class_name) and (not name or child.objectName() == name)
    )


def _is_a(raw: QtCore.QObject, class_name: str) -> bool:
    return any(base.__name__ == class_name for base in type(raw).__mro__)
