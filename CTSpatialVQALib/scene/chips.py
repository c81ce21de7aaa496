"""Chips of a question in the open case: colour, state of drawing, and the reason where there is nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from CTSpatialVQALib.scene.colours import display_colours
from CTSpatialVQALib.scene.open_case import OpenCase
from CTSpatialVQALib.scene.question_drawing import QuestionDrawing
from CTSpatialVQALib.scene.shown_anatomy import (
    Chip,
    Drawn,
    Role,
    ShownAnatomy,
    chip_of,
    region_chip,
    region_name_of,
)

DERIVING = "being derived"


def looked_at(chips: Sequence[Chip]) -> tuple[str, ...]:
    """Keys of those that the slices are laid through: what the question asks about, or else what is shown.

    A claim in the wrong place must not draw the slices away from where the question points; nothing, while
    what the question asks about is still being derived.
    """
    drawn = outlined(chips)
    for role in (Role.QUESTION, Role.REFERENCE):
        coming = [chip for chip in chips if role in chip.roles and (chip.present or chip.note == DERIVING)]
        if coming:
            return tuple(chip.key for chip in coming if chip.key in drawn)
    return tuple(chip.key for chip in chips if chip.key in drawn)


def waiting_chips(
    chips: Sequence[Chip], *, is_three_d_drawn: bool
) -> Mapping[Literal[Drawn.NOT_YET, Drawn.ON_SLICES], tuple[str, ...]]:
    """What a reader cannot see yet, as the log has it: not on the slices, or on them but not in 3D.

    Parameters
    ----------
    is_three_d_drawn : surfaces in the scene are seen once the 3D view has been rendered
    """
    coming = [chip for chip in chips if chip.present or chip.note == DERIVING]
    return {
        Drawn.NOT_YET: _log_names(chip for chip in coming if chip.drawn is Drawn.NOT_YET),
        Drawn.ON_SLICES: _log_names(
            chip
            for chip in coming
            if chip.drawn is Drawn.ON_SLICES or (chip.drawn is Drawn.EVERYWHERE and not is_three_d_drawn)
        ),
    }


def outlined(chips: Sequence[Chip]) -> frozenset[str]:
    """Keys of those that are drawn on the slices."""
    return frozenset(chip.key for chip in chips if chip.present and chip.drawn is not Drawn.NOT_YET)


def not_yet_drawn(chips: Sequence[Chip], before: Collection[str]) -> tuple[Chip, ...]:
    """The chips before the slices have been drawn anew: only those of `before` are on them."""
    return tuple(chip if chip.key in before else chip._replace(drawn=Drawn.NOT_YET) for chip in chips)


def _log_names(chips: Iterable[Chip]) -> tuple[str, ...]:
    return tuple(region_name_of(chip.key) or chip.key for chip in chips)


def chips_for(case: OpenCase | None, shown: ShownAnatomy, drawing: QuestionDrawing) -> tuple[Chip, ...]:
    """The chips, structures before regions, as far as they are known and drawn; nothing is made for it."""
    if case is None:
        return tuple(chip_of(shown, name, None, "no case is open") for name in shown.structures)
    mask = case.content.mask
    present = [name for name in shown.structures if mask is not None and mask.has(name)]
    colours = display_colours((*present, *(region.key for region in shown.places)))
    why = "not in the anatomy mask" if mask is not None else "this case has no anatomy mask"
    chips = [
        chip_of(shown, name, colours[name] if name in present else None, "" if name in present else why)
        for name in shown.structures
    ]
    for region in shown.places:
        derived = case.regions.derived(region)
        is_there = derived is not None and derived.crop is not None
        note = DERIVING if derived is None else derived.note
        chips.append(region_chip(shown, region, colours[region.key] if is_there else None, note))
    return tuple(chip._replace(drawn=drawing.state_of(chip.key)) for chip in chips)
