"""Point through which the slices are laid, so that they cut what the question is about.

Rule: the point is a voxel *inside* the smallest of the structures asked for (a centroid may lie outside: in
the hollow of the aortic arch, between the vertebra's processes). Of its voxels, those count whose axial,
coronal and sagittal slices each cut it well; among them those are preferred whose slices also cut most of the
other structures; of these, the one nearest to the structure's own inside point (`anatomy.measure`: the voxel
nearest to the centroid of its largest axial slice). A slice cuts a structure well if it shows at least half
the area of its largest slice in that direction, and cuts it at all from a quarter. With one structure the
point is simply its inside point; with none, the centre of the volume.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.measure import Point
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.scene.crops import StructureCrop

_WELL = 0.5
_AT_ALL = 0.25


class Focus(NamedTuple):
    """A point in RAS mm, and the structure it is inside of (None: the centre of the volume)."""

    ras: Point
    structure: str | None


def focus_on(crops: Sequence[StructureCrop], grid: Grid) -> Focus:
    """The point the three slices go through to show these structures, by the rule above.

    Parameters
    ----------
    grid : of the volume, whose centre is taken where there is no structure
    """
    if not crops:
        return Focus(_point(grid, (np.array(grid.shape) - 1) / 2), None)
    smallest = min(crops, key=lambda crop: crop.volume_ml)
    larger = [crop for crop in crops if crop is not smallest]
    if not larger:
        return Focus(smallest.inside_ras, smallest.name)
    candidates = _best_cutting(smallest, larger).astype(np.float64)
    distance = np.linalg.norm(smallest.grid.to_ras(candidates) - smallest.inside_ras, axis=1)
    return Focus(_point(smallest.grid, candidates[int(distance.argmin())]), smallest.name)


def _best_cutting(smallest: StructureCrop, larger: Sequence[StructureCrop]) -> NDArray[np.int64]:
    """Indices (n, 3) of the voxels of `smallest` whose three slices cut most of `others`."""
    within = np.argwhere(smallest.voxels) + smallest.offset
    shown = [smallest.shown_by_slice[axis][within[:, axis]] for axis in range(3)]
    well = np.min(shown, axis=0) >= _WELL
    within = within[well] if well.any() else within
    cuts = np.zeros(len(within), dtype=np.int64)
    for crop in larger:
        index = within if crop.grid is smallest.grid else _index_in(crop.grid, smallest.grid, within)
        for axis in range(3):
            cuts += crop.shown_by_slice[axis][index[:, axis]] >= _AT_ALL
    best: NDArray[np.int64] = within[cuts == cuts.max()]
    return best


def _index_in(grid: Grid, source: Grid, index: NDArray[np.int64]) -> NDArray[np.int64]:
    """The nearest voxels of `grid` to those of `other`: a region may be drawn on coarser voxels."""
    nearest = np.rint(grid.to_index(source.to_ras(index.astype(np.float64)))).astype(np.int64)
    return np.clip(nearest, 0, np.array(grid.shape) - 1)


def _point(grid: Grid, index: NDArray[np.float64]) -> Point:
    return Point(*grid.to_ras(index).tolist())
