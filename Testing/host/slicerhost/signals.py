"""Signals as in PythonQt: `w.clicked.connect(f)` or `w.connect('clicked(bool)', f)`.

In Slicer a misspelt signal only prints and returns False, and an exception in a slot only prints. Here the
first raises and the second is kept in `slot_errors`, so that a test fails on either.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from PySide6 import QtCore

import slicerhost.skin as skin
from slicerhost import slot_errors
from slicerhost.methods import Method, require_alive


class Connection(NamedTuple):
    """A slot and the function that Qt calls for it."""

    signal: str
    slot: Callable[..., Any]
    adapter: Callable[..., Any]
    source: Any


class BoundSignal:
    """A signal of one object."""

    def __init__(self, raw: QtCore.QObject, name: str) -> None:
        self._raw, self._name = raw, name

    def _signal(self) -> Any:
        require_alive(self._raw, self._name)
        return widest(self._raw, self._name)

    def connect(self, slot: Callable[..., Any]) -> bool:
        """Call `slot` whenever the signal is emitted, with as many arguments as it takes."""
        return add(self._raw, self._name, self._signal(), slot, _most(slot))

    def disconnect(self, slot: Callable[..., Any] | None = None) -> bool:
        """Let go of `slot`, or of every slot."""
        return remove(self._raw, self._name, self._signal(), slot)

    def emit(self, *args: Any) -> None:
        """Emit it."""
        from slicerhost.values import to_raw

        self._signal().emit(*(to_raw(arg) for arg in args))

    __call__ = emit


def connect_by_signature(
    raw: QtCore.QObject, signature: str, slot: Callable[..., Any], member: str | None = None
) -> bool:
    """`sender.connect('clicked(bool)', f)`; ValueError for a signal that the object does not have."""
    name, types = checked_signature(raw, signature)
    if member is not None:
        slot = getattr(slot, member.split("(")[0])
    most = min(_most(slot), len(types)) if types is not None else _most(slot)
    if is_python_signal(raw, name):
        return True  # as measured: connecting by signature to a signal of a Python class receives nothing
    return add(raw, name, _overload(getattr(raw, name), types), slot, most)


def disconnect_by_signature(
    raw: QtCore.QObject, signature: str, slot: Callable[..., Any] | None = None
) -> bool:
    """The reverse of `connect_by_signature`."""
    name, types = checked_signature(raw, signature)
    return remove(raw, name, _overload(getattr(raw, name), types), slot)


def checked_signature(raw: QtCore.QObject, signature: str) -> tuple[str, list[str] | None]:
    """Name of the signal and its parameter types (None: as they are), or a ValueError that lists them."""
    normal = bytes(QtCore.QMetaObject.normalizedSignature(signature).data()).decode()
    name, _, types = normal.rstrip(")").partition("(")
    signatures = [signature for signature in signal_signatures(raw) if signature.startswith(name + "(")]
    takes_object = any(
        "PyObject" in signature for signature in signatures
    )  # stands for a pointer to a C++ class
    shorter = any(
        signature.startswith(normal[:-1]) for signature in signatures
    )  # Qt allows to leave out trailing arguments
    if not signatures or not (takes_object or shorter):
        raise ValueError(
            f"{skin.listed_name(type(raw))} has no signal '{signature}'"
            + (f"; it has {signatures}" if signatures else "")
        )
    return name, None if takes_object and types else [
        name_of_type for name_of_type in types.split(",") if name_of_type
    ]


def signal_signatures(raw: QtCore.QObject) -> list[str]:
    """Every signal of the object as Qt writes it."""
    meta = raw.metaObject()
    methods = (meta.method(index) for index in range(meta.methodCount()))
    return [
        bytes(method.methodSignature().data()).decode()
        for method in methods
        if method.methodType() == QtCore.QMetaMethod.MethodType.Signal
    ]


def widest(raw: QtCore.QObject, name: str) -> Any:
    """The signal with all its parameters: PySide hands a function of any number of arguments none of them."""
    mine = [signature for signature in signal_signatures(raw) if signature.startswith(name + "(")]
    longest = max(mine, key=lambda signature: (signature.count(","), len(signature)))
    types = [name_of_type for name_of_type in longest[len(name) + 1 : -1].split(",") if name_of_type]
    return _overload(getattr(raw, name), types)


def is_python_signal(raw: QtCore.QObject, name: str) -> bool:
    """Whether a class written in Python by the module declares the signal."""
    return any(name in base.__dict__.get("_signals_of_python", ()) for base in type(raw).__mro__)


def add(raw: QtCore.QObject, name: str, signal: Any, slot: Callable[..., Any], most: int) -> bool:
    """Connect; True when Qt did."""
    if not callable(slot):
        raise ValueError(f"a {type(slot).__name__} cannot be connected to {name}")

    def adapter(*args: Any) -> None:
        try:
            skin.call_python(slot, args[:most])
        except Exception as error:  # noqa: BLE001  # whatever a slot raises ends here, as in Slicer
            slot_errors.keep(error)

    signal.connect(adapter)
    connections_of(raw).append(Connection(name, slot, adapter, signal))
    return True


def remove(raw: QtCore.QObject, name: str, signal: Any, slot: Callable[..., Any] | None) -> bool:
    """Disconnect; False where there was no such connection."""
    held = connections_of(raw)
    leaving = [
        connection
        for connection in held
        if connection.signal == name and (slot is None or connection.slot == slot)
    ]
    for connection in leaving:
        signal.disconnect(connection.adapter)
        held.remove(connection)
    return bool(leaving)


def connections_of(raw: QtCore.QObject) -> list[Connection]:
    """Every connection of the object's signals to Python, in the order in which they were made."""
    connections: list[Connection] = raw.__dict__.setdefault("_connections", [])
    return connections


def _overload(signal: Any, types: list[str] | None) -> Any:
    if not types:
        return signal
    try:
        return signal[tuple(types)] if len(types) > 1 else signal[types[0]]
    except (IndexError, KeyError, TypeError):
        return signal


def _most(slot: Callable[..., Any]) -> int:
    if isinstance(slot, Method):
        return slot.most_arguments()
    try:
        parameters = inspect.signature(slot).parameters.values()
    except (TypeError, ValueError):
        return 99
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return 99
    return sum(
        1
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    )
