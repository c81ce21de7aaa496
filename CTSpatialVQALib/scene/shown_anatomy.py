"""Anatomy that the texts of a question name, by who names it, and the chips that stand for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from CTSpatialVQALib.records.structures import Colour, structures
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.scene.jump import Focus
from CTSpatialVQALib.scene.window_presets import Window
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

_REGION = "region"


class Role(StrEnum):
    """On whose behalf something is shown; a structure may have several."""

    QUESTION = "question"
    CLAIMED = "claimed"
    REFERENCE = "reference"


class Drawn(StrEnum):
    """How far the drawing of a structure or region has come."""

    NOT_YET = "not yet"
    ON_SLICES = "on the slices"
    EVERYWHERE = "on the slices and in 3D"


class ShownRegion(NamedTuple):
    """A place without a class of its own: name, side and enclosing structure as `find_region` takes them."""

    name: str
    role: Role
    side: Side | None = None
    within: str | None = None

    @property
    def key(self) -> str:
        """By which it is jumped to and highlighted, as a structure is by its class name."""
        return ":".join(str(part) for part in (_REGION, self.name, self.side, self.within) if part)

    @property
    def display(self) -> str:
        """As people read it."""
        words = " ".join(str(part) for part in (self.side, self.name) if part).replace("_", " ")
        return f"{words} of {display_name(self.within)}" if self.within else words


@dataclass(frozen=True)
class ShownAnatomy:
    """What the texts of one question name; class names, in the order in which chips stand.

    Hand over only what the reader may see: of a blinded question neither `claimed` nor `reference`, and
    nothing at all where the overlay is hidden.
    """

    question: tuple[str, ...] = ()
    claimed: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    regions: tuple[ShownRegion, ...] = ()

    def in_mask(self, mask: AnatomyMask | None) -> ShownAnatomy:
        """The same as `mask` separates it: lobes become their lung where it tells only lungs apart."""
        if mask is None:
            return self
        return replace(
            self,
            question=mask.as_separated(self.question),
            claimed=mask.as_separated(self.claimed),
            reference=mask.as_separated(self.reference),
        )

    @property
    def structures(self) -> tuple[str, ...]:
        """Every class name once."""
        return tuple(dict.fromkeys((*self.question, *self.claimed, *self.reference)))

    @property
    def places(self) -> tuple[ShownRegion, ...]:
        """Every region once, whatever its roles."""
        return tuple({region.key: region for region in self.regions}.values())

    def of(self, role: Role) -> tuple[str, ...]:
        """The class names that have this role."""
        by_role = {Role.QUESTION: self.question, Role.CLAIMED: self.claimed, Role.REFERENCE: self.reference}
        return tuple(dict.fromkeys(by_role[role]))

    def roles_of(self, key: str) -> tuple[Role, ...]:
        """The roles of a class name or of the key of a region."""
        of_region = {region.role for region in self.regions if region.key == key}
        return tuple(role for role in Role if role in of_region or key in self.of(role))


class Chip(NamedTuple):
    """One thing the texts name, as the window offers it: click jumps, hovering highlights.

    Parameters
    ----------
    key : for `jump_to` and `highlight`: a class name, or the key of a region
    colour : None where it cannot be shown
    note : why not, or how a region was made; else empty
    drawn : where it is on the screen already
    """

    key: str
    display: str
    colour: Colour | None
    roles: tuple[Role, ...]
    note: str = ""
    drawn: Drawn = Drawn.EVERYWHERE

    @property
    def present(self) -> bool:
        """Whether it can be shown in this case."""
        return self.colour is not None


class Arrival(NamedTuple):
    """What the views came to show for a question.

    Parameters
    ----------
    focus : where the slices meet; None if they stayed where they were
    window : that was set; None if the reader's own was kept, or nothing is named
    layout : name of the present layout
    note : what the reader should be told, in one sentence; else empty
    """

    chips: tuple[Chip, ...]
    focus: Focus | None
    window: Window | None
    layout: str
    note: str = ""


class IdleReport(NamedTuple):
    """What an idle step did and left.

    Parameters
    ----------
    more : there is more to do: call again
    arrival : the present question's chips have changed (outlines or surfaces were drawn); else None
    waiting : the reader waits for what is left: call again at once
    """

    more: bool
    arrival: Arrival | None
    waiting: bool = False


class Stage(NamedTuple):
    """What is done next while a case is opened: step 1 to `steps`, and what a reader is told."""

    step: int
    steps: int
    text: str


def region_name_of(key: str) -> str | None:
    """Name, side and enclosing structure of a region's key as the log has them; None for a class name."""
    return key.removeprefix(f"{_REGION}:") if key.startswith(f"{_REGION}:") else None


def chip_of(shown: ShownAnatomy, name: str, colour: Colour | None, note: str = "") -> Chip:
    """The chip of a class name."""
    return Chip(name, display_name(name), colour, shown.roles_of(name), note)


def region_chip(shown: ShownAnatomy, region: ShownRegion, colour: Colour | None, note: str) -> Chip:
    """The chip of a region; without a colour while it is being derived, or where it cannot be."""
    return Chip(region.key, region.display, colour, shown.roles_of(region.key), note)


def display_name(name: str) -> str:
    """A class name as people read it."""
    structure = structures().get(name)
    return structure.display if structure else name.replace("_", " ")
