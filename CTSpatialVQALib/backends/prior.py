"""Answers without looking at the image: those to similar questions about other patients.

An image-blind lower bound: each question gets the consensus of its nearest neighbours among the questions
about patients of other folds. A model that does not beat it has not shown that it looks.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from CTSpatialVQALib.backends.tfidf import nearest
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.language.claims import denies, lateral_set, yes_no_of
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.language.question_forms import question_form
from CTSpatialVQALib.records.base import normalised
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import QuestionForm


class PriorAnswer(NamedTuple):
    """An answer without an image.

    text : the reference answer of the nearest neighbour that holds the majority's opinion
    neighbour_ids : question ids of all neighbours asked, nearest first
    similarity : cosine of the nearest neighbour, 0 to 1
    """

    text: str
    neighbour_ids: tuple[str, ...]
    similarity: float


class _Neighbour(NamedTuple):
    question: Question
    similarity: float


def fold_of(patient_id: str, folds: int) -> int:
    """The fold of a patient, from 0: the same on every machine and in every run."""
    digest = hashlib.sha256(patient_id.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % folds


def answer_all(
    questions: Sequence[Question], patients: Mapping[str, str], k: int = 15, folds: int = 5
) -> dict[str, PriorAnswer]:
    """Answer every question from other patients' questions and their reference answers.

    Parameters
    ----------
    patients : case id -> patient id
    folds : a patient's questions are answered from the other folds only, never from the own patient's

    Returns
    -------
    question id -> answer; a question is missing where no other fold has a question with a word in common

    Raises
    ------
    BadInput
        If a case has no patient, a question id stands twice, or k or folds are out of range.
    """
    _check(questions, patients, k, folds)
    by_fold: dict[int, list[Question]] = defaultdict(list)
    for question in questions:
        by_fold[fold_of(patients[question.case_id], folds)].append(question)
    answers: dict[str, PriorAnswer] = {}
    for fold, in_fold in by_fold.items():
        corpus = [
            question
            for other_fold in sorted(by_fold)
            if other_fold != fold
            for question in by_fold[other_fold]
            if question.reference.strip()
        ]
        if corpus:
            answers.update(_answer_fold(in_fold, corpus, k))
    ids = [question.question_id for question in questions]
    return {question_id: answers[question_id] for question_id in ids if question_id in answers}


def _check(questions: Sequence[Question], patients: Mapping[str, str], k: int, folds: int) -> None:
    if k < 1 or folds < 2:
        raise BadInput(
            "prior", expected="k >= 1, folds >= 2", came=f"k={k}, folds={folds}", remedy="Correct them"
        )
    ids: set[str] = set()
    for question in questions:
        if question.question_id in ids:
            raise BadInput(
                question.question_id,
                expected="each question id once",
                came="a second one",
                remedy="Rename it",
            )
        if question.case_id not in patients:
            raise BadInput(
                question.question_id,
                expected="a patient",
                came=shown(question.case_id),
                remedy="Name its patient",
            )
        ids.add(question.question_id)


def _answer_fold(questions: Sequence[Question], corpus: Sequence[Question], k: int) -> dict[str, PriorAnswer]:
    neighbours = nearest([question.text for question in questions], [question.text for question in corpus], k)
    answers: dict[str, PriorAnswer] = {}
    for question, places, cosines in zip(questions, neighbours.places, neighbours.cosines, strict=True):
        near = [
            _Neighbour(corpus[place], float(cosine))
            for place, cosine in zip(places, cosines, strict=True)
            if cosine > 0
        ]
        if near:
            ids = tuple(neighbour.question.question_id for neighbour in near)
            answers[question.question_id] = PriorAnswer(_consensus(question, near), ids, near[0].similarity)
    return answers


def _consensus(question: Question, near: Sequence[_Neighbour]) -> str:
    """The opinion with most weight among neighbours of the same form, in its nearest holder's words.

    The form is read from the question alone: its own reference answer must not help to answer it.
    """
    form = _form(question.text)
    peers = [neighbour for neighbour in near if _form(neighbour.question.text) == form] or list(near)
    weight: dict[Hashable, float] = defaultdict(float)
    for neighbour in peers:
        weight[_opinion(form, neighbour.question.reference)] += neighbour.similarity
    best = max(weight.values())
    return next(
        neighbour.question.reference
        for neighbour in peers
        if weight[_opinion(form, neighbour.question.reference)] >= best - 1e-9
    )


# each question is a neighbour of many others
@lru_cache(maxsize=40_000)
def _form(text: str) -> QuestionForm:
    return question_form(text)


@lru_cache(maxsize=40_000)
def _opinion(form: QuestionForm, answer: str) -> Hashable:
    """What an answer amounts to, so that differently worded answers vote together."""
    if form is QuestionForm.YES_NO:
        leading = yes_no_of(answer)
        return leading if leading is not None else not denies(answer)
    if form is QuestionForm.LATERALITY:
        return lateral_set(answer) or normalised(answer)
    read = read_anatomy(answer)
    if read.structures or read.regions:
        return read.structures, frozenset(read.regions) - read.details, read.sides
    return read.sides or normalised(answer)
