"""Drawing of one question in small pieces: outlines on the slices first, surfaces for the 3D view after."""

from __future__ import annotations

import time
from collections.abc import Iterator

from CTSpatialVQALib.scene.open_case import OpenCase
from CTSpatialVQALib.scene.overlay import LOOKS
from CTSpatialVQALib.scene.shown_anatomy import Drawn, Role, ShownAnatomy
from CTSpatialVQALib.scene.structure_cache import ShapeKind


class QuestionDrawing:
    """What the views need for one question, made a piece at a time; each piece takes well below 0.1 s.

    The order is that in which a reader needs it: outlines of the structures, then of the regions, which have
    to be derived, then all surfaces. What has been made before, for whatever question, costs nothing.

    Parameters
    ----------
    case : None has nothing to draw
    """

    def __init__(self, case: OpenCase | None, shown: ShownAnatomy) -> None:
        self._case = case
        self._shown = shown
        self._outlined: set[str] = set()
        self._is_complete = case is None
        self._work: Iterator[None] = iter(()) if case is None else self._pieces(case)

    @property
    def is_complete(self) -> bool:
        """Whether everything has been made."""
        return self._is_complete

    @property
    def outlines(self) -> int:
        """How many structures and regions can be drawn on the slices."""
        return len(self._outlined)

    def state_of(self, key: str) -> Drawn:
        """How far a structure or region has come."""
        if self._is_complete:
            return Drawn.EVERYWHERE
        return Drawn.ON_SLICES if key in self._outlined else Drawn.NOT_YET

    def step(self) -> bool:
        """Make one piece; False when there is none left."""
        return next(self._work, self) is None

    def run(self, seconds: float) -> None:
        """Make pieces until all are made or the time is over; the last one may take longer."""
        end = time.perf_counter() + seconds
        while self.step():
            if time.perf_counter() >= end:
                return

    def run_outlines(self, seconds: float) -> None:
        """As `run`, but of the surfaces only take those that have been made before."""
        end = time.perf_counter() + seconds
        while not self._has_outlines and time.perf_counter() < end:
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
            yield
        for region in self._shown.places:
            if not case.regions.is_prepared:
                case.regions.prepare()
                yield
            case.crops.put(region.key, case.regions.derive(region).crop)
            self._outline(case, region.key)
            yield
        for key in self._keys:
            for kind in self._surface_kinds(key):
                if not case.shapes.has(key, kind):
                    case.shapes.of(key, kind)
                    yield
        self._is_complete = True

    def _outline(self, case: OpenCase, key: str) -> None:
        for role in self._shown.roles_of(key):
            case.shapes.of(key, LOOKS[role].labelmap)
        self._outlined.add(key)

    def _surface_kinds(self, key: str) -> tuple[ShapeKind, ...]:
        """The plain surface always: the claim's rings are cut out of it."""
        roles: tuple[Role, ...] = self._shown.roles_of(key)
        return tuple(dict.fromkeys((ShapeKind.SURFACE, *(LOOKS[role].surface for role in roles))))
