"""Slice views that show the whole volume at any size, until the reader zooms."""

from __future__ import annotations

from typing import NamedTuple

from CTSpatialVQALib.scene.core import MrmlObject


class _Field(NamedTuple):
    """Size of the view in pixels, and what it shows: field of view and centre in mm."""

    size: tuple[int, ...]
    field: tuple[float, ...]
    centre: tuple[float, ...]


class FittedSlice:
    """Fits a slice view to its volume now, and again whenever its size changes while it is still fitted.

    Slicer keeps the size of a pixel when a view is resized, so a body that filled a large view is cut off in
    a small one: after every change of the layout. The slice itself stays where it is: Slicer arranges a new
    layout after the slices were laid through what a question is about, and its fitting would bring them back
    to the middle of the volume.

    Parameters
    ----------
    logic : vtkMRMLSliceLogic of the view
    """

    def __init__(self, logic: MrmlObject) -> None:
        self._logic = logic
        self._node = logic.GetSliceNode()
        self._fitting = False
        self._last = self._fitted = _field_of(self._node)
        self._fit()
        self._tag: int | None = self._node.AddObserver("ModifiedEvent", self._follow)

    def remove(self) -> None:
        """Let the view alone; a second time does nothing."""
        if self._tag is not None:
            self._node.RemoveObserver(self._tag)
            self._tag = None

    def _follow(self, *_: object) -> None:
        if self._fitting:
            return
        before, self._last = self._last, _field_of(self._node)
        if self._last.size != before.size and before == self._fitted:
            offset = self._node.GetSliceOffset()
            self._fit(offset)

    def _fit(self, offset: float | None = None) -> None:
        """Fit in the plane; on the slice at `offset` mm, or for None in the middle of the volume."""
        self._fitting = True
        self._logic.FitSliceToAll()
        if offset is not None:
            self._node.SetSliceOffset(offset)
        self._fitting = False
        self._last = self._fitted = _field_of(self._node)


def _field_of(node: MrmlObject) -> _Field:
    # the third numbers follow the spacing across the slice, which is nothing that a reader sees
    return _Field(node.GetDimensions()[:2], node.GetFieldOfView()[:2], node.GetXYZOrigin()[:2])
