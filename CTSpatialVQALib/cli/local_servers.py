"""Model servers on this computer: which answer at the ports that they use, and with which models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import requests

# where each program listens unless told otherwise
PORTS: Mapping[int, str] = {
    11434: "Ollama",
    8000: "vLLM",
    1234: "LM Studio",
    8080: "llama.cpp",
    30000: "SGLang",
}
_TIME_LIMIT_S = 1.0
_MOST_BYTES = 1024**2
_MOST_MODELS = 50


class LocalServer(NamedTuple):
    """A server of the OpenAI kind on this computer, and the models that it lists."""

    url: str
    program: str
    models: tuple[str, ...]


def local_servers(ports: Iterable[int] = tuple(PORTS)) -> tuple[LocalServer, ...]:
    """The servers that answer on this computer; nothing of a patient is sent, and nothing leaves it."""
    waiting = list(ports)
    with ThreadPoolExecutor(max(1, len(waiting))) as pool:
        return tuple(server for server in pool.map(_server_at, waiting) if server is not None)


def _server_at(port: int) -> LocalServer | None:
    url = f"http://127.0.0.1:{port}/v1"
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the environment would be another machine
        try:
            with session.get(
                f"{url}/models", timeout=_TIME_LIMIT_S, allow_redirects=False, stream=True
            ) as response:
                raw = response.raw.read(_MOST_BYTES, decode_content=True)
            listed = json.loads(raw)
        except (requests.RequestException, ValueError, OSError):
            return None
    rows = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(rows, list):
        return None
    names = [row.get("id") for row in rows if isinstance(row, dict)]
    models = tuple(name for name in names if isinstance(name, str) and name.isprintable())[:_MOST_MODELS]
    return LocalServer(url, PORTS.get(port, "a server"), models)
