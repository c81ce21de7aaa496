"""Placement of the slice views: laying them through a point at the reader's zoom, and their crossing."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.measure import Point
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.planes import Vector

_EDGE = 1.001  # of half the view: a point beyond is brought to the middle


def jump(slice_logics: Iterable[MrmlObject], ras: Vector) -> None:
    """Lay every slice through `ras`; a view that would not show the point is centred on it, at its zoom."""
    for logic in slice_logics:
        node = logic.GetSliceNode()
        node.JumpSliceByOffsetting(*ras)
        if not _in_sight(node, ras):
            node.JumpSliceByCentering(*ras)


def crossing(slice_logics: Iterable[MrmlObject]) -> Point | None:
    """The point on all slices, RAS mm; None where they do not cross in one."""
    planes = [_plane(logic.GetSliceNode()) for logic in slice_logics]
    if len(planes) < 3:
        return None
    normals = np.array([normal for normal, _ in planes[:3]])
    if abs(np.linalg.det(normals)) < 1e-3:
        return None
    along = np.array([normal @ origin for normal, origin in planes[:3]])
    return Point(*np.linalg.solve(normals, along).tolist())


def _plane(node: MrmlObject) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    matrix = node.GetSliceToRAS()
    rows = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(3)])
    return rows[:, 2], rows[:, 3]


def _in_sight(node: MrmlObject, ras: Vector) -> bool:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    to_slice = vtkMatrix4x4()
    vtkMatrix4x4.Invert(node.GetSliceToRAS(), to_slice)
    x, y, *_ = to_slice.MultiplyPoint((*ras, 1.0))
    origin, field = node.GetXYZOrigin(), node.GetFieldOfView()
    return all(
        abs(at - start) <= _EDGE * size / 2 for at, start, size in zip((x, y), origin, field, strict=False)
    )


def under_mouse(scene: MrmlObject) -> Point | None:
    """Where the mouse is in a slice view, RAS mm, as the crosshair node knows it; None if it is in none."""
    crosshair = scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    if crosshair is None:
        return None
    ras = [0.0, 0.0, 0.0]
    return Point(*ras) if crosshair.GetCursorPositionRAS(ras) else None
