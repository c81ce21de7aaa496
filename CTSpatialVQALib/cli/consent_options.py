"""The option `--consent`: the servers that the user agreed to send to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from CTSpatialVQALib.backends.backend import Backend
from CTSpatialVQALib.backends.consent import Destination
from CTSpatialVQALib.backends.wire.addresses import has_scheme, origin_of
from CTSpatialVQALib.errors import BadInput, shown


class GivenConsent:
    """The user's yes to some servers. A `Consent`: yes to these, no to all others.

    A yes holds for scheme, host and port as they are written: one to `https://host` opens neither another
    port nor http, where everything is readable on the way.

    Parameters
    ----------
    written : as the user wrote them: `https://host` or `http://host:8000`, also a whole address
    used : those that were needed

    Raises
    ------
    BadInput
        If one of them is no server's address.
    """

    def __init__(self, written: Sequence[str]) -> None:
        self._origins = {origin_of(text).origin for text in written if has_scheme(text)}
        self._without_scheme = {origin_of(text).name: text for text in written if not has_scheme(text)}
        self.used: list[str] = []

    def __call__(self, destination: Destination) -> bool:
        """Whether the user agreed; what was agreed to and is needed is kept in `used`.

        Raises
        ------
        BadInput
            If he named the host and not the scheme.
        """
        agreed = destination.origin in self._origins
        bare = self._without_scheme.get(origin_of(destination.origin).name)
        if bare is not None and not agreed:
            raise BadInput(
                f"--consent {shown(bare)}",
                expected="scheme, host and port of the server that may be sent to",
                came="a host alone",
                remedy=f"Write --consent {destination.origin}",
            )
        if agreed and destination.origin not in self.used:
            self.used.append(destination.origin)
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
