"""What does a reply say about place, in a form that can be measured: which thing, which side, which way?

The clauses of `language/clauses.py` are cut further where one speaks of several things. Clauses that only
consider, doubt or date something say nothing; sides of a picture and the landmarks of `opposite the spleen`
are none of the body's. What a statement leaves out (`it lies behind`) is filled in by the question.
"""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

from CTSpatialVQALib.language.answer_part import answer_part
from CTSpatialVQALib.language.answer_reading import said_yes
from CTSpatialVQALib.language.canonical_text import canonical
from CTSpatialVQALib.language.claims import lateral_set, numbers_in, sides_in
from CTSpatialVQALib.language.clauses import Clause, Part, clauses_in
from CTSpatialVQALib.language.grounding import mentions
from CTSpatialVQALib.language.spatial_question import (
    Operand,
    Way,
    called,
    says_larger,
    way_places,
    without_terms,
)
from CTSpatialVQALib.records.text import Mention, Number
from CTSpatialVQALib.records.words import Certainty, Frame, Side

_PARTS = re.compile(r",\s*(?:and\s+|while\s+)?|\s+and\s+|\s+while\s+")
_RELATIVE = re.compile(r"\b(?:to the )?(?:left|right)(?:ward)? (?:of|to)\b|\bto the (?:left|right)\b")
_MIDLINE = re.compile(r"\bmidline\b|\bin the middle(?: of the (?:body|chest|thorax|abdomen|patient))?\W*$")
_EITHER = re.compile(r"\b(?:or|either|neither|nor)\b")
# what something is compared with: its side is another thing's
_COMPARED = re.compile(
    r",?\s*\b(?:opposite|contralateral|ipsilateral|away from|far from|unlike|in contrast to|"
    r"compared (?:to|with)"
    r"|on the (?:same|other|opposite) side (?:as|of|from|to)|on the (?:other|opposite) side)\b[^,.;]*",
    re.IGNORECASE,
)
_CONSIDERED = re.compile(
    r"\b(?:considered|suspected|thought|rejected|expected|might|may|seem)\w*\b", re.IGNORECASE
)


class SaidWay(NamedTuple):
    """`subject` lies `way` from `landmark`; None is what the question speaks of."""

    subject: Operand | None
    way: Way
    landmark: Operand | None


class Statement(NamedTuple):
    """One thing said of one subject.

    Parameters
    ----------
    subject : the structure it names first; None for `it`
    named : all structures that it names
    sides : left, right, midline; both for `bilateral`; empty where a side is only said relative to something
    ways : directions relative to something, in text order
    larger : True for larger, False for smaller
    denied : `not above`
    relative_level : the vertebra it names is one to which something is above, below or between
    """

    words: str
    subject: Operand | None
    named: tuple[Operand, ...]
    sides: frozenset[Side]
    ways: tuple[SaidWay, ...]
    larger: bool | None
    denied: bool
    relative_level: bool = False


class Said(NamedTuple):
    """A whole reply; `ambiguous` where it offers alternatives."""

    yes: bool | None
    statements: tuple[Statement, ...]
    numbers: tuple[Number, ...]
    ambiguous: bool

    @property
    def named(self) -> tuple[Operand, ...]:
        """Every structure that the reply names, in text order."""
        return tuple(dict.fromkeys(one for statement in self.statements for one in statement.named))


_AROUND_LEVEL = re.compile(
    r"\b(?:below|above|between|beneath|under|over)\b[^.;,]{0,20}?\b[ctl]\d", re.IGNORECASE
)


def what_is_said(reply: str) -> Said:
    """Read a reply: the answer part of an output."""
    text = canonical(answer_part(reply).text)
    statements = [
        _statement(part, denied=clause.denied)
        for clause in clauses_in(text)
        if _says_something(clause)
        for part in _parts(_COMPARED.sub(" ", clause.words))
        if part.strip()
    ]
    return Said(said_yes(text), tuple(statements), numbers_in(text), bool(_EITHER.search(text.lower())))


def _says_something(clause: Clause) -> bool:
    """Whether a clause asserts or plainly denies something of the patient's own body."""
    if clause.frame is Frame.VIEWER or clause.certainty is Certainty.UNCERTAIN:
        return False
    if clause.part is Part.REJECTED:
        return not _CONSIDERED.search(clause.words)
    return clause.part is Part.STATEMENT


def _parts(words: str) -> list[str]:
    """`words`, cut where each part speaks of a structure and of a place of its own."""
    cuts = [0, *(found.end() for found in _PARTS.finditer(words)), len(words)]
    parts = [words[low:high] for low, high in itertools.pairwise(cuts)]
    return parts if len(parts) > 1 and all(_speaks_of_place(part) for part in parts) else [words]


def _speaks_of_place(words: str) -> bool:
    named = _named(words)
    rest = without_terms(words.lower(), named)
    return bool(named) and (bool(lateral_set(rest)) or bool(_MIDLINE.search(rest)) or bool(way_places(rest)))


def _named(words: str) -> tuple[Mention, ...]:
    return tuple(one for one in mentions(words) if one.structures and not one.implied)


def _statement(words: str, *, denied: bool) -> Statement:
    named = _named(words)
    rest = without_terms(words.lower(), named)
    operands = tuple(Operand(called(one), one.structures) for one in named)
    places = way_places(rest)
    first = min(places.values(), default=len(words))
    before = [operand for one, operand in zip(named, operands, strict=True) if one.span.end <= first]
    ways = tuple(_said_way(way, at, named, operands) for way, at in sorted(places.items(), key=_second))
    return Statement(
        words=words,
        subject=before[0] if before else None,
        named=operands,
        sides=_sides(rest),
        ways=ways,
        larger=says_larger(rest),
        denied=denied,
        relative_level=bool(_AROUND_LEVEL.search(words)),
    )


def _said_way(way: Way, at: int, named: tuple[Mention, ...], operands: tuple[Operand, ...]) -> SaidWay:
    """The first structure before the words of direction is the subject, the next after them the landmark."""
    before = [operand for one, operand in zip(named, operands, strict=True) if one.span.end <= at]
    after = [operand for one, operand in zip(named, operands, strict=True) if one.span.start >= at]
    return SaidWay(before[0] if before else None, way, after[0] if after else None)


def _sides(rest: str) -> frozenset[Side]:
    """The sides of the body in text without anatomical terms; `to the left of` is none of the body's."""
    plain = _RELATIVE.sub(" ", rest)
    said = sides_in(plain)
    one = said & {Side.LEFT, Side.RIGHT}
    sides = one if len(one) == 1 else lateral_set(plain)  # `both lie on the left` speaks of one side
    return sides | {Side.MIDLINE} if _MIDLINE.search(plain) else sides


def _second(item: tuple[Way, int]) -> int:
    return item[1]
