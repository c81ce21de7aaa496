"""What speaks against an answer that looks right: something taken back, another segment or number."""

from __future__ import annotations

import re

from CTSpatialVQALib.language.answer_reading import (
    AnswerReading,
)
from CTSpatialVQALib.language.claims import denies, lateral_set, levels_in, says_normal
from CTSpatialVQALib.language.content_words import (
    content,
    parts_in,
    segments_in,
    spelled_segments,
)
from CTSpatialVQALib.language.place_comparison import Judgement, sites_of
from CTSpatialVQALib.records.words import ErrorType, QuestionForm
from CTSpatialVQALib.scoring.form_rules import ASKS_MORE, LUNG, PLACES, RELATIONAL

_I = re.IGNORECASE
# "more pronounced on the right", "the left side is affected more"
_MORE_ON = re.compile(
    r"\b(?:more|most|mostly|mainly|predominant\w*|greater|larger|especially|particularly|worse|dominant)\b"
    r"[^.;,]{0,40}?\b(?:on|in|at) (?:the )?(?P<a>left|right)\b"
    r"|\b(?P<b>left|right)\b[^.;,]{0,30}?\b(?:prominent|more|most|greater|larger|bigger|wider|thicker|"
    r"higher|worse|"
    r"dominant"
    r"|predominan\w+)\b",
    _I,
)

_ASKED_SEGMENT = re.compile(
    r"\b(?:which|what)\b(?: [\w-]+,?){0,5} segments?\b|\bsegments? and\b|\blobe and (?:position|part|"
    r"region)\b",
    _I,
)

_SIDE_OR_NUMBER = re.compile(
    r"\b(?P<side>left|right)\b|(?P<number>\d+(?:[.,]\d+)?|\bone\b|\btwo\b|\bthree\b|\bfour\b|\bfive\b|"
    r"\bsix\b|\bseven\b|\beight\b)",
    _I,
)

_NUMBER_NAMES = {
    name: str(at) for at, name in enumerate("one two three four five six seven eight".split(), 1)
}


def taken_back(form: QuestionForm, question: str, reference: str, reading: AnswerReading) -> Judgement | None:
    """What an answer denies holds words of the reference that it does not assert."""
    if not takes_back(question, reference, reading):
        return None
    if form in PLACES and _places_denied(reference, reading):
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "denies the reference's place")
    return Judgement(None, None, "affirms and denies the reference's place")


def other_segments(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """Segments that contradict the reference's, or that the question asks for and the answer leaves out."""
    if form is QuestionForm.YES_NO:
        return None
    asserted = spelled_segments(reading.asserted) if LUNG.search(question) else reading.asserted
    known = segments_in(question)
    wanted, given = segments_in(reference), segments_in(asserted) - known
    if wanted - {"basal"} and given and not wanted & given:
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another segment")
    if form not in PLACES:
        return None
    missing = wanted - known - segments_in(asserted)
    if missing and _ASKED_SEGMENT.search(question) and sites_of(question, reference).lobes:
        return Judgement(False, ErrorType.INCOMPLETE, "segments missing")
    if "lingula" in missing and given:
        return Judgement(False, ErrorType.INCOMPLETE, "the lingula is missing")
    return None


def only_relational(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """A side that is said only as opposite to something, or on the same side."""
    asserted = reading.asserted
    if form is QuestionForm.YES_NO or not RELATIONAL.search(asserted) or RELATIONAL.search(reference):
        return None
    if lateral_set(asserted):
        return None
    return Judgement(None, None, "says a side only in relation to something")


def other_numbers(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """The numbers of two sides exchanged."""
    if not _swaps_numbers(reference, reading.asserted):
        return None
    return Judgement(False, ErrorType.LATERALITY_SWAP, "the numbers of the sides are exchanged")


def _places_denied(reference: str, reading: AnswerReading) -> bool:
    """Whether an answer denies a level, part or side of the reference that it does not assert."""
    for read in (levels_in, parts_in, lateral_set):
        if read(reference) & read(reading.denied) - read(reading.asserted):
            return True
    return False


def takes_back(question: str, reference: str, reading: AnswerReading) -> bool:
    """Whether what an answer denies holds words of the reference that it does not assert."""
    if denies(reference) or says_normal(reference):
        return False
    new = content(reference) - content(question) - content("left right")
    return bool(new & content(reading.denied) - content(reading.asserted))


def _swaps_numbers(reference: str, asserted: str) -> bool:
    """`Two on the right and six on the left` against `right: 6, left: 2`."""
    wanted, given = number_of_side(reference), number_of_side(asserted)
    return (
        len(wanted) == 2
        and len(given) == 2
        and wanted != given
        and set(wanted.values()) == set(given.values())
    )


def number_of_side(text: str) -> dict[str, str]:
    """The number said with each side, where sides and numbers alternate."""
    marks = [(str(found.lastgroup), found.group().lower()) for found in _SIDE_OR_NUMBER.finditer(text)]
    if any(kind == "number" and value[0].isdigit() for kind, value in marks):
        marks = [(kind, value) for kind, value in marks if kind == "side" or value[0].isdigit()]
    kinds = [kind for kind, _ in marks[:4]]
    if len(marks) < 4 or kinds not in (["side", "number"] * 2, ["number", "side"] * 2):
        return {}
    pairs = [marks[0:2], marks[2:4]]
    return {
        next(value for kind, value in pair if kind == "side"): next(
            _NUMBER_NAMES.get(value, value) for kind, value in pair if kind == "number"
        )
        for pair in pairs
    }


def stressed_side(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """The side on which it is more, where the question asks for it beside the sides."""
    if not ASKS_MORE.search(question):
        return None
    wanted, given = _MORE_ON.search(reference), _MORE_ON.search(reading.asserted)
    if wanted is None or len(lateral_set(reference)) < 2:
        return None
    if given is None:
        one_side = len(lateral_set(reading.asserted)) == 1
        return None if one_side else Judgement(False, ErrorType.INCOMPLETE, "does not say where it is more")
    same = (wanted["a"] or wanted["b"]).lower() == (given["a"] or given["b"]).lower()
    return None if same else Judgement(False, ErrorType.LATERALITY_SWAP, "more on the other side")
