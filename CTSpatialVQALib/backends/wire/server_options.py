"""Options of a chat server: the table `options` of a study's backend of kind 'openai'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, JsonValue, ValidationError

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.base import Record, bad_input_from

_OURS = frozenset({"messages", "model", "stream", "n"})


class Limits(Record):
    """How long, how often and how large.

    Parameters
    ----------
    in_flight : requests at once
    connect_s : until a connection stands, TLS included
    read_s : of silence; a server that does not stream is silent while its model works
    total_s : for one request
    deadline_s : for one question, all attempts and waits together
    attempts : how often a request is sent at most when it may succeed on another try
    reply_mb : a longer reply is refused
    """

    in_flight: int = Field(default=8, ge=1, le=256)
    connect_s: float = Field(default=10, gt=0, le=600)
    read_s: float = Field(default=300, gt=0, le=86_400)
    total_s: float = Field(default=600, gt=0, le=86_400)
    deadline_s: float = Field(default=1200, gt=0, le=86_400)
    attempts: int = Field(default=6, ge=1, le=100)
    reply_mb: float = Field(default=8, gt=0, le=1024)


class ChatOptions(Limits):
    """All options of a chat server.

    Parameters
    ----------
    temperature, seed, max_tokens : of the decoding; None: the contract's own, 0 and 512 where it has none
    auth : header of the key; auto: `api-key` at Azure, else `Authorization: Bearer`
    api_version : Azure's dated interface
    ca_file : certificates to trust beside the system's
    extra : further fields of the request, as the server's manual names them
    """

    temperature: float | None = Field(default=None, ge=0, le=2)
    seed: int | None = Field(default=0, ge=0, lt=2**63)
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    auth: Literal["auto", "bearer", "api-key"] = "auto"
    api_version: str | None = Field(default=None, pattern=r"^[0-9A-Za-z.-]{1,40}$")
    ca_file: str | None = None
    extra: dict[str, JsonValue] = {}


def chat_options(options: Mapping[str, JsonValue], *, where: str) -> ChatOptions:
    """Read the options.

    Raises
    ------
    BadInput
        Naming the option: an unknown one, a value out of range, or an `extra` that would replace what the
        product itself sends.
    """
    try:
        parsed = ChatOptions.model_validate(dict(options))
    except ValidationError as error:
        raise bad_input_from(error, f"{where}: options", "options") from error
    taken = sorted(_OURS & set(parsed.extra))
    if taken:
        raise BadInput(
            f"{where}: options: extra",
            expected="fields that the product does not fill in itself",
            came=", ".join(taken),
            remedy="Leave them out",
        )
    return parsed
