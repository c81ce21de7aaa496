"""What was read out of a text: where the words stand, and what they claim."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, PlainSerializer, model_validator

from CTSpatialVQALib.records.base import Record
from CTSpatialVQALib.records.words import (
    Centricity,
    Certainty,
    Depth,
    Dimension,
    Frame,
    Level,
    NoAnswer,
    Polarity,
    Side,
)

# sorted, because canonical JSON (and so every hash) must not depend on the order inside a set
_Sorted = PlainSerializer(sorted, return_type=list[str], when_used="json")


class Span(Record):
    """Characters `start` to `end` (exclusive, from 0) of a text."""

    start: int = Field(ge=0)
    end: int

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.end <= self.start:
            raise ValueError("an end after the start")
        return self


class Mention(Record):
    """Words of a text and the structures or region they name.

    Parameters
    ----------
    structures : TotalSegmentator class names
    region : a place without a class of its own, e.g. `mediastinum`
    implied : the words name a pathology that implies the organ, not the organ itself
    """

    span: Span
    words: str
    structures: tuple[str, ...] = ()
    region: str | None = None
    implied: bool = False


class Number(Record):
    """A measured quantity as written."""

    value: float
    unit: str = ""


class Landmark(Record):
    """What something is placed in respect of: its words, and the structures and regions they name."""

    words: str
    structures: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


class Proposition(Record):
    """One thing that a text says about place: of what, in which respect, which value, and how surely.

    Parameters
    ----------
    structures, regions : what it is about, as class names and places without a class
    finding : the words of the finding it is about, where it names one
    value : of the dimension: `left`, `lower`, `posterobasal`, `above`, `6 mm` ...; empty for presence
    landmark : for a relation, a containment or an extent
    """

    span: Span
    structures: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    finding: str = ""
    dimension: Dimension
    value: str = ""
    landmark: Landmark | None = None
    polarity: Polarity = Polarity.AFFIRMED
    certainty: Certainty = Certainty.STATED
    frame: Frame = Frame.PATIENT


class Claim(Record):
    """One spatial statement parsed from text; what the text does not say stays empty.

    Parameters
    ----------
    part : what it does in the text: states something, considers and rejects it, excepts it, dates it, tells
        what is usual, or abstains
    no_answer : the kind of no-answer it is, if it is one
    propositions : what it says, one dimension each
    """

    span: Span
    words: str
    polarity: Polarity = Polarity.AFFIRMED
    certainty: Certainty = Certainty.STATED
    frame: Frame = Frame.PATIENT
    part: str = "statement"
    no_answer: NoAnswer | None = None
    structures: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    sides: Annotated[frozenset[Side], _Sorted] = frozenset()
    levels: Annotated[frozenset[Level], _Sorted] = frozenset()
    depths: Annotated[frozenset[Depth], _Sorted] = frozenset()
    centricity: Centricity | None = None
    containment: str | None = Field(default=None, description="within, adjacent, between ...")
    extent: str | None = Field(default=None, description="focal, diffuse, extending ...")
    numbers: tuple[Number, ...] = ()
    propositions: tuple[Proposition, ...] = ()
