"""What of a benchmark is answered without any image: the prior, the commonest answer, and chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from CTSpatialVQALib.backends.prior import answer_all
from CTSpatialVQALib.construction.pair_flaws import Finding, Flaw
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.scoring.chance import ChanceLevels, Scorer, chance_levels, form_of, rule_scorer


@dataclass(frozen=True)
class BlindTable:
    """How the blind routes do.

    Parameters
    ----------
    prior_right, majority_right : question ids; a route that does not answer is not right
    chance : uniform and majority levels by form
    """

    prior_right: frozenset[str]
    majority_right: frozenset[str]
    chance: ChanceLevels

    def findings(self, question: Question) -> list[Finding]:
        """The flaw `blind` where both routes are right."""
        if question.question_id in self.prior_right and question.question_id in self.majority_right:
            return [Finding(Flaw.BLIND, f"both answer '{question.reference[:60]}'")]
        return []


def blind_table(questions: Sequence[Question], patients: Mapping[str, str]) -> BlindTable | None:
    """Ask the prior and the majority; None where all questions are one patient's, so that none can be known.

    Parameters
    ----------
    patients : case id -> patient id; the prior of a patient learns from other patients only
    """
    if len({patients[question.case_id] for question in questions}) < 2:
        return None
    try:
        prior = answer_all(questions, patients)
    except BadInput:  # no word in common between any two folds
        prior = {}
    scorer = _scorer()
    chance = chance_levels(questions, patients, scorer=scorer)
    return BlindTable(
        prior_right=frozenset(
            question.question_id
            for question in questions
            if question.question_id in prior and scorer(question, prior[question.question_id].text)
        ),
        majority_right=frozenset(
            question.question_id
            for question in questions
            if scorer(question, chance.forms[form_of(question)].majority_answer)
        ),
        chance=chance,
    )


def _scorer() -> Scorer:
    """The rules, each judgement made once: many cases have the same pair, and answers are tried again."""
    judgements: dict[tuple[str, str, str], bool | None] = {}

    def score(question: Question, answer: str) -> bool | None:
        key = (question.text, question.reference, answer)
        if key not in judgements:
            judgements[key] = rule_scorer(question, answer)
        return judgements[key]

    return score
