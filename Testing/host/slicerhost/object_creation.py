"""Creation of C++ objects for Python ones, also for classes that a module derives in Python."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

from PySide6 import QtCore

import slicerhost.skin as skin
from slicerhost import ownership, slot_errors
from slicerhost.overloads import converted
from slicerhost.signals import BoundSignal


class PythonSignal:
    """`changed = qt.Signal(int)` in a Python subclass of a Qt class."""

    def __init__(self, *types: Any) -> None:
        self.types = types
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, python: Any, owner: type) -> Any:
        return self if python is None else BoundSignal(skin.raw_of(python), self.name)


def new_raw(cls: type, args: tuple[Any, ...]) -> Any:
    """A new C++ object for an instance of `cls`."""
    raw_type = cls._raw_type if skin.is_generated(cls) else derived(cls)  # type: ignore[attr-defined]
    shown_type = next(base for base in cls.__mro__ if skin.is_generated(base))
    if shown_type.__name__ == "QDialogButtonBox" and args and isinstance(args[0], int):
        args = ()  # as measured: PythonQt does not take the integer for buttons
    raw = raw_type(*converted(shown_type._raw_type, shown_type.__name__, args, {}))
    ownership.created_in_python(raw)
    return raw


@cache
def derived(cls: type) -> type:
    """A C++ class whose virtual methods call those that `cls` overrides."""
    base = next(base_class for base_class in cls.__mro__ if skin.is_generated(base_class))._raw_type  # type: ignore[attr-defined]
    members: dict[str, Any] = {}
    signals: set[str] = set()
    for base_class in reversed(cls.__mro__[: cls.__mro__.index(skin.class_for(base))]):
        for name, value in base_class.__dict__.items():
            if isinstance(value, PythonSignal):
                members[name] = QtCore.Signal(*value.types)
                signals.add(name)
            elif (
                isinstance(value, FunctionType)
                and not name.startswith("__")
                and callable(getattr(base, name, 0))
            ):
                members[name] = _forward(base, name)
    return type(cls.__name__, (base,), {**members, "_signals_of_python": frozenset(signals)})


def _forward(base: type, name: str) -> Callable[..., Any]:
    def overridden(raw: Any, *args: Any) -> Any:
        python = raw.__dict__.get("_shown")
        if python is None:  # still being made
            return getattr(base, name)(raw, *args)
        try:
            return skin.raw_of(skin.call_python(getattr(python, name), args))
        except Exception as error:  # noqa: BLE001  # must not leave C++; the test fails on it afterwards
            slot_errors.keep(error)
            return getattr(base, name)(raw, *args)

    overridden.__name__ = name
    return overridden
