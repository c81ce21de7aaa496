"""Do two answers to one question amount to the same, however they are worded?"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache

from CTSpatialVQALib.language.answer_part import answer_part
from CTSpatialVQALib.language.claims import (
    centricities_in,
    denies,
    depths_in,
    lateral_set,
    levels_in,
    numbers_in,
    says_normal,
    yes_no_of,
)
from CTSpatialVQALib.language.content_words import content
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.records.base import normalised
from CTSpatialVQALib.records.words import QuestionForm


def same_text(one: str, other: str) -> bool:
    """Whether two answers are the same text, case and white space aside."""
    return normalised(one) == normalised(other)


def same_meaning(form: QuestionForm, one: str, other: str) -> bool:
    """Whether two answers to a question of this form amount to the same."""
    return same_text(one, other) or amounts_to(form, one) == amounts_to(form, other)


@lru_cache(maxsize=40_000)
def amounts_to(form: QuestionForm, answer: str) -> Hashable:
    """What is left of an answer when its wording is taken away.

    Yes or no for a yes/no question, the set of sides for a side; else structures, regions, sides, levels,
    depth, centricity, numbers and whether they are denied. An answer that says nothing of the kind is its
    content words.
    """
    text = answer_part(answer).text
    if form is QuestionForm.YES_NO:
        leading = yes_no_of(text)
        return leading if leading is not None else not denies(text)
    sides = lateral_set(text)
    if form is QuestionForm.LATERALITY and sides:
        return sides
    read = read_anatomy(text)
    said = (
        read.structures,
        frozenset(read.regions) - read.details,
        sides,
        levels_in(text),
        depths_in(text),
        centricities_in(text),
        frozenset((number.value, number.unit) for number in numbers_in(text)),
    )
    return (denies(text) or says_normal(text), *said) if any(said) else content(text)
