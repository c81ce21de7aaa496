"""Calls of C++ methods as in PythonQt: positional, by the overload that takes the arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from PySide6.support.signature import get_signature

from slicerhost.values import Mismatch, to_python, to_type


class Overload(NamedTuple):
    """What one overload takes: the types of its parameters, and how many of them are required."""

    types: tuple[Any, ...]
    required: int


def call(function: Callable[..., Any], where: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call `function` as PythonQt would; ValueError where no overload takes the arguments."""
    return to_python(function(*converted(function, where, args, kwargs)))


def converted(
    function: Callable[..., Any], where: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[Any]:
    """The arguments for the first overload that takes them as they are, else with conversions."""
    if kwargs:
        raise TypeError(f"{where} takes no keyword arguments in PythonQt: {', '.join(kwargs)}")
    for exact in (True, False):
        for overload in overloads(function):
            if not overload.required <= len(args) <= len(overload.types):
                continue
            try:
                return [to_type(arg, kind, exact) for arg, kind in zip(args, overload.types, strict=False)]
            except Mismatch:
                continue
    taken = ", ".join(type(arg).__name__ for arg in args)
    raise ValueError(f"{where} has no overload that takes ({taken})")


def most_arguments(function: Callable[..., Any]) -> int:
    """How many arguments `function` takes at most."""
    return max((len(overload.types) for overload in overloads(function)), default=0)


@cache
def overloads(function: Callable[..., Any]) -> tuple[Overload, ...]:
    """Every overload of a PySide6 method or class, or the one signature of the host's own Python method."""
    if inspect.isclass(function) and inspect.isfunction(function.__init__):
        return overloads(function.__init__)
    own = inspect.isfunction(function) or inspect.ismethod(function)
    signature_or_list = inspect.signature(function, eval_str=True) if own else get_signature(function)
    signatures = signature_or_list if isinstance(signature_or_list, list) else [signature_or_list]
    return tuple(_overload(signature) for signature in signatures if signature is not None)


def _overload(signature: inspect.Signature) -> Overload:
    taken = [
        parameter
        for name, parameter in signature.parameters.items()
        if name != "self" and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    required = sum(1 for parameter in taken if parameter.default is parameter.empty)
    kinds = tuple(
        object if parameter.annotation is parameter.empty else parameter.annotation for parameter in taken
    )
    return Overload(kinds, required)
