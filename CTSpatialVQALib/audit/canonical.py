"""Reading of canonical JSON: the value of a text that `records.base.canonical_json` could have written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import orjson

from CTSpatialVQALib.records.base import canonical_json

# `canonical_json` with its encoder made once instead of for every text.
canonical_text: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode


# Lists and objects inside each other, the event's own object counted: what pydantic's parser still reads
# (201 levels) when the event stands in a `LogRecord`.
MAX_DEPTH = 200


# Strings, in which brackets mean nothing; an unfinished one goes to the end, so that the search stays linear.
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.?)*+(?:"|\Z)', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")


class NotCanonical(ValueError):
    """The text is JSON, but not the canonical JSON of its value."""


def canonical_value(text: bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The value of `text`, which is its canonical JSON in UTF-8.

    Raises
    ------
    NotCanonical
        If it is written in another way: a key twice, keys in another order, spaces.
    ValueError
        If it is no JSON, or nested more than `MAX_DEPTH` deep.
    """
    refuse_depth(text)
    value = orjson.loads(text)
    # Printed anew it must be the same bytes. orjson spells floats below 1e-4 in another way (1.5e-7, not
    # 1.5e-07), and whole numbers beyond 64 bits are floats to it: what differs is compared again, slowly and
    # exactly. That orjson's own spelling is let through does no harm: every reader takes the same number.
    if orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == text:
        return value
    exact = json.loads(text)  # of a depth that recursion bears
    if canonical_json(exact).encode() != text:
        raise NotCanonical("it is not canonical JSON")
    return exact


def refuse_depth(text: bytes) -> None:
    """Refuse JSON nested more than `MAX_DEPTH` deep, before a parser recurses into it.

    Raises
    ------
    ValueError
        If it is.
    """
    if text.count(b"[") + text.count(b"{") <= MAX_DEPTH:  # nearly every text
        return
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", text)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise ValueError(f"lists or objects in each other more than {MAX_DEPTH} deep")
