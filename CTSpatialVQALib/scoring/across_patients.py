"""One question asked about several patients: are the answers alike where the references are not?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

from CTSpatialVQALib.language.same_meaning import same_meaning
from CTSpatialVQALib.records.base import normalised
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import QuestionForm
from CTSpatialVQALib.scoring.chance import form_of
from CTSpatialVQALib.scoring.shares import Share, share_of


class Answered(NamedTuple):
    """One answer, whose patient it is about, and whether it is right; None where that is undecided."""

    question: Question
    patient: str
    answer: str
    right: bool | None


class AcrossPatients(NamedTuple):
    """Pairs of patients of whom the same was asked.

    texts : questions asked of more than one patient; pairs of patients are counted within each
    answers : share of the pairs in which the model's answers amount to the same
    references : share of the pairs in which the reference answers do
    despite : of the pairs whose references differ, the share answered alike although not both are right;
        someone who guesses between two answers reaches half, someone who does not look all of them
    """

    texts: int
    answers: Share
    references: Share
    despite: Share | None


class _Pair(NamedTuple):
    text: str
    alike: bool
    references_alike: bool
    both_right: bool


def across_patients(answers: Iterable[Answered]) -> AcrossPatients | None:
    """Compare all pairs of patients of whom one text was asked; None where there is no such pair."""
    groups: dict[str, list[Answered]] = defaultdict(list)
    for answered in answers:
        groups[normalised(answered.question.text)].append(answered)
    same = _Same()
    pairs = [pair for text, group in groups.items() for pair in _pairs(text, group, same)]
    if not pairs:
        return None
    texts = [pair.text for pair in pairs]
    unlike = [pair for pair in pairs if not pair.references_alike]
    alike, references = (
        share_of([pair.alike for pair in pairs], texts),
        share_of([pair.references_alike for pair in pairs], texts),
    )
    assert alike is not None  # there are pairs
    assert references is not None
    return AcrossPatients(
        texts=len(set(texts)),
        answers=alike,
        references=references,
        despite=share_of(
            [pair.alike and not pair.both_right for pair in unlike], [pair.text for pair in unlike]
        ),
    )


def _pairs(text: str, group: list[Answered], same: _Same) -> Iterable[_Pair]:
    for first, second in combinations(group, 2):
        if first.patient != second.patient:
            form = form_of(first.question)
            yield _Pair(
                text,
                same(form, first.answer, second.answer),
                same(form, first.question.reference, second.question.reference),
                first.right is True and second.right is True,
            )


class _Same:
    """`same_meaning`, each two texts compared once: many patients are answered in the same words."""

    def __init__(self) -> None:
        self._compared: dict[tuple[QuestionForm, str, str], bool] = {}

    def __call__(self, form: QuestionForm, first: str, second: str) -> bool:
        if first == second:
            return True
        key = (form, min(first, second), max(first, second))
        if key not in self._compared:
            self._compared[key] = same_meaning(form, first, second)
        return self._compared[key]
