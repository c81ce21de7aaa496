"""Whether two answers to one question say the same, however they are worded."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import NamedTuple

from CTSpatialVQALib.language.answer_part import answer_part
from CTSpatialVQALib.language.answer_reading import AnswerReading, read_answer
from CTSpatialVQALib.language.claims import (
    centricities_in,
    denies,
    depths_in,
    lateral_set,
    levels_in,
    numbers_in,
    says_normal,
)
from CTSpatialVQALib.language.content_words import content
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.records.base import normalised
from CTSpatialVQALib.records.words import NoAnswer, QuestionForm, Side


class Meaning(NamedTuple):
    """What is left of an answer when its wording is taken away.

    sides, rest : of what it asserts; `rest` holds structures, regions, levels, depth, centricity and numbers,
        or the content words of an answer that says nothing of the kind
    """

    no_answer: NoAnswer | None
    yes: bool | None
    denied: bool
    sides: frozenset[Side]
    rest: Hashable


def same_text(one: str, other: str) -> bool:
    """Whether two answers are the same text, case and white space aside."""
    return normalised(one) == normalised(other)


def same_meaning(form: QuestionForm, one: str, other: str, question: str = "") -> bool:
    """Whether two answers to a question of this form amount to the same.

    A yes with a side and a yes with the other side differ; a yes and a yes that goes on to say where do not.
    """
    if same_text(one, other):
        return True
    first, second = meaning_of(question, one), meaning_of(question, other)
    if first.no_answer is not None or second.no_answer is not None:
        return first.no_answer is second.no_answer
    if form is QuestionForm.YES_NO:
        sides_agree = not first.sides or not second.sides or first.sides == second.sides
        return first.yes == second.yes and sides_agree
    if form is QuestionForm.LATERALITY and (first.sides or second.sides):
        return first.sides == second.sides
    return first[2:] == second[2:]


@lru_cache(maxsize=40_000)
def meaning_of(question: str, answer: str) -> Meaning:
    """The meaning of the answer part of an output; `question` may be empty where it is not known."""
    text = answer_part(answer).text
    reading = read_answer(question, text)
    if reading.no_answer is not None:
        return Meaning(reading.no_answer, None, False, frozenset(), None)
    asserted = reading.asserted or reading.denied or reading.text
    denied = not reading.asserted or denies(asserted) or says_normal(asserted)
    return Meaning(None, _yes(reading), denied, lateral_set(asserted), _rest(asserted))


def asserted_sides(question: str, answer: str) -> frozenset[Side]:
    """The sides that an answer asserts; those it denies or only mentions are not among them."""
    reading = read_answer(question, answer_part(answer).text)
    return lateral_set(reading.asserted) if reading.no_answer is None else frozenset()


def _yes(reading: AnswerReading) -> bool:
    if reading.yes is not None:
        return reading.yes
    return bool(reading.asserted) and not denies(reading.asserted)


def _rest(text: str) -> Hashable:
    read = read_anatomy(text)
    said = (
        read.structures,
        frozenset(read.regions) - read.details,
        levels_in(text),
        depths_in(text),
        centricities_in(text),
        frozenset((number.value, number.unit) for number in numbers_in(text)),
    )
    return said if any(said) or lateral_set(text) else content(text)
