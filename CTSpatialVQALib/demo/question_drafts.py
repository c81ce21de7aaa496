"""What does a question carry before it has an id? Text, truth, and the mistakes one can make on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from CTSpatialVQALib.demo.phantom import Finding, Phantom
from CTSpatialVQALib.records.words import Category, ErrorType, QuestionForm, Side


class Mistake(NamedTuple):
    """A wrong answer, and in which way it is wrong."""

    error: ErrorType
    answer: str


class Draft(NamedTuple):
    """A question with its true answer, not yet tied to a case."""

    text: str
    reference: str
    form: QuestionForm
    categories: tuple[Category, ...]
    mistakes: tuple[Mistake, ...]


Drafter = Callable[[Phantom], Draft]


def other_side(side: Side) -> Side:
    """Left for right and right for left."""
    return Side.LEFT if side is Side.RIGHT else Side.RIGHT


def the_finding(phantom: Phantom, kind: str) -> Finding:
    """The first finding of that kind."""
    return next(finding for finding in phantom.findings if finding.kind == kind)


def lobe_words(structure: str | None, *, swap: bool = False) -> str:
    """`lung_upper_lobe_left` in a radiologist's words; `swap` names the lobe of the other side."""
    parts = (structure or "").split("_")
    level, side = parts[1], Side(parts[-1])
    side = other_side(side) if swap else side
    return f"{side} {'upper' if level == 'middle' and side is Side.LEFT else level} lobe"
