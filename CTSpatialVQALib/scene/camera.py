"""Direction and distance of the 3D view, set on the camera node alone, so that any view follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.scene.access import ThreeDAccess
from CTSpatialVQALib.scene.arrangement import Direction
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.planes import Vector

_LEAST_MM = 160.0  # around a small structure: so much of its surroundings that one sees where it is
_ROOM = 1.15  # times what is shown
_RAISED = 0.2  # of the distance: shows depth and two faces of the cube, and leaves left and right sideways


class _SightLine(NamedTuple):
    """Unit vector in RAS from what is looked at to the eye, and what is up in the picture."""

    eye: Vector
    up: Vector


class _Aim(NamedTuple):
    bounds: tuple[float, ...]
    direction: Direction


_SIGHT_LINES = {
    Direction.FRONT: _SightLine((0, 1, 0), (0, 0, 1)),
    Direction.BACK: _SightLine((0, -1, 0), (0, 0, 1)),
    Direction.LEFT: _SightLine((-1, 0, 0), (0, 0, 1)),
    Direction.RIGHT: _SightLine((1, 0, 0), (0, 0, 1)),
    Direction.ABOVE: _SightLine((0, 0, 1), (0, 1, 0)),
}


def camera_of(scene: MrmlObject, view_node: MrmlObject) -> MrmlObject | None:
    """The camera node of a 3D view, or None while it has none."""
    for n in range(scene.GetNumberOfNodesByClass("vtkMRMLCameraNode")):
        camera = scene.GetNthNodeByClass(n, "vtkMRMLCameraNode")
        if camera.GetLayoutName() == view_node.GetLayoutName():
            return camera
    return None


def fit_camera(
    camera: MrmlObject, bounds: Sequence[float], direction: Direction, width_to_height: float = 1.0
) -> None:
    """Look at the middle of `bounds` (least and greatest R, A, S in mm), with all of it in sight.

    Parameters
    ----------
    width_to_height : of the view, whose angle is that of its height
    """
    import slicer

    edges = np.reshape(np.array(bounds, dtype=float), (3, 2))
    middle, radius = edges.mean(axis=1), float(np.linalg.norm(np.diff(edges, axis=1))) / 2
    seen = max(radius * _ROOM, _LEAST_MM / 2) / min(1.0, width_to_height)
    line = _SIGHT_LINES[direction]
    eye = np.array(line.eye) + (0 if direction is Direction.ABOVE else _RAISED) * np.array((0.0, 0.0, 1.0))
    distance = seen / float(np.sin(np.radians(camera.GetViewAngle() / 2)))
    with slicer.util.NodeModify(camera):
        camera.SetFocalPoint(*middle)
        camera.SetPosition(*(middle + distance * eye / np.linalg.norm(eye)))
        camera.SetViewUp(*line.up)
        camera.SetParallelScale(seen)
    camera.ResetClippingRange()


class FittedThreeD:
    """Keeps what is looked at in sight when the 3D view changes its shape, until the reader turns it.

    Parameters
    ----------
    scene : of the view's camera node
    view : vtkMRMLViewNode and renderer
    """

    def __init__(self, scene: MrmlObject, view: ThreeDAccess) -> None:
        self._scene = scene
        self._view = view
        self._aim: _Aim | None = None
        self._fitted: tuple[float, ...] = ()
        self._window = view.renderer.GetRenderWindow()
        self._tag: int | None = self._window.AddObserver("WindowResizeEvent", self._follow)

    def fit(self, bounds: Sequence[float], direction: Direction) -> None:
        """Look at `bounds` from `direction` now."""
        self._aim = _Aim(tuple(bounds), direction)
        self._take_aim(self._aim)

    def remove(self) -> None:
        """Let the view alone; a second time does nothing."""
        if self._tag is not None:
            self._window.RemoveObserver(self._tag)
            self._tag = None

    @property
    def is_turned(self) -> bool:
        """Whether the reader has turned or zoomed it since it was fitted."""
        camera = camera_of(self._scene, self._view.node)
        return camera is not None and _place_of(camera) != self._fitted

    def _follow(self, *_: object) -> None:
        if self._aim is not None and not self.is_turned:
            self._take_aim(self._aim)

    def _take_aim(self, aim: _Aim) -> None:
        camera = camera_of(self._scene, self._view.node)
        if camera is None:
            return
        width, height = self._window.GetSize()
        fit_camera(camera, aim.bounds, aim.direction, width / max(height, 1))
        self._fitted = _place_of(camera)


def _place_of(camera: MrmlObject) -> tuple[float, ...]:
    return (*camera.GetPosition(), *camera.GetFocalPoint(), *camera.GetViewUp())
