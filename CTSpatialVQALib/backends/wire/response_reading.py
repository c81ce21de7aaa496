"""What did the model say? From the object that a server returns to an answer with its outcome.

What a model thought, what it refused and what was cut off are told apart; only the rest is an answer.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from CTSpatialVQALib.backends.backend import Answer, spoken
from CTSpatialVQALib.errors import one_line, shown
from CTSpatialVQALib.language.reasoning_marks import apart
from CTSpatialVQALib.records.words import Outcome

Object = Mapping[str, JsonValue]

_REASONING_FIELDS = ("reasoning", "reasoning_content", "thinking")
_CUT_OFF = frozenset({"length", "max_tokens", "model_length"})
_FILTERED = frozenset({"content_filter", "safety", "blocked", "recitation", "refusal"})
_FAILED = frozenset({"error", "abort", "cancelled"})
_MOST = 2**53  # a larger count is not one, and not every reader of JSON could take it


def answer_of(value: JsonValue) -> Answer:
    """The answer in the JSON of a chat completion.

    The first choice counts. A text cut off by the token limit is `truncated`, one held back by a filter or
    by the model itself `refused`; both keep what was said as text. Whatever is no chat completion is
    `unparseable`.
    """
    if not isinstance(value, dict):
        return _not_understood(f"{_kind(value)} instead of an object")
    choices = value.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return _not_understood("no choices in it")
    choice = choices[0]
    message = choice.get("message")
    if not isinstance(message, dict):
        return _not_understood("no message in it")
    reason = _string(choice.get("finish_reason")).lower()
    return _answer(message, reason)._replace(facts=facts_of(value, reason))


def facts_of(value: Object, reason: str) -> dict[str, JsonValue]:
    """What the server said beside the text: the served model, why it ended, tokens used."""
    found: dict[str, JsonValue] = {}
    for name in ("model", "system_fingerprint"):
        if said := _string(value.get(name)):
            found["served_model" if name == "model" else name] = one_line(_sound(said), 200)
    if reason:
        found["finish_reason"] = one_line(_sound(reason), 40)
    usage = value.get("usage")
    if isinstance(usage, dict):
        for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
            _count(found, name, usage.get(name))
        details = usage.get("completion_tokens_details")
        if isinstance(details, dict):
            _count(found, "reasoning_tokens", details.get("reasoning_tokens"))
    return found


def _answer(message: Object, reason: str) -> Answer:
    said = apart(_sound(_content(message.get("content"))))
    thoughts = "\n".join(part for part in (_sound(_reasoning(message)), said.reasoning) if part)
    refusal = _sound(_string(message.get("refusal"))).strip()
    if refusal or reason in _FILTERED:
        detail = "the model refused" if refusal else "a content filter held the reply back"
        return Answer(Outcome.REFUSED, refusal or said.text, detail, reasoning=thoughts)
    if reason in _FAILED:
        detail = "the server broke the reply off"
        return Answer(Outcome.TRANSPORT_ERROR, said.text, detail, reasoning=thoughts)
    if reason in _CUT_OFF:
        where = "in the answer" if said.text else "before the answer began"
        detail = f"the token limit was reached {where}; raise max_tokens"
        return Answer(Outcome.TRUNCATED, said.text, detail, reasoning=thoughts)
    if not said.text and message.get("tool_calls"):
        return _not_understood("a call of a tool instead of a text")._replace(reasoning=thoughts)
    return spoken(said.text)._replace(reasoning=thoughts)


def _content(content: JsonValue) -> str:
    """The text of a message: a string, or a list of parts of which those of type text count."""
    if isinstance(content, list):
        return "".join(_part(part) for part in content)
    return _string(content)


def _part(part: JsonValue) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and part.get("type", "text") in ("text", "output_text"):
        return _string(part.get("text"))
    return ""


def _reasoning(message: Object) -> str:
    """Thoughts in fields of their own; the same ones are often given in two."""
    found = [_string(message.get(name)) for name in _REASONING_FIELDS]
    content = message.get("content")
    details = message.get("reasoning_details")
    if not any(found) and isinstance(details, list):
        found += [_detail(one) for one in details]
    if isinstance(content, list):
        found += [_detail(one) for one in content if _is_thought(one)]
    return "\n".join(dict.fromkeys(one.strip() for one in found if one.strip()))


def _is_thought(part: JsonValue) -> bool:
    return isinstance(part, dict) and part.get("type") in ("thinking", "reasoning", "thought")


def _detail(one: JsonValue) -> str:
    if not isinstance(one, dict):
        return ""
    return next(
        (_string(one[name]) for name in ("text", "summary", "thinking", "reasoning") if name in one), ""
    )


def _string(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _sound(text: str) -> str:
    """Text that can be stored: a half of a surrogate pair, which JSON can hold, becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _count(found: dict[str, JsonValue], name: str, value: JsonValue) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST:
        found[name] = value


def _kind(value: JsonValue) -> str:
    return {list: "a list", str: "a text", type(None): "null"}.get(type(value), shown(value, 20))


def _not_understood(what: str) -> Answer:
    return Answer(Outcome.UNPARSEABLE, detail=f"the reply is not a chat completion: {what}")
