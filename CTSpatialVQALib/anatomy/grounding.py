"""Which structures and places does a text name, and which belong to a question and its answer?

The rules R1 to R14 of the labelling: a paired organ without a side means both, a segment its lobe, a
finding such as emphysema implies the organ it lies in, places without a class are regions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from CTSpatialVQALib.anatomy.lexicon import BOTH, Lexeme, expand, lexicon
from CTSpatialVQALib.anatomy.nouns import Item, items_in
from CTSpatialVQALib.anatomy.sides import narrowed_lungs, resolve_sides
from CTSpatialVQALib.anatomy.structures import structures
from CTSpatialVQALib.anatomy.tokens import Token, tokenise
from CTSpatialVQALib.records.text import Mention, Span

_LUNGS = ("lung_upper_lobe_{side}", "lung_middle_lobe_{side}", "lung_lower_lobe_{side}")
_LEVELS = ("upper", "middle", "lower")
# "more prominent in X" does not remove the other sites (R4)
_EMPHASIS = frozenset(
    "especially more mainly mostly predominantly prominent prominently particularly most also".split()
)


class Grounding(NamedTuple):
    """What a question and its reference answer point at; names in the order of the table of structures.

    question_structures : what the question asks to see, the implied ones included
    question_implied : those that only a finding implies (rule R5)
    answer_structures : of question and answer together, narrowed where the answer is narrower (R4)
    question_regions, answer_regions : places without a class, in the order of the text
    """

    question_structures: tuple[str, ...]
    question_implied: tuple[str, ...]
    question_regions: tuple[str, ...]
    answer_structures: tuple[str, ...]
    answer_regions: tuple[str, ...]


class Found(NamedTuple):
    """One term of a text with what it names; `sided` if the text itself says the side."""

    start: int
    end: int
    names: tuple[str, ...]
    implies: tuple[str, ...]
    region: str | None
    detail: bool
    sided: bool
    family: str


class Reading(NamedTuple):
    """A text as the lexicon reads it.

    structures : named ones; implied : those that findings imply; sides : all sides said in the text
    segments : likely levels of each segment named without lobe and side
    emphasis : whether the text stresses one site among others (`especially`)
    """

    found: tuple[Found, ...]
    structures: frozenset[str]
    implied: frozenset[str]
    regions: tuple[str, ...]
    details: frozenset[str]
    sides: frozenset[str]
    midline: bool
    segments: tuple[tuple[str, ...], ...]
    emphasis: bool


def mentions(text: str) -> tuple[Mention, ...]:
    """The anatomical terms of a text, in text order, with their characters.

    A finding whose organ the text also names is no mention: the organ's own word is.
    """
    reading = read_anatomy(text)
    return tuple(
        Mention(
            span=Span(start=one.start, end=one.end),
            words=text[one.start : one.end],
            structures=one.names or _used(one, reading),
            region=one.region,
            implied=bool(_used(one, reading)),
        )
        for one in reading.found
        if one.names or one.region or _used(one, reading)
    )


def _used(one: Found, reading: Reading) -> tuple[str, ...]:
    return one.implies if not one.names and reading.implied.issuperset(one.implies) else ()


def ground(question: str, answer: str | None = None) -> Grounding:
    """The structures and regions of a question, and of question and answer together.

    A side, lobe or segment that the answer leaves open is taken from the question: `Anterior segment.`
    to a question about the left upper lobe is the left upper lobe.
    """
    asked = read_anatomy(question)
    implied = asked.implied
    question_names = asked.structures | implied
    if not (answer or "").strip():
        names = in_table_order(question_names)
        return Grounding(names, in_table_order(implied), asked.regions, names, asked.regions)
    said = read_anatomy(answer or "")
    answered = in_context(asked, said)
    together = _together(question_names, answered, said, asked)
    regions = tuple(dict.fromkeys([*asked.regions, *said.regions]))
    return Grounding(
        in_table_order(question_names),
        in_table_order(implied),
        asked.regions,
        in_table_order(together),
        regions,
    )


def in_table_order(names: Iterable[str]) -> tuple[str, ...]:
    """Class names in the order of the table of structures."""
    wanted = set(names)
    return tuple(name for name in structures() if name in wanted)


def in_context(asked: Reading, said: Reading) -> frozenset[str]:
    """The structures that an answer names, with what it leaves open taken from the question."""
    names: set[str] = set()
    for one in said.found:
        if not _repeats_the_question(one, asked, said):
            names |= _fitted(one, asked)
    asked_lobes = _lobes(asked.structures)
    if said.segments and asked_lobes:
        # `superior segment` is one of the lower lobe, unless the question speaks of the upper lobe
        for levels in said.segments:
            fitting = (level for level in levels if any(f"_{level}_" in name for name in asked_lobes))
            level = next(fitting, None)
            names |= {name for name in asked_lobes if f"_{level}_" in name}
    if not names and said.sides:
        names |= {name for name in _lobes(asked.structures | asked.implied) if _on(name, said.sides)}
    return frozenset(names)


def _repeats_the_question(one: Found, asked: Reading, said: Reading) -> bool:
    """`The nodule in the left lung is in its lower lobe`: the lung is the question's, the lobe the answer."""
    narrower = {name for other in said.found if other.family != "lung" for name in _lobes(other.names)}
    return (
        one.family == "lung"
        and not said.emphasis
        and set(one.names) <= asked.structures
        and bool(narrower)
        and narrower < set(one.names)
    )


