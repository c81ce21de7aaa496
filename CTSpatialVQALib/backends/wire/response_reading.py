"""Chat completions read: the answer with its outcome, apart from reasoning, refusals and what was cut off."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from CTSpatialVQALib.backends.backend import Answer, spoken
from CTSpatialVQALib.backends.wire.failures import Failure, Layer
from CTSpatialVQALib.errors import one_line, shown
from CTSpatialVQALib.language.reasoning_marks import apart
from CTSpatialVQALib.records.words import Outcome

Object = Mapping[str, JsonValue]

_REASONING_FIELDS = ("reasoning", "reasoning_content", "thinking")
_CUT_OFF = frozenset({"length", "max_tokens", "model_length"})
_FILTERED = frozenset({"content_filter", "safety", "blocked", "recitation", "refusal"})
_LONGEST_LABEL = 2000  # of names that are shown in one line anyway
_FAILED = frozenset({"error", "abort", "cancelled"})
_LOADED = frozenset({"load"})  # Ollama: the model was loaded into memory, and asked nothing


def answer_of(value: JsonValue) -> Answer | Failure:
    """The answer in the JSON of a chat completion, or why the same request may get one later.

    The choice with index 0 counts, the first one where none has an index. A text cut off by the token limit
    is `truncated`, one held back by a filter or by the model itself `refused`; both keep the text. Whatever
    is no chat completion is `unparseable`.
    """
    if not isinstance(value, dict):
        return _not_understood(f"{_kind(value)} instead of an object")
    choice = _choice(value.get("choices"))
    if choice is None:
        return _not_understood("no choices in it")
    message = choice.get("message")
    if not isinstance(message, dict):
        return _not_understood("no message in it")
    reason = _string(choice.get("finish_reason")).lower()
    answer = _answer(message, reason)
    if reason in _LOADED and not answer.text.strip():
        says = "the server has only loaded its model, and said nothing"
        return Failure(Layer.CAPACITY, Outcome.TRANSPORT_ERROR, says, retry=True)
    return answer._replace(facts=facts_of(value, reason))


def _choice(choices: JsonValue) -> Object | None:
    objects = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    return next((choice for choice in objects if choice.get("index") == 0), objects[0] if objects else None)


def facts_of(value: Object, reason: str) -> dict[str, JsonValue]:
    """What the server said beside the text: the served model, why it ended, tokens used."""
    facts: dict[str, JsonValue] = {}
    for name in ("model", "system_fingerprint"):
        if label := _string(value.get(name)):
            facts["served_model" if name == "model" else name] = one_line(label[:_LONGEST_LABEL], 200)
    if reason:
        facts["finish_reason"] = one_line(reason[:_LONGEST_LABEL], 40)
    usage = value.get("usage")
    if isinstance(usage, dict):
        for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
            _count(facts, name, usage.get(name))
        details = usage.get("completion_tokens_details")
        if isinstance(details, dict):
            _count(facts, "reasoning_tokens", details.get("reasoning_tokens"))
    return facts


def _answer(message: Object, reason: str) -> Answer:
    spoken_apart = apart(_content(message.get("content")))
    text = spoken_apart.text
    reasoning = "\n".join(part for part in (_reasoning(message), spoken_apart.reasoning) if part)
    refusal = _string(message.get("refusal")).strip()
    if refusal or reason in _FILTERED:
        detail = "the model refused" if refusal else "a content filter held the reply back"
        return Answer(Outcome.REFUSED, refusal or text, detail, reasoning=reasoning)
    if reason in _FAILED:
        detail = "the server broke the reply off"
        return Answer(Outcome.TRANSPORT_ERROR, text, detail, reasoning=reasoning)
    if reason in _CUT_OFF:
        where = "in the answer" if text else "before the answer began"
        detail = f"the token limit was reached {where}; raise max_tokens"
        return Answer(Outcome.TRUNCATED, text, detail, reasoning=reasoning)
    if not text and message.get("tool_calls"):
        return _not_understood("a call of a tool instead of a text")._replace(reasoning=reasoning)
    return spoken(text)._replace(reasoning=reasoning)


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
    """Reasoning in fields of its own; the same text often stands in two of them."""
    texts = [_string(message.get(name)) for name in _REASONING_FIELDS]
    content = message.get("content")
    details = message.get("reasoning_details")
    if not any(texts) and isinstance(details, list):
        texts += [_detail(detail) for detail in details]
    if isinstance(content, list):
        texts += [_detail(part) for part in content if _is_reasoning(part)]
    return "\n".join(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _is_reasoning(part: JsonValue) -> bool:
    return isinstance(part, dict) and part.get("type") in ("thinking", "reasoning", "thought")


def _detail(detail: JsonValue) -> str:
    if not isinstance(detail, dict):
        return ""
    names = ("text", "summary", "thinking", "reasoning")
    return next((_string(detail[name]) for name in names if name in detail), "")


def _string(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _count(facts: dict[str, JsonValue], name: str, value: JsonValue) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        facts[name] = value


def _kind(value: JsonValue) -> str:
    return {list: "a list", str: "a text", type(None): "null"}.get(type(value), shown(value, 20))


def _not_understood(what: str) -> Answer:
    return Answer(Outcome.UNPARSEABLE, detail=f"the reply is not a chat completion: {what}")
