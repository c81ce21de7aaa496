"""Points placed as evidence: numbered markups of the present question."""

from __future__ import annotations

from collections.abc import Iterable

from CTSpatialVQALib.anatomy.measure import Point
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.nodes import remove_with_display

NODE_NAME = "Evidence"
_COLOUR = (1.0, 1.0, 0.4)
_GLYPH = 2.2  # per cent of the view's diagonal


class EvidencePoints:
    """The points of one question, in a markups node that is made with the first point.

    Points are called 1, 2, 3; what a reader types into Slicer's own markups table is never read back.
    """

    def __init__(self, scene: MrmlObject) -> None:
        self._scene = scene
        self._node: MrmlObject | None = None

    @property
    def points(self) -> tuple[Point, ...]:
        """RAS mm, in the order in which they were placed, where the reader moved them to."""
        if self._node is None or not self._scene.IsNodePresent(self._node):
            return ()
        return tuple(self._point(n) for n in range(self._node.GetNumberOfControlPoints()))

    def add(self, ras: Point) -> None:
        """Place one more."""
        node = self._node_in_scene()
        node.AddControlPoint(*ras, str(node.GetNumberOfControlPoints() + 1))

    def remove_last(self) -> None:
        """Take the last one back, if there is one."""
        count = len(self.points)
        if self._node is not None and count:
            self._node.RemoveNthControlPoint(count - 1)

    def show(self, points: Iterable[Point]) -> None:
        """Show exactly these: those of another question, or none."""
        places = tuple(points)
        if places == self.points:
            return
        if self.points and self._node is not None:
            self._node.RemoveAllControlPoints()
        for place in places:
            self.add(place)

    def remove(self) -> None:
        """Take the node out of the scene."""
        remove_with_display(self._scene, self._node)
        self._node = None

    def _node_in_scene(self) -> MrmlObject:
        if self._node is None or not self._scene.IsNodePresent(self._node):
            node = self._scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", NODE_NAME)
            node.CreateDefaultDisplayNodes()
            node.SetSaveWithScene(False)
            display = node.GetDisplayNode()
            display.SetSelectedColor(*_COLOUR)
            display.SetGlyphScale(_GLYPH)
            display.SetTextScale(3.5)
            self._node = node
        return self._node

    def _point(self, n: int) -> Point:
        r, a, s = self._node.GetNthControlPointPositionWorld(n)  # type: ignore[union-attr]
        return Point(r, a, s)
