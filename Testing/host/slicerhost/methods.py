"""Methods of C++ objects as PythonQt shows them: builtins with positional arguments only."""

from __future__ import annotations

from typing import Any

import shiboken6

import slicerhost.skin as skin
from slicerhost import ownership
from slicerhost.overloads import call, converted, most_arguments
from slicerhost.values import to_python


class Method:
    """A method of C++, bound to an object or, taken from a class, not yet.

    Parameters
    ----------
    owner : the Python object it was taken from; a bound method keeps it alive, as in PythonQt
    """

    def __init__(self, raw_type: type, name: str, raw: Any, owner: Any = None) -> None:
        self._raw_type, self._name, self._raw, self._owner = raw_type, name, raw, owner

    @property
    def __name__(self) -> str:
        return self._name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        function = getattr(self._raw_type, self._name)
        where = f"{skin.listed_name(self._raw_type)}.{self._name}"
        if self._raw is not None:
            require_alive(self._raw, where)
            ownership.before_call(self._raw, self._name, args)
            bound = getattr(self._raw, self._name)  # a few methods are static and not, like QFile.exists
            return to_python(bound(*converted(function, where, args, kwargs)))
        if self._is_static():
            return call(function, where, args, kwargs)
        raw = skin.raw_of(args[0])
        return to_python(function(raw, *converted(function, where, args[1:], kwargs)))

    def _is_static(self) -> bool:
        for base in self._raw_type.__mro__:
            if self._name in base.__dict__:
                member = base.__dict__[self._name]
                return (
                    isinstance(member, staticmethod) or type(member).__name__ == "builtin_function_or_method"
                )
        return False

    def most_arguments(self) -> int:
        """How many arguments a signal may hand over."""
        return most_arguments(getattr(self._raw_type, self._name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Method) and (self._raw, self._name) == (other._raw, other._name)

    def __hash__(self) -> int:
        return hash((id(self._raw), self._name))

    def __repr__(self) -> str:
        return f"<built-in method {self._name}>"


def require_alive(raw: Any, where: str) -> None:
    """ValueError where the C++ object was deleted."""
    if not shiboken6.isValid(raw):
        raise ValueError(f"{where}: the C++ object was deleted")
