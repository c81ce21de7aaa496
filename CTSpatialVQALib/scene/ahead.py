"""What can be made for the next question while the reader thinks?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from CTSpatialVQALib.scene.open_case import OpenCase
from CTSpatialVQALib.scene.overlay import LOOKS
from CTSpatialVQALib.scene.shapes import ShapeKind
from CTSpatialVQALib.scene.shown import Role, ShownAnatomy

Work = Callable[[], object]


def work_for(case: OpenCase, shown: ShownAnatomy) -> Iterator[Work]:
    """All that showing `shown` will need and is not there yet; nothing where everything is.

    Regions are only asked for: they are derived beside the GUI.
    """
    for region in shown.places:
        case.regions.ask(region)
    for name in shown.structures:
        yield from case.shapes.missing(name, kinds_for(shown.roles_of(name)))


def kinds_for(roles: tuple[Role, ...]) -> tuple[ShapeKind, ...]:
    """The shapes that these roles draw; the surface always, as the view is fitted to it."""
    kinds = [ShapeKind.SURFACE]
    for role in roles:
        kinds += [LOOKS[role].labelmap, LOOKS[role].surface]
    return tuple(dict.fromkeys(kinds))
