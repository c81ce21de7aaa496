"""Verdicts on directions and comparisons: which way, which of two, which side is left."""

from __future__ import annotations

import re
from collections.abc import Sequence

from CTSpatialVQALib.language.answer_reading import (
    AnswerReading,
)
from CTSpatialVQALib.language.claims import lateral_set
from CTSpatialVQALib.language.clauses import Clause
from CTSpatialVQALib.language.comparisons import more_of_two, ways_in, ways_said
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.language.place_comparison import Judgement
from CTSpatialVQALib.records.words import ErrorType, QuestionForm, Side
from CTSpatialVQALib.scoring.closed_rules import (
    judge_sizes,
)
from CTSpatialVQALib.scoring.form_rules import ASKS_MORE, LONG

_I = re.IGNORECASE
_OPPOSITE = re.compile(r"\b(?:opposite|contralateral(?:ly)?|other) (?:side|one|lobe|lung|kidney|half)\b", _I)


def judge_relation(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """A verdict on directions or on a comparison; None where the question asks for neither."""
    affirmed = [one for one in reading.clauses if one.affirmed]
    if form is QuestionForm.CHOICE:
        offered = [way for way, _ in ways_in(question)]
        axes = {way.axis for way in offered if way.opposite in offered}
        if len(axes) == 1:
            return _chosen_way(axes.pop(), question, reference, affirmed, reading)
    if form in (QuestionForm.LATERALITY, QuestionForm.MEASUREMENT) and ASKS_MORE.search(question):
        return _more(question, reference, affirmed, reading)
    if form is QuestionForm.WHERE and " relative to " in question.lower():
        return _relative(question, reference, affirmed)
    opposite = _opposite_side(question, reading)
    if form is QuestionForm.LATERALITY and opposite is not None and len(lateral_set(reference)) == 1:
        if opposite in lateral_set(reference):
            return Judgement(True, None, "the side opposite to the one it rules out")
        return Judgement(False, ErrorType.LATERALITY_SWAP, "another side")
    return None


def _chosen_way(
    axis: int, question: str, reference: str, affirmed: Sequence[Clause], reading: AnswerReading
) -> Judgement | None:
    wanted = {way for way, _ in ways_in(reference) if way.axis == axis}
    given = {way for way in ways_said(question, affirmed) if way.axis == axis}
    if given and _other_landmark(question, affirmed):
        return Judgement(None, None, "a way from something else")
    error = {0: ErrorType.LATERALITY_SWAP, 1: ErrorType.WRONG_DEPTH}.get(axis, ErrorType.WRONG_RELATION)
    if len(wanted) != 1 or axis == 0:
        return None
    if len(given) == 1:
        return (
            Judgement(True, None, "same way") if given == wanted else Judgement(False, error, "another way")
        )
    if len(given) > 1:
        return Judgement(None, None, "says both ways")
    denied = {
        way for way in ways_said(question, [one for one in reading.clauses if one.denied]) if way.axis == axis
    }
    if denied == wanted:
        return Judgement(False, error, "denies the way")
    if ways_said(question, affirmed):
        return Judgement(False, ErrorType.WRONG_RELATION, "another direction")
    return None if len(reading.text.split()) <= LONG else Judgement(None, None, "says neither way")


def _other_landmark(question: str, affirmed: Sequence[Clause]) -> bool:
    """Whether the only structures that the clauses name are none of the question's two."""
    asked = read_anatomy(question).structures
    named = frozenset(name for one in affirmed for name in read_anatomy(one.words).structures)
    return bool(asked and named) and not asked & named


def _more(
    question: str, reference: str, affirmed: Sequence[Clause], reading: AnswerReading
) -> Judgement | None:
    """Which of two is more: the side that the comparison puts first."""
    wanted = (
        lateral_set(reference) if len(lateral_set(reference)) == 1 else _side_of_more(question, reference)
    )
    if len(wanted) != 1:
        return None
    told = {side for one in affirmed if (side := more_of_two(question, one.words)) is not None}
    if len(told) > 1:
        return Judgement(None, None, "compares both ways")
    denied = {
        side
        for one in reading.clauses
        if one.denied and ASKS_MORE.search(one.words)
        for side in lateral_set(one.words)
    }
    if not told and len(denied) == 1 and not lateral_set(reading.asserted):
        told = {Side.RIGHT if denied == {Side.LEFT} else Side.LEFT}
    if not told:
        return None
    if told != wanted:
        return Judgement(False, ErrorType.LATERALITY_SWAP, "another side")
    sized = judge_sizes(question, reference, reading.text)
    return sized or Judgement(True, None, "same side")


def _side_of_more(question: str, reference: str) -> frozenset[Side]:
    found = more_of_two(question, reference)
    return frozenset({found}) if found is not None else frozenset()


def _relative(question: str, reference: str, affirmed: Sequence[Clause]) -> Judgement | None:
    """Directions from a landmark that the question names."""
    wanted = frozenset(way for way, _ in ways_in(reference))
    given = ways_said(question, affirmed)
    if not wanted or not given:
        return None
    if any(way.opposite in given for way in wanted):
        return Judgement(False, ErrorType.WRONG_RELATION, "the other way")
    return Judgement(True, None, "same way") if wanted <= given else None


def _opposite_side(question: str, reading: AnswerReading) -> Side | None:
    """`Not on the right, but on the opposite side`: the left."""
    if not _OPPOSITE.search(reading.text) or lateral_set(reading.asserted):
        return None
    ruled_out = lateral_set(reading.denied)
    if len(ruled_out) != 1:
        return None
    return Side.RIGHT if ruled_out == {Side.LEFT} else Side.LEFT
