"""Consent to send something to another machine, asked for once before anything is sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from CTSpatialVQALib.backends.wire.peers import is_loopback
from CTSpatialVQALib.errors import BadInput


class Destination(NamedTuple):
    """Where a backend would send something, and what.

    Parameters
    ----------
    origin : scheme, host and port, as consent is recorded for it
    leaves : what would leave, one short phrase each ("pixels of 8 axial slices", "the question's text")
    """

    origin: str
    leaves: tuple[str, ...]


Consent = Callable[[Destination], bool]


def nobody_consented(_destination: Destination) -> bool:
    """The answer where nobody was asked: no."""
    return False


class _Standing(StrEnum):
    LOCAL = "local"  # it leads to this machine, and no connection to another one is let through
    GRANTED = "granted"
    REFUSED = "refused"


class ConsentOnce:
    """Consent for one destination: asked for at most once, from however many threads.

    Parameters
    ----------
    stays_here : whether all that is sent there stays on this machine; looked at when consent is required
    """

    def __init__(self, consent: Consent, destination: Destination, *, stays_here: Callable[[], bool]) -> None:
        self._consent = consent
        self._destination = destination
        self._stays_here = stays_here
        self._standing: _Standing | None = None
        self._lock = threading.Lock()

    def require(self) -> None:
        """Ask, the first time.

        Raises
        ------
        BadInput
            Without consent; it names the server and what would leave.
        """
        with self._lock:
            if self._standing is None:
                self._standing = self._decided()
        if self._standing is _Standing.REFUSED:
            origin = self._destination.origin
            raise BadInput(
                f"server {origin}",
                expected=f"consent to send there {', '.join(self._destination.leaves)}",
                came="none",
                remedy=f"Agree with --consent {origin}",
            )

    def allows_peer(self, address: str) -> bool:
        """Whether something may be sent to the machine with this network address.

        What needed no consent, because a name led to this machine, may not be sent where it leads later.
        """
        return self._standing is _Standing.GRANTED or is_loopback(address)

    def _decided(self) -> _Standing:
        if self._stays_here():
            return _Standing.LOCAL
        return _Standing.GRANTED if self._consent(self._destination) else _Standing.REFUSED
