"""How many requests a server on this machine serves at once, as far as it says so."""

from __future__ import annotations

from pydantic import JsonValue

from CTSpatialVQALib.backends.wire.addresses import origin_of
from CTSpatialVQALib.backends.wire.connection_pool import route_to
from CTSpatialVQALib.backends.wire.failures import Failure
from CTSpatialVQALib.backends.wire.http_exchange import Exchange
from CTSpatialVQALib.backends.wire.peers import stays_here
from CTSpatialVQALib.backends.wire.retrying import Timing
from CTSpatialVQALib.backends.wire.server_options import Limits

UNKNOWN = 1  # a request more than a small server has slots waits, and may run into its time limit
_MOST = 256
_LIMITS = Limits(in_flight=1, connect_s=2, read_s=2, total_s=2, reply_mb=1)
# llama.cpp says how many slots it has, SGLang how many requests it runs; vLLM schedules any number
_WHERE = (("/props", "total_slots"), ("/get_server_info", "max_running_requests"))
_VLLM_REQUESTS = 8


def local_slots(url: str) -> int | None:
    """Slots of a server on this machine, 1 where it does not say; None for a server elsewhere.

    Nothing is sent beyond a request for the server's own properties, and nothing leaves this machine.
    """
    address = origin_of(url)
    if not stays_here(address.name):
        return None
    exchange = Exchange(address, route_to(address, ca_file=None), _LIMITS, Timing())
    try:
        for path, key in _WHERE:
            value = _object(exchange, address.origin + path).get(key)
            if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
                return min(value, _MOST)
        models = _object(exchange, address.origin + "/v1/models").get("data")
        listed = models if isinstance(models, list) else []
        owners = {str(model.get("owned_by")) for model in listed if isinstance(model, dict)}
        return _VLLM_REQUESTS if "vllm" in owners else UNKNOWN
    finally:
        exchange.close()


def _object(exchange: Exchange, url: str) -> dict[str, JsonValue]:
    """What the server says there; nothing where it says nothing of use."""
    reply = exchange.send("GET", url)
    if isinstance(reply, Failure) or not isinstance(reply.value, dict):
        return {}
    return reply.value
