"""Letters, rulers and the orientation cube in the views while a case is read."""

from __future__ import annotations

from collections.abc import Callable

from CTSpatialVQALib.scene.access import ViewAccess
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.fitted_slice import FittedSlice
from CTSpatialVQALib.scene.orientation_letters import LetteredEdges


class ViewDressing:
    """Letters and a ruler on the slices, a cube and no box in 3D; `remove` undoes that."""

    def __init__(self, views: ViewAccess) -> None:
        self._undo: list[Callable[[], object]] = []
        for view in views.slices().values():
            node = view.logic.GetSliceNode()
            self._undo.append(LetteredEdges(node, view.renderer).remove)
            self._undo.append(FittedSlice(view.logic).remove)
            self._set(node, "RulerType", node.RulerTypeThin)
        three_d = views.three_d()
        if three_d is not None:
            self._dress_three_d(three_d.node)

    def remove(self) -> None:
        """Undo all of it; a second time does nothing."""
        while self._undo:
            self._undo.pop()()

    def _dress_three_d(self, node: MrmlObject) -> None:
        self._set(node, "BoxVisible", False)
        self._set(node, "AxisLabelsVisible", False)
        self._set(node, "OrientationMarkerType", node.OrientationMarkerTypeCube)
        self._set(node, "OrientationMarkerSize", node.OrientationMarkerSizeMedium)

    def _set(self, node: MrmlObject, name: str, value: object) -> None:
        before = getattr(node, f"Get{name}")()
        getattr(node, f"Set{name}")(value)
        self._undo.append(lambda: getattr(node, f"Set{name}")(before))
