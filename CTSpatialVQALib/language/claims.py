"""Values of place in a text: sides, levels, depth, centricity, extent, containment, numbers."""

from __future__ import annotations

import re
from functools import lru_cache

from CTSpatialVQALib.language.lexicon import Lexeme, lexicon
from CTSpatialVQALib.language.polarity import denies, says_normal, yes_no_of
from CTSpatialVQALib.language.term_sides import side_words
from CTSpatialVQALib.language.tokens import tokenise
from CTSpatialVQALib.records.text import Number
from CTSpatialVQALib.records.words import Centricity, Depth, Level, Side

__all__ = [
    "centricities_in",
    "centricity_of",
    "denies",
    "depths_in",
    "extents_in",
    "first_side",
    "lateral_set",
    "levels_in",
    "numbers_in",
    "says_normal",
    "sides_in",
    "yes_no_of",
]

_NUMBER = re.compile(
    r"(?<![\w.,/])([1-9]/[2-9](?![\d/])|\d+(?:[.,]\d+)?(?:\s*[x×*]\s*\d+(?:[.,]\d+)?)*)"
    r"(?!\d|(?:st|nd|rd|th)\b)\s*-?\s*"
    r"(mm|millimet(?:er|re)s?|cm|centimet(?:er|re)s?|ml|cc|cm3|mm3|hu|%|percent)?(?![\w])",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"([1-9])/([2-9])")
_MINUS = re.compile(r"(?<![\w)])[-−]$")
_SHARES_UNIT = re.compile(r"\s*(?:,|-|–|and|or|to|, and)\s*", re.IGNORECASE)
_UNITS = {"millimet": "mm", "centimet": "cm", "cc": "ml", "cm3": "ml", "percent": "%", "hu": "HU"}

_LEVELS = {
    Level.UPPER: re.compile(
        r"\b(?:upper|cranial(?:ly)?|superiorly|apical|apex|apices|apexes|uppermost|rul|lul)\b|^\W*superior\W*$",
        re.I,
    ),
    Level.MIDDLE: re.compile(r"\b(?:middle|mid|rml)\b", re.I),
    Level.LOWER: re.compile(
        r"\b(?:lower|caudal(?:ly)?|inferiorly|\w*basal|bases?|basals|basilar|lowermost|rll|lll)\b"
        r"|^\W*inferior\W*$",
        re.I,
    ),
}
# "upper abdomen" is a place, "superior vena cava" a vessel
_NO_LEVEL = re.compile(
    r"\b(?:upper[ -]abdom\w+|upper (?:part|half|section)s? of the abdomen"
    r"|(?:middle|mid)[ -]?line|mid[ -]axillary)",
    re.IGNORECASE,
)
_DEPTHS = {
    Depth.ANTERIOR: re.compile(r"\b(?:anterior(?:ly)?|antero\w+|ventral(?:ly)?|in front of|front)\b", re.I),
    Depth.POSTERIOR: re.compile(r"\b(?:posterior(?:ly)?|postero\w+|behind|dorsal(?:ly)?|back of)\b", re.I),
}
_NO_DEPTH = re.compile(
    r"\b(?:anterior[ -]?(?:to[ -])?posterior|antero-?posterior|left anterior descending"
    r"|dorsal (?:vertebra\w*|spine))\b",
    re.I,
)
_CENTRICITY = {
    Centricity.PERIPHERAL: re.compile(r"\b(?:peripher\w+|subpleural\w*|cortical|juxtapleural)\b", re.I),
    Centricity.CENTRAL: re.compile(r"\b(?:central(?:ly)?|center|centre|perihilar|parahilar|midline)\b", re.I),
}
# what crosses the midline does not lie there
_NO_CENTRICITY = re.compile(r"\bcross\w*(?: (?:of|over))?(?: the)? mid-?line\b", re.I)
_CONTAINMENT = (
    ("between", re.compile(r"\bbetween\b", re.I)),
    (
        "adjacent",
        re.compile(
            r"\b(?:adjacent|next to|neighbou?r\w*|abut\w*|beside|contiguous|vicinity|close to)\b", re.I
        ),
    ),
    ("around", re.compile(r"\b(?:around|surround\w*|encas\w+)\b", re.I)),
    ("outside", re.compile(r"\b(?:outside|beyond)\b", re.I)),
    ("through", re.compile(r"\b(?:through|cross(?:es|ing)?|passing)\b", re.I)),
    ("within", re.compile(r"\b(?:within|inside|contained|in|inner)\b", re.I)),
)
_EXTENT = (
    ("extending", re.compile(r"\b(?:exten[ds]\w*|reach\w*|spread\w*)\b", re.I)),
    ("diffuse", re.compile(r"\b(?:diffuse\w*|widespread|throughout|entire\w*|whole|extensive)\b", re.I)),
    ("multifocal", re.compile(r"\b(?:multifocal|patchy|scattered|multilobar\w*|multisegmental)\b", re.I)),
    ("limited", re.compile(r"\b(?:limited|confined|restricted|locali[sz]ed|only)\b", re.I)),
    ("focal", re.compile(r"\b(?:focal|solitary|single)\b", re.I)),
)
_EXTENT_CLASS = {"diffuse": "diffuse", "multifocal": "diffuse", "limited": "focal", "focal": "focal"}


