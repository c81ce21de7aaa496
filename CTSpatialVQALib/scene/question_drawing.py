"""Drawing of one question in small pieces: outlines on the slices first, surfaces for the 3D view after."""

from __future__ import annotations

import time
from collections.abc import Iterator

from CTSpatialVQALib.scene.open_case import OpenCase
from CTSpatialVQALib.scene.overlay import OVERLAY_STYLES
from CTSpatialVQALib.scene.shown_anatomy import Drawn, Role, ShownAnatomy
from CTSpatialVQALib.scene.structure_cache import ShapeKind


class QuestionDrawing:
    """What the views need for one question, made a piece at a time; each piece takes well below 0.1 s.

    The order is that in which a reader needs it: outlines of the structures, which come all at once, then of
    each region, which has to be derived, then all surfaces. What has been made before costs nothing.

    Parameters
    ----------
    case : None has nothing to draw
    """

    def __init__(self, case: OpenCase | None, shown: ShownAnatomy) -> None:
        self._case = case
        self._shown = shown
        self._outlined: set[str] = set()
        self._is_complete = case is None
        self._has_news = False
        self._work: Iterator[None] = iter(()) if case is None else self._pieces(case)

    @property
    def is_complete(self) -> bool:
        """Whether everything has been made."""
        return self._is_complete

    @property
    def has_news(self) -> bool:
        """Whether more can be drawn than when `take_news` was called last."""
        return self._has_news

    def take_news(self) -> None:
        """What can be drawn so far is being drawn."""
        self._has_news = False

    @property
    def has_first_outlines(self) -> bool:
        """Whether all structures can be outlined."""
        return self._is_complete or self._outlined.issuperset(self._shown.structures)

    def state_of(self, key: str) -> Drawn:
        """How far a structure or region has come."""
        if self._is_complete:
            return Drawn.EVERYWHERE
        return Drawn.ON_SLICES if key in self._outlined else Drawn.NOT_YET

    def step(self) -> bool:
        """Make one piece; False when there is none left."""
        return next(self._work, self) is None

    def run(self, seconds: float, *, to_news: bool = False) -> None:
        """Make pieces until all are made, the time is over, or more can be drawn; the last may take longer.

        Parameters
        ----------
        seconds : of the processor, which other programs do not shorten
        """
        end = time.thread_time() + seconds
        while self.step():
            if time.thread_time() >= end or (to_news and self._has_news):
                return

    def run_outlines(self, seconds: float) -> None:
        """Make outlines until all are made or the time is over, and take surfaces that were made before."""
        end = time.thread_time() + seconds
        while not self._has_outlines and time.thread_time() < end:
            self.step()
        if self._has_outlines and self._surfaces_are_there():
            while self.step():
                pass

    @property
    def _has_outlines(self) -> bool:
        return self._is_complete or len(self._outlined) == len(self._keys)

    @property
    def _keys(self) -> tuple[str, ...]:
        return (*self._shown.structures, *(region.key for region in self._shown.places))

    def _surfaces_are_there(self) -> bool:
        case = self._case
        if case is None:
            return True
        return all(case.shapes.has(key, kind) for key in self._keys for kind in self._surface_kinds(key))

    def _pieces(self, case: OpenCase) -> Iterator[None]:
        for name in self._shown.structures:
            self._outline(case, name)
            if name != self._shown.structures[-1]:
                yield
        self._outlined.update(self._shown.structures)
        self._has_news = True
        yield
        for region in self._shown.places:
            if not case.regions.is_prepared:
                case.regions.prepare()
                yield
            case.crops.put(region.key, case.regions.derive(region).crop)
            self._outline(case, region.key)
            self._outlined.add(region.key)
            self._has_news = True
            yield
        for key in self._keys:
            for kind in self._surface_kinds(key):
                if not case.shapes.has(key, kind):
                    case.shapes.of(key, kind)
                    yield
        self._is_complete = self._has_news = True

    def _outline(self, case: OpenCase, key: str) -> None:
        for role in self._shown.roles_of(key):
            case.shapes.of(key, OVERLAY_STYLES[role].labelmap)

    def _surface_kinds(self, key: str) -> tuple[ShapeKind, ...]:
        """The plain surface always: the claim's rings are cut out of it."""
        roles: tuple[Role, ...] = self._shown.roles_of(key)
        return tuple(dict.fromkeys((ShapeKind.SURFACE, *(OVERLAY_STYLES[role].surface for role in roles))))
