"""How many requests a server on this machine serves at once, as far as it says so."""

from __future__ import annotations

from CTSpatialVQALib.backends.wire.addresses import origin_of
from CTSpatialVQALib.backends.wire.local_properties import LocalProperties
from CTSpatialVQALib.backends.wire.peers import stays_here

UNKNOWN = 1  # a request more than a small server has slots waits, and may run into its time limit
_MOST = 256
_TIMEOUT_S = 2.0
# llama.cpp says how many slots it has, SGLang how many requests it runs; vLLM schedules any number
_WHERE = (("/props", "total_slots"), ("/get_server_info", "max_running_requests"))
_VLLM_REQUESTS = 8


def local_slots(url: str) -> int | None:
    """Slots of a server on this machine, 1 where it does not say; None for a server elsewhere.

    Nothing is sent beyond a request for the server's own properties, and nothing leaves this machine.
    """
    if not stays_here(origin_of(url).name):
        return None
    with LocalProperties(url, seconds=_TIMEOUT_S) as server:
        for path, key in _WHERE:
            value = server.at(path).get(key)
            if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
                return min(value, _MOST)
        models = server.at("/v1/models").get("data")
    listed = models if isinstance(models, list) else []
    owners = {str(model.get("owned_by")) for model in listed if isinstance(model, dict)}
    return _VLLM_REQUESTS if "vllm" in owners else UNKNOWN
