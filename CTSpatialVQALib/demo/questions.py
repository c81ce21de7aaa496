"""What is asked about a phantom patient? Questions whose true answers follow from the shapes.

Every reference answer comes from `Phantom.findings` and `Phantom.facts`, never from the label volume. Each
question carries the mistakes that the model `demo-flawed` could make on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from CTSpatialVQALib.demo import anatomy_questions, finding_questions
from CTSpatialVQALib.demo.phantom import Phantom
from CTSpatialVQALib.demo.question_drafts import Mistake
from CTSpatialVQALib.records.question import Question


@dataclass(frozen=True)
class Asked:
    """A question with the mistakes one can make on it.

    Parameters
    ----------
    patient : index of the phantom patient
    slug : what is asked, the same word for every patient; the last part of the question's id
    """

    patient: int
    slug: str
    question: Question
    mistakes: tuple[Mistake, ...]


def questions_of(phantom: Phantom, case_id: str) -> list[Question]:
    """The questions about `phantom`, as records of the case `case_id`."""
    return [item.question for item in asked_of(phantom, case_id)]


def asked_of(phantom: Phantom, case_id: str) -> list[Asked]:
    """The questions about `phantom` together with their possible mistakes."""
    return [_asked_question(phantom, case_id, slug) for slug in _ASKED_OF[phantom.index]]


def _asked_question(phantom: Phantom, case_id: str, slug: str) -> Asked:
    draft = _DRAFTERS[slug](phantom)
    question = Question(
        question_id=f"{case_id}::{slug}",
        case_id=case_id,
        text=draft.text,
        reference=draft.reference,
        categories=draft.categories,
        form=draft.form,
    )
    return Asked(phantom.index, slug, question, draft.mistakes)


_DRAFTERS = {**finding_questions.DRAFTERS, **anatomy_questions.DRAFTERS}

_ASKED_OF: tuple[tuple[str, ...], ...] = (
    ("nodule-lobe", "nodule-pleura", "effusion-side", "renal-cyst", "lymph-node", "heart-side",
     "trachea-depth",
     "arch-level"),
    ("nodule-lobes", "goitre-side", "goitre-extent", "effusion-present", "stomach-liver", "lower-kidney",
     "behind-trachea", "upper-poles"),
    ("nodule-lobe", "nodule-size", "nodule-pleura", "effusion-side", "effusion-extent", "heart-side",
     "arch-side",
     "liver-midline"),
    ("nodule-lobe", "lymph-node", "effusion-present", "heart-side", "stomach-liver", "gallbladder",
     "lower-kidney",
     "descending-aorta"),
    ("nodule-lobe", "nodule-size", "effusion-side", "renal-cyst", "trachea-depth", "arch-level",
     "liver-midline",
     "higher-dome"),
)  # fmt: skip
