"""How does a slice view show the whole volume when its window changes size? Until the reader zooms."""

from __future__ import annotations

from typing import NamedTuple

from CTSpatialVQALib.scene.core import MrmlObject


class _Seen(NamedTuple):
    """Size of the view in pixels, and what it shows: field of view and centre in mm."""

    size: tuple[int, ...]
    field: tuple[float, ...]
    centre: tuple[float, ...]


class FittedSlice:
    """Fits a slice view to its volume now, and again whenever its size changes while it is still fitted.

    Slicer keeps the size of a pixel when a view is resized, so a body that filled a large view is cut off in
    a small one: after every change of the layout.

    Parameters
    ----------
    logic : vtkMRMLSliceLogic of the view
    """

    def __init__(self, logic: MrmlObject) -> None:
        self._logic = logic
        self._node = logic.GetSliceNode()
        self._fitting = False
        self._last = self._fitted = _seen(self._node)
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
        before, self._last = self._last, _seen(self._node)
        if self._last.size != before.size and before == self._fitted:
            self._fit()

    def _fit(self) -> None:
        self._fitting = True
        self._logic.FitSliceToAll()
        self._fitting = False
        self._last = self._fitted = _seen(self._node)


def _seen(node: MrmlObject) -> _Seen:
    # the third numbers follow the spacing across the slice, which is nothing that a reader sees
    return _Seen(node.GetDimensions()[:2], node.GetFieldOfView()[:2], node.GetXYZOrigin()[:2])
