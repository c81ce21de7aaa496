"""Do two texts say the same in words? Content words, segments and their overlap."""

from __future__ import annotations

import re
from functools import lru_cache

from CTSpatialVQALib.language.lexicon import lexicon
from CTSpatialVQALib.language.tokens import tokenise

_EMPTY = frozenset(
    """a an the of in on at to and or is are was were be been being it its they them there this that these
    those with within by for from as than which what where who how do does did has have had can any some
    other located observed seen found detected present noted shown identified described show shows location
    level area region part portion side mentioned reported report according image finding findings
    yes no not - , . ; : ( ) / ? ! ' " also more most one into""".split()
)
_SEGMENTS = re.compile(
    r"(?<!bi)(?<!uni)(?<!ipsi)(?<!contra)(?:apic|anter|poster|later|medi)(?:ior|al|o|i)|basal|lingul|superior|inferior|\bbases?\b|\bap(?:ex|ices)"
)
_SEGMENT_NAMES = {"ap": "apical", "an": "anterior", "po": "posterior", "la": "lateral", "me": "medial"}
_SEGMENT_NAMES |= {"ba": "basal", "li": "lingula", "su": "superior", "in": "inferior"}
_PARTS = re.compile(r"\b(?:upper|lower|middle|mid|proximal|distal|head|tail|superior|inferior)\b")
_SAME_PART = {"mid": "middle", "superior": "upper", "inferior": "lower"}
_NUMBERED_SEGMENT = re.compile(r"\b(?:S|segment )(10|[1-9])\b", re.IGNORECASE)
# lung segments by number, where both lungs count alike (4 and 5 do not)
_SEGMENT_OF = {
    1: "apical segment of the upper lobe",
    2: "posterior segment of the upper lobe",
    3: "anterior segment of the upper lobe",
    6: "superior segment of the lower lobe",
    7: "mediobasal segment of the lower lobe",
    8: "anterobasal segment of the lower lobe",
    9: "laterobasal segment of the lower lobe",
    10: "posterobasal segment of the lower lobe",
}
# letters: `calcific` and `calcification` become one word, `posterior` and `posterobasal` stay two
_STEM = 7
_DIGITS = {
    name: str(at) for at, name in enumerate("one two three four five six seven eight nine ten".split(), 1)
}
_SYNONYMS = {
    same: word
    for word, others in {
        "normal": "natural unremarkable preserved",
        "open": "patent",
        "fluid": "effusion",
        "around": "surrounding surrounds surrounded encircling",
        "decreased": "regressed regression reduced diminished smaller decrease",
        "increased": "progressed progression grown larger increase",
        "space": "sac cavity",
        "center": "central centre centrally midline",
    }.items()
    for same in others.split()
}


@lru_cache(maxsize=40_000)
def content(text: str) -> frozenset[str]:
    """The words that carry meaning, in the lexicon's spelling."""
    tokens = tokenise(text, lexicon().spelling)
    return frozenset(
        _SYNONYMS.get(token.word, _DIGITS.get(token.word, token.word))[:_STEM]
        for token in tokens
        if token.word not in _EMPTY
    )


def same_words(one: str, other: str) -> bool:
    """Whether two texts have the same content words, at least one, and the same yes or no."""
    return bool(content(one)) and content(one) == content(other) and _no(one) == _no(other)


def overlap(reference: str, answer: str, question: str) -> float | None:
    """Share of the reference's content words that the question does not give away and the answer holds.

    None if the reference says nothing that the question does not.
    """
    new = content(reference) - content(question)
    return len(new & content(answer)) / len(new) if new else None


def segments_in(text: str) -> frozenset[str]:
    """The words for lung segments in a text; `posterobasal` is posterior and basal.

    The halves of the lingula are not told apart.
    """
    found = {_SEGMENT_NAMES[part[:2]] for part in _SEGMENTS.findall(text.lower())}
    return frozenset(found - {"superior", "inferior"} if "lingula" in found else found)


def parts_in(text: str) -> frozenset[str]:
    """The words for parts of an organ: upper, middle, head ..."""
    return frozenset(_SAME_PART.get(word, word) for word in _PARTS.findall(text.lower()))


def spelled_segments(text: str) -> str:
    """`S10` as the posterobasal segment of the lower lobe; for texts about the lung."""
    return _NUMBERED_SEGMENT.sub(lambda found: _SEGMENT_OF.get(int(found.group(1)), found.group()), text)


def _no(text: str) -> bool:
    return bool(re.search(r"\b(?:no|not)\b", text, re.IGNORECASE))
