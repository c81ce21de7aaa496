"""Which chips belong to a question in this case, in which colours, and what is still being derived?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from CTSpatialVQALib.scene.colours import display_colours
from CTSpatialVQALib.scene.open_case import OpenCase
from CTSpatialVQALib.scene.shown_anatomy import Chip, Role, ShownAnatomy, chip_of, region_chip

DERIVING = "being derived"


class Chips(NamedTuple):
    """The chips of a question, structures before regions; `pending` while a region is being derived."""

    chips: tuple[Chip, ...]
    pending: bool


def looked_at(chips: Sequence[Chip]) -> tuple[str, ...]:
    """Keys of those that the slices are laid through: what the question asks about, or else what is shown.

    A claim in the wrong place must not draw the slices away from where the question points.
    """
    present = [one for one in chips if one.present]
    for role in (Role.QUESTION, Role.REFERENCE):
        of_role = tuple(one.key for one in present if role in one.roles)
        if of_role:
            return of_role
    return tuple(one.key for one in present)


def chips_for(case: OpenCase | None, shown: ShownAnatomy) -> Chips:
    """The chips as far as they are known now. Never waits: a region that is not known yet is asked for."""
    if case is None:
        return Chips(tuple(chip_of(shown, name, None, "no case is open") for name in shown.structures), False)
    mask = case.content.mask
    present = [name for name in shown.structures if mask is not None and mask.has(name)]
    colours = display_colours((*present, *(one.key for one in shown.places)))
    why = "not in the anatomy mask" if mask is not None else "this case has no anatomy mask"
    chips = [
        chip_of(shown, name, colours[name] if name in present else None, "" if name in present else why)
        for name in shown.structures
    ]
    pending = False
    for region in shown.places:
        found = case.regions.found(region)
        pending = pending or found is None
        there = found is not None and found.crop is not None
        if found is not None and found.crop is not None:
            case.crops.put(region.key, found.crop)
        colour = colours[region.key] if there else None
        chips.append(region_chip(shown, region, colour, DERIVING if found is None else found.note))
    return Chips(tuple(chips), pending)
