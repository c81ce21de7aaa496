"""Joining other files to the questions, by key alone: never by place in a list."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from CTSpatialVQALib.records.question import Question, question_sha256

_ARRAY_SUFFIXES = (".npy", ".npz")


class PairKey(NamedTuple):
    """A question as files without ids name it: its case, and the hash of its text and reference."""

    case_id: str
    question_sha256: str


def pair_keys(questions: Iterable[Question]) -> dict[PairKey, Question]:
    """The questions by case and text.

    Two questions of one case with the same text share a key and are left out: a file without ids cannot
    tell them apart.
    """
    by_key: dict[PairKey, Question] = {}
    ambiguous: set[PairKey] = set()
    for question in questions:
        key = PairKey(question.case_id, question.question_sha256)
        ambiguous |= {key} & by_key.keys()
        by_key[key] = question
    return {key: question for key, question in by_key.items() if key not in ambiguous}


def case_id_of_image(image_path: str) -> str:
    """The case id in an image path: its last part, with `.npy` and `.npz` read as `.nii.gz`."""
    name = PurePosixPath(image_path.replace("\\", "/")).name
    for suffix in _ARRAY_SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix) + ".nii.gz"
    return name


def pair_key(case_id: str, question: str, answer: str) -> PairKey:
    """The key of a row that names its case and repeats question and reference answer."""
    return PairKey(case_id, question_sha256(question, answer))
