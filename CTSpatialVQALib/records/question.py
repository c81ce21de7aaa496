"""A question, and the two keys by which it is known everywhere: its id and its text's hash."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from CTSpatialVQALib.records.base import Identifier, Record, Sha256, normalised, sha256_of
from CTSpatialVQALib.records.words import Category, QuestionForm


def official_question_id(case_id: str, index: int) -> str:
    """The id of the `index`-th pair (from 0) of a case in the official files."""
    return f"{case_id}::{index}"


def question_sha256(text: str, reference: str) -> str:
    """Hash of question and reference answer as they are compared (`normalised`)."""
    return sha256_of([normalised(text), normalised(reference)])


class Question(Record):
    """One question about one case, with the answer taken as true.

    `question_sha256` is derived on construction; a file that carries another value is refused, because
    then the two files do not speak of the same question.
    """

    question_id: Identifier
    case_id: Identifier
    text: str = Field(min_length=1, max_length=20_000)
    reference: str = Field(max_length=20_000, description="the answer taken as true; may be empty")
    categories: tuple[Category, ...] = ()
    form: QuestionForm | None = None
    question_sha256: Sha256 = ""

    @model_validator(mode="before")
    @classmethod
    def _derive_hash(cls, data: object) -> object:
        if isinstance(data, dict) and not data.get("question_sha256"):
            text, reference = data.get("text"), data.get("reference")
            if isinstance(text, str) and isinstance(reference, str):
                return {**data, "question_sha256": question_sha256(text, reference)}
        return data

    @model_validator(mode="after")
    def _hash_fits(self) -> Self:
        if self.question_sha256 != question_sha256(self.text, self.reference):
            raise ValueError("a question_sha256 that fits text and reference")
        return self
