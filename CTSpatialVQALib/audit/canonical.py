"""Is this the canonical text of that value? As `records.base.canonical_json` decides, three times faster."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from CTSpatialVQALib.records.base import canonical_json

# Where both printers write a float without an exponent; with one they differ (1e22 and 1e+22).
_NO_EXPONENT_FROM, _NO_EXPONENT_TO = 1e-4, 1e16
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
    kind = type(value)
    if kind is dict:
        inner = value.values() if _is_sorted(tuple(value)) else None
    elif kind is list:
        inner = value
    else:
        return kind is not float or value == 0 or _NO_EXPONENT_FROM <= abs(value) < _NO_EXPONENT_TO
    # a plain loop: this runs for every record, and all() with a generator takes twice as long
    for one in inner or ():
        if type(one) not in _SIMPLE and not _printed_alike(one):
            return False
    return inner is not None


def _is_sorted(keys: tuple[str, ...]) -> bool:
    if keys in _sorted_shapes:
        return True
    if list(keys) != sorted(keys):
        return False
    if len(_sorted_shapes) < _MAX_SHAPES:
        _sorted_shapes.add(keys)
    return True
