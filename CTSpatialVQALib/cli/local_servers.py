"""Model servers on this computer: which answer at the ports that they use, and with which models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from CTSpatialVQALib.backends.wire.local_properties import LocalProperties

# where each program listens unless told otherwise
PORTS: Mapping[int, str] = {
    11434: "Ollama",
    8000: "vLLM",
    1234: "LM Studio",
    8080: "llama.cpp",
    30000: "SGLang",
}
_TIME_LIMIT_S = 1.0
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
    with LocalProperties(url, seconds=_TIME_LIMIT_S) as server:
        rows = server.at("/v1/models").get("data")
    if not isinstance(rows, list):
        return None
    names = [row.get("id") for row in rows if isinstance(row, dict)]
    models = tuple(name for name in names if isinstance(name, str) and name.isprintable())[:_MOST_MODELS]
    return LocalServer(url, PORTS.get(port, "a server"), models)
