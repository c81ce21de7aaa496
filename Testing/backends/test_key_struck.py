"""Whatever part of a key a text holds, however it is written: no more than four characters in a row stay."""

from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.backends.wire.failures import error_body
from CTSpatialVQALib.backends.wire.http_exchange import HttpReply
from CTSpatialVQALib.backends.wire.reply_values import clean_value, json_of, text_of
from CTSpatialVQALib.backends.wire.secret import PLACEHOLDERS, Secret

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~+/="
KEYS = st.text(st.sampled_from(ALPHABET), min_size=5, max_size=60).filter(
    lambda key: key.lower() not in PLACEHOLDERS and len(set(key)) > 1
)
BETWEEN = st.sampled_from(["", "", "", "\0", "\n", " ", "\t", "\r\n", ", ", "\u200b", "|", "*", "\x1b[0m"])
CASES = st.sampled_from([str, str.lower, str.upper, str.swapcase])
TEXTS = st.text(max_size=40)
LONGEST = 4


def longest_part(key: str, text: str) -> int:
    """How many characters of the key stand in a row in a text, whatever their case."""
    key, text = key.lower(), text.lower()
    longest = 0
    for start in range(len(key)):
        while start + longest < len(key) and key[start : start + longest + 1] in text:
            longest += 1
    return longest


@st.composite
def pieces(draw: st.DrawFn) -> tuple[str, str]:
    """A key, and a text with a part of it somewhere: cut, in other letters, pulled apart."""
    key = draw(KEYS)
    start = draw(st.integers(0, len(key)))
    part = draw(CASES)(key[start : draw(st.integers(start, len(key)))])
    between = draw(BETWEEN)
    return key, draw(TEXTS) + between.join(part) + draw(TEXTS)


def without_signs(text: str) -> str:
    return "".join(character for character in text if character in ALPHABET)


@given(pieces())
def test_no_more_than_four_characters_in_a_row_stay_in_a_text(case: tuple[str, str]) -> None:
    key, text = case
    struck = Secret(key).struck_from(text)
    assert longest_part(key, struck.replace("[key]", "\n")) <= LONGEST
    for part in struck.split("[key]"):
        assert longest_part(without_signs(key), without_signs(part)) <= LONGEST


@given(pieces())
def test_nor_in_json_whatever_its_escapes_nor_in_an_error(case: tuple[str, str]) -> None:
    key, text = case
    secret = Secret(key)
    for body in (json.dumps({"a": [text], text: 1}), json.dumps({"a": text}, ensure_ascii=False)):
        cleaned = json.dumps(clean_value(json_of(body), secret), ensure_ascii=False)
        assert longest_part(key, cleaned.replace("[key]", "\n")) <= LONGEST
    for value in (text, {"message": "x" * 290 + text, "code": text}, {"message": {"deep": text}}):
        error = error_body(json.dumps({"error": value}), secret)
        assert max(longest_part(key, part.replace("[key]", "\n")) for part in error) <= LONGEST


@given(KEYS, st.integers(0, 400), st.integers(0, 10**6))
def test_nor_where_the_text_is_cut_anywhere_afterwards(key: str, at: int, seed: int) -> None:
    dice = random.Random(seed)
    text = "".join(
        dice.choice([key, key.lower(), " ", "left ", key[: dice.randrange(len(key))]]) for _ in "x" * 20
    )
    struck = Secret(key).struck_from(text)
    assert longest_part(key, struck[at : at + 40].replace("[key]", "\n")) <= LONGEST


@given(KEYS, TEXTS)
def test_a_text_without_any_of_it_stays_as_it_is(key: str, text: str) -> None:
    if not Secret(key).occurs_in(text):
        assert Secret(key).struck_from(text) == text


def test_short_keys_are_struck_and_placeholders_are_words() -> None:
    assert Secret("ab12x").struck_from("it is AB12X.") == "it is [key]."
    assert Secret("ab1").struck_from("ab1") == "ab1"  # less than what tells anything
    assert Secret("EMPTY").struck_from("the space is empty") == "the space is empty"


def test_full_width_letters_and_numbers_are_struck() -> None:
    assert Secret("abc12def").struck_from("\uff41\uff42\uff43\uff11\uff12") == "[key]"
    assert clean_value({"n": 471147110, "f": 4711471.5}, Secret("47114711")) == {"n": "[key]", "f": "[key]"}


def test_a_reply_that_repeats_the_key_ten_thousand_times_is_no_reply() -> None:
    secret = Secret("sk-0123456789")
    try:
        clean_value(["sk-0123456789"] * 20_000, secret)
    except ValueError:
        return
    raise AssertionError


def test_what_is_kept_of_a_reply_has_no_raw_bytes() -> None:
    """The fields of a reply hold what was struck; bytes as they came are not among them."""
    assert HttpReply._fields == ("status", "headers", "value", "error", "request_id")
    assert text_of(b"\xef\xbb\xbfabc") == "abc"
