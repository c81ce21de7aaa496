"""May it leave this machine? From `--consent HOST` to what a backend asks before it sends anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from CTSpatialVQALib.backends.backend import Backend
from CTSpatialVQALib.backends.consent import Destination
from CTSpatialVQALib.backends.wire.addresses import origin_of


class GivenConsent:
    """The user's yes to some hosts. A `Consent`: yes to these, no to all others.

    A host named without a port stands for all its ports.

    Parameters
    ----------
    given : as the user wrote them: a name, with or without port, or a whole address

    Raises
    ------
    BadInput
        If one of them is no host.
    """

    def __init__(self, given: Sequence[str]) -> None:
        origins = [origin_of(one) for one in given]
        self._hosts = {origin.host for origin in origins}
        self.used: list[str] = []

    def __call__(self, destination: Destination) -> bool:
        """Whether the user agreed; what was agreed to and is needed is kept in `used`."""
        agreed = bool({destination.host, origin_of(destination.host).name} & self._hosts)
        if agreed and destination.host not in self.used:
            self.used.append(destination.host)
        return agreed


@runtime_checkable
class Sender(Protocol):
    """A backend that may send something to another machine."""

    def require_consent(self) -> None:
        """Ask for consent if it is needed; raise `BadInput` without it."""


def require_consents(backends: Iterable[Backend]) -> None:
    """Ask all backends now, before a volume is read or anything is sent.

    Raises
    ------
    BadInput
        If one of them needs a consent that was not given; it names the option that gives it.
    """
    for backend in backends:
        if isinstance(backend, Sender):
            backend.require_consent()
