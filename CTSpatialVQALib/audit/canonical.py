"""What is the canonical text of a value, and is this it? As `records.base.canonical_json` decides, faster."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pydantic_core import to_json

from CTSpatialVQALib.records.base import canonical_json

# Where both printers write a float without an exponent; with one they differ (1e22 and 1e+22).
_NO_EXPONENT_FROM, _NO_EXPONENT_TO = 1e-4, 1e16
# `canonical_json` with its encoder made once instead of for every text.
canonical_text: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode
_SIMPLE = frozenset({str, int, bool, type(None)})
_MAX_SHAPES = 1000  # a log has a dozen; a hostile one must not fill the memory
_sorted_shapes: set[tuple[str, ...]] = set()


def is_canonical(value: Any, text: bytes) -> bool:  # noqa: ANN401 - whatever JSON holds
    """Whether `text`, from which `value` was parsed, is its canonical JSON in UTF-8.

    pydantic's printer is fast but knows no sorted keys; so the order is looked at first, and whatever is out
    of the ordinary goes the slow and exact way.
    """
    if _printed_alike(value):
        return bool(to_json(value) == text)
    return canonical_json(value).encode() == text


def _printed_alike(value: Any) -> bool:  # noqa: ANN401
    if type(value) in _SIMPLE:
        return True
    # plain loops over one list: this runs for every record, and recursion or all() take twice as long
    waiting = [value] if type(value) in (dict, list) else []
    if not waiting:
        return _has_no_exponent(value)
    for one in waiting:
        inner = one
        if type(one) is dict:
            keys = tuple(one)
            if keys not in _sorted_shapes and not _is_sorted(keys):
                return False
            inner = one.values()
        for part in inner:
            kind = type(part)
            if kind in _SIMPLE:
                continue
            if kind is dict or kind is list:
                waiting.append(part)
            elif not _has_no_exponent(part):
                return False
    return True


def _has_no_exponent(value: Any) -> bool:  # noqa: ANN401
    return type(value) is float and (value == 0 or _NO_EXPONENT_FROM <= abs(value) < _NO_EXPONENT_TO)


def _is_sorted(keys: tuple[str, ...]) -> bool:
    if list(keys) != sorted(keys):
        return False
    if len(_sorted_shapes) < _MAX_SHAPES:
        _sorted_shapes.add(keys)
    return True
