"""Chance levels of each question form: what constant and randomly drawn answers score, under one scorer.

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

# The best constant answer is chosen on the same questions: of one question it is always right. Below this
# number it is not held against a model, nor drawn.
LEAST_QUESTIONS = 20

_FIXED: Mapping[QuestionForm, tuple[str, ...]] = {
    QuestionForm.YES_NO: ("Yes", "No"),
    QuestionForm.LATERALITY: ("Left", "Right", "Bilateral"),
}
_COMMONEST = 3  # answers tried in forms without a fixed set
_OR = re.compile(r"\bor\b", re.IGNORECASE)
# `upper, middle, or lower`: what separates the options of a choice
_SEPARATOR = re.compile(r"[,;]\s*(?:or\b)?|\bor\b", re.IGNORECASE)
# `Which side, left or right?`: the part that asks holds no option
_ASKING = re.compile(r"\b(?:which|where|what|who|how)\b", re.IGNORECASE)
# `In this patient, is it upper, middle or lower?`: the list of options begins in the part with the verb
_VERB = re.compile(r"\b(?:is|are|was|were|does|do|did|has|have|can|lies?)\b", re.IGNORECASE)


class FormChance(NamedTuple):
    """Chance levels of one question form, as shares of right answers.

    uniform : an answer drawn from the form's set: of the fixed answers, or of the options that a choice
        offers; in open forms of the distinct references of other patients
    always : constant answer -> its share; in open forms the commonest references
    majority : the best of `always`
    majority_right : ids of the questions to which the best constant answer is right
    """

    form: QuestionForm
    questions: int
    uniform: float
    always: Mapping[str, float]
    majority: float
    majority_answer: str
    majority_right: frozenset[str]

    @property
    def enough(self) -> bool:
        """Whether there are enough questions for its best constant answer to mean something."""
        return self.questions >= LEAST_QUESTIONS


class ChanceLevels(NamedTuple):
    """Chance levels by form, and over all questions when each form has its own."""

    forms: Mapping[QuestionForm, FormChance]
    uniform: float
    majority: float

    @property
    def questions(self) -> int:
        """All questions."""
        return sum(level.questions for level in self.forms.values())

    @property
    def enough(self) -> bool:
        """Whether every form has enough questions, so that the levels over all of them mean something."""
        return all(level.enough for level in self.forms.values())


def rule_scorer(question: Question, answer: str) -> bool | None:
    """Right by rule; None where undecided, and for a blank answer, which is a failure."""
    if not answer.strip():
        return None
    scored = score_answer(question.text, question.reference, answer, question_id=question.question_id)
    return scored.correct


def form_of(question: Question) -> QuestionForm:
    """The question's form as its file states it, else as its text does."""
    return question.form or question_form(question.text, question.reference)


def options_in(text: str) -> int:
    """How many options a choice offers: `left or right` two, `upper, middle or lower` three; at least two."""
    ors = list(_OR.finditer(text))
    if not ors:
        return 2
    before, after = text[: ors[-1].start()].rpartition(":")[2], text[ors[-1].end() :]
    options = 1 if _SEPARATOR.split(after, maxsplit=1)[0].strip(" ?.") else 0
    parts = [part for part in _SEPARATOR.split(before) if part.strip()]
    for distance, part in enumerate(reversed(parts)):
        # right before the last `or` an option stands even where the question begins with it
        if _ASKING.search(part) and distance > 0:
            break
        options += 1
        if _VERB.search(part):
            break
    return max(2, options)


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
    weights = [level.questions for level in forms.values()]
    return ChanceLevels(
        forms,
        uniform=float(np.average([level.uniform for level in forms.values()], weights=weights)),
        majority=float(np.average([level.majority for level in forms.values()], weights=weights)),
    )


def _form_chance(
    form: QuestionForm,
    questions: Sequence[Question],
    patients: Mapping[str, str],
    scorer: Scorer,
    draw: random.Random,
) -> FormChance:
    fixed = _FIXED.get(form)
    right = {
        answer: frozenset(question.question_id for question in questions if scorer(question, answer))
        for answer in fixed or _commonest(questions)
    }
    always = {answer: len(ids) / len(questions) for answer, ids in right.items()}
    if fixed:
        uniform = float(np.mean(list(always.values())))
    elif form is QuestionForm.CHOICE:
        uniform = float(np.mean([1 / options_in(question.text) for question in questions]))
    else:
        drawn = _scores_of_drawn(questions, patients, scorer, draw)
        uniform = sum(score is True for score in drawn) / len(drawn)
    best = max(always, key=lambda answer: always[answer])
    return FormChance(form, len(questions), uniform, always, always[best], best, right[best])


def _scores_of_drawn(
    questions: Sequence[Question], patients: Mapping[str, str], scorer: Scorer, draw: random.Random
) -> list[bool | None]:
    """One drawn answer per question; None where all answers of the form are the own patient's."""
    patients_of: dict[str, set[str]] = defaultdict(set)
    for question in questions:
        patients_of[normalised(question.reference)].add(patients[question.case_id])
    answers = sorted(patients_of)
    scores: list[bool | None] = []
    for question in questions:
        own = {patients[question.case_id]}
        drawn = [
            answer for answer in draw.sample(answers, min(9, len(answers))) if patients_of[answer] != own
        ]
        scores.append(scorer(question, drawn[0]) if drawn else None)
    return scores


def _commonest(questions: Sequence[Question]) -> list[str]:
    counts = Counter(normalised(question.reference) for question in questions)
    return [answer for answer, _ in counts.most_common(_COMMONEST)]
