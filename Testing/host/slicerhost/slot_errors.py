"""Exceptions in slots, which Qt would only print; kept here, so that a test fails on them."""

from __future__ import annotations

import sys
import traceback

_caught: list[BaseException] = []


def keep(error: BaseException) -> None:
    """Remember an exception that left a slot or an event handler; Slicer would print it and go on."""
    traceback.print_exception(error, file=sys.stderr)
    _caught.append(error)


def taken() -> tuple[BaseException, ...]:
    """Everything since the last call; forgotten afterwards."""
    errors = tuple(_caught)
    _caught.clear()
    return errors
