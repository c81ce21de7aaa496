"""Which structures and places does a text name by itself, and which does a finding imply?

The rules R1 to R14 of the labelling: a paired organ without a side means both, a segment its lobe, a
finding such as emphysema implies the organ it lies in, places without a class are regions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from CTSpatialVQALib.language.lexicon import BOTH, Lexeme, expand, lexicon
from CTSpatialVQALib.language.noun_phrases import Item, items_in
from CTSpatialVQALib.language.polarity import denies
from CTSpatialVQALib.language.term_sides import narrowed_lungs, resolve_sides, side_words
from CTSpatialVQALib.language.tokens import Token, tokenise
from CTSpatialVQALib.records.structures import structures

ALL_LOBES = ("lung_upper_lobe_{side}", "lung_middle_lobe_{side}", "lung_lower_lobe_{side}")
_LEVELS = ("upper", "middle", "lower")
# "more prominent in X" does not remove the other sites (R4)
_EMPHASIS = re.compile(
    r"\b(?:especially|mainly|mostly|predominantly|particularly|primarily|prominently"
    r"|(?:more|most) (?:prominent|dominant|intense|pronounced|common|marked|widespread|evident|extensive"
    r"|concentrated|diffuse|severe|apparent|frequent)\w*)\b",
    re.IGNORECASE,
)
# a nodule at one of these places may still lie in the lung
AT_THE_LUNG = frozenset({"pleura", "fissure", "hilum", "diaphragm", "hemithorax", "midline", "bronchi"})
_SPECIFIC = frozenset({"specifically", "namely"})
_BESIDE = frozenset(
    "adjacent near nearby close neighborhood neighboring vicinity next beside abutting extending".split()
)


class Found(NamedTuple):
    """One term of a text with what it names; `sided` if the text itself says the side.

    bare : a finding that implies its organ only where no other place is named; plural : of the last word
    """

    start: int
    end: int
    names: tuple[str, ...]
    implies: tuple[str, ...]
    region: str | None
    detail: bool
    sided: bool
    family: str
    bare: bool
    plural: bool


class Reading(NamedTuple):
    """A text as the lexicon reads it.

    structures : named ones; implied : those that findings imply; sides : all sides said in the text
    segments : likely levels of each segment named without lobe and side
    words : all words, in the lexicon's spelling
    emphasis_at : the character from which on the text stresses one site among others (`especially`)
    denies : whether the text denies something
    """

    found: tuple[Found, ...]
    structures: frozenset[str]
    implied: frozenset[str]
    regions: tuple[str, ...]
    details: frozenset[str]
    sides: frozenset[str]
    midline: bool
    segments: tuple[tuple[str, ...], ...]
    words: frozenset[str]
    emphasis_at: int | None
    denies: bool

    @property
    def only_emphasis(self) -> bool:
        """Whether the text names no site but the one that it stresses."""
        first = next((one.start for one in self.found if one.names), None)
        return self.emphasis_at is not None and (first is None or first > self.emphasis_at)

    @property
    def specific(self) -> bool:
        """Whether it goes on to say the site more exactly (`specifically`)."""
        return bool(self.words & _SPECIFIC)

    @property
    def beside(self) -> bool:
        """Whether it says what something is next to."""
        return bool(self.words & _BESIDE)

    @property
    def inclusive(self) -> bool:
        """Whether it denies something or adds to it, so that every place asked about stays (R13)."""
        return self.denies or "also" in self.words


def in_table_order(names: Iterable[str]) -> tuple[str, ...]:
    """Class names in the order of the table of structures."""
    wanted = set(names)
    return tuple(name for name in structures() if name in wanted)


def family_of(name: str) -> str:
    """What a structure is one of several of: `rib`, `lung`, `vertebrae`; otherwise its name."""
    for family in ("lung", "vertebrae", "rib", "kidney", "adrenal", "scapula", "clavicula"):
        if name.startswith(family):
            return family
    return name


@lru_cache(maxsize=40_000)  # the questions of a study repeat, and every answer is read several times
def read_anatomy(text: str) -> Reading:
    """Read a text once: terms, sides, levels."""
    words = lexicon()
    tokens = tokenise(text, words.spelling)
    lexemes = words.scan(tokens)
    items = items_in(tokens, lexemes)
    resolve_sides(tokens, lexemes, items)
    absorbed = narrowed_lungs(tokens, lexemes, items)
    sided = [*side_words(tokens, lexemes), *(one for one in lexemes if one.term.kind == "lobe")]
    text_sides = frozenset(side for one in sided for side in one.term.sides)
    items = [item for item in items if item not in absorbed]
    explicit_lobes = any(item.kind == "lobe" for item in items)
    read = [(item, _found(item, tokens, text_sides, explicit_lobes)) for item in items]
    placed = any(one.names or (one.region and not one.detail and not one.bare) for _, one in read)
    # an effusion is one of the pleura unless the text says where
    read = [(item, one) for item, one in read if not (placed and one.bare and not one.implies)]
    items, found = [item for item, _ in read], tuple(one for _, one in read)
    emphasis = _EMPHASIS.search(text)
    reading = _reading(found, items, lexemes, text_sides, frozenset(token.word for token in tokens))
    return reading._replace(emphasis_at=emphasis.start() if emphasis else None, denies=denies(text))


def _found(item: Item, tokens: Sequence[Token], text_sides: frozenset[str], explicit_lobes: bool) -> Found:
    term = item.term
    sides = item.sides or BOTH
    implies = term.names if item.kind == "finding" else term.implies
    names = () if item.kind == "finding" else item.names
    if item.kind in ("lobe", "segment"):
        structures_named = lobes_of(item.levels, item.sides, strong=item.strong)
    elif item.kind == "lung":
        structures_named = expand(ALL_LOBES, sides)
    elif item.kind == "fissure":
        structures_named = () if explicit_lobes else _bordering(item.levels or _LEVELS, item.sides)
    else:
        structures_named = expand(names, sides)
    return Found(
        start=tokens[item.first].start,
        end=tokens[item.last].end,
        names=structures_named,
        implies=expand(implies, text_sides or BOTH) if implies else (),
        region="fissure" if item.kind == "fissure" else term.region,
        detail=term.detail,
        sided=item.sides is not None,
        family=item.kind,
        bare=term.bare,
        plural=item.plural,
    )


def lobes_of(levels: Sequence[str], sides: frozenset[str] | None, *, strong: bool = True) -> tuple[str, ...]:
    """The lobes of a level: the lingula lies left and the middle lobe right, unless the text insists (R3)."""
    if not levels:
        return ()
    level = levels[0]
    if level == "lingula":
        right = strong and sides == frozenset({"right"})
        return ("lung_middle_lobe_right",) if right else ("lung_upper_lobe_left",)
    if level == "middle":
        left = strong and sides == frozenset({"left"})
        if left:
            return ("lung_lower_lobe_left" if "lower" in levels else "lung_upper_lobe_left",)
        return ("lung_middle_lobe_right",)
    return expand([f"lung_{level}_lobe_{{side}}"], sides or BOTH)


def _bordering(levels: Sequence[str], sides: frozenset[str] | None) -> tuple[str, ...]:
    """The lobes along a fissure (R9); only the right lung has a minor one."""
    minor = "lower" not in levels
    sides = sides or (frozenset({"right"}) if minor else BOTH)
    return expand([f"lung_{level}_lobe_{{side}}" for level in levels], sides)


def _reading(
    found: tuple[Found, ...],
    items: Sequence[Item],
    lexemes: Sequence[Lexeme],
    sides: frozenset[str],
    words: frozenset[str],
) -> Reading:
    named = frozenset(name for one in found for name in one.names)
    regions = tuple(dict.fromkeys(one.region for one in found if one.region))
    elsewhere = named or any(one.region and not one.detail and one.region not in AT_THE_LUNG for one in found)
    implied: set[str] = set()
    for one, item in zip(found, items, strict=True):
        group = {family_of(name) for name in one.implies}
        if not any(family_of(name) in group for name in named) and not (item.term.bare and elsewhere):
            implied.update(one.implies)
    return Reading(
        found=found,
        structures=named,
        implied=frozenset(implied),
        regions=regions,
        details=frozenset(one.region for one in found if one.region and one.detail),
        sides=sides,
        midline=any(one.term.midline for one in lexemes),
        segments=tuple(
            item.levels for item in items if item.kind == "segment" and item.sides is None and item.levels
        ),
        words=words,
        emphasis_at=None,
        denies=False,
    )
