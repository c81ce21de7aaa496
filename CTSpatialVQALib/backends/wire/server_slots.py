"""How many requests a server on this machine serves at once, as far as it says so."""

from __future__ import annotations

import json

import requests

from CTSpatialVQALib.backends.wire.addresses import origin_of
from CTSpatialVQALib.backends.wire.peers import stays_here

UNKNOWN = 1  # a request more than a small server has slots waits, and may run into its time limit
_MOST = 256
_TIMEOUT_S = 2.0
_MOST_BYTES = 1 << 20
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
    with requests.Session() as session:
        session.trust_env = False  # no proxy: the server is here
        for path, key in _WHERE:
            value = _json(session, address.origin + path).get(key)
            if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
                return min(value, _MOST)
        models = _json(session, address.origin + "/v1/models").get("data")
        listed = models if isinstance(models, list) else []
        owners = {one.get("owned_by") for one in listed if isinstance(one, dict)}
        return _VLLM_REQUESTS if "vllm" in owners else UNKNOWN


def _json(session: requests.Session, url: str) -> dict[str, object]:
    """What the server says there; nothing where it says nothing of use."""
    try:
        with session.get(url, timeout=_TIMEOUT_S, allow_redirects=False, stream=True) as reply:
            text = reply.raw.read(_MOST_BYTES, decode_content=True)
            value = json.loads(text) if reply.status_code == requests.codes.ok else {}
    except (requests.RequestException, OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
