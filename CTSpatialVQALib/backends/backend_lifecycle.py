"""The end of a backend: what some of them can do beyond being asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from CTSpatialVQALib.backends.backend import Backend


@runtime_checkable
class Cancellable(Protocol):
    """A backend whose askings can be ended from another thread; they come back as `cancelled`."""

    def cancel(self) -> None:
        """End what is being asked."""


@runtime_checkable
class Closable(Protocol):
    """A backend that holds a process, connections or something at a server."""

    def close(self) -> None:
        """Let go of it."""


def cancel_all(backends: Iterable[Backend]) -> None:
    """End what these backends are being asked, where they can."""
    for backend in backends:
        if isinstance(backend, Cancellable):
            backend.cancel()


def close_all(backends: Iterable[Backend]) -> None:
    """Let these backends go."""
    for backend in backends:
        if isinstance(backend, Closable):
            backend.close()
