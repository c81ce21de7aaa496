"""Is there something to find in the recorded answers of `demo-flawed`, and is it what was meant?"""

from __future__ import annotations

import pytest

from CTSpatialVQALib.demo.flawed_model import flawed_answers, intended
from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.demo.questions import Asked, asked_of
from CTSpatialVQALib.records.words import ErrorType


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    return [one for index in range(5) for one in asked_of(make_patient(index, "tiny"), f"phantom-{index}")]


def test_every_question_has_an_entry(asked: list[Asked]) -> None:
    assert set(flawed_answers(asked)) == {one.question.question_id for one in asked}


def test_about_half_of_the_answers_are_right(asked: list[Asked]) -> None:
    right = [question_id for question_id, error in intended(asked).items() if error is None]

    assert 0.45 <= len(right) / len(asked) <= 0.55


def test_every_type_of_error_is_committed(asked: list[Asked]) -> None:
    assert {error for error in intended(asked).values() if error} == set(ErrorType)


def test_one_or_two_questions_have_no_answer_and_count_as_neither(asked: list[Asked]) -> None:
    empty = {question_id for question_id, answer in flawed_answers(asked).items() if not answer.strip()}

    assert 1 <= len(empty) <= 2
    assert empty.isdisjoint(intended(asked))


def test_right_answers_are_the_reference_and_wrong_ones_are_not(asked: list[Asked]) -> None:
    references = {one.question.question_id: one.question.reference for one in asked}
    answers = flawed_answers(asked)

    for question_id, error in intended(asked).items():
        assert (answers[question_id] == references[question_id]) == (error is None)


def test_each_patient_has_right_and_wrong_answers(asked: list[Asked]) -> None:
    errors = intended(asked)
    for patient in range(5):
        own = [errors.get(one.question.question_id) is None for one in asked if one.patient == patient]
        assert 0 < sum(own) < len(own)
