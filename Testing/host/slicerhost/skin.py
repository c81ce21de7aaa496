"""C++ objects as PythonQt shows them, over objects of PySide6.

Every Qt class is shown by a class of its own without a common base but `Shown` (PythonQt's hierarchy is
flat: a QLineEdit is no instance of QWidget). The order in which an attribute is looked for is PythonQt's:
the Python subclass, then property, signal, method, enumeration value, dynamic property, child by its name.
What the real class does not have by the lists under listed/ does not exist here either.
"""

from __future__ import annotations

import enum
import weakref
from collections.abc import Callable
from typing import Any

import shiboken6
from PySide6 import QtCore

from slicerhost import attribute_uses
from slicerhost.attribute_lists import is_listed, listed_classes

ALIASES = {"name": "objectName"}
_classes: dict[type, ShownType] = {}


class ShownType(type):
    """Class of the classes of `qt`, `ctk` and `slicer.qMRML...`."""

    _raw_type: type | None = None

    def __getattr__(cls, name: str) -> Any:
        raw_type = cls._raw_type
        if raw_type is None or name.startswith("__"):
            raise AttributeError(name)
        return class_attribute(raw_type, name)


class Shown(metaclass=ShownType):
    """An object of C++ as Python sees it; a Python subclass may add attributes of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from slicerhost.object_creation import new_raw

        if kwargs:
            raise TypeError(
                f"{type(self).__name__} takes no keyword arguments in PythonQt: {', '.join(kwargs)}"
            )
        _bind(self, new_raw(type(self), args))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_raw":
            raise AttributeError(name)
        raw = raw_of(self)
        return attribute(self, raw, name)

    def __setattr__(self, name: str, value: Any) -> None:
        raw = raw_of(self)
        if isinstance(raw, QtCore.QObject) and set_property(raw, name, value):
            return
        if is_generated(type(self)):
            raise AttributeError(
                f"'{name}' does not exist on {type(self).__name__} "
                "and creating new attributes on C++ objects is not allowed"
            )
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Shown):
            return False
        mine, theirs = raw_of(self), raw_of(other)
        if isinstance(mine, QtCore.QObject):
            return mine is theirs
        return type(mine) is type(theirs) and bool(mine == theirs)

    def __hash__(self) -> int:
        return id(self.__dict__.get("_raw"))

    def __bool__(self) -> bool:
        return True

    def __add__(self, other: Any) -> Any:
        return shown(raw_of(self) + raw_of(other))

    def __sub__(self, other: Any) -> Any:
        return shown(raw_of(self) - raw_of(other))

    def __repr__(self) -> str:
        return f"{type(self).__name__} (C++ object of PythonQt)"

    def delete(self) -> None:
        """Delete the C++ object now; using this one afterwards is a ValueError."""
        from slicerhost import ownership

        raw = raw_of(self)
        ownership.before_end(raw, held=1)
        shiboken6.delete(raw)


def raw_of(python: Any) -> Any:
    """The C++ object behind, or a ValueError once it was deleted."""
    if not isinstance(python, Shown):
        return python
    raw = python.__dict__.get("_raw")
    if raw is None:
        raise ValueError(f"{type(python).__name__}: the base class was not initialised")
    if not shiboken6.isValid(raw):
        raise ValueError(f"Trying to use a {type(python).__name__} whose C++ object was deleted")
    return raw


def shown(value: Any) -> Any:
    """A value of PySide6 as PythonQt shows it; the same object always by the same Python object."""
    if not isinstance(value, shiboken6.Object):
        return value
    if isinstance(value, enum.Enum):
        return int(value.value)
    present = value.__dict__.get("_shown") if hasattr(value, "__dict__") else None
    if isinstance(present, weakref.ref):
        present = present()
    if present is not None:
        return present
    python = object.__new__(class_for(type(value)))
    _bind(python, value)
    return python


def _bind(python: Shown, raw: Any) -> None:
    python.__dict__["_raw"] = raw
    if isinstance(raw, QtCore.QObject):
        # the C++ object keeps its Python subclass alive, as events need it, but not a mere view of itself
        raw.__dict__["_shown"] = weakref.ref(python) if is_generated(type(python)) else python


def is_generated(cls: type) -> bool:
    """Whether `cls` shows a C++ class as it is, and was not derived from it in Python."""
    return "_raw_type" in cls.__dict__


def class_for(raw_type: type) -> ShownType:
    """The class that shows objects of `raw_type`: of its nearest listed base."""
    for base in raw_type.__mro__:
        if base in _classes:
            return _classes[base]
        if base.__name__ in listed_classes():
            shown_class = ShownType(base.__name__, (Shown,), {"_raw_type": base, "__module__": "qt"})
            _classes[base] = shown_class
            return shown_class
    # a value that only passes through (an unlisted event, say) can be handed on, and nothing else
    return _classes.setdefault(
        raw_type, ShownType(raw_type.__name__, (Shown,), {"_raw_type": raw_type, "__module__": "qt"})
    )


def listed_name(raw_type: type) -> str:
    """The name under which the attributes of `raw_type` are listed."""
    return next((base.__name__ for base in raw_type.__mro__ if base.__name__ in listed_classes()), "")


def require_listed(raw_type: type, name: str) -> None:
    """AttributeError where the real class has no such attribute; and note that this one was used."""
    owner = listed_name(raw_type)
    if not owner or not is_listed(owner, name):
        raise AttributeError(f"{owner or raw_type.__name__} has no attribute named '{name}'")
    attribute_uses.note(owner, name)


def class_attribute(raw_type: type, name: str) -> Any:
    """`qt.QLabel.name`: an enumeration value as an integer, or a method."""
    from slicerhost.methods import Method

    require_listed(raw_type, name)
    value = getattr(raw_type, name, None)
    if value is None and name.endswith("_"):
        value = getattr(raw_type, name[:-1], None)
    if isinstance(value, enum.Enum):
        return int(value.value)
    if callable(value):
        return Method(raw_type, name.rstrip("_"), None)
    raise AttributeError(f"the real {listed_name(raw_type)} has '{name}'; this host has not")


def attribute(python: Shown, raw: Any, name: str) -> Any:
    """An attribute of an object, in PythonQt's order."""
    from slicerhost import qobject_methods
    from slicerhost.methods import Method
    from slicerhost.signals import BoundSignal

    is_object = isinstance(raw, QtCore.QObject)
    if is_object and name in qobject_methods.ADDED:
        return qobject_methods.added(python, name)
    owner = listed_name(type(raw))
    if owner and is_listed(owner, name):
        attribute_uses.note(owner, name)
        if is_object and (index := property_index(raw, name)) >= 0:
            from slicerhost.values import to_python

            return to_python(raw.metaObject().property(index).read(raw))
        value = _plain_attribute(raw, name)
        if isinstance(value, QtCore.SignalInstance):
            return BoundSignal(raw, name)
        if isinstance(value, enum.Enum):
            return int(value.value)
        if callable(value):
            return Method(type(raw), name.rstrip("_"), raw, python)
    if is_object and name.encode() in [
        bytes(property_name.data()) for property_name in raw.dynamicPropertyNames()
    ]:
        return shown(raw.property(name))
    child = (
        next((child for child in raw.children() if child.objectName() == name), None) if is_object else None
    )
    if child is not None:
        return shown(child)
    raise AttributeError(f"{type(python).__name__} has no attribute named '{name}'")


def _plain_attribute(raw: Any, name: str) -> Any:
    value = getattr(raw, name, None)
    return getattr(raw, name[:-1], None) if value is None and name.endswith("_") else value


def property_index(raw: QtCore.QObject, name: str) -> int:
    """Index of the meta-object's property, -1 where there is none."""
    return raw.metaObject().indexOfProperty(ALIASES.get(name, name))


def set_property(raw: QtCore.QObject, name: str, value: Any) -> bool:
    """Set a property or an existing dynamic property; False where there is none."""
    from slicerhost.properties import write

    index = property_index(raw, name)
    owner = listed_name(type(raw))
    if index >= 0 and owner and is_listed(owner, name):
        attribute_uses.note(owner, name)
        write(raw, raw.metaObject().property(index), value)
        return True
    if name.encode() in [bytes(property_name.data()) for property_name in raw.dynamicPropertyNames()]:
        raw.setProperty(name, raw_of(value))
        return True
    return False


def call_python(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Call back into Python with C++ values as Python sees them."""
    from slicerhost.values import to_python

    return function(*(to_python(arg) for arg in args))
