from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from CTSpatialVQALib.audit.canonical import canonical_value
from CTSpatialVQALib.records.base import canonical_json

FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.floats(1e-6, 1e-3) | st.floats(1e14, 1e18)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**25), 10**25) | FLOATS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=5),
    max_leaves=15,
)


def shuffled(value: JsonValue, order: random.Random) -> JsonValue:
    if isinstance(value, list):
        return [shuffled(one, order) for one in value]
    if isinstance(value, dict):
        items = [(key, shuffled(one, order)) for key, one in value.items()]
        order.shuffle(items)
        return dict(items)
    return value


def is_canonical(text: str) -> bool:
    try:
        canonical_value(text.encode())
    except ValueError:
        return False
    return True


@given(VALUES)
def test_canonical_text_is_read(value: JsonValue) -> None:
    assert canonical_value(canonical_json(value).encode()) == value


@given(VALUES, st.randoms(use_true_random=False), st.booleans(), st.booleans())
def test_any_other_way_to_write_a_value_is_told_apart(
    value: JsonValue, order: random.Random, ascii_only: bool, spaced: bool
) -> None:
    text = json.dumps(
        shuffled(value, order), ensure_ascii=ascii_only, separators=(", ", ": ") if spaced else (",", ":")
    )
    assert is_canonical(text) == (text == canonical_json(value))


@pytest.mark.parametrize("text", ["1.5e-7", "0.00001", '{"a":[1e-9]}'])
def test_a_very_small_number_may_be_spelt_in_two_ways(text: str) -> None:
    assert is_canonical(text)
    assert canonical_value(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        *("1E22", "1e22", "1e16", "1e-5", "1e-05 ", "1.50", "-0", "100000000000000000.0", "NaN", ""),
        *('"\\u0041"', '"\\/"', '"\\u001F"', "[1, 2]", "[1,2]\n"),
        *('{"a":1,"a":1}', '{"b":1,"a":1}', '{"a":{"c":1,"b":1}}', '[{"b":1,"a":1}]'),
    ],
)
def test_other_spellings_of_a_value_are_not_canonical(text: str) -> None:
    assert not is_canonical(text)
