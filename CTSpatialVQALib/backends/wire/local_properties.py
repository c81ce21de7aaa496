"""What a server on this machine says of itself: one request without a key, bounded in time and size."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from pydantic import JsonValue

from CTSpatialVQALib.backends.wire.addresses import origin_of
from CTSpatialVQALib.backends.wire.connection_pool import route_to
from CTSpatialVQALib.backends.wire.failures import Failure
from CTSpatialVQALib.backends.wire.http_exchange import Exchange
from CTSpatialVQALib.backends.wire.retrying import Timing
from CTSpatialVQALib.backends.wire.server_options import Limits


class LocalProperties:
    """Asks a server on this machine for its own properties; a context manager.

    A connection that leads to another machine is not used, whatever the address says.

    Parameters
    ----------
    url : of the server; only scheme, host and port count
    seconds : for each request, and until a connection stands
    """

    def __init__(self, url: str, *, seconds: float) -> None:
        limits = Limits(in_flight=1, connect_s=seconds, read_s=seconds, total_s=seconds, reply_mb=1)
        address = origin_of(url)
        self._origin = address.origin
        self._exchange = Exchange(address, route_to(address, ca_file=None), limits, Timing())

    def at(self, path: str) -> dict[str, JsonValue]:
        """The JSON object at this path; empty where there is none."""
        reply = self._exchange.send("GET", self._origin + path)
        if isinstance(reply, Failure) or not isinstance(reply.value, dict):
            return {}
        return reply.value

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exchange.close()
