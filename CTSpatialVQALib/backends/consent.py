"""May this leave the machine? What a backend must be told before it sends anything to another host."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from CTSpatialVQALib.errors import BadInput


class Destination(NamedTuple):
    """Where a backend would send something, and what.

    Parameters
    ----------
    host : name or address with port, as consent is recorded for it
    leaves : what would leave, one short phrase each ("pixels of 8 axial slices", "the question's text")
    """

    host: str
    leaves: tuple[str, ...]


Consent = Callable[[Destination], bool]


def nobody_consented(_destination: Destination) -> bool:
    """The answer where nobody was asked: no."""
    return False


class ConsentOnce:
    """Consent for one destination: asked for at most once, from however many threads.

    Parameters
    ----------
    needed : False for what stays on this machine
    """

    def __init__(self, consent: Consent, destination: Destination, *, needed: bool) -> None:
        self._consent = consent
        self._destination = destination
        self._given: bool | None = None if needed else True
        self._lock = threading.Lock()

    def require(self) -> None:
        """Ask, the first time.

        Raises
        ------
        BadInput
            Without consent; it names the host and what would leave.
        """
        with self._lock:
            if self._given is None:
                self._given = self._consent(self._destination)
        if not self._given:
            host = self._destination.host
            raise BadInput(
                f"server {host}",
                expected=f"consent to send there {', '.join(self._destination.leaves)}",
                came="none",
                remedy=f"Agree with --consent {host}",
            )
