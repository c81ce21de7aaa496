"""Relations between two named things: which lies which way from which, and which of two is more.

`The esophagus lies behind the trachea` and `the trachea lies in front of the esophagus` are one relation;
so are `the left is lower than the right` and `the right is higher`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from CTSpatialVQALib.language.claims import lateral_set
from CTSpatialVQALib.language.clauses import Clause
from CTSpatialVQALib.language.grounding import mentions
from CTSpatialVQALib.records.text import Mention
from CTSpatialVQALib.records.words import Side

_I = re.IGNORECASE


class Way(NamedTuple):
    """A direction: axis 0, 1, 2, 3 for left-right, back-front, down-up and size; sign +1 for the latter."""

    axis: int
    sign: int

    @property
    def opposite(self) -> Way:
        """The other way along the axis."""
        return Way(self.axis, -self.sign)


# directions as they are said of one thing in respect of another
_WAYS: tuple[tuple[Way, re.Pattern[str]], ...] = tuple(
    (way, re.compile(words, _I))
    for way, words in (
        (Way(1, 1), r"\b(?:in front|anterior(?:ly)?|ventral(?:ly)?|before)\b"),
        (Way(1, -1), r"\b(?:behind|posterior(?:ly)?|dorsal(?:ly)?|at the back)\b"),
        (Way(2, 1), r"\b(?:above|higher|highest|superior to|cranial(?:ly)?|over|upwards?|more superior)\b"),
        (
            Way(2, -1),
            r"\b(?:below|lower(?! lobes?)|lowest|beneath|underneath|under|inferior to|caudal(?:ly)?)\b",
        ),
        (Way(3, 1), r"\b(?:larger|bigger|greater|more volum\w+|largest|biggest|wider|thicker|longer)\b"),
        (Way(3, -1), r"\b(?:smaller|smallest|lesser|less volum\w+|narrower|thinner|shorter)\b"),
        (Way(0, 1), r"\b(?:to the |on the )?right(?:ward)?(?:-hand)?(?: side)? of\b|\bto the right\b"),
        (Way(0, -1), r"\b(?:to the |on the )?left(?:ward)?(?:-hand)?(?: side)? of\b|\bto the left\b"),
    )
)
# each way as a word, for what is shown
WAY_WORDS = {
    Way(0, 1): "right of",
    Way(0, -1): "left of",
    Way(1, 1): "in front of",
    Way(1, -1): "behind",
    Way(2, 1): "above",
    Way(2, -1): "below",
    Way(3, 1): "larger than",
    Way(3, -1): "smaller than",
}
_COMPARED = re.compile(
    r"\b(?P<more>higher|larger|bigger|greater|thicker|wider|more|longer|deeper|dominant|above)\b"
    r"|\b(?P<less>lower(?! lobes?)|smaller|less|thinner|narrower|shorter|below|fewer)\b",
    _I,
)
_THAN = re.compile(r"\b(?:than|below|above|compared (?:to|with))\b", _I)
_ASKS_LESS = re.compile(
    r"\b(?:lower(?! lobes?)|smaller|less|thinner|narrower|shorter|fewer|lowest|smallest)\b", _I
)
_SIDE = re.compile(r"\b(?:left|right)\b", _I)


class Pair(NamedTuple):
    """The two things that a question relates."""

    subject: frozenset[str]
    landmark: frozenset[str]


def pair_of(question: str) -> Pair | None:
    """The two structures that a question relates to each other; None unless it names two."""
    named = [frozenset(one.structures) for one in _named(question)]
    named = [one for at, one in enumerate(named) if one not in named[:at]]
    return Pair(named[0], named[1]) if len(named) == 2 else None


def ways_said(question: str, clauses: Sequence[Clause]) -> frozenset[Way]:
    """The ways in which the clauses place the question's first thing from its second."""
    pair = pair_of(question)
    found: set[Way] = set()
    for clause in clauses:
        for way, at in ways_in(clause.words):
            turned = pair is not None and _is_turned(pair, clause.words, at)
            found.add(way.opposite if turned else way)
    return frozenset(found)


def ways_in(words: str) -> list[tuple[Way, int]]:
    """The directions in a text, each with the character at which it is said."""
    named = _named(words)
    places = []
    for way, pattern in _WAYS:
        for match in pattern.finditer(words):
            inside = any(one.span.start <= match.start() < one.span.end for one in named)
            if not inside:
                places.append((way, match.start()))
                break
    return places


def _is_turned(pair: Pair, words: str, at: int) -> bool:
    """Whether a clause speaks of the landmark as seen from the subject."""
    before = [frozenset(one.structures) for one in _named(words[:at])]
    after = [frozenset(one.structures) for one in _named(words[at:])]
    if before:
        return _same(before[0], pair.landmark) and not _same(before[0], pair.subject)
    return bool(after) and _same(after[0], pair.subject) and not _same(after[0], pair.landmark)


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    return one == other or (bool(one & other) and (one <= other or other <= one))


def _named(text: str) -> list[Mention]:
    return [one for one in mentions(text) if one.structures and not one.implied]


def more_of_two(question: str, words: str) -> Side | None:
    """The side that a comparison puts first: `the left is lower than the right` asked for the higher one."""
    compared = _COMPARED.search(words)
    if compared is None:
        return None
    than = _THAN.search(words, compared.start())
    first = lateral_set(words[: than.start()] if than else words)
    if len(first) > 1 and than is None:
        return _of_parts(question, words)
    second = lateral_set(words[than.end() :]) if than else frozenset()
    if len(first) > 1:  # `bilateral effusions, right greater than left`
        nearest = _SIDE.findall(words[: compared.start()])
        first = lateral_set(nearest[-1]) if nearest and than else first
    if len(first) != 1 or len(second) > 1 or first == second:
        return None
    asks_less = bool(_ASKS_LESS.search(question))
    less = compared.group("less") is not None
    (side,) = first
    return side if less is asks_less else _other(side)


_PART_END = re.compile(r"[,;:]|\b(?:and|whereas|while|but)\b", _I)


def _of_parts(question: str, words: str) -> Side | None:
    """`The smaller part on the left, the larger on the right`: what the parts agree on."""
    parts = [
        part for part in _PART_END.split(words) if _COMPARED.search(part) and len(lateral_set(part)) == 1
    ]
    told = {more_of_two(question, part) for part in parts}
    return told.pop() if len(told) == 1 else None


def _other(side: Side) -> Side:
    return Side.RIGHT if side is Side.LEFT else Side.LEFT
