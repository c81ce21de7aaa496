"""Which words of a text form one anatomical term? Lobes from levels, ribs and vertebrae from numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from CTSpatialVQALib.language.lexicon import Lexeme, Term
from CTSpatialVQALib.language.tokens import Token

ItemKind = Literal["lung", "lobe", "segment", "fissure", "rib", "vertebra", "organ", "place", "finding"]
LUNG_FAMILY = frozenset({"lung", "lobe", "segment", "fissure"})
JOINERS = frozenset({"and", "or", ",", "-", "/", "&"})

_VERTEBRA = re.compile(r"^(th|[tdlcs])(\d{1,2})$")
_LAST = {"C": 7, "T": 12, "L": 5, "S": 1}
_ORDINALS = {
    name: number
    for number, name in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), start=1
    )
}
_WEIGHTED = frozenset({"weighted", "hyperintense", "hypointense", "signal", "a"})
# "the upper end plate of L1" is no third of the spine
_VERTEBRAL_PARTS = frozenset("plate endplate plateau disc disk corner foramen height".split())
_THIRDS = {"upper": range(1, 5), "middle": range(5, 9), "lower": range(9, 13)}


@dataclass
class Item:
    """A term in the making; `sides` is filled in later, `levels` of a lobe or segment, most likely first."""

    kind: ItemKind
    term: Term
    first: int
    last: int
    levels: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    plural: bool = False
    explicit: bool = True
    sides: frozenset[str] | None = None
    strong: bool = False


_BARE = Term("organ")
_SIMPLE: dict[str, ItemKind] = {
    "organ": "organ",
    "place": "place",
    "finding": "finding",
    "lung": "lung",
    "lobe": "lobe",
    "fissure": "fissure",
}


def items_in(tokens: list[Token], lexemes: list[Lexeme]) -> list[Item]:
    """The terms in a text, sides not yet resolved."""
    items: list[Item] = []
    for at, lexeme in enumerate(lexemes):
        items.extend(_items_of(at, lexeme, tokens, lexemes))
    items.extend(_numbered_vertebrae(tokens))
    items.sort(key=lambda item: item.first)
    _prefer_the_named_lobe(items, tokens)
    _leave_the_liver_its_segments(items)
    return _without_general_spine(_without_vague_lung(items))


def _items_of(at: int, lexeme: Lexeme, tokens: list[Token], lexemes: list[Lexeme]) -> list[Item]:
    term, kind = lexeme.term, lexeme.term.kind
    if kind in _SIMPLE:
        explicit = kind != "lobe" or bool(term.sides)
        simple = Item(
            _SIMPLE[kind], term, lexeme.first, lexeme.last, term.levels, term.names, lexeme.plural, explicit
        )
        if term.sides and kind == "lobe":
            simple.sides, simple.strong = term.sides, True
        return [simple]
    if kind == "lobe_head":
        return _lobe_of_no_level(at, lexeme, tokens, lexemes)
    if kind == "level":
        return _lobe_of_level(at, lexeme, tokens, lexemes)
    if kind == "segment":
        return _segment(at, lexeme, tokens, lexemes)
    if kind in ("rib_head", "costovertebral"):
        return _ribs(lexeme, tokens, with_vertebrae=kind == "costovertebral")
    if kind == "vertebra_head":
        return [_spine(at, lexeme, tokens, lexemes)]
    return []


def gap_words(tokens: Sequence[Token], first: int, last: int) -> list[str]:
    """The words strictly between two token positions."""
    return [token.word for token in tokens[first + 1 : last]]


def _lobe_of_level(at: int, lexeme: Lexeme, tokens: list[Token], lexemes: list[Lexeme]) -> list[Item]:
    """`upper` is a lobe where a chain of levels, sides and joiners leads to `lobe` or to `lung`."""
    last = lexeme.last
    for following in lexemes[at + 1 :]:
        if not JOINERS.issuperset(gap_words(tokens, last, following.first)):
            break
        kind = following.term.kind
        direct = following.first == lexeme.last + 1
        if kind == "lobe_head" or (kind == "lung" and direct):
            end = following.last if direct else lexeme.last
            zone = tokens[following.first].word == "zone"  # unlike lobes, both lungs have three
            item = Item("lobe", lexeme.term, lexeme.first, end, lexeme.term.levels, plural=following.plural)
            item.strong = zone
            return [item]
        if kind not in ("level", "side", "lung", "segment"):
            break
        last = following.last
    return _part_of_a_lung(at, lexeme, tokens, lexemes)


def _lobe_of_no_level(at: int, lexeme: Lexeme, tokens: list[Token], lexemes: list[Lexeme]) -> list[Item]:
    """`Which lung lobe` names the lung; `upper lung lobe` was read with its level."""
    before = lexemes[at - 1] if at else None
    levelled = before and before.term.kind in ("level", "segment") and before.last == lexeme.first - 1
    if levelled or tokens[lexeme.first].word != "lung":
        return []
    return [Item("lung", lexeme.term, lexeme.first, lexeme.first, explicit=False)]


def _part_of_a_lung(at: int, lexeme: Lexeme, tokens: list[Token], lexemes: list[Lexeme]) -> list[Item]:
    """`upper part of the left lung` is the upper lobe; the lung's word itself carries the side."""
    last, rest = lexeme.last, [one for one in lexemes[at + 1 :] if one.term.kind != "side"]
    while (
        rest and rest[0].term.kind == "level" and JOINERS.issuperset(gap_words(tokens, last, rest[0].first))
    ):
        last = rest.pop(0).last
    if not rest or rest[0].term.kind != "lung":
        return []
    words = gap_words(tokens, last, rest[0].first)
    if words[:1] and words[0] in _PARTS and "of" in words and _PART_OF.issuperset(words):
        return [Item("lobe", lexeme.term, lexeme.first, lexeme.last + 1, lexeme.term.levels)]
    return []


