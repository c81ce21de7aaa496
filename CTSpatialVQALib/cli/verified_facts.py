"""What `check` looked at and found in order, as lines for a reader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from CTSpatialVQALib.anatomy.plausibility import ABOVE, IN_FRONT, Votes, organ_votes, pair_votes
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.check_finding import Finding
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

# beginnings of the codes of findings that speak against a check
_AGAINST = {
    "orientation": ("orientation", "oblique", "sheared"),
    "spacing": ("coarse", "spacing"),
    "Hounsfield units": ("hu_",),
    "mask and CT": ("mask_misfit",),
    "left and right": ("mirrored_left", "situs", "wrong_side", "unusual_side"),
    "head and foot": ("upside", "out_of_order"),
    "front and back": ("mirrored_front",),
    "sizes": ("implausible_size",),
}


class VerifiedFact(NamedTuple):
    """A check that was made, and what it rests on."""

    check: str
    basis: str


def verified_facts(
    volume: OrientedVolume, mask: AnatomyMask | None, findings: Iterable[Finding]
) -> tuple[VerifiedFact, ...]:
    """The checks that found nothing to say; those that did are among `findings`."""
    codes = [finding.code for finding in findings]
    facts = [
        VerifiedFact("orientation", f"stored as {volume.axes}, which the file states"),
        VerifiedFact("spacing", f"{' x '.join(f'{mm:.3g}' for mm in volume.spacing_mm)} mm"),
        VerifiedFact("Hounsfield units", "air, fat, soft tissue and bone in their ranges"),
    ]
    if mask is not None:
        facts += _of_mask(mask, misfit="mask_misfit" in codes)
    return tuple(fact for fact in facts if not any(code.startswith(_AGAINST[fact.check]) for code in codes))


def _of_mask(mask: AnatomyMask, *, misfit: bool) -> list[VerifiedFact]:
    facts = [VerifiedFact("mask and CT", f"one grid, {len(mask.structures)} structures on fitting tissue")]
    if misfit:  # then its sides and sizes say nothing about this patient and were not looked at
        return facts
    pairs, organs = pair_votes(mask), organ_votes(mask)
    if _count(pairs) or _count(organs):
        basis = f"{_agreeing(pairs)} paired structures and {_agreeing(organs)} unpaired organs on their side"
        facts.append(VerifiedFact("left and right", basis))
    # only what the mask has structures for was looked at
    if _marked(mask, ABOVE):
        facts.append(VerifiedFact("head and foot", "organs and spine in their order"))
    if _marked(mask, IN_FRONT):
        facts.append(VerifiedFact("front and back", "sternum and organs in front of the spine"))
    facts.append(VerifiedFact("sizes", "no structure far larger or smaller than an organ of its name"))
    return facts


def _marked(mask: AnatomyMask, pairs: Iterable[tuple[str, str]]) -> bool:
    return any(mask.has(first) and mask.has(second) for first, second in pairs)


def _agreeing(votes: Votes) -> str:
    return f"{votes.agreeing} of {_count(votes)}"


def _count(votes: Votes) -> int:
    return votes.agreeing + len(votes.against)
