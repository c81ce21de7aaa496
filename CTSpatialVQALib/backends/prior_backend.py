"""The backend that sees no image: nearest neighbours over other patients' questions.

A lower bound that a model which looks at the volume must beat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from pydantic import JsonValue

from CTSpatialVQALib.backends.backend import NOTHING_SHA256, Answer, declined, spoken
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.prior import PriorAnswer, answer_all
from CTSpatialVQALib.records.base import sha256_of
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Presentation
from CTSpatialVQALib.records.words import Probe

NEIGHBOURS, FOLDS = 15, 5


class PriorBackend:
    """Answers with what is usually answered to such questions about other patients.

    Parameters
    ----------
    questions : all questions of the study with their reference answers
    patients : case id -> patient id; a patient's questions are answered from other patients' only
    """

    description = (
        f"Sees no image: {NEIGHBOURS} nearest questions of other patients ({FOLDS} folds by patient)."
        " A model that looks must beat it."
    )
    version = "1"
    in_flight = 1

    def __init__(
        self, questions: Sequence[Question], patients: Mapping[str, str], name: str = "prior"
    ) -> None:
        self.name = name
        self._questions = questions
        self._patients = patients

    @cached_property
    def parameters(self) -> Mapping[str, JsonValue]:
        """Neighbours, folds, and the hash of the questions it draws from."""
        pool = sorted([question.question_id, question.question_sha256] for question in self._questions)
        return {"neighbours": NEIGHBOURS, "folds": FOLDS, "pool_sha256": sha256_of(pool)}

    @cached_property
    def _answers(self) -> Mapping[str, PriorAnswer]:
        return answer_all(self._questions, self._patients, k=NEIGHBOURS, folds=FOLDS)

    def presentation(self, question: Question, case: CaseData, probe: Probe) -> Presentation:
        """Nothing is shown."""
        return Presentation(contract="none", version="1", probe=probe, content_sha256=NOTHING_SHA256)

    def prompt(self, question: Question) -> str:
        """The question's text."""
        return question.text

    def ask(self, question: Question, case: CaseData, probe: Probe) -> Answer:
        """The consensus of the neighbours, or a refusal where no other patient has a question."""
        answer = self._answers.get(question.question_id)
        if answer is None:
            return declined("no other patient has a question to learn from")
        neighbours = ", ".join(answer.neighbour_ids[:3])
        return spoken(
            answer.text, basis=f"nearest questions: {neighbours} (similarity {answer.similarity:.2f})"
        )
