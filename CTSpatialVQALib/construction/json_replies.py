"""Replies that consist of one JSON object: nothing is guessed, mended or carried over."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from CTSpatialVQALib.errors import shown

_FENCE = re.compile(r"^```(?:json)?\s*\n(.*?)\n?```$", re.DOTALL)


class Unreadable(ValueError):
    """A reply that is not what was asked for; the text says why, in one line."""


def object_in(text: str) -> dict[str, Any]:
    """The one JSON object that a reply consists of, bare or in one code fence.

    Raises
    ------
    Unreadable
        For anything else: words around it, a second object, a key twice, a list, NaN.
    """
    bare = text.strip()
    fenced = _FENCE.match(bare)
    try:
        value = json.loads(
            fenced.group(1) if fenced else bare, object_pairs_hook=_each_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not one JSON object: {shown(bare[:60])}") from error
    if not isinstance(value, dict):
        raise Unreadable(f"not one JSON object, but {type(value).__name__}")
    return value


def exactly(value: dict[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    """`value`, if it has these keys and no others.

    Raises
    ------
    Unreadable
        Naming the keys that differ.
    """
    if set(value) != keys:
        differ = ", ".join(sorted(set(value) ^ keys))
        raise Unreadable(f"other keys than asked for: {shown(differ)}")
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a key twice")
    return content


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