def _fitted(one: Found, asked: Reading) -> set[str]:
    names = set(one.names)
    if not names:
        return names
    if one.family not in ("lobe", "segment") or one.sided:
        if not one.sided and asked.sides and len(asked.sides) == 1 and one.family in ("organ", "rib", "lung"):
            return {name for name in names if _on(name, asked.sides)} or names
        return names
    fitting = names
    asked_lobes = _lobes(asked.structures)
    if asked_lobes and asked_lobes != _lobes(frozenset(expand(_LUNGS))):
        same = names & asked_lobes
        fitting = same or {name for name in asked_lobes if one.family == "segment"} or names
        if not same and one.family == "lobe":
            fitting = {name for name in names if _on(name, _sides_of(asked_lobes))} or names
    elif len(asked.sides) == 1:
        fitting = {name for name in names if _on(name, asked.sides)} or names
    return fitting


def _together(
    question_names: frozenset[str], answered: frozenset[str], said: Reading, asked: Reading
) -> frozenset[str]:
    kept = set(question_names)
    for group in {_group(name) for name in answered}:
        inside = {name for name in kept if _group(name) == group}
        narrower = {name for name in answered if _group(name) == group}
        if narrower < inside:
            kept -= inside
    kept |= answered
    if said.sides and said.sides != BOTH and not answered:
        kept = {name for name in kept if _on(name, said.sides) or structures()[name].side is None}
    if not _lobes(kept):
        kept |= said.implied
    return frozenset(kept)


def _group(name: str) -> str:
    for family in ("lung", "vertebrae", "rib", "kidney", "adrenal", "scapula", "clavicula"):
        if name.startswith(family):
            return family
    return name


def _lobes(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if name.startswith("lung_"))


def _on(name: str, sides: frozenset[str]) -> bool:
    side = structures()[name].side
    return side is not None and side.value in sides


def _sides_of(names: Iterable[str]) -> frozenset[str]:
    found = (structures()[name].side for name in names)
    return frozenset(side.value for side in found if side is not None)


@lru_cache(maxsize=40_000)  # the questions of a study repeat, and every answer is read several times
def read_anatomy(text: str) -> Reading:
    """Read a text once: terms, sides, levels."""
    words = lexicon()
    tokens = tokenise(text, words.spelling)
    lexemes = words.scan(tokens)
    items = items_in(tokens, lexemes)
    resolve_sides(tokens, lexemes, items)
    absorbed = narrowed_lungs(tokens, lexemes, items)
    text_sides = frozenset(side for one in lexemes for side in one.term.sides)
    items = [item for item in items if item not in absorbed]
    explicit_lobes = any(item.kind == "lobe" for item in items)
    found = tuple(_found(item, tokens, text_sides, explicit_lobes) for item in items)
    emphasis = any(token.word in _EMPHASIS for token in tokens)
    return _reading(found, items, lexemes, text_sides, emphasis=emphasis)


def _found(item: Item, tokens: Sequence[Token], text_sides: frozenset[str], explicit_lobes: bool) -> Found:
    term = item.term
    sides = item.sides or BOTH
    implies = term.names if item.kind == "finding" else term.implies
    names = () if item.kind == "finding" else item.names
    if item.kind in ("lobe", "segment"):
        structures_named = lobes_of(item.levels, item.sides, strong=item.strong)
    elif item.kind == "lung":
        structures_named = expand(_LUNGS, sides)
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
    *,
    emphasis: bool,
) -> Reading:
    named = frozenset(name for one in found for name in one.names)
    regions = tuple(dict.fromkeys(one.region for one in found if one.region))
    elsewhere = named or any(one.region and not one.detail for one in found)
    implied: set[str] = set()
    for one, item in zip(found, items, strict=True):
        group = {_group(name) for name in one.implies}
        if not any(_group(name) in group for name in named) and not (item.term.bare and elsewhere):
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
        emphasis=emphasis,
    )
