"""Do two answers name the same place? Lobes, other structures, regions and sides, compared piece by piece."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from CTSpatialVQALib.language.claims import lateral_set
from CTSpatialVQALib.language.grounding import Reading, in_context, read_anatomy
from CTSpatialVQALib.language.lexicon import lexicon
from CTSpatialVQALib.records.words import ErrorType, Side

_LIVER_LOBES = {"liver_left_lobe": Side.LEFT, "liver_right_lobe": Side.RIGHT}

# a question about "the ribs" does not give away which one
_NUMBERED = ("rib_", "vertebrae_")


class Judgement(NamedTuple):
    """What a rule found: `correct` is None where it cannot decide."""

    correct: bool | None
    error: ErrorType | None
    reason: str


# regions that say no more than a side, or where the pictures ended
FRAMES = frozenset({"hemithorax", "upper_abdomen"})

_VESSEL = re.compile(r"vena_cava|aorta|trunk")

RIGHT_PLACE = Judgement(True, None, "same place")


class Sites(NamedTuple):
    """The place an answer names.

    lobes : lung lobes as `upper left`; unsided where the answer says no side and the question none
    others : other structures without their side; regions : places without a class; details : R14
    sides : left and right said in the answer
    """

    lobes: frozenset[str]
    others: frozenset[str]
    regions: frozenset[str]
    details: frozenset[str]
    sides: frozenset[Side]

    @property
    def empty(self) -> bool:
        """Whether the answer names no place at all."""
        return not (self.lobes or self.others or self.regions or self.details or self.sides)


NOWHERE_SITES = Sites(*(frozenset() for _ in Sites._fields))


@lru_cache(maxsize=4_000)
def sites_of(question: str, answer: str) -> Sites:
    """The place that an answer names, what it leaves open taken from the question."""
    asked, said = read_anatomy(question), read_anatomy(answer)
    names = in_context(asked, said)
    details = lexicon().detail_regions
    lobes = frozenset(name for name in names if name.startswith("lung_"))
    others = frozenset(unsided(name) for name in names - lobes if name not in _landmarks(said))
    places = frozenset(region for region in said.regions if region not in details)
    # "left lobe" is a full answer to a question about the liver
    sides = lateral_set(answer) | {_LIVER_LOBES[place] for place in places if place in _LIVER_LOBES}
    return Sites(lobes, others, places - set(_LIVER_LOBES), said.details, sides)


def levels_of(lobes: frozenset[str]) -> frozenset[str]:
    """`upper`, `middle`, `lower` of lobes."""
    return frozenset(name.split("_")[1] for name in lobes)


def lobe_sides(lobes: frozenset[str]) -> frozenset[str]:
    """`left`, `right` of lobes."""
    return frozenset(name.rsplit("_", 1)[1] for name in lobes)


def compare_lobes(wanted: frozenset[str], given: frozenset[str]) -> Judgement:
    """Equal sets are right; otherwise the kind of difference names the error."""
    if wanted == given:
        return Judgement(True, None, "same lobes")
    if not given:
        return Judgement(False, ErrorType.INCOMPLETE, "no lobe named")
    if wanted < given and levels_of(wanted) == levels_of(given) and len(lobe_sides(wanted)) == 1:
        return Judgement(False, ErrorType.LATERALITY_SWAP, "the other side as well")
    if given < wanted and lobe_sides(wanted) == lobe_sides(given):
        return Judgement(False, ErrorType.INCOMPLETE, f"{len(wanted - given)} lobe(s) missing")
    if lobe_sides(wanted) != lobe_sides(given) and levels_of(wanted) & levels_of(given):
        return Judgement(False, ErrorType.LATERALITY_SWAP, "another side")
    return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another lobe")


def compare_places(asked: Reading, wanted: Sites, given: Sites) -> Judgement:
    """Whether the structures and regions outside the lung agree; those in the question are not asked for."""
    known = frozenset(asked.regions) | frozenset(
        unsided(name) for name in asked.structures if not name.startswith(_NUMBERED)
    )
    needed = (wanted.regions | wanted.others) - known
    if wanted.sides or needed - FRAMES:
        needed -= FRAMES
    named = given.regions | given.others
    missing, extra = needed - named, named - wanted.regions - wanted.others - known - FRAMES
    if missing and not extra:
        error = ErrorType.INCOMPLETE
        return Judgement(False, error, f"without {', '.join(sorted(missing))}")
    if extra:
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, f"another place: {', '.join(sorted(extra))}")
    if given.others and not given.sides and all(_VESSEL.search(name) for name in given.others):
        return RIGHT_PLACE  # the superior vena cava is on the right
    return compare_sides(wanted.sides, given.sides)


def compare_sides(wanted: frozenset[Side], given: frozenset[Side]) -> Judgement:
    """Equal sets of sides; a side that the reference does not say is not held against an answer."""
    if not wanted or wanted == given:
        return RIGHT_PLACE
    if not given:
        return Judgement(False, ErrorType.INCOMPLETE, "no side named")
    return Judgement(False, ErrorType.LATERALITY_SWAP, "another side")


def _landmarks(said: Reading) -> frozenset[str]:
    """Structures that a region is only built on: the trachea of `paratracheal`."""
    return frozenset(name for one in said.found if one.region for name in one.names)


def unsided(name: str) -> str:
    """The name of a structure without its side."""
    return "_".join(part for part in name.split("_") if part not in ("left", "right"))
