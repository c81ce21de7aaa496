"""What do question and answer point at together? The answer narrows, and leaves open what was asked."""

from __future__ import annotations

from collections.abc import Iterable

from CTSpatialVQALib.language.lexicon import BOTH, expand
from CTSpatialVQALib.language.terms import ALL_LOBES, AT_THE_LUNG, Found, Reading, family_of
from CTSpatialVQALib.records.structures import structures

_LOBAR = ("lobe", "segment")
_EVERY_LOBE = frozenset(expand(ALL_LOBES))
# organs that a finding implies together, of which an answer may name one
_NARROWED = frozenset({"aorta", "heart", "esophagus", "stomach"})
_CIRCULATION = frozenset({"vessel", "heart"})


def in_context(asked: Reading, said: Reading) -> frozenset[str]:
    """The structures that an answer names, with what it leaves open taken from the question.

    `Anterior segment.` to a question about the left upper lobe is the left upper lobe.
    """
    names: set[str] = set()
    elsewhere = _asks_outside_the_lung(asked, said)
    for one in said.found:
        lung_part = one.family in (*_LOBAR, "fissure")
        if not (lung_part and elsewhere) and not _only_sums_up(one, asked, said):
            names |= _fitted(one, asked, said)
    asked_lobes = _lobes(asked.structures)
    if asked_lobes and not elsewhere:
        # `superior segment` is one of the lower lobe, unless the question speaks of the upper lobe
        for levels in said.segments:
            fitting = (level for level in levels if any(f"_{level}_" in name for name in asked_lobes))
            level = next(fitting, None)
            names |= {name for name in asked_lobes if f"_{level}_" in name}
    if not names and said.sides and not _outside(said):
        names |= {name for name in _lobes(asked.structures | asked.implied) if _on(name, said.sides)}
    return frozenset(names)


def together(asked: Reading, said: Reading) -> frozenset[str]:
    """The structures of question and answer, without those of the question that the answer excludes (R4)."""
    answered = in_context(asked, said)
    kept = set(asked.structures | asked.implied) - _implied_elsewhere(asked, said, answered)
    # `more prominent in X` narrows only a question that asks where it is more prominent, `also in X` none
    stressed = said.only_emphasis and asked.emphasis_at is None
    if not stressed and "also" not in said.words:
        kept -= _narrowed_away(kept, asked, said, answered)
    kept |= answered
    if said.sides and said.sides != BOTH and not answered:
        kept = {name for name in kept if _on(name, said.sides) or structures()[name].side is None}
    if not _lobes(kept):
        for one in said.found:
            kept |= set(one.implies) & said.implied if not (one.bare and kept) else set()
    return frozenset(kept)


def regions_together(asked: Reading, said: Reading) -> tuple[str, ...]:
    """The places without a class of both; `in the pericardial space` replaces the pleura of an effusion."""
    placed = (said.structures - _EVERY_LOBE) or _outside(said)
    vague = {one.region for one in asked.found if one.bare and not one.implies} if placed else set()
    return tuple(dict.fromkeys([*(place for place in asked.regions if place not in vague), *said.regions]))


def _narrowed_away(kept: set[str], asked: Reading, said: Reading, answered: frozenset[str]) -> set[str]:
    """What the answer's narrower set takes from the question: `bones` answered by one rib is that rib."""
    away: set[str] = set()
    if "or" in asked.words and answered and answered < asked.structures and not said.inclusive:
        away |= asked.structures - answered  # one of the alternatives that the question offers
    for one in asked.found:
        inside = set(one.names)
        spine = one.family == "vertebra" and any(name.startswith("vertebrae") for name in answered)
        if (inside & answered or spine) and not inside <= answered:
            away |= inside - answered  # the spine of a question is the thoracic one, its answer L1
    for group in {family_of(name) for name in answered}:
        inside = {name for name in kept if family_of(name) == group}
        narrower = {name for name in answered if family_of(name) == group}
        if narrower < inside:
            away |= inside
    return away


