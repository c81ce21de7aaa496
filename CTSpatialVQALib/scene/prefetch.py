"""What can be made in small pieces while the reader thinks, so that showing it takes no time?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from CTSpatialVQALib.scene.open_case import OpenCase
from CTSpatialVQALib.scene.overlay import LOOKS
from CTSpatialVQALib.scene.shown_anatomy import Role, ShownAnatomy
from CTSpatialVQALib.scene.structure_cache import ShapeKind

Work = Callable[[], object]


def work_for(case: OpenCase, shown: ShownAnatomy) -> Iterator[Work]:
    """All that showing `shown` will need and is not there yet; nothing where everything is.

    Regions are only asked for: they are derived beside the GUI.
    """
    for region in shown.places:
        case.regions.ask(region)
    for name in shown.structures:
        yield from case.shapes.missing(name, kinds_for(shown.roles_of(name)))


class RegionPieces:
    """The shapes of the present question's regions, made one by one as soon as each is derived.

    A lung's periphery has millions of voxels: made all at once its shapes would hold the window.

    Parameters
    ----------
    case : None gives no work
    """

    def __init__(self, case: OpenCase | None = None, shown: ShownAnatomy | None = None) -> None:
        self._case, self._shown = case, shown
        self._done: set[str] = set()  # each region once: large ones may push each other out of what is kept

    def next(self) -> Work | None:
        """The next piece; None while nothing (more) can be made."""
        case, shown = self._case, self._shown
        if case is None or shown is None:
            return None
        for region in shown.places:
            found = None if region.key in self._done else case.regions.found(region)
            if found is None:
                continue
            case.crops.put(region.key, found.crop)
            kinds = kinds_for(shown.roles_of(region.key))
            for piece in case.shapes.missing(region.key, kinds):
                return piece
            self._done.add(region.key)
        return None


def kinds_for(roles: tuple[Role, ...]) -> tuple[ShapeKind, ...]:
    """The shapes that these roles draw; the surface always, as the view is fitted to it."""
    kinds = [ShapeKind.SURFACE]
    for role in roles:
        kinds += [LOOKS[role].labelmap, LOOKS[role].surface]
    return tuple(dict.fromkeys(kinds))
