"""What does this text say, and is it the canonical JSON of that? As `records.base.canonical_json` decides."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson

from CTSpatialVQALib.records.base import canonical_json

# `canonical_json` with its encoder made once instead of for every text.
canonical_text: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode


class NotCanonical(ValueError):
    """The text is JSON, but not the canonical JSON of its value."""


def canonical_value(text: bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The value of `text`, which is its canonical JSON in UTF-8.

    Raises
    ------
    NotCanonical
        If it is written in another way: a key twice, keys in another order, spaces.
    ValueError
        If it is no JSON.
    """
    value = orjson.loads(text)
    # Printed anew it must be the same bytes. orjson spells floats below 1e-4 in another way (1.5e-7, not
    # 1.5e-07), and whole numbers beyond 64 bits are floats to it: what differs is looked at again, slowly and
    # exactly. That orjson's own spelling is let through does no harm: every reader takes the same number.
    if orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == text:
        return value
    exact = json.loads(text)
    if canonical_json(exact).encode() != text:
        raise NotCanonical("it is not canonical JSON")
    return exact