def _implied_elsewhere(asked: Reading, said: Reading, answered: frozenset[str]) -> set[str]:
    """Organs that a finding of the question implies and the answer replaces: `it lies in the thyroid`."""
    gone: set[str] = set()
    for one in asked.found:
        implied = set(one.implies) & asked.implied
        if not implied or said.beside:
            continue
        if implied & answered:
            gone |= implied - answered if implied & _NARROWED else set()
            continue
        vessel = any(structures()[name].group in _CIRCULATION for name in answered)
        if (one.bare and (answered or _outside(said))) or ("aorta" in implied and vessel):
            gone |= implied
    return gone


def _outside(said: Reading) -> bool:
    """Whether the text names a place where no lung can be: a breast, the axilla."""
    return bool(set(said.regions) - said.details - AT_THE_LUNG)


def _asks_outside_the_lung(asked: Reading, said: Reading) -> bool:
    """The lobes, segments and zones of a liver, an adrenal gland or a kidney are none of the lung."""
    abdominal = any(structures()[name].group == "abdominal_organ" for name in asked.structures)
    lung = _lobes(asked.structures | asked.implied) or any(one.family == "lung" for one in said.found)
    return abdominal and not lung


def _only_sums_up(one: Found, asked: Reading, said: Reading) -> bool:
    """`The nodule in the left lung is in its lower lobe`: the lung is the question's, the lobe the answer."""
    if one.family != "lung" or said.emphasis_at is not None or "also" in said.words:
        return False
    narrower = {name for other in said.found if other.family != "lung" for name in _lobes(other.names)}
    known = set(one.names) <= asked.structures or said.specific or not one.sided
    return known and bool(narrower) and narrower < set(one.names)


def _fitted(one: Found, asked: Reading, said: Reading) -> set[str]:
    names = set(one.names)
    if one.family == "lung" and one.sided:
        return _lobes_asked_about(names, asked, said)
    if one.sided or not names:
        return names
    if one.family in _LOBAR:
        return _fitted_lobes(one, asked)
    if one.family == "lung":
        return _of_sides(names, asked.sides)
    if one.family == "rib" or (one.family == "organ" and not one.plural):
        return _of_sides(names, said.sides if len(said.sides) == 1 else asked.sides)
    return names


def _fitted_lobes(one: Found, asked: Reading) -> set[str]:
    names, asked_lobes = set(one.names), _lobes(asked.structures)
    if not asked_lobes or asked_lobes == _EVERY_LOBE:
        return _of_sides(names, asked.sides)
    same = names & asked_lobes
    if same or one.family == "segment":
        return set(same or asked_lobes)
    sides = _sides_of(asked_lobes)
    return {name for name in names if _on(name, sides)} or names


def _lobes_asked_about(names: set[str], asked: Reading, said: Reading) -> set[str]:
    """`Which lung, in the upper lobe?` - `The right lung`: the right upper lobe."""
    lobar = [one for one in asked.found if one.family in _LOBAR and one.names]
    narrower = any(one.family in _LOBAR for one in said.found) or any(one.sided for one in lobar)
    inside = names & {name for one in lobar for name in one.names}
    return inside if inside and not narrower else names


def _of_sides(names: set[str], sides: frozenset[str]) -> set[str]:
    """`names` on the one side said; unpaired ones stay, and all of them where no side fits."""
    if len(sides) != 1:
        return names
    fitting = {name for name in names if structures()[name].side is None or _on(name, sides)}
    return fitting or names


def _lobes(names: Iterable[str]) -> frozenset[str]:
    return _EVERY_LOBE & frozenset(names)


def _on(name: str, sides: frozenset[str]) -> bool:
    side = structures()[name].side
    return side is not None and side.value in sides


def _sides_of(names: Iterable[str]) -> frozenset[str]:
    found = (structures()[name].side for name in names)
    return frozenset(side.value for side in found if side is not None)
