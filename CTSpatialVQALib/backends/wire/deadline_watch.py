"""A watch beside each request: it ends one whose time is up, and lets none go to a machine without consent.

Time limits of a socket count from the last byte, so that a slow drip never runs out of them. Each request
therefore flies under a watch, which shuts its socket when its time is up or when everything is cancelled.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum

from CTSpatialVQALib.backends.wire.peers import PeerAllowed, PeerRefused

_LOOK_EVERY_S = 0.1
_LINGER_S = 5.0


class Ended(StrEnum):
    """Why the watch ended a request."""

    TIME = "time"
    CANCELLED = "cancelled"


class Flight:
    """One request under watch. `ended` says whether, and why, the watch ended it."""

    def __init__(self, deadline: float, peer_allowed: PeerAllowed) -> None:
        self.deadline = deadline
        self._peer_allowed = peer_allowed
        self.ended: Ended | None = None
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def uses(self, connection: socket.socket) -> None:
        """`connection` carries the request from now on.

        Raises
        ------
        PeerRefused
            If nobody agreed to send to the machine at its other end; the connection is closed.
        """
        peer = str(connection.getpeername()[0])
        if not self._peer_allowed(peer):
            connection.close()
            raise PeerRefused(peer)
        with self._lock:
            self._sockets.append(connection)
            if self.ended is not None:
                _shut(connection)

    def end(self, why: Ended) -> None:
        """Shut the sockets: whoever reads or writes there wakes up with an error."""
        with self._lock:
            self.ended = self.ended or why
            for connection in self._sockets:
                _shut(connection)

    def land(self) -> None:
        """The request is over; its connection may carry another one."""
        with self._lock:
            self._sockets.clear()


_this_thread = threading.local()


def carries(connection: socket.socket | None) -> None:
    """Called by a connection before it is used: the flight of this thread, if there is one, uses it."""
    flight: Flight | None = getattr(_this_thread, "flight", None)
    if flight is not None and connection is not None:
        flight.uses(connection)


def _outside_flights(_record: logging.LogRecord) -> bool:
    return getattr(_this_thread, "flight", None) is None


# urllib3 logs headers that it could not read, with whatever a server wrote there: perhaps the key
logging.getLogger("urllib3.connection").addFilter(_outside_flights)


class Watch:
    """Ends flights whose time is up, and all of them once `cancel` is set.

    Parameters
    ----------
    peer_allowed : asked of each connection before anything is sent on it
    """

    def __init__(self, cancel: threading.Event, peer_allowed: PeerAllowed) -> None:
        self._cancel = cancel
        self._peer_allowed = peer_allowed
        self._flights: set[Flight] = set()
        self._lock = threading.Lock()
        self._looking = False

    @contextmanager
    def flight(self, seconds: float) -> Iterator[Flight]:
        """Watch over what this thread sends and receives inside the block."""
        flight = Flight(time.monotonic() + seconds, self._peer_allowed)
        with self._lock:
            self._flights.add(flight)
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._look, name="watch over requests", daemon=True).start()
        _this_thread.flight = flight
        try:
            yield flight
        finally:
            _this_thread.flight = None
            with self._lock:
                self._flights.discard(flight)
            flight.land()

    def _look(self) -> None:
        idle_since = time.monotonic()
        while True:
            cancelled = self._cancel.wait(_LOOK_EVERY_S) if not self._cancel.is_set() else self._pause()
            now = time.monotonic()
            with self._lock:
                flights = tuple(self._flights)
                idle_since = now if flights else idle_since
                if now - idle_since > _LINGER_S:
                    self._looking = False
                    return
            for flight in flights:
                if cancelled:
                    flight.end(Ended.CANCELLED)
                elif now >= flight.deadline:
                    flight.end(Ended.TIME)

    @staticmethod
    def _pause() -> bool:
        time.sleep(_LOOK_EVERY_S)
        return True


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        # the plain method: that of a TLS socket would take the encryption away under its reader
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
