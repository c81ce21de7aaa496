"""Requests in words alone, and the models that take them: for judges and for making questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from pydantic import JsonValue

from CTSpatialVQALib.backends.backend import Answer


class ChatRequest(NamedTuple):
    """One request without any image.

    Parameters
    ----------
    system, user : the two messages; an empty system message is not sent
    schema : JSON Schema of the reply, for servers that can be held to one; the reply is checked all the same
    max_tokens : the reply is cut there (outcome `truncated`)
    """

    system: str
    user: str
    schema: Mapping[str, JsonValue] | None = None
    max_tokens: int = 512


class ChatModel(Protocol):
    """Who is asked in words: a server's or a local model."""

    @property
    def name(self) -> str:
        """The name under which its replies are kept and shown."""

    @property
    def version(self) -> str:
        """Version of the model; another version is another model."""

    @property
    def parameters(self) -> Mapping[str, JsonValue]:
        """Everything else that changes its replies."""

    @property
    def in_flight(self) -> int:
        """How many requests at once serve it best, from as many threads."""

    def chat(self, request: ChatRequest) -> Answer:
        """Ask. Failures are outcomes, not exceptions; `detail` never holds a key."""
