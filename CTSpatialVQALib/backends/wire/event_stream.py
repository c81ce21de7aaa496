"""A chat completion put together from server-sent events, for servers that stream although they must not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from CTSpatialVQALib.backends.wire.reply_values import NotJson, json_of

MEDIA_TYPE = "text/event-stream"
DONE = "[DONE]"  # the last event of OpenAI's interface
_FIRST_LINE = re.compile(r"\ufeff?(data|event|id|retry)?:")  # a line of an event, or a comment
_LINE_END = re.compile(r"\r\n|\r|\n")  # the three that the standard knows, and no other of Unicode
_JOINED = ("content", "reasoning", "reasoning_content", "refusal")


class BrokenOff(ValueError):
    """The stream ended before the model had."""


def is_event_stream(text: str, content_type: str) -> bool:
    """Whether a reply is a stream of events, by its header or by how it begins."""
    named = content_type.partition(";")[0].strip().lower() == MEDIA_TYPE
    return named or _FIRST_LINE.match(text.lstrip()[:20]) is not None


def completion_of(text: str) -> JsonValue:
    """The completion that the events of `text` add up to, as if it had been sent in one piece.

    Raises
    ------
    NotJson
        If an event holds no JSON.
    BrokenOff
        If the stream ends without `[DONE]` and without saying why the model stopped.
    """
    completion: dict[str, JsonValue] = {}
    pieces: dict[str, list[str]] = {name: [] for name in _JOINED}
    reason: JsonValue = None
    done = False
    for data in _events(text):
        if data.strip() == DONE:
            done = True
            break
        event = json_of(data)
        if not isinstance(event, dict):
            raise NotJson
        completion |= {name: value for name, value in event.items() if name != "choices" and value}
        for choice in _first_choices(event.get("choices")):
            _take_pieces(choice, pieces)
            reason = choice.get("finish_reason") or reason
    if "error" in completion:  # whatever came before it was no whole answer
        return completion
    if not done and reason is None:
        raise BrokenOff
    message: dict[str, JsonValue] = {name: "".join(parts) for name, parts in pieces.items() if parts}
    return {**completion, "choices": [{"index": 0, "message": message, "finish_reason": reason}]}


def _first_choices(choices: JsonValue) -> Iterator[dict[str, JsonValue]]:
    """What belongs to the choice with index 0; a stream may hold several choices in turn."""
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and choice.get("index", 0) == 0:
            yield choice


def _take_pieces(choice: dict[str, JsonValue], pieces: dict[str, list[str]]) -> None:
    delta = choice.get("delta", choice.get("message"))
    for name in _JOINED if isinstance(delta, dict) else ():
        piece = delta.get(name) if isinstance(delta, dict) else None
        if isinstance(piece, str):
            pieces[name].append(piece)


def _events(text: str) -> Iterator[str]:
    """The data of each event; comments and other fields are passed over."""
    lines: list[str] = []
    for line in (*_LINE_END.split(text.removeprefix("\ufeff")), ""):
        if line.startswith("data:"):
            lines.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and lines:
            yield "\n".join(lines)
            lines = []
