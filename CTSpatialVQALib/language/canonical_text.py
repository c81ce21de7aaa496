"""Texts in the spelling that the tables know: sides, vertebrae, nodal stations, numbers in words.

Positions change, so this is for comparing texts, never for pointing into them.
"""

from __future__ import annotations

import re
from functools import lru_cache

_I = re.IGNORECASE
_SIDE_NAMES = {"l": "left", "r": "right"}
_ABBREVIATED_SIDE = re.compile(r"\b(l|r)t\b\.?", _I)
# a lone letter is a side only beside anatomy or in a comparison: `R > L`, `L lower lobe`
_LETTER_SIDE = re.compile(
    r"\b([LR])\b(?=\.?\s*(?:[<>]|lung|lobe|kidney|upper|lower|middle|mid\b|side|hil|pleur|hemi|main|lat|"
    r"adren|PA\b|breast|axill))"
    r"|(?<=[<>])(\s*)([LR])\b"
)
_GREATER = re.compile(r"\b(left|right)\s*>+\s*(left|right)\b", _I)
_LESS = re.compile(r"\b(left|right)\s*<+\s*(left|right)\b", _I)
_VERTEBRA = re.compile(
    r"\b(?:T[Hh]?|D)[ .-]{1,2}(?=\d{1,2}\b(?!\s*(?:mm|cm)))|\bT[Hh](?=\d)|\bD(?=\d{1,2}\b)"
)
# nodal stations of the IASLC map, by what the questions call them
_STATIONS = {
    "1": "supraclavicular",
    "2": "paratracheal",
    "3": "prevascular",
    "3a": "prevascular",
    "4": "paratracheal",
    "5": "aortopulmonary window",
    "6": "prevascular",
    "7": "subcarinal",
    "8": "paraesophageal",
    "10": "hilar",
    "11": "hilar",
}
_STATION = re.compile(
    r"\b(?:(?:lymph )?nod(?:e|al) )?(?:stations?|levels?)\s+(\d{1,2}a?)\s*([RL])?\b|\b(2|4|10|"
    r"11)\s?([RL])\b",
    _I,
)
_SMALL = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen".split(),
        range(1, 20),
        strict=True,
    )
)
_TENS = dict(
    zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True)
)
_NUMBER_WORDS = re.compile(
    rf"\b(?:({'|'.join(_TENS)})(?:[ -]({'|'.join(list(_SMALL)[:9])}))?|({'|'.join(_SMALL)}))\b"
    r"(?=\s+(?:and a half\s+)?(?:milli|centi|mm\b|cm\b|ml\b|nodul|lymph|ribs?\b|lesion|mass|foc|cyst|"
    r"intrapul|nonspec|fracture|on the|in the|are|were|to\b|parenchymal|vertebra))",
    _I,
)
_MAY_NUMBER = re.compile(rf"\b(?:{'|'.join([*_SMALL, *_TENS])})\b", _I)
_WORDS = {
    "windpipe": "trachea",
    "breast bone": "sternum",
    "breastbone": "sternum",
    "gullet": "esophagus",
    "bibasilar": "at both lung bases",
    "bibasal": "at both lung bases",
    "biapical": "at both lung apices",
    "bihilar": "at both hila",
    "goiter": "thyroid",
    "goitre": "thyroid",
    "retrosternally": "retrosternal",
    "substernal": "retrosternal",
    "left-hand": "left",
    "right-hand": "right",
    "left-sided": "left",
    "right-sided": "right",
    "ap window": "aortopulmonary window",
    "cranial pole": "upper pole",
    "caudal pole": "lower pole",
    "bottom end": "lower pole",
    "top end": "upper pole",
    "lateral limb": "lateral crus",
    "medial limb": "medial crus",
}
_PLAIN_WORDS = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in _WORDS), _I)


# beside the trachea is where paratracheal nodes lie
_BESIDE_TRACHEA = re.compile(
    r"\b(?:immediately |directly |just )?(?:to|on|along) the (left|right)(?: side| wall)? of the trachea\b"
    r"|\b(?:next|adjacent|close) to the trachea,? on (?:its|the) (left|right)(?: side)?\b"
    r"|\bbeside the (left|right) wall of the trachea\b"
    r"|\b(?:next to|adjacent to|beside|alongside) the trachea\b",
    _I,
)


@lru_cache(maxsize=20_000)
def canonical(text: str) -> str:
    """`Rt. PA > Lt.`, `Th 4`, `station 4R`, `sixteen millimeters` as the tables spell them."""
    text = _ABBREVIATED_SIDE.sub(lambda match: _SIDE_NAMES[match.group(1).lower()], text)
    text = _LETTER_SIDE.sub(_letter, text)
    if ">" in text or "<" in text:
        text = _GREATER.sub(r"\1 greater than \2", text)
        text = _LESS.sub(r"\2 greater than \1", text)
    text = _PLAIN_WORDS.sub(lambda match: _WORDS[match.group().lower()], text)
    text = _BESIDE_TRACHEA.sub(
        lambda match: f"{match.group(1) or match.group(2) or match.group(3) or ''} paratracheal", text
    )
    text = _VERTEBRA.sub("T", text)
    text = _STATION.sub(_station, text)
    if _MAY_NUMBER.search(text):
        text = _NUMBER_WORDS.sub(_digits, text)
    return text


def _letter(match: re.Match[str]) -> str:
    letter = match.group(1) or match.group(3)
    return (match.group(2) or "") + _SIDE_NAMES[letter.lower()]


def _station(match: re.Match[str]) -> str:
    number, side = (match.group(1) or match.group(3)).lower(), match.group(2) or match.group(4)
    place = _STATIONS.get(number)
    if place is None:
        return match.group()
    return f"{_SIDE_NAMES[side.lower()]} {place}" if side else place


def _digits(match: re.Match[str]) -> str:
    tens, unit, small = match.groups()
    if small:
        return str(_SMALL[small.lower()])
    return str(_TENS[tens.lower()] + (_SMALL[unit.lower()] if unit else 0))
