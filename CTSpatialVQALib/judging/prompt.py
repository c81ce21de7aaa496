"""Requests to judging models: the prompt from Resources, and items that cannot pass for instructions."""

from __future__ import annotations

import json
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.backends.text_chat import ChatRequest
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.files import require_regular_file
from CTSpatialVQALib.judging.placeholders import placeholders_in
from CTSpatialVQALib.records.base import sha256_of
from CTSpatialVQALib.records.words import ErrorType
from CTSpatialVQALib.resources import resource

PROMPT_FILE = "prompts/judge.toml"
VERDICTS = ("correct", "incorrect", "no_answer", "cannot_tell")
MOST_REASON = 300  # characters; a grammar without a bound lets a small model write on for ever
_ITEMS = "{items}"
_MAX_BYTES = 64 * 1024
_FIRST_TOKENS, _TOKENS_PER_ITEM = 256, 256
# signs of the templates that join messages (<|im_end|>, [INST], </s>): a quoted text must not write one
_TEMPLATE_SIGNS = frozenset("<>|[]{}")


class JudgedText(NamedTuple):
    """One answer that a judge is to compare with its reference.

    item_id : under which the caller knows it; each once
    """

    item_id: str
    question_id: str
    question: str
    reference: str
    answer: str


class Posed(NamedTuple):
    """A request to a judge; `ids` are the names that its items have in this request only."""

    request: ChatRequest
    ids: Mapping[str, JudgedText]


@dataclass(frozen=True)
class JudgePrompt:
    """The words around the items.

    Parameters
    ----------
    user : holds `{items}` once
    """

    version: str
    system: str
    user: str

    @property
    def sha256(self) -> str:
        """Hash of version and both texts: another word is another prompt."""
        return sha256_of([self.version, self.system, self.user])

    def posed(self, items: Sequence[JudgedText]) -> Posed:
        """A request about `items`, each under a random id of its own.

        An answer that was written before cannot contain such an id, and so cannot contain a verdict.
        """
        ids = {f"item-{secrets.token_hex(8)}": item for item in items}
        rows = ",\n".join(_row(name, item) for name, item in ids.items())
        request = ChatRequest(
            system=self.system.strip(),
            user=self.user.strip().replace(_ITEMS, f"[\n{rows}\n]"),
            schema=reply_schema(tuple(ids)),
            max_tokens=_FIRST_TOKENS + _TOKENS_PER_ITEM * len(ids),
        )
        return Posed(request, ids)


def load_prompt(path: Path | None = None) -> JudgePrompt:
    """The product's own prompt, or the one in `path`.

    Raises
    ------
    BadInput
        If the file is not TOML with the texts `version`, `system` and `user`, the last with `{items}` once.
    """
    path = path or resource(PROMPT_FILE)
    require_regular_file(path, expected="a prompt file")
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _bad(path, f"at most {_MAX_BYTES} bytes", "more")
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise _bad(path, "a prompt as TOML", str(error)) from error
    if surplus := set(content) - {"version", "system", "user"}:
        raise _bad(path, "only version, system and user", ", ".join(sorted(surplus)))
    prompt = JudgePrompt(*(_text(content, name, path) for name in ("version", "system", "user")))
    if copied := placeholders_in(prompt.system + prompt.user):
        raise _bad(path, "fields described in words", f"the placeholder {copied[0]}, which models send back")
    if prompt.user.count(_ITEMS) != 1:
        raise _bad(path, f"{_ITEMS} once in 'user'", f"{prompt.user.count(_ITEMS)} times")
    return prompt


def reply_schema(ids: Sequence[str]) -> dict[str, JsonValue]:
    """JSON Schema of a reply: one entry per id, no more and no fewer.

    The reason stands before the verdict, so that it is not made up for it.
    """
    entries = len(ids)
    entry: dict[str, JsonValue] = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "enum": list(ids)},
            "reason": {"type": "string", "maxLength": MOST_REASON},
            "verdict": {"type": "string", "enum": list(VERDICTS)},
            "error_type": {"type": ["string", "null"], "enum": [*map(str, ErrorType), None]},
        },
        "required": ["id", "reason", "verdict", "error_type"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "verdicts": {
                "type": "array",
                "items": entry,
                "minItems": entries,
                "maxItems": entries,
                "uniqueItems": True,
            }
        },
        "required": ["verdicts"],
        "additionalProperties": False,
    }


def quoted(text: str) -> str:
    """`text` as a JSON string in which control, template and unprintable signs are escaped."""
    plain = json.dumps(text, ensure_ascii=False)
    return "".join(
        sign if sign.isprintable() and sign not in _TEMPLATE_SIGNS else _escaped(sign) for sign in plain
    )


def _escaped(sign: str) -> str:
    """As JSON escapes it: beyond the first plane as a pair of surrogates."""
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _row(name: str, item: JudgedText) -> str:
    texts = {"question": item.question, "reference": item.reference, "answer": item.answer}
    fields = ", ".join(f'"{key}": {quoted(text)}' for key, text in texts.items())
    return f'{{"id": "{name}", {fields}}}'


def _text(content: Mapping[str, object], name: str, path: Path) -> str:
    text = content.get(name)
    if not isinstance(text, str) or not text.strip():
        raise _bad(path, f"the text '{name}'", shown(text) if name in content else "nothing")
    return text


def _bad(path: Path, expected: str, came: str) -> BadInput:
    return BadInput(
        path, expected=expected, came=came, remedy="Start from a copy of Resources/prompts/judge.toml"
    )
