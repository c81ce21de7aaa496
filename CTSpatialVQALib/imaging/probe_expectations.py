"""What must become of an answer under a probe? Decided from the texts, before any model is asked."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from CTSpatialVQALib.language.claims import denies, lateral_set, numbers_in
from CTSpatialVQALib.language.lexicon import lexicon
from CTSpatialVQALib.language.propositions import parse_claims
from CTSpatialVQALib.language.same_meaning import asserted_sides
from CTSpatialVQALib.language.tokens import tokenise
from CTSpatialVQALib.records.text import Claim, Span

_SWAPPED = {
    "left": "right",
    "right": "left",
    "rul": "LUL",
    "lul": "RUL",
    "rll": "LLL",
    "lll": "RLL",
    "rml": "left middle lobe",  # there is no abbreviation for a lobe that only a mirrored patient has
}
_SIDED = re.compile("|".join(_SWAPPED), re.IGNORECASE)


class Expected(StrEnum):
    """What must become of a right answer."""

    CHANGES = "changes"
    STAYS = "stays"
    OPEN = "open"


class MirrorExpectation(NamedTuple):
    """What mirroring left and right does to a question and its reference answer.

    Parameters
    ----------
    question, reference : the texts for the mirrored patient
    asked_unchanged : what must become of a right answer if the question is asked as it was
    """

    question: str
    reference: str
    asked_unchanged: Expected


def swapped_sides(text: str) -> str:
    """`text` about the mirrored patient: left and right exchanged where they tell a place.

    Sides inside names stay: a mirrored heart's `left atrium` still is its left atrium.
    """
    words = lexicon()
    out, done = [], 0
    for lexeme in words.scan(tokenise(text, words.spelling)):
        if len(lexeme.term.sides) == 1:
            said = text[lexeme.start : lexeme.end]
            out += [text[done : lexeme.start], _SIDED.sub(_swapped_word, said, count=1)]
            done = lexeme.end
    return "".join([*out, text[done:]])


def when_mirrored(question: str, reference: str) -> MirrorExpectation:
    """What must become of the answer when the volume is mirrored left to right.

    It changes where the reference places something on one side and the question names no side; it stays
    where neither speaks of a side. Where the question itself names a side, its premise no longer holds:
    open, unless the question is mirrored too.
    """
    asked, answered = lateral_set(question), asserted_sides(question, reference)
    if len(asked) == 1:
        expected = Expected.OPEN
    elif len(answered) == 1:
        expected = Expected.CHANGES
    else:
        expected = _when_both_sides(reference) if answered else Expected.STAYS
    return MirrorExpectation(swapped_sides(question), swapped_sides(reference), expected)


def when_other_case(reference: str, other_reference: str | None = None) -> Expected:
    """What must become of the answer when another patient's volume is shown.

    With the other patient's reference answer to the same question: it changes where what the two claim
    differs. Without it only a measurement must change, for two patients hardly share one; a side or a
    lobe they may share.
    """
    if other_reference is not None:
        same = _claimed(reference) == _claimed(other_reference)
        return Expected.STAYS if same else Expected.CHANGES
    measured = any(number.unit and number.unit != "%" for number in numbers_in(reference))
    return Expected.CHANGES if measured and not denies(reference) else Expected.OPEN


def _when_both_sides(reference: str) -> Expected:
    """`Both lungs` stays; left and right said one by one may change in ways that claims do not tell."""
    swapped = swapped_sides(reference)
    if _claimed(reference) != _claimed(swapped):
        return Expected.CHANGES
    return Expected.STAYS if swapped == reference else Expected.OPEN


def _claimed(text: str) -> frozenset[Claim]:
    """The claims of a text without the words they are made in."""
    blank = {"span": Span(start=0, end=1), "words": "", "propositions": ()}
    return frozenset(claim.model_copy(update=blank) for claim in parse_claims(text))


def _swapped_word(found: re.Match[str]) -> str:
    word = found.group()
    other = _SWAPPED[word.lower()]
    if len(word) > 3:
        other = other.upper() if word.isupper() else other
        other = other.capitalize() if word.istitle() else other
    return other