_PARTS = frozenset("part half third portion section area region".split())
_PART_OF = _PARTS | {"of", "the", "both", "left", "right", "bilateral"}
_AS_LEVEL = {"superior": "upper", "inferior": "lower"}


def _segment(at: int, lexeme: Lexeme, tokens: list[Token], lexemes: list[Lexeme]) -> list[Item]:
    """`superior` is a segment where a chain leads to `segment`, a lobe in `superior lobe`."""
    last = lexeme.last
    for following in lexemes[at + 1 :]:
        if not JOINERS.issuperset(gap_words(tokens, last, following.first)):
            return []
        kind = following.term.kind
        if kind == "lobe_head":
            level = _AS_LEVEL.get(tokens[lexeme.first].word)
            return [Item("lobe", lexeme.term, lexeme.first, following.last, (level,))] if level else []
        if kind == "segment_head":
            return [Item("segment", lexeme.term, lexeme.first, following.last, lexeme.term.levels)]
        if kind not in ("segment", "lobe"):
            return []
        last = following.last
    return []


def _leave_the_liver_its_segments(items: list[Item]) -> None:
    """`posterior segment of the right lobe of the liver` is none of the lung, nor is its `apical level`."""
    lung = any(item.kind == "lung" or (item.kind == "lobe" and item.explicit) for item in items)
    if any(item.names == ("liver",) for item in items) and not lung:
        for item in items:
            item.levels = () if item.kind in ("segment", "lobe") else item.levels


def _prefer_the_named_lobe(items: list[Item], tokens: list[Token]) -> None:
    """A segment beside a lobe says where in that lobe: `lower lobe apical segment` is in the lower lobe.

    The segment stays as a term without levels, because it still ties a following `of the right lung`.
    """
    named = [item for item in items if item.kind == "lobe" and item.explicit]
    for item in items:
        if item.kind == "segment" and any(abs(item.first - lobe.first) <= 10 for lobe in named):
            item.levels = ()
        elif item.kind == "lobe" and not item.explicit:
            beside = [lobe for lobe in named if -8 <= item.first - lobe.last <= 8]
            if any(lobe.levels != item.levels for lobe in beside) and _swallowed(item, beside, tokens):
                item.levels = ()


def _swallowed(item: Item, beside: list[Item], tokens: list[Token]) -> bool:
    """Directly after its lobe (`lower lobe apical`) or tied to it (`basal parts of the upper lobe`)."""
    if item.levels == ("lingula",):
        return False
    before = [lobe for lobe in beside if lobe.first < item.first]
    if before:
        return item.first - before[-1].last <= 2
    gap = gap_words(tokens, item.last, beside[0].first)
    return "of" in gap and len(gap) <= 5 and not JOINERS.intersection(gap)


def _number(word: str) -> int | None:
    digits = re.match(r"^(\d{1,2})(?:st|nd|rd|th)?$", word)
    return int(digits.group(1)) if digits else _ORDINALS.get(word)


def _numbers_beside(tokens: list[Token], lexeme: Lexeme) -> tuple[list[int], int, int]:
    """Numbers before (`3rd and 4th rib`) or after (`ribs 3-5`) a head, with ranges filled in."""
    before = _run_of_numbers(tokens, range(lexeme.first - 1, -1, -1))
    if before:
        return _filled(tokens, sorted(before)), min(before), lexeme.last
    after = _run_of_numbers(tokens, range(lexeme.last + 1, len(tokens)))
    return _filled(tokens, sorted(after)), lexeme.first, max(after, default=lexeme.last)


