"""Errors of buttons and keys, shown in the window instead of in Slicer's error log."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from CTSpatialVQALib.errors import BadInput, WorkFailed


def shows_errors(slot: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a method of something with `messages`: what the product refuses is shown there.

    Any other exception goes on to Slicer's error log: it would be a fault of the module. PythonQt hands a
    function of any number of arguments all that the signal has, so what the slot does not take is left out.
    """
    parameters = slot.__code__.co_argcount - 1  # without self

    @functools.wraps(slot)
    def guarded(self: Any, *arguments: Any) -> Any:
        try:
            return slot(self, *arguments[:parameters])
        except (BadInput, WorkFailed) as error:
            self.messages.problem(str(error))
            return None

    del guarded.__wrapped__  # its signature is its own
    return guarded
