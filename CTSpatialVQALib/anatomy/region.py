"""Regions, which are places without a class of their own, and the space in which they are drawn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from CTSpatialVQALib.records.structures import structures
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.label_statistics import Box

# SimpleITK declares types and annotates none of its classes
# mypy: untyped-calls-exclude=SimpleITK


class Region(NamedTuple):
    """Where a region is.

    Parameters
    ----------
    box, inside : as of a `Crop`: `inside` (bool) is what `box` cuts out of the whole (R, A, S) array
    taken_from : the structures it was derived from
    note : how, in one sentence
    """

    name: str
    box: Box
    inside: NDArray[np.bool_]
    taken_from: tuple[str, ...]
    note: str

    def voxels(self, mask: AnatomyMask) -> NDArray[np.bool_]:
        """(R, A, S) bool over the whole array."""
        voxels = np.zeros(mask.labels.shape, dtype=bool, order="F")
        voxels[self.box] = self.inside
        return voxels


class NotDerivable(NamedTuple):
    """Why a region cannot be had from this mask."""

    name: str
    why: str


class Space:
    """A box of one mask in which a region is drawn, with its millimetres.

    Parameters
    ----------
    names : the structures that the box is put around; those that the mask has not are left out
    margin_mm : around them, as far as the array goes
    """

    def __init__(self, mask: AnatomyMask, names: tuple[str, ...], margin_mm: float = 0.0) -> None:
        self.mask = mask
        self.names = tuple(name for name in names if mask.has(name))
        boxes = [(mask.body(name) or mask.crop(name)).box for name in self.names]
        r, a, s = (self._around([box[axis] for box in boxes], axis, margin_mm) for axis in range(3))
        self.box: Box = (r, a, s)

    def _around(self, parts: list[slice], axis: int, margin_mm: float) -> slice:
        margin = int(np.ceil(margin_mm / self.mask.grid.spacing_mm[axis]))
        low, high = min(part.start for part in parts) - margin, max(part.stop for part in parts) + margin
        return slice(max(0, low), min(self.mask.labels.shape[axis], high))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the box, in voxels."""
        r, a, s = (part.stop - part.start for part in self.box)
        return r, a, s

    def of(self, *names: str) -> NDArray[np.bool_]:
        """Where any of `names` is inside the box; a union of its parts for a parent."""
        labels = [label for name in names for label in self.mask.labels_of(name)]
        return np.isin(self.mask.labels[self.box], labels)

    def coordinate(self, axis: int) -> NDArray[np.float64]:
        """R, A or S in mm of the slices along `axis`, in the middle of the box, shaped to broadcast."""
        middle = [(part.start + part.stop - 1) / 2 for part in self.box]
        points = np.tile(np.array(middle), (self.shape[axis], 1))
        points[:, axis] = np.arange(self.box[axis].start, self.box[axis].stop)
        wide = [1, 1, 1]
        wide[axis] = -1
        return self.mask.grid.to_ras(points)[:, axis].reshape(wide)

    def distance_mm(self, inside: NDArray[np.bool_]) -> NDArray[np.float32]:
        """From every voxel to the nearest one of `inside`; 0 in it (ITK's Maurer transform)."""
        image = sitk.GetImageFromArray(np.asfortranarray(inside).T.view(np.uint8))
        image.SetSpacing(self.mask.grid.spacing_mm)
        field = sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True)
        signed: NDArray[np.float32] = sitk.GetArrayFromImage(field).T
        return np.where(inside, np.float32(0), np.maximum(signed, 0))

    def depth_mm(self, inside: NDArray[np.bool_]) -> NDArray[np.float32]:
        """From every voxel of `inside` to the nearest one outside; the box's faces are no surface."""
        return self.distance_mm(~inside)

    def region(self, name: str, inside: NDArray[np.bool_], note: str) -> Region | NotDerivable:
        """`inside` as a region, or the reason why it is empty."""
        if not inside.any():
            return NotDerivable(name, f"nothing is left of it in this scan ({note})")
        return Region(name, self.box, inside, self.names, note)


def sided(stem: str, side: Side | None) -> tuple[str, ...]:
    """`lung` on a side, or on both."""
    sides = (Side.LEFT, Side.RIGHT) if side in (None, Side.BILATERAL) else (side,)
    return tuple(f"{stem}_{lung_side}" for lung_side in sides if f"{stem}_{lung_side}" in structures())
