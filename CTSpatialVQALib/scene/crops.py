"""Voxels of one structure, cut out of the mask once per case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.measure import Point, measure_one
from CTSpatialVQALib.records.grid import Grid

if TYPE_CHECKING:
    from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

MARGIN = 1  # voxels of background around the structure, so that surfaces close and outlines are whole


@dataclass(frozen=True)
class VoxelBlock:
    """A small binary array somewhere on a grid.

    Parameters
    ----------
    voxels : (r, a, s) uint8 array, 1 inside, with one voxel of background on every side
    offset : index of `voxels[0, 0, 0]` on the grid; -1 where the inside touches the grid's edge
    grid : the whole grid
    """

    voxels: NDArray[np.uint8]
    offset: tuple[int, int, int]
    grid: Grid

    @cached_property
    def count(self) -> int:
        """Number of voxels inside."""
        return int(np.count_nonzero(self.voxels))

    @property
    def volume_ml(self) -> float:
        """Of the voxels inside; blocks of one case may have voxels of different size."""
        return self.count * self.grid.voxel_ml

    @property
    def bounds_ras(self) -> tuple[float, ...]:
        """Least and greatest R, A, S in mm of the inside, to the outer faces of its voxels."""
        low = np.array(self.offset) + MARGIN - 0.5
        high = np.array(self.offset) + np.array(self.voxels.shape) - MARGIN - 0.5
        corners = self.grid.to_ras(np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T)
        ends = zip(corners.min(axis=0), corners.max(axis=0), strict=True)
        return tuple(float(edge) for pair in ends for edge in pair)

    def coarsened(self, most_voxels: int) -> VoxelBlock:
        """The same shape in so large steps that about `most_voxels` are inside; itself if they are anyway.

        Coarse voxels are as near to cubes as the spacing lets them. The fullest ones are taken, as many as
        keep the volume, and any as full as the last of them: a fixed share would lose thin sheets.
        """
        aim_mm = (self.count * self.grid.voxel_ml * 1000 / most_voxels) ** (1 / 3)
        steps = np.maximum(1, np.rint(aim_mm / np.array(self.grid.spacing_mm)).astype(int))
        if (steps == 1).all():
            return self
        filled = np.pad(self.voxels, [(0, int(more)) for more in -np.array(self.voxels.shape) % steps])
        (r, a, s), (i, j, k) = np.array(filled.shape) // steps, steps
        full = filled.reshape(r, i, a, j, s, k).sum(axis=(1, 3, 5), dtype=np.int32)
        kept = max(1, round(self.count / int(steps.prod())))
        at_least = np.bincount(full.ravel())[::-1].cumsum()[
            ::-1
        ]  # coarse voxels with so many fine ones or more
        least = int(np.flatnonzero(at_least >= kept)[-1])
        affine = self.grid.affine @ np.diag([*steps, 1.0])
        affine[:3, 3] = self.grid.to_ras(self.offset + (steps - 1) / 2)
        return VoxelBlock(
            np.pad((full >= least).astype(np.uint8), MARGIN),
            (-MARGIN, -MARGIN, -MARGIN),
            Grid.of((int(r), int(a), int(s)), affine),
        )


@dataclass(frozen=True)
class StructureCrop(VoxelBlock):
    """The voxels of one structure in its box, and a point inside of it in RAS mm, as `measure` reports it."""

    name: str
    inside_ras: Point

    @cached_property
    def shown_by_slice(self) -> tuple[NDArray[np.float64], ...]:
        """For R, A and S, and for every slice of the whole mask across it: its area over the largest one."""
        return tuple(self._shown_across(axis) for axis in range(3))

    def _shown_across(self, axis: int) -> NDArray[np.float64]:
        across = tuple(index for index in range(3) if index != axis)
        area = self.voxels.sum(axis=across, dtype=np.int64)[MARGIN:-MARGIN]
        shown = np.zeros(self.grid.shape[axis])
        start = self.offset[axis] + MARGIN
        shown[start : start + area.size] = area / area.max()
        return shown


def crop_of(mask: AnatomyMask, name: str) -> StructureCrop | None:
    """The crop of `name`, or None if the mask has no voxel of it."""
    measured = measure_one(mask, name)
    if measured is None:
        return None
    cut = mask.crop(name)
    r, a, s = (part.start - MARGIN for part in cut.box)
    voxels = np.pad(cut.inside.view(np.uint8), MARGIN)
    return StructureCrop(voxels, (r, a, s), mask.grid, name, measured.inside_point_ras)


class CaseCrops:
    """The crops of one mask, each cut once and remembered."""

    def __init__(self, mask: AnatomyMask | None) -> None:
        self.mask = mask
        self._crops: dict[str, StructureCrop | None] = {}
        self._derived: set[str] = set()

    def of(self, name: str) -> StructureCrop | None:
        """The crop of `name`; None if it is not in the mask, or there is no mask."""
        if name not in self._crops:
            self._crops[name] = crop_of(self.mask, name) if self.mask is not None else None
        return self._crops[name]

    def knows(self, name: str) -> bool:
        """Whether `of` answers at once."""
        return name in self._crops

    def put(self, name: str, crop: StructureCrop | None) -> None:
        """Keep a region, which cannot be cut out of the mask."""
        self._crops[name] = crop
        self._derived.add(name)

    def forget(self, name: str) -> None:
        """Let go of a crop that can be cut again when it is needed."""
        if name not in self._derived:
            self._crops.pop(name, None)

    def present(self, names: Sequence[str]) -> tuple[StructureCrop, ...]:
        """The crops of those of `names` that the mask has, in the same order, each once."""
        crops = (self.of(name) for name in dict.fromkeys(names))
        return tuple(crop for crop in crops if crop is not None)