def _run_of_numbers(tokens: list[Token], places: range) -> list[int]:
    found: list[int] = []
    for place in places:
        word = tokens[place].word
        if _number(word) is not None:
            found.append(place)
        elif word not in JOINERS and word not in ("to", "through", "anterior", "posterior", "lateral"):
            break
    return found


def _filled(tokens: list[Token], places: list[int]) -> list[int]:
    numbers: list[int] = []
    for place in places:
        number = _number(tokens[place].word) or 0
        joined = tokens[place - 1].word in ("-", "to", "through") if place else False
        numbers.extend(range(numbers[-1] + 1, number + 1) if numbers and joined else [number])
    return numbers


def _ribs(lexeme: Lexeme, tokens: list[Token], *, with_vertebrae: bool) -> list[Item]:
    numbers, first, last = _numbers_beside(tokens, lexeme)
    wanted = [number for number in numbers if 1 <= number <= 12]
    names = tuple(f"rib_{{side}}_{number}" for number in wanted or (range(1, 13)))
    if with_vertebrae:
        names = (names if wanted else ()) + tuple(f"vertebrae_T{n}" for n in wanted or range(1, 13))
    if not wanted:
        first, last = lexeme.first, lexeme.last
    return [Item("rib", lexeme.term, first, last, names=names, plural=lexeme.plural)]


def _spine(at: int, lexeme: Lexeme, tokens: list[Token], lexemes: list[Lexeme]) -> Item:
    """`vertebra`, narrowed by a third (`lower thoracic`) or by a number (`5th thoracic vertebra`)."""
    third = lexemes[at - 1] if at else None
    numbers, first, last = _numbers_beside(tokens, lexeme)
    wanted = [number for number in numbers if 1 <= number <= 12] if first < lexeme.first else []
    if wanted:
        names = tuple(f"vertebrae_T{number}" for number in wanted)
        return Item("vertebra", lexeme.term, first, last, names=names)
    whole_vertebra = not _VERTEBRAL_PARTS.intersection(gap_words(tokens, lexeme.first - 1, lexeme.last + 1))
    if third and third.term.kind == "level" and third.last + 2 >= lexeme.first and whole_vertebra:
        names = tuple(f"vertebrae_T{number}" for number in _THIRDS[third.term.levels[0]])
        return Item("vertebra", lexeme.term, third.first, lexeme.last, names=names)
    whole = tuple(f"vertebrae_T{number}" for number in range(1, 13))
    return Item("vertebra", lexeme.term, lexeme.first, lexeme.last, names=whole, explicit=False)


def _numbered_vertebrae(tokens: list[Token]) -> list[Item]:
    items: list[Item] = []
    for place, token in enumerate(tokens):
        found = _VERTEBRA.match(token.word)
        if found is None or _is_weighting(tokens, place):
            continue
        letter = "T" if found.group(1) in ("t", "th", "d") else found.group(1).upper()
        number = int(found.group(2))
        if 1 <= number <= _LAST[letter]:
            last, end = _range_end(tokens, place, letter)
            names = tuple(f"vertebrae_{letter}{n}" for n in range(number, max(end or number, number) + 1))
            items.append(Item("vertebra", _BARE, place, last, names=names))
    return items


def _is_weighting(tokens: list[Token], place: int) -> bool:
    """`T2 weighted` speaks of magnetic resonance, not of a vertebra."""
    following = [token.word for token in tokens[place + 1 : place + 4] if token.word != "-"]
    return bool(following) and following[0] in _WEIGHTED and tokens[place].word in ("t1", "t2")


def _range_end(tokens: list[Token], place: int, letter: str) -> tuple[int, int | None]:
    if place + 2 < len(tokens) and tokens[place + 1].word in ("-", "to", "through"):
        word = tokens[place + 2].word
        found = _VERTEBRA.match(word)
        same = found and ("T" if found.group(1) in ("t", "th", "d") else found.group(1).upper()) == letter
        end = int(found.group(2)) if found and same else (_number(word) if word.isdigit() else None)
        if end is not None and end <= _LAST[letter]:
            return place + 2, end
    return place, None


def _without_vague_lung(items: list[Item]) -> list[Item]:
    """`Which lung lobe, in its lingular segment` is the lingula: the part named silences `lung lobe`."""
    parts = any(item.kind in ("lobe", "segment") and item.levels for item in items)
    return [item for item in items if not (parts and item.kind == "lung" and not item.explicit)]


def _without_general_spine(items: list[Item]) -> list[Item]:
    """`T4 vertebra` is T4 alone: a numbered or narrowed vertebra silences the word for all of them."""
    narrowed = any(item.kind == "vertebra" and item.explicit for item in items)
    return [item for item in items if not (narrowed and item.kind == "vertebra" and not item.explicit)]
