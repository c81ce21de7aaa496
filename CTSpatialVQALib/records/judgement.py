"""Automatic scores and human verdicts."""

from __future__ import annotations

from typing import NamedTuple, Self

from pydantic import Field, model_validator

from CTSpatialVQALib.records.base import Identifier, Record, Sha256, UtcTime
from CTSpatialVQALib.records.words import (
    ErrorType,
    NoAnswer,
    QuestionFault,
    Severity,
    Stage,
    VerdictClass,
    VerdictValue,
)


class Score(Record):
    """An automatic judgement of an answer; `correct` is None where the scorer cannot decide.

    Parameters
    ----------
    verdict_class : how the answer stands to its reference; None for judges, and in logs before `rules-3`
    no_answer : why the text is no answer; such a score is neither right nor wrong
    """

    question_id: Identifier
    reply_id: Sha256 | None = None
    correct: bool | None
    error_type: ErrorType | None = None
    verdict_class: VerdictClass | None = None
    no_answer: NoAnswer | None = None
    by: str = Field(description="scorer and version, e.g. rules-1")
    reason: str

    @model_validator(mode="after")
    def _error_only_when_wrong(self) -> Self:
        if self.error_type is not None and self.correct is not False:
            raise ValueError("an error type only with correct = false")
        if self.no_answer is not None and self.correct is not None:
            raise ValueError("no decision about what is no answer")
        return self


class VerdictKey(NamedTuple):
    """Under which a verdict stands: one reader, one reply, one stage, and which time he reads it."""

    reader: str
    reply_id: str
    stage: Stage
    occasion: int = 1


Point = tuple[float, float, float]


class Viewing(Record):
    """What the reader had before him when he gave the verdict; what is not known stays empty.

    Parameters
    ----------
    slice_ras : a point on all three slices, RAS millimetres
    window_level_hu, window_width_hu : the grey scale
    layout : name of the view layout
    structures : those drawn on the slices, by class name
    regions : those drawn on the slices, as `name`, `name:side` or `name:side:structure that encloses it`
    slices_pending : named by the texts, as above, but not drawn on the slices yet when the verdict was given
    surfaces_pending : drawn on the slices, but not yet in 3D
    markers : points placed as evidence, RAS millimetres
    picture_sha256 : of a picture kept beside the log
    """

    slice_ras: Point | None = None
    window_level_hu: float | None = None
    window_width_hu: float | None = Field(default=None, gt=0)
    layout: str = Field(default="", max_length=200)
    structures: tuple[str, ...] = Field(default=(), max_length=1000)
    regions: tuple[str, ...] = Field(default=(), max_length=1000)
    slices_pending: tuple[str, ...] = Field(default=(), max_length=1000)
    surfaces_pending: tuple[str, ...] = Field(default=(), max_length=1000)
    markers: tuple[Point, ...] = Field(default=(), max_length=1000)
    picture_sha256: Sha256 | None = None


class Verdict(Record):
    """A human's judgement of one reply.

    Parameters
    ----------
    aided : whether overlay, reference or a suggestion was visible before it was given
    corrects : id of the log event that this verdict replaces, with `correction_reason`
    occasion : 1, or 2 where the reply is read again to measure the reader's agreement with himself
    """

    reader: Identifier
    reply_id: Sha256
    question_id: Identifier
    question_sha256: Sha256
    stage: Stage
    value: VerdictValue
    aided: bool
    error_type: ErrorType | None = None
    severity: Severity | None = None
    faults: tuple[QuestionFault, ...] = ()
    comment: str = Field(default="", max_length=20_000)
    shown_utc: UtcTime | None = None
    given_utc: UtcTime
    corrects: str | None = None
    correction_reason: str = ""
    occasion: int = Field(default=1, ge=1)
    viewing: Viewing | None = None

    @property
    def key(self) -> VerdictKey:
        """The key by which a later verdict is known to speak of the same thing."""
        return VerdictKey(self.reader, self.reply_id, self.stage, self.occasion)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        incorrect = self.value is VerdictValue.INCORRECT
        faulty = self.value is VerdictValue.QUESTION_FAULTY
        if incorrect != (self.error_type is not None):
            raise ValueError("an error type with 'incorrect' and with nothing else")
        if self.severity is not None and not incorrect:
            raise ValueError("a severity only with 'incorrect'")
        if faulty != bool(self.faults):
            raise ValueError("at least one fault with 'question_faulty' and none otherwise")
        if (self.corrects is None) != (not self.correction_reason.strip()):
            raise ValueError("a correction with its reason, or neither")
        return self