def sides_in(text: str) -> frozenset[Side]:
    """The sides said in a text; sides inside names (`left atrium`, `right-hand`) are not among them.

    `both` and `bilateral` are `bilateral`, `right and left` are the two sides.
    """
    found: set[Side] = set()
    for lexeme in _sided(text):
        if lexeme.term.midline:
            found.add(Side.MIDLINE)
        else:
            found.add(_side(lexeme))
    return frozenset(found)


def extents_in(text: str) -> frozenset[str]:
    """`focal` (also limited, solitary) and `diffuse` (also widespread, multifocal) as said in a text."""
    found = {_EXTENT_CLASS[name] for name, words in _EXTENT if name in _EXTENT_CLASS and words.search(text)}
    return frozenset(found)


def containment_of(text: str) -> str | None:
    """`within`, `between`, `adjacent` ...: the first of the table that a text says."""
    return first_of(_CONTAINMENT, text)


def extent_of(text: str) -> str | None:
    """`extending`, `diffuse`, `limited` ...: the first of the table that a text says."""
    return first_of(_EXTENT, text)


def first_side(text: str) -> Side | None:
    """The side named first; `both` is `bilateral`."""
    return next((_side(lexeme) for lexeme in _sided(text) if lexeme.term.sides), None)


def _sided(text: str) -> list[Lexeme]:
    """The entries of the lexicon that say a side or the midline, in text order."""
    words = lexicon()
    tokens = tokenise(text, words.spelling)
    lexemes = words.scan(tokens)
    said = side_words(tokens, lexemes)
    return [
        one
        for one in lexemes
        if one.term.midline or (one.term.sides and (one.term.kind == "lobe" or one in said))
    ]


def _side(lexeme: Lexeme) -> Side:
    sides = lexeme.term.sides
    return Side(next(iter(sides))) if len(sides) == 1 else Side.BILATERAL


@lru_cache(maxsize=40_000)
def lateral_set(text: str) -> frozenset[Side]:
    """Left and right as a set: `bilateral` and `right and left` are the same."""
    sides = sides_in(text)
    return frozenset({Side.LEFT, Side.RIGHT}) if Side.BILATERAL in sides else sides - {Side.MIDLINE}


def levels_in(text: str) -> frozenset[Level]:
    """Upper, middle, lower as said in a text; the segments called superior and inferior are no levels."""
    plain = _NO_LEVEL.sub(" ", text)
    return frozenset(level for level, words in _LEVELS.items() if words.search(plain))


def depths_in(text: str) -> frozenset[Depth]:
    """Anterior and posterior as said in a text."""
    plain = _NO_DEPTH.sub(" ", text)
    return frozenset(depth for depth, words in _DEPTHS.items() if words.search(plain))


def centricities_in(text: str) -> frozenset[Centricity]:
    """Central and peripheral as said in a text; subpleural is peripheral."""
    plain = _NO_CENTRICITY.sub(" ", text)
    return frozenset(centricity for centricity, words in _CENTRICITY.items() if words.search(plain))


def centricity_of(text: str) -> Centricity | None:
    """Central or peripheral; None where a text says neither or both."""
    found = centricities_in(text)
    return next(iter(found)) if len(found) == 1 else None


def numbers_in(text: str) -> tuple[Number, ...]:
    """The numbers of a text with their units; names such as T4 hold no number.

    `8 x 6 mm` and `3 and 4 mm` are two lengths, `1/2` is one half, and only densities can be negative.
    """
    numbers: list[Number] = []
    shared = end = 0  # numbers at the end that wait for the unit of the next: "3 and 4 mm"
    for found in _NUMBER.finditer(text):
        if numbers and not _SHARES_UNIT.fullmatch(text, end, found.start()):
            shared = 0
        unit, values = _unit(found.group(2) or ""), _values(found.group(1))
        if unit == "HU" and _MINUS.search(text, 0, found.start()):
            values[0] = -values[0]  # fat is -100 HU; elsewhere a hyphen joins words
        if unit:
            numbers[len(numbers) - shared :] = [
                one.model_copy(update={"unit": unit}) for one in numbers[len(numbers) - shared :]
            ]
        numbers.extend(Number(value=value, unit=unit) for value in values)
        shared = 0 if unit else shared + len(values)
        end = found.end()
    return tuple(numbers)


def _values(written: str) -> list[float]:
    """`8 x 6` is two numbers, `1/2` one."""
    part = _FRACTION.fullmatch(written)
    if part:
        return [int(part.group(1)) / int(part.group(2))]
    return [float(value.replace(",", ".")) for value in re.findall(r"\d+(?:[.,]\d+)?", written)]


def _unit(written: str) -> str:
    low = written.lower()
    return next((unit for start, unit in _UNITS.items() if low.startswith(start)), low)


def first_of(patterns: tuple[tuple[str, re.Pattern[str]], ...], words: str) -> str | None:
    return next((name for name, pattern in patterns if pattern.search(words)), None)
