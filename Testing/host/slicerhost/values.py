"""Conversion of Python values to C++ arguments and back, as measured in Slicer 5.12.

Numbers are taken generously (numpy's too, fractions truncated, enumerations are plain integers), text
takes anything, but text is never a number and Qt's implicit conversions (a key sequence from text) are not
made. Lists come back as tuples.
"""

from __future__ import annotations

import collections.abc
import enum
import math
import numbers
import types
import typing
from typing import Any

from PySide6 import QtCore

import slicerhost.skin as skin


class Mismatch(Exception):  # not an error by itself: the next overload is tried
    """The value cannot become what this overload takes."""


def to_python(value: Any) -> Any:
    """What PythonQt hands out for a C++ value."""
    if isinstance(value, enum.Enum):
        return int(value.value)
    if isinstance(value, list):
        return tuple(to_python(item) for item in value)
    return skin.shown(value)


def to_raw(value: Any) -> Any:
    """The C++ side of a value whose type is not known (QVariant, object)."""
    if isinstance(value, skin.Shown):
        return skin.raw_of(value)
    if isinstance(value, list | tuple):
        return [to_raw(item) for item in value]
    if isinstance(value, numbers.Number) and not isinstance(value, int | float):
        return int(value) if isinstance(value, numbers.Integral) else float(value)  # type: ignore[arg-type]
    return value


def to_type(value: Any, kind: Any, exact: bool) -> Any:
    """`value` as an argument of type `wanted`; `exact` leaves out what another overload may not need."""
    if _is_union(kind):
        return _to_union(value, typing.get_args(kind), exact)
    if kind is str:
        return to_text(value, exact)
    if kind is bool:
        if exact and not isinstance(value, bool):
            raise Mismatch
        return bool(value)
    if kind in (int, float):
        return to_number(value, kind, exact)
    if isinstance(kind, type):
        return _to_class(value, kind)
    return _to_generic(value, kind, exact)


def to_text(value: Any, exact: bool) -> str:
    """Text; unless `exact`, anything by its str(), None included: Slicer then shows the word 'None'."""
    if isinstance(value, str):
        return value
    if exact or isinstance(value, skin.Shown | list | tuple | dict):
        raise Mismatch
    return str(value)


def to_number(value: Any, kind: type, exact: bool) -> int | float:
    """A number of type `wanted` from any number, numpy's included; a fraction is truncated."""
    if not isinstance(value, numbers.Real):
        raise Mismatch
    if kind is int:
        if isinstance(value, numbers.Integral):
            return int(value)
        if exact or not math.isfinite(value):
            raise Mismatch
        return int(value)
    return float(value)


def _is_union(kind: Any) -> bool:
    return isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union


def _to_union(value: Any, members: tuple[Any, ...], exact: bool) -> Any:
    if value is None and types.NoneType in members:
        return None
    # PySide lists what Qt converts by itself (QKeySequence from str); PythonQt does not convert
    if _is_qt_class(members[0]):
        members = tuple(member for member in members if _is_qt_class(member))
    for member in members:
        try:
            return to_type(value, member, exact)
        except Mismatch:
            continue
    raise Mismatch


def _is_qt_class(kind: Any) -> bool:
    return isinstance(kind, type) and kind.__module__.startswith("PySide6")


def _to_class(value: Any, kind: type) -> Any:
    if issubclass(kind, enum.Enum):
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise Mismatch
        try:
            return kind(int(value))
        except ValueError:
            raise Mismatch from None
    if kind in (object, Any):
        return to_raw(value)
    if value is None:
        if issubclass(kind, QtCore.QObject):
            return None  # a null pointer
        raise Mismatch
    raw = skin.raw_of(value) if isinstance(value, skin.Shown) else value
    if kind in (list, tuple) and isinstance(value, list | tuple):
        return to_raw(value)
    if not isinstance(raw, kind):
        raise Mismatch
    return raw


def _to_generic(value: Any, kind: Any, exact: bool) -> Any:
    origin = typing.get_origin(kind)
    if origin is collections.abc.Callable:
        if not callable(value):
            raise Mismatch
        return value
    if origin in (list, tuple, collections.abc.Sequence, collections.abc.Iterable):
        if not isinstance(value, list | tuple):
            raise Mismatch
        arguments = typing.get_args(kind)
        return [to_type(item, arguments[0], exact) for item in value] if arguments else to_raw(value)
    return to_raw(value)
