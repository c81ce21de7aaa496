"""What does an answer without any knowledge score? Chance levels of each question form, under one scorer.

A share of right answers means nothing without them: `no` to every question and `bilateral` to every
side are right more often than a coin.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.language.question_forms import question_form
from CTSpatialVQALib.records.base import normalised
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import QuestionForm
from CTSpatialVQALib.scoring.rules import score_answer

Scorer = Callable[[Question, str], bool | None]

_FIXED: Mapping[QuestionForm, tuple[str, ...]] = {
    QuestionForm.YES_NO: ("Yes", "No"),
    QuestionForm.LATERALITY: ("Left", "Right", "Bilateral"),
}
_COMMONEST = 3  # answers tried in forms without a fixed set
_OR = re.compile(r"\bor\b", re.IGNORECASE)


class FormChance(NamedTuple):
    """Chance levels of one question form, as shares of right answers.

    uniform : an answer drawn from the form's set: of the fixed answers, or of the options that a choice
        offers; in open forms of the distinct references of other patients
    always : constant answer -> its share; in open forms the commonest references
    majority : the best of `always`
    """

    form: QuestionForm
    questions: int
    uniform: float
    always: Mapping[str, float]
    majority: float
    majority_answer: str


class ChanceLevels(NamedTuple):
    """Chance levels by form, and over all questions when each form has its own."""

    forms: Mapping[QuestionForm, FormChance]
    uniform: float
    majority: float


def rule_scorer(question: Question, answer: str) -> bool | None:
    """Right by rule; None where undecided, and for a blank answer, which is a failure."""
    if not answer.strip():
        return None
    scored = score_answer(question.text, question.reference, answer, question_id=question.question_id)
    return scored.correct


def form_of(question: Question) -> QuestionForm:
    """The question's form as its file states it, else as its text does."""
    return question.form or question_form(question.text, question.reference)


def chance_levels(
    questions: Sequence[Question], patients: Mapping[str, str], *, scorer: Scorer = rule_scorer, seed: int = 0
) -> ChanceLevels:
    """Chance levels of `questions` under `scorer`; what it does not decide counts as not right.

    Parameters
    ----------
    patients : case id -> patient id; an answer is never drawn from the own patient
    seed : of the drawn answers
    """
    by_form: dict[QuestionForm, list[Question]] = defaultdict(list)
    for question in questions:
        by_form[form_of(question)].append(question)
    forms = {
        form: _form_chance(form, by_form[form], patients, scorer, random.Random(f"{seed}:{form}"))
        for form in QuestionForm
        if form in by_form
    }
    weights = [one.questions for one in forms.values()]
    return ChanceLevels(
        forms,
        uniform=float(np.average([one.uniform for one in forms.values()], weights=weights)),
        majority=float(np.average([one.majority for one in forms.values()], weights=weights)),
    )


def _form_chance(
    form: QuestionForm,
    questions: Sequence[Question],
    patients: Mapping[str, str],
    scorer: Scorer,
    draw: random.Random,
) -> FormChance:
    fixed = _FIXED.get(form)
    always = {
        answer: _share([scorer(question, answer) for question in questions])
        for answer in fixed or _commonest(questions)
    }
    if fixed:
        uniform = float(np.mean(list(always.values())))
    elif form is QuestionForm.CHOICE:
        uniform = float(np.mean([1 / (1 + max(1, len(_OR.findall(one.text)))) for one in questions]))
    else:
        uniform = _share(_scores_of_drawn(questions, patients, scorer, draw))
    best = max(always, key=lambda answer: always[answer])
    return FormChance(form, len(questions), uniform, always, always[best], best)


def _scores_of_drawn(
    questions: Sequence[Question], patients: Mapping[str, str], scorer: Scorer, draw: random.Random
) -> list[bool | None]:
    """One drawn answer per question; None where all answers of the form are the own patient's."""
    given_by: dict[str, set[str]] = defaultdict(set)
    for question in questions:
        given_by[normalised(question.reference)].add(patients[question.case_id])
    answers = sorted(given_by)
    scores: list[bool | None] = []
    for question in questions:
        own = {patients[question.case_id]}
        others = [answer for answer in draw.sample(answers, min(9, len(answers))) if given_by[answer] != own]
        scores.append(scorer(question, others[0]) if others else None)
    return scores


def _commonest(questions: Sequence[Question]) -> list[str]:
    counts = Counter(normalised(question.reference) for question in questions)
    return [answer for answer, _ in counts.most_common(_COMMONEST)]


def _share(scores: Sequence[bool | None]) -> float:
    return sum(score is True for score in scores) / len(scores)
