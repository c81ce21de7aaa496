"""A record that exists is a valid one: what each validator takes, and what it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.base import canonical_json, normalised, sha256_of, utc_now
from CTSpatialVQALib.records.case import Case, official_patient_id
from CTSpatialVQALib.records.judgement import Score, Verdict, VerdictKey
from CTSpatialVQALib.records.question import Question, official_question_id, question_sha256
from CTSpatialVQALib.records.text import Claim, Span
from CTSpatialVQALib.records.words import ErrorType, Outcome, Side, Stage, VerdictValue

HASH = "a" * 64
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def question_fields(**changes: Any) -> dict[str, Any]:
    return {"question_id": "q", "case_id": "c", "text": "Where?", "reference": "There."} | changes


def verdict_fields(**changes: Any) -> dict[str, Any]:
    plain = {
        "reader": "reader 1",
        "reply_id": HASH,
        "question_id": "q",
        "question_sha256": HASH,
        "stage": "blind",
        "value": "correct",
        "aided": False,
        "given_utc": NOON,
    }
    return plain | changes


def test_question_gets_the_hash_of_its_text_and_reference() -> None:
    question = Question(**question_fields())

    assert question.question_sha256 == question_sha256("Where?", "There.")


def test_question_with_the_hash_of_another_text_is_refused() -> None:
    with pytest.raises(ValidationError, match="question_sha256 that fits text and reference"):
        Question(**question_fields(question_sha256=question_sha256("Where?", "Elsewhere.")))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Is the  LIVER\tenlarged?", "is the liver enlarged?", True),
        ("5 ㎜", "5 mm", True),
        ("x ﬁbrosis²", "X fibrosis2", True),
        ("Straße", "STRASSE", True),
        ("left lung", "right lung", False),
        ("left lung.", "left lung", False),
    ],
)
def test_texts_are_compared_without_case_white_space_and_unicode_variants(
    one: str, other: str, same: bool
) -> None:
    assert (normalised(one) == normalised(other)) is same
    assert (question_sha256(one, "") == question_sha256(other, "")) is same


def test_border_between_text_and_reference_counts() -> None:
    assert question_sha256("a b", "c") != question_sha256("a", "b c")


@pytest.mark.parametrize(
    "changes",
    [
        {"text": ""},
        {"text": "x" * 20_001},
        {"text": 3},
        {"reference": None},
        {"categories": ["Laterality"]},
        {"form": "essay"},
        {"question_sha256": "A" * 64},
    ],
)
def test_question_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Question(**question_fields(**changes))


@pytest.mark.parametrize(
    "bad", ["", "a\nb", "a\rb", " a", "a ", "\ta", "a\x1b[0m", "a\u202eb", "a\x00", "x" * 201]
)
def test_id_that_could_forge_a_line_is_refused(bad: str) -> None:
    with pytest.raises(ValidationError):
        Question(**question_fields(question_id=bad))


@pytest.mark.parametrize("good", ["a", "valid_1_a_1.nii.gz::0", "Fall Ä 7", "x" * 200])
def test_readable_id_is_taken_as_it_is(good: str) -> None:
    assert Question(**question_fields(question_id=good)).question_id == good


def test_record_cannot_be_changed() -> None:
    question = Question(**question_fields())

    with pytest.raises(ValidationError, match="frozen"):
        question.text = "Which?"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("case_id", "patient"),
    [
        ("valid_12_a_1.nii.gz", "valid_12"),
        ("valid_12_b_2", "valid_12"),
        ("train_7_aa_10.nii.gz", "train_7"),
        ("valid_12_a_1.nrrd", "valid_12_a_1.nrrd"),
        ("phantom-3", "phantom-3"),
    ],
)
def test_patient_of_an_official_case(case_id: str, patient: str) -> None:
    assert official_patient_id(case_id) == patient


def test_official_question_id_keeps_the_whole_case_id() -> None:
    assert official_question_id("valid_1_a_1.nii.gz", 0) == "valid_1_a_1.nii.gz::0"


def test_case_may_have_no_volume() -> None:
    assert Case(case_id="c", patient_id="p").ct is None


def test_error_type_without_a_wrong_answer_is_refused() -> None:
    for correct in (True, None):
        with pytest.raises(ValidationError, match="only with correct = false"):
            Score(question_id="q", correct=correct, error_type=ErrorType.OTHER, by="rules-1", reason="r")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"value": "unsure"},
        {"value": "incorrect", "error_type": "laterality_swap"},
        {"value": "incorrect", "error_type": "other", "severity": "minor"},
        {"value": "question_faulty", "faults": ["ambiguous", "not_spatial"]},
        {"corrects": "event 1", "correction_reason": "wrong key"},
    ],
)
def test_verdict_that_holds_together_is_taken(changes: dict[str, Any]) -> None:
    assert Verdict(**verdict_fields(**changes)).reader == "reader 1"


@pytest.mark.parametrize(
    ("changes", "expectation"),
    [
        ({"value": "incorrect"}, "an error type with 'incorrect'"),
        ({"value": "correct", "error_type": "other"}, "an error type with 'incorrect'"),
        ({"value": "unsure", "severity": "minor"}, "a severity only with 'incorrect'"),
        ({"value": "question_faulty"}, "at least one fault"),
        ({"value": "correct", "faults": ["ambiguous"]}, "at least one fault"),
        ({"corrects": "event 1"}, "a correction with its reason"),
        ({"corrects": "event 1", "correction_reason": "  "}, "a correction with its reason"),
        ({"correction_reason": "wrong key"}, "a correction with its reason"),
        ({"given_utc": datetime(2026, 3, 1, 12)}, "timezone"),
        ({"reply_id": "abc"}, "pattern"),
        ({"comment": "x" * 20_001}, "20000"),
        ({"stage": "later"}, "blind"),
    ],
)
def test_verdict_that_does_not_is_refused(changes: dict[str, Any], expectation: str) -> None:
    with pytest.raises(ValidationError, match=expectation):
        Verdict(**verdict_fields(**changes))


def test_verdict_is_keyed_by_reader_reply_and_stage() -> None:
    assert Verdict(**verdict_fields()).key == VerdictKey("reader 1", HASH, Stage.BLIND)
    assert Verdict(**verdict_fields()).value is VerdictValue.CORRECT


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 2), (-1, 2)])
def test_empty_or_backward_span_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValidationError):
        Span(start=start, end=end)


def test_order_inside_a_set_does_not_change_the_text() -> None:
    sides = [Side.RIGHT, Side.BILATERAL, Side.LEFT]
    texts = {
        Claim(span=Span(start=0, end=1), words="w", sides=frozenset(order)).to_json()
        for order in (sides, sides[::-1])
    }

    assert len(texts) == 1
    assert json.loads(texts.pop())["sides"] == ["bilateral", "left", "right"]


def test_refused_text_names_the_place_and_the_field() -> None:
    with pytest.raises(BadInput) as caught:
        Question.from_json('{"question_id": "q", "case_id": "c", "text": "t"}', where="own.jsonl line 3")

    assert str(caught.value) == (
        "own.jsonl line 3: reference: expected a value, but found nothing. Add 'reference'."
    )


def test_unknown_key_is_named() -> None:
    text = json.dumps(question_fields(answre="There."))

    with pytest.raises(
        BadInput, match=r"answre: expected only known keys, .* Remove or correct the key 'answre'"
    ):
        Question.from_json(text, where="own.jsonl line 3")


def test_further_problems_are_counted() -> None:
    with pytest.raises(BadInput, match=r"a value \(and 3 more\)"):
        Question.from_json("{}")


def test_text_that_is_no_json_is_refused_as_input() -> None:
    with pytest.raises(BadInput, match=r"own\.jsonl line 1: Question: expected .*JSON"):
        Question.from_json("{", where="own.jsonl line 1")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999"])
def test_number_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Case.from_json(f'{{"case_id": "c", "patient_id": "p", "situs_inversus": {text}}}')


plain_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), plain_json, min_size=2, max_size=5))
def test_order_of_keys_does_not_change_canonical_text(value: dict[str, object]) -> None:
    backwards = dict(reversed(value.items()))

    assert canonical_json(value) == canonical_json(backwards)
    assert sha256_of(value) == sha256_of(backwards)
    assert json.loads(canonical_json(value)) == value


def test_canonical_text_is_one_line_without_spaces() -> None:
    assert canonical_json({"b": "ä\n", "a": [1, 2.5]}) == '{"a":[1,2.5],"b":"ä\\n"}'


def test_not_a_number_has_no_canonical_text() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        canonical_json(float("nan"))


def test_the_present_has_a_time_zone() -> None:
    assert utc_now().utcoffset() == timedelta(0)


def test_time_of_another_zone_is_the_same_moment() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert Verdict(**verdict_fields(given_utc=there)).given_utc == NOON


def test_only_failures_that_may_pass_are_asked_again() -> None:
    assert {one.value for one in Outcome if one.asked_again} == {
        "timeout", "transport_error", "out_of_memory", "cancelled",
    }  # fmt: skip
