"""Phrases that only tell what something lies beside or is compared with."""

from __future__ import annotations

import re
from functools import lru_cache

from CTSpatialVQALib.language.grounding import read_anatomy

# a relation, and the landmark after it up to the next comma or stop
_LANDMARK = re.compile(
    r",?\s*\b(?:(?:directly |immediately |just |located |lying |situated |"
    r"in )?(?:contralateral(?:ly)? to|ipsilateral(?:ly)? to|(?:on )?the (?:opposite|same|"
    r"other) side (?:of|as|from|to)|opposite(?: to)?"
    r"|adjacent to|next to|in the (?:vicinity|neighbou?rhood) of|close to|near(?:by)?|far (?:away )?from|"
    r"away from|lateral to|medial to|"
    r"anterior to|posterior to|superior to|inferior to|dorsal to|ventral to|caudal to|cranial to|"
    r"lateral and|in front of"
    r"|behind|above|below|beneath|underneath|under|beside|abutting|bordering|touching|contacting|"
    r"compared (?:to|with)|in comparison (?:to|with)|in contrast to|relative to|separate from|"
    r"separated from|distal to|proximal to"
    r"|(?:to|toward|towards) the (?:left|right) of|(?:left|right) of|at the (?:level|height) of|"
    r"from (?:\w+ )?(?:left|right) to|displac\w+|pushing|compressing|indenting|mimicking|than))\b[^,.;]*",
    re.IGNORECASE,
)


# where something is pushed to is no place of what was asked, unless that is the question
_DISPLACED = re.compile(
    r"\b(?:is|are|was|were)? ?(?:slightly |markedly )?(?:displaced|pushed|deviated|shifted|pulled|moved|"
    r"drawn)\b[^,.;]*?\b(?:to|towards?) the (?:left|right)\b"
    r"|\b(?:is |are )?(?:pushed|pulled|displaced) away from\b",
    re.IGNORECASE,
)
_DISPLACEMENT_ASKED = re.compile(r"\b(?:deviat|displac|shift|direction|push|pull|mov)", re.IGNORECASE)


_DISPLACED_BY = re.compile(r"\bdisplac", re.IGNORECASE)
_AT_HEIGHT = re.compile(r"\bat the (?:level|height) of\b", re.IGNORECASE)
_SCALE = ("vertebrae_", "lung_", "rib_")


_CONTENT = re.compile(r"\w")


def without_landmarks(text: str, question: str, reference: str) -> str:
    """`text` without the landmarks that neither question nor reference names."""
    if not (_LANDMARK.search(text) or _DISPLACED.search(text)):
        return text
    known = _landmarks(question) | _landmarks(reference) | (_places(question) - _lobes(reference))

    def kept(found: re.Match[str]) -> str:
        own = _places(found.group())
        if _AT_HEIGHT.search(found.group()) and (not own or any(name.startswith(_SCALE) for name in own)):
            return found.group()  # a vertebra or a part of the lung is a level, not a landmark
        asked = moving and _DISPLACED_BY.search(found.group())
        return found.group() if asked or (own and own <= known) else " "

    moving = _DISPLACEMENT_ASKED.search(question) is not None
    if not moving:
        text = _DISPLACED.sub(" ", text)
    shorter = _LANDMARK.sub(kept, text)
    return " ".join(shorter.split()) if _CONTENT.search(shorter) else ""


@lru_cache(maxsize=10_000)
def _landmarks(text: str) -> frozenset[str]:
    """The structures that a text itself uses as landmarks, and its regions, which often are built on one."""
    found = (match.group() for match in _LANDMARK.finditer(text))
    phrases = " ".join(phrase for phrase in found if not _AT_HEIGHT.search(phrase))
    return _places(phrases) | frozenset(read_anatomy(text).regions) | (_places(text) - _lobes(text))


def _lobes(text: str) -> frozenset[str]:
    return frozenset(name for name in _places(text) if name.startswith("lung_"))


def _places(text: str) -> frozenset[str]:
    read = read_anatomy(text)
    return read.structures | frozenset(read.regions)
