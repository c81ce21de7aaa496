"""How requests are put to one server, as a value: learned from its refusals, remembered once it was right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import JsonValue

from CTSpatialVQALib.backends.wire.failures import ErrorBody

TokenField = Literal["max_tokens", "max_completion_tokens"]
Format = Literal["json_schema", "json_object", "none"]


@dataclass(frozen=True)
class Dialect:
    """How requests to a server are put.

    Parameters
    ----------
    tokens : the field that limits the length of a reply
    without : fields that the server does not take at all
    system_message : False: the system text stands at the head of the user's message instead
    reply_format : how a JSON schema is asked for
    """

    tokens: TokenField = "max_tokens"
    without: frozenset[str] = frozenset()
    system_message: bool = True
    reply_format: Format = "json_schema"

    def put(self, fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """`fields` as this server takes them: `max_tokens` under its name here, a format if it takes one."""
        named = {self.tokens if name == "max_tokens" else name: value for name, value in fields.items()}
        if "response_format" in named and self.reply_format == "json_object":
            named["response_format"] = {"type": "json_object"}
        without = self.without | ({"response_format"} if self.reply_format == "none" else set())
        return {name: value for name, value in named.items() if name not in without}

    def differences(self, fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """How a request with these fields was put otherwise than asked for; empty if it was not."""
        put = self.put(fields)
        differences: dict[str, JsonValue] = {}
        left_out = [name for name in fields if name not in put and name != "max_tokens"]
        if "max_tokens" in fields and self.tokens not in put:
            left_out.append("max_tokens")
        if left_out:
            differences["left_out"] = sorted(left_out)  # type: ignore[assignment]
        if "response_format" in put and self.reply_format != "json_schema":
            differences["reply_format"] = self.reply_format
        if not self.system_message:
            differences["system_text"] = "in the user's message"
        return differences

    def with_what(self, second: Dialect) -> Dialect:
        """What two requests learned, together."""
        first = Dialect()
        return Dialect(
            tokens=second.tokens if second.tokens != first.tokens else self.tokens,
            without=self.without | second.without,
            system_message=self.system_message and second.system_message,
            reply_format=max(self.reply_format, second.reply_format, key=_FORMATS.index),
        )


_FORMATS: tuple[Format, ...] = ("json_schema", "json_object", "none")
_CANNOT_DO_WITHOUT = frozenset({"messages", "model"})
# What the servers of docs/servers.md say of a field that they do not take
_NOT_TAKEN = re.compile(
    r"(?i)unsupported|not (be )?(supported|permitted|allowed|recogni[sz]ed|implemented|valid|available)"
    r"|unknown|unrecogni[sz]ed|unexpected|extra (inputs|fields)|extra_forbidden|deprecated"
    r"|does ?n.t support|does not (support|accept|exist)|only the default|cannot be (set|used)"
    r"|invalid (parameter|argument|field|schema)"
    r"|(response_format|temperature).{0,40}must|no such"
)
# Too much was asked for: leaving a field out would not help
_TOO_MUCH = re.compile(r"(?i)context (length|size|window)|maximum context|too (large|long|many|high)|exceed")
# Chat templates without a system turn (Gemma's, for one) and what servers say of them
_SYSTEM = re.compile(
    r"(?i)system[ _]?(role|message|prompt|instruction)|role.{0,40}system|developer instruction"
)


def learned(dialect: Dialect, sent: dict[str, JsonValue], error: ErrorBody) -> Dialect | None:
    """The dialect that `error`, which came for a request with the fields `sent`, asks for; None for none.

    Each step takes something away, so that a server which refuses everything is asked a few times only.
    """
    complaint = f"{error.code} {error.text}"
    if not _NOT_TAKEN.search(complaint) or _TOO_MUCH.search(complaint):
        return None
    if dialect.system_message and _SYSTEM.search(complaint):
        return replace(dialect, system_message=False)
    for name in _named(sent, error):
        step = _without(dialect, name)
        if step is not None:
            return step
    return None


def _named(sent: dict[str, JsonValue], error: ErrorBody) -> Iterator[str]:
    """The sent fields that the error is about: the one it says, else those its text names."""
    field = error.parameter.split(".")[0].split("[")[0]
    if field in sent:
        yield field
    quoted = [name for name in sent if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", error.text)]
    # the first one in the text is what is complained about: "'max_tokens' ... use 'max_completion_tokens'"
    yield from sorted(quoted, key=error.text.index)


def _without(dialect: Dialect, name: str) -> Dialect | None:
    if name in _CANNOT_DO_WITHOUT or name in dialect.without:
        return None
    if name == "response_format":
        weaker = _FORMATS[min(_FORMATS.index(dialect.reply_format) + 1, len(_FORMATS) - 1)]
        return None if weaker == dialect.reply_format else replace(dialect, reply_format=weaker)
    if name == "max_tokens" and dialect.tokens == "max_tokens":
        return replace(dialect, tokens="max_completion_tokens")
    return replace(dialect, without=dialect.without | {name})
