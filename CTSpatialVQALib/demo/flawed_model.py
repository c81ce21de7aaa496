"""What does the model `demo-flawed` answer? Half of it is right; the rest commits every type of error.

A reader who tries the demo is to find errors at once, so the mistakes are chosen by hand: patient 3 is
read as if the situs were normal, patient 4 as if the file's header had been ignored.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from CTSpatialVQALib.demo.questions import Asked
from CTSpatialVQALib.records.words import ErrorType

NAME = "demo-flawed"


class _Place(NamedTuple):
    patient: int
    slug: str


_WRONG: dict[_Place, ErrorType] = {
    _Place(0, "nodule-lobe"): ErrorType.WRONG_LEVEL_OR_LOBE,
    _Place(0, "effusion-side"): ErrorType.LATERALITY_SWAP,
    _Place(0, "renal-cyst"): ErrorType.INCOMPLETE,
    _Place(0, "trachea-depth"): ErrorType.WRONG_DEPTH,
    _Place(1, "goitre-extent"): ErrorType.WRONG_EXTENT,
    _Place(1, "effusion-present"): ErrorType.HALLUCINATED_FINDING,
    _Place(1, "behind-trachea"): ErrorType.NON_ANSWER,
    _Place(1, "upper-poles"): ErrorType.OTHER,
    _Place(2, "nodule-pleura"): ErrorType.WRONG_RELATION,
    _Place(2, "effusion-side"): ErrorType.MISSED_FINDING,
    _Place(2, "nodule-size"): ErrorType.OTHER,
    _Place(3, "heart-side"): ErrorType.LATERALITY_SWAP,
    _Place(3, "gallbladder"): ErrorType.LATERALITY_SWAP,
    _Place(3, "lower-kidney"): ErrorType.LATERALITY_SWAP,
    _Place(3, "lymph-node"): ErrorType.WRONG_RELATION,
    _Place(4, "nodule-lobe"): ErrorType.LATERALITY_SWAP,
    _Place(4, "renal-cyst"): ErrorType.LATERALITY_SWAP,
    _Place(4, "arch-level"): ErrorType.WRONG_LEVEL_OR_LOBE,
}
_EMPTY = frozenset({_Place(2, "liver-midline"), _Place(4, "nodule-size")})
"""Questions on which the model returned nothing: failures, not answers."""


def flawed_answers(items: Iterable[Asked]) -> dict[str, str]:
    """What `demo-flawed` answered, by question id; empty text where it returned nothing."""
    return {item.question.question_id: _answer(item) for item in items}


def intended(items: Iterable[Asked]) -> dict[str, ErrorType | None]:
    """The error type of each answer of `demo-flawed`, by question id; None where it is right.

    Questions without an answer are left out: a failure is neither right nor wrong.
    """
    return {
        item.question.question_id: _WRONG.get(_place(item)) for item in items if _place(item) not in _EMPTY
    }


def error_of(question_id: str) -> ErrorType | None:
    """The error type of the answer to a question such as `phantom-01::renal-cyst`; None where right."""
    case_id, _, slug = question_id.partition("::")
    return _WRONG.get(_Place(int(case_id.rpartition("-")[2]) - 1, slug))


def _place(item: Asked) -> _Place:
    return _Place(item.patient, item.slug)


def _answer(item: Asked) -> str:
    place = _place(item)
    if place in _EMPTY:
        return ""
    error = _WRONG.get(place)
    if error is None:
        return item.question.reference
    return next(mistake.answer for mistake in item.mistakes if mistake.error is error)
