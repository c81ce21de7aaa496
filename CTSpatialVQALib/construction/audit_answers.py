"""The three questions of an audit (spatial, supported, clear) as a verdict, and back."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from CTSpatialVQALib.reading.keys import CORRECT, Judgement
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.words import QuestionFault, VerdictValue


class Aspect(StrEnum):
    """What is asked of every pair."""

    SPATIAL = "spatial"
    SUPPORTED = "supported"
    CLEAR = "clear"

    @property
    def question(self) -> str:
        """As the annotator reads it."""
        return {
            Aspect.SPATIAL: "Is it about where something lies?",
            Aspect.SUPPORTED: "Does the report support the answer?",
            Aspect.CLEAR: "Is it clear, with one right answer that the image can give?",
        }[self]


class AuditAnswers(NamedTuple):
    """One annotator's answers about one pair."""

    spatial: bool
    supported: bool
    clear: bool

    def of(self, aspect: Aspect) -> bool:
        """The answer to one of the three questions."""
        return bool(getattr(self, aspect))

    @property
    def good(self) -> bool:
        """Whether the pair may stay."""
        return all(self)


_FAULT = {
    Aspect.SPATIAL: QuestionFault.NOT_SPATIAL,
    Aspect.SUPPORTED: QuestionFault.REFERENCE_WRONG,
    Aspect.CLEAR: QuestionFault.AMBIGUOUS,
}


def judgement_of_answers(answers: AuditAnswers) -> Judgement:
    """The verdict that says the same: correct, or the faults of the question."""
    faults = tuple(fault for aspect, fault in _FAULT.items() if not answers.of(aspect))
    return Judgement(value=VerdictValue.QUESTION_FAULTY, faults=faults) if faults else CORRECT


def answers_of_verdict(verdict: Verdict) -> AuditAnswers | None:
    """The three answers that a verdict on a proposed answer gives; None where the annotator was unsure.

    `incorrect` says that the report does not support the answer; `not_determinable` that it is not clear.
    """
    if verdict.value is VerdictValue.UNSURE:
        return None
    faults = set(verdict.faults)
    return AuditAnswers(
        spatial=QuestionFault.NOT_SPATIAL not in faults,
        supported=QuestionFault.REFERENCE_WRONG not in faults and verdict.value is not VerdictValue.INCORRECT,
        clear=not faults & {QuestionFault.AMBIGUOUS, QuestionFault.NOT_DETERMINABLE},
    )
