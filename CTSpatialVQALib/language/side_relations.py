"""Sides of two organs and the midline: same or opposite side, across the midline or not, who lies where.

Each reader answers True or False only where all that a text says agrees, and None where it says nothing of
the relation; what contradicts itself is `Told.BOTH_WAYS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from CTSpatialVQALib.language.claims import lateral_set
from CTSpatialVQALib.language.grounding import mentions, read_anatomy
from CTSpatialVQALib.language.place_comparison import unsided
from CTSpatialVQALib.records.words import Side

_I = re.IGNORECASE


class Told(StrEnum):
    """What a text says of a relation."""

    HOLDS = "holds"
    FAILS = "fails"
    BOTH_WAYS = "both ways"
    NOTHING = "nothing"


# `on the same side`, `both are left of the midline`
_SAME = re.compile(
    r"\bsame (?:side|half)\b|\bipsilateral|\bhomolateral|\bon the side of the\b|\bon one side\b"
    r"|\bshare (?:a|one) side\b|\bboth\b[^.;,]{0,40}\b(?:on|in|to|left|right) (?:the )?(?:left|right|of)\b",
    _I,
)
_OPPOSITE = re.compile(
    r"\b(?:opposite|different|opposing|separate|either|other) (?:sides?|halves|half)\b|\bcontralateral", _I
)
_ASKS_SAME_SIDE = re.compile(
    r"\b(?:same|opposite|different) (?:sides?|half)\b|\bcontralateral|\bipsilateral", _I
)
# a question whether something reaches over the midline
_ASKS_ACROSS = re.compile(
    r"\b(?:across|cross\w*|beyond|over|past)\b[^?]*\bmid-?line\b|\bboth sides of the mid-?line\b", _I
)
_MIDDLE = r"(?:the |its )?(?:body['’]?s? )?(?:mid-?line|vertebral column|spine|median plane)"
_ACROSS = re.compile(
    rf"\b(?:both|either) sides? of {_MIDDLE}\b|\bcross\w*(?: over| of)? {_MIDDLE}\b"
    rf"|\b(?:across|beyond|past|over) {_MIDDLE}\b"
    rf"|\b(?:straddles?|straddling|spans?|spanning|bridges?|bridging) {_MIDDLE}\b"
    r"|\b(?:both|two) (?:sides|halves)\b|\bcross\w* (?:over )?to the (?:left|right)\b",
    _I,
)
_CONFINED = re.compile(
    r"\b(?:confined|limited|restricted|stays?|remains?|entirely|wholly|completely|only|exclusively)\b"
    r"[^.;,]{0,24}\b(?:left|right|one)\b(?: (?:half|side))?"
    r"|\b(?:ends?|stops?|falls?|finish\w*|terminat\w+)\b[^.;]{0,16}\b(?:before|short of|"
    r"prior to|on (?:the|this))\b"
    r"|\bshort of the\b|\bbefore (?:it )?(?:reach\w*|gets|getting|cross\w*)\b",
    _I,
)
_NOT_REACHING = re.compile(
    rf"\b(?:reach|extend|touch|attain|get to|pass)\w*(?: to| as far as)? {_MIDDLE}\b", _I
)
# the way in which something reaches over the midline
_REACHES_TO = re.compile(
    r"\b(?:exten[ds]\w*|reach\w*|project\w*|continu\w*)[^.;,]{0,30}?\bto the (?P<side>left|right)\b", _I
)
_NOT = re.compile(r"\b(?:not|no|never|neither|nor|cannot|without|fails? to)\b|n['’]t\b", _I)
_NEAR = 45  # characters before a relation in which a `not` is its own
_SEGMENT_END = re.compile(r"[.;,:()\n|]|\b(?:and|while|whereas|whilst|but|with|although|though)\b", _I)


def asks_same_side(question: str) -> bool:
    """Whether a question asks if two things lie on the same side, or on opposite ones."""
    return bool(_ASKS_SAME_SIDE.search(question))


def asks_across(question: str) -> bool:
    """Whether a question asks if something reaches over the midline."""
    return bool(_ASKS_ACROSS.search(question))


def says_same_side(statements: Iterable[str]) -> Told:
    """Whether the statements put two things on the same side, by word or by naming the side of each."""
    said: set[bool] = set()
    for words in statements:
        said |= {not _negated(words, found) for found in _SAME.finditer(words)}
        said |= {_negated(words, found) for found in _OPPOSITE.finditer(words)}
    return _agreed(said)


def says_across(statements: Iterable[str]) -> Told:
    """Whether the statements let something reach over the midline."""
    said: set[bool] = set()
    for words in statements:
        said |= {not _negated(words, found) for found in _ACROSS.finditer(words)}
        said |= {_negated(words, found) for found in _CONFINED.finditer(words)}
        said |= {False for found in _NOT_REACHING.finditer(words) if _negated(words, found)}
    return _agreed(said)


def reaches_to(text: str) -> frozenset[str]:
    """The sides to which something is said to reach over."""
    return frozenset(one["side"].lower() for one in _REACHES_TO.finditer(text))


def relation_told(question: str, statements: list[str]) -> Told:
    """Whether what is asked of two sides or of the midline holds, by word and by the sides of the organs."""
    asked = read_anatomy(question).structures
    named = ((words, read_anatomy(words).structures) for words in statements)
    statements = [words for words, organs in named if not (organs and asked) or organs & asked]
    if asks_across(question):
        return says_across(statements)
    if not asks_same_side(question):
        return Told.NOTHING
    told = says_same_side(statements)
    sides = sides_of_structures(". ".join(statements))
    if len(sides) != 2:
        return told
    placed = Told.HOLDS if len(set(sides.values())) == 1 else Told.FAILS
    return placed if told in (Told.NOTHING, placed) else Told.BOTH_WAYS


def _agreed(said: set[bool]) -> Told:
    if len(said) == 2:
        return Told.BOTH_WAYS
    return (Told.HOLDS if said.pop() else Told.FAILS) if said else Told.NOTHING


def _negated(words: str, found: re.Match[str]) -> bool:
    return bool(_NOT.search(words, max(0, found.start() - _NEAR), found.start()))


def sides_of_structures(text: str) -> dict[str, Side]:
    """The one side that a text gives to each organ it names; organs given both sides are left out.

    Keys are class names without a side. A part of a sentence counts where it names one organ and one side.
    """
    placed: dict[str, set[Side]] = {}
    at = 0
    for stop in [*_SEGMENT_END.finditer(text), None]:
        segment = text[at : stop.start() if stop else len(text)]
        at = stop.end() if stop else len(text)
        sides = lateral_set(segment)
        organs = {unsided(name) for one in mentions(segment) if not one.implied for name in one.structures}
        if len(sides) == len(organs) == 1 and not _NOT.search(segment):
            placed.setdefault(organs.pop(), set()).update(sides)
    return {organ: next(iter(sides)) for organ, sides in placed.items() if len(sides) == 1}
