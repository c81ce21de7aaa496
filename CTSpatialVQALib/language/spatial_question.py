"""What does a question ask of the anatomy: a side, a relation, a level, a size? Read from its words."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from CTSpatialVQALib.language.grounding import mentions
from CTSpatialVQALib.records.structures import structures
from CTSpatialVQALib.records.text import Mention
from CTSpatialVQALib.records.words import Side


class Aim(StrEnum):
    """What is asked of the anatomy."""

    SIDE = "side"
    SAME_SIDE = "same side"
    SIDE_OF = "side of another structure"
    ACROSS = "across the midline"
    RELATION = "relation"
    CONTACT = "contact"
    SIZE = "size"
    LEVEL = "level"
    VOLUME = "volume"
    LENGTH = "length"
    DISTANCE = "distance"
    PLACE = "place"


class Way(NamedTuple):
    """A direction in RAS: along axis 0, 1 or 2, and +1 toward right, anterior, superior."""

    axis: int
    sign: int


class Operand(NamedTuple):
    """An anatomical thing that a question speaks of: its words and class names."""

    words: str
    structures: tuple[str, ...]


class SpatialQuestion(NamedTuple):
    """A question as the anatomy can answer it.

    ways : the directions named, in text order; for sizes the sign says larger (+1) or smaller (-1)
    side : for a yes/no question about a side, that side
    superlative : asks which of the operands, rather than whether or how
    edges : asks how far something reaches, rather than where its centre is
    opposed : asks for opposite sides, rather than for the same
    """

    aim: Aim
    operands: tuple[Operand, ...]
    ways: tuple[Way, ...] = ()
    side: Side | None = None
    superlative: bool = False
    yes_no: bool = False
    edges: bool = False
    opposed: bool = False


LEFT, RIGHT = Way(0, -1), Way(0, 1)
BACK, FRONT = Way(1, -1), Way(1, 1)
DOWN, UP = Way(2, -1), Way(2, 1)

_WAYS = {
    RIGHT: r"to the right\b|right of|\bright or (?:to the )?left\b|left or (?:to the )?right\b",
    LEFT: r"to the left\b|left of|\bleft or (?:to the )?right\b|right or (?:to the )?left\b",
    UP: r"\b(?:above|higher|highest|superior to|cranial(?: to)?|more superior)\b",
    DOWN: r"\b(?:below|lower|lowest|beneath|under|inferior to|caudal(?: to)?|more inferior)\b",
    FRONT: r"\b(?:in front|front|anterior(?:ly)?|ventral|before)\b",
    BACK: r"\b(?:behind|posterior(?:ly)?|dorsal|at the back)\b",
}
_LARGER = re.compile(r"\b(?:larger|largest|bigger|biggest|greater|more volume)\b")
_SMALLER = re.compile(r"\b(?:smaller|smallest|lesser|less volume)\b")
_CONTACT = re.compile(r"\b(?:touch\w*|contact|abut\w*|border\w*|adjacent|adjoin\w*)\b")
_ACROSS = re.compile(r"\b(?:across|cross(?:es)?)\b.*\bmidline\b")
_SIDE_OF = re.compile(r"\bside of\b")
_SAME_SIDE = re.compile(r"\bsame (?:side|half)\b|\bopposite sides?\b")
_SIDE = re.compile(r"\b(?:side|sides|hemithorax|half|midline|left|right)\b")
_YES_NO = re.compile(r"^\s*(?:is|are|does|do|can|has|have|was|were)\b", re.IGNORECASE)
_OPEN = re.compile(
    r"^\s*(?:what\s+(?:lies|runs|can be|is (?:located|found|seen|behind|in front|above|below|to the|"
    r"next))\b"
    r"|(?:what|which)\s+(?:structures?|organs?|vessels?)\b(?!.*\bor\b))",
    re.IGNORECASE,
)
_WHERE = re.compile(r"^\s*where\b", re.IGNORECASE)
_WHICH = re.compile(r"\bwhich\b")
_LEVEL = re.compile(
    r"\b(?:vertebral level|level of (?:the )?(?:spine|vertebra)|which (?:\w+ )?vertebra|which level)\b"
)
_VOLUME = re.compile(r"\b(?:volumes?|millilit(?:re|er)s?|ml|cc)\b")
_LENGTHS = {
    0: re.compile(
        r"\b(?:how wide|width|transverse (?:extent|diameter)|from (?:left to right|side to side))\b"
    ),
    1: re.compile(r"\b(?:how deep|(?:antero-?posterior|ap) (?:extent|diameter)|from front to back)\b"),
    2: re.compile(
        r"\b(?:how (?:tall|high|long)|height|(?:cranio-?caudal|vertical) (?:extent|length|diameter)"
        r"|from top to bottom)\b"
    ),
}
_DISTANCE = re.compile(r"\b(?:how far|distance|apart)\b")
_EDGES = re.compile(r"\b(?:reach\w*|extend\w*|top|bottom|apex|end)\b")


def spatial_question(text: str) -> SpatialQuestion | None:
    """What `text` asks of the anatomy, or None if it names no structure or nothing that can be measured."""
    named = tuple(one for one in mentions(text) if one.structures and not one.implied)
    words = without_terms(text.lower(), named)
    level = bool(_LEVEL.search(text.lower()))
    operands = _operands(named, level=level)
    if not operands or _OPEN.match(text):
        return None
    yes_no = bool(_YES_NO.match(text)) and " or " not in words  # else it offers a choice
    superlative = bool(_WHICH.search(words)) and not yes_no and not _SIDE_OF.search(words)
    for aim, ways in _aims(words, operands, level=level):
        return SpatialQuestion(
            aim=aim,
            operands=operands,
            ways=ways,
            side=_one_side(words) if yes_no else None,
            superlative=superlative,
            yes_no=yes_no,
            edges=bool(_EDGES.search(words)),
            opposed="opposite" in words,
        )
    return None


def place_question(text: str) -> SpatialQuestion | None:
    """`Where is the gallbladder?`: open, so masks give no one answer to it, but an answer can be checked."""
    if not _WHERE.match(text):
        return None
    operands = _operands(
        tuple(one for one in mentions(text) if one.structures and not one.implied), level=False
    )
    return SpatialQuestion(Aim.PLACE, operands) if len(operands) == 1 else None


def _aims(words: str, operands: tuple[Operand, ...], *, level: bool) -> list[tuple[Aim, tuple[Way, ...]]]:
    """The aims that the words allow, the most specific first."""
    pairs = len(operands) > 1 or len(_sides(operands[0])) > 1
    ways = _ways(words)
    sizes = ((UP,) if _LARGER.search(words) else ()) + ((DOWN,) if _SMALLER.search(words) else ())
    lengths = tuple(Way(axis, 1) for axis, pattern in _LENGTHS.items() if pattern.search(words))
    found: list[tuple[Aim, bool, tuple[Way, ...]]] = [
        (Aim.LEVEL, level, ()),
        (Aim.SAME_SIDE, bool(_SAME_SIDE.search(words)) and len(operands) > 1, ()),
        (Aim.DISTANCE, bool(_DISTANCE.search(words)) and len(operands) > 1, ()),
        (Aim.SIZE, bool(sizes) and pairs, sizes),
        (Aim.VOLUME, bool(_VOLUME.search(words)), ()),
        (Aim.LENGTH, bool(lengths), lengths),
        (Aim.CONTACT, bool(_CONTACT.search(words)) and len(operands) > 1, ()),
        (Aim.ACROSS, bool(_ACROSS.search(words)), ()),
        (Aim.RELATION, bool(ways) and pairs, ways),
        # `on which side of the trachea is the aorta` asks for the aorta as seen from the trachea
        (Aim.SIDE_OF, bool(_SIDE_OF.search(words)) and len(operands) > 1, ()),
        (Aim.SIDE, bool(_SIDE.search(words)), ()),
    ]
    return [(aim, directions) for aim, fits, directions in found if fits]


def _ways(words: str) -> tuple[Way, ...]:
    places = way_places(words)
    axes = [way.axis for way in sorted(places, key=lambda way: places[way])]
    vertical_or_depth = [axis for axis in axes if axis != 0]
    # `the right or the left` beside `lower` names the choices, not the direction asked for
    axis = vertical_or_depth[0] if vertical_or_depth else (axes[0] if axes else None)
    return tuple(way for way in sorted(places, key=lambda way: places[way]) if way.axis == axis)


def way_places(words: str) -> dict[Way, int]:
    """The directions in `words` (in lower case), and where each is said first."""
    return {way: match.start() for way, pattern in _WAYS.items() if (match := re.search(pattern, words))}


def says_larger(words: str) -> bool | None:
    """True for larger, False for smaller; None where `words` say neither or both."""
    larger, smaller = bool(_LARGER.search(words)), bool(_SMALLER.search(words))
    return None if larger == smaller else larger


def _one_side(words: str) -> Side | None:
    found = {side for side in (Side.LEFT, Side.RIGHT) if re.search(rf"\b{side}\b", words)}
    return found.pop() if len(found) == 1 else None


def _operands(named: tuple[Mention, ...], *, level: bool) -> tuple[Operand, ...]:
    operands = []
    for one in named:
        if level and all(name.startswith("vertebrae") for name in one.structures):
            continue  # `vertebral level` is the scale of the answer, not what is asked about
        operands.append(Operand(called(one), one.structures))
    return tuple(dict.fromkeys(operands))


def called(mention: Mention) -> str:
    """The words of the text, with the side that they leave to their neighbours."""
    sides = {structures()[name].side for name in mention.structures}
    side = sides.pop() if len(sides) == 1 else None
    words = mention.words.lower()
    return words if side is None or side in words else f"{side} {words}"


def _sides(operand: Operand) -> set[Side | None]:
    return {structures()[name].side for name in operand.structures}


def by_side(operand: Operand) -> tuple[Operand, ...]:
    """A paired organ named without a side, as its right and its left half."""
    halves = []
    for side in (Side.RIGHT, Side.LEFT):
        names = tuple(name for name in operand.structures if structures()[name].side is side)
        if names:
            halves.append(Operand(f"{side} {operand.words}", names))
    return tuple(halves) if len(halves) == 2 else (operand,)


def without_terms(text: str, named: tuple[Mention, ...]) -> str:
    """`text` with anatomical terms and the sides in their names blanked.

    `inferior vena cava` names no direction, nor does the `left` of `left kidney`.
    """
    for one in named:
        start = one.span.start
        side = re.search(r"\b(?:left|right)\s+$", text[:start])
        before = text[: side.start()] if side else ""
        related = re.search(
            r"\b(?:superior|inferior|anterior|posterior|cranial|caudal|next|adjacent|close|relative"
            r"|compared|medial|lateral|ventral|dorsal)\s+to\s+(?:the\s+)?$",
            before,
        )
        if side and (related or not re.search(r"\b(?:to|of)\s+(?:the\s+)?$", before.removesuffix("of the "))):
            start = side.start()
        text = text[:start] + " " * (one.span.end - start) + text[one.span.end :]
    return text
