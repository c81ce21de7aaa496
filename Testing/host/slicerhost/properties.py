"""Setting of properties as in PythonQt: refused values raise AttributeError, as in Slicer."""

from __future__ import annotations

import numbers
from typing import Any

from PySide6 import QtCore

import slicerhost.skin as skin
from slicerhost.values import Mismatch, to_number, to_raw, to_text

WHOLE = {"int", "uint", "qlonglong", "qulonglong", "short", "ushort"}
FRACTIONS = {"double", "float"}


def write(raw: QtCore.QObject, meta: QtCore.QMetaProperty, value: Any) -> None:
    """Set one property, or raise AttributeError."""
    if not meta.isWritable():
        raise AttributeError(f"Property '{meta.name()}' of {type(raw).__name__} object is not writable")
    try:
        converted = _converted(raw, meta, value)
    except Mismatch:
        converted = None
    if converted is None or not raw.setProperty(meta.name(), converted):
        raise AttributeError(
            f"Property '{meta.name()}' of type '{meta.typeName()}' "
            f"does not accept an object of type {type(value).__name__} ({value!r})"
        )


def _converted(raw: QtCore.QObject, meta: QtCore.QMetaProperty, value: Any) -> Any:
    kind = meta.typeName()
    if meta.isEnumType():
        return to_number(value, int, exact=True)
    if kind == "QString":
        return to_text(value, exact=False)
    if kind == "bool":
        return bool(value)
    if kind in WHOLE:
        return to_number(value, int, exact=False)
    if kind in FRACTIONS:
        return to_number(value, float, exact=False)
    if kind == "QStringList":
        if not isinstance(value, list | tuple):
            raise Mismatch
        return [to_text(item, exact=True) for item in value]
    if kind in ("QVariant", "PyObject"):
        return to_raw(value)
    return _same_class(meta.read(raw), value)


def _same_class(present: Any, value: Any) -> Any:
    raw_value = skin.raw_of(value)
    if isinstance(value, str | numbers.Number) or not isinstance(raw_value, type(present)):
        raise Mismatch
    return raw_value
