"""Restriction of a reader to one slice: the human control for a model that is shown a single slice."""

from __future__ import annotations

from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.scene.core import MrmlObject


class OneSlice:
    """Holds a slice view on one axial slice: however the reader scrolls, it comes back.

    Parameters
    ----------
    node : vtkMRMLSliceNode of the axial view
    grid : of the volume; its middle slice is held, the one that the probe `single_slice` shows a model
    """

    def __init__(self, node: MrmlObject, grid: Grid) -> None:
        r, a, s = grid.shape
        self._ras = grid.to_ras(((r - 1) / 2, (a - 1) / 2, float(s // 2)))
        self._node = node
        self._holding = False
        self._tag: int | None = node.AddObserver("ModifiedEvent", self._hold)
        self._hold()

    def remove(self) -> None:
        """Let the reader scroll again; a second time does nothing."""
        if self._tag is not None:
            self._node.RemoveObserver(self._tag)
            self._tag = None

    def _hold(self, *_: object) -> None:
        if self._holding:
            return
        self._holding = True
        self._node.SetOrientation("Axial")
        if abs(self._node.GetSliceOffset() - self._ras[2]) > 1e-3:
            self._node.SetSliceOffset(float(self._ras[2]))
        self._holding = False
