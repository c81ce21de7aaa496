"""Label maps and surfaces of the structures of one case, each made once."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from CTSpatialVQALib.scene.crops import CaseCrops, StructureCrop, VoxelBlock
from CTSpatialVQALib.scene.hatch import banded, striped
from CTSpatialVQALib.scene.surfaces import surface_of
from CTSpatialVQALib.scene.volumes import image_of, matrix_of

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    from CTSpatialVQALib.scene.core import MrmlObject

MOST_KEPT_BYTES = 300_000_000
_MOST_POINTS = 24_000  # of a surface: translucent triangles cost software OpenGL 0.1 s per hundred thousand


class ShapeKind(StrEnum):
    """How a structure is drawn: whole or in stripes, on slices or in 3D."""

    LABELMAP = "label map"
    STRIPED_LABELMAP = "striped label map"
    SURFACE = "surface"
    STRIPED_SURFACE = "striped surface"


@dataclass
class _Entry:
    """The shapes of one structure, and about how much memory they take."""

    shapes: dict[ShapeKind, MrmlObject] = field(default_factory=dict)
    n_bytes: int = 0


class CaseShapes:
    """The label maps and surfaces of one mask, for as many nodes as want them.

    What was used longest ago is forgotten when all together grow too large; nodes keep what they hold.

    Parameters
    ----------
    crops : of the mask
    most_surface_voxels : larger structures get a coarser surface, which is faster to make and to draw;
        None draws every voxel
    most_bytes : of memory that may be kept
    """

    def __init__(
        self,
        crops: CaseCrops,
        *,
        most_surface_voxels: int | None = None,
        most_bytes: int = MOST_KEPT_BYTES,
    ) -> None:
        self.crops = crops
        self._most_surface_voxels = most_surface_voxels
        self._most_bytes = most_bytes
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    @property
    def kept_bytes(self) -> int:
        """About how much memory is kept."""
        return sum(entry.n_bytes for entry in self._entries.values())

    def of(self, name: str, kind: ShapeKind) -> MrmlObject | None:
        """The shape, made now if it has not been yet; None if the mask has no such structure."""
        crop = self.crops.of(name)
        if crop is None:
            return None
        entry = self._entry(name, crop)
        if kind not in entry.shapes:
            entry.shapes[kind] = self._make(name, crop, kind)
            entry.n_bytes += 1024 * int(entry.shapes[kind].GetActualMemorySize())
            self._forget_oldest()
        return entry.shapes[kind]

    def has(self, name: str, kind: ShapeKind) -> bool:
        """Whether `of` answers at once: with the shape, or because it is known that there is none."""
        if self.crops.knows(name) and self.crops.of(name) is None:
            return True
        return name in self._entries and kind in self._entries[name].shapes

    def _entry(self, name: str, crop: StructureCrop) -> _Entry:
        if name not in self._entries:
            self._entries[name] = _Entry(n_bytes=crop.voxels.nbytes)
        self._entries.move_to_end(name)
        return self._entries[name]

    def _make(self, name: str, crop: StructureCrop, kind: ShapeKind) -> MrmlObject:
        if kind is ShapeKind.LABELMAP:
            return labelmap_of(crop)
        if kind is ShapeKind.STRIPED_LABELMAP:
            return labelmap_of(striped(crop))
        if kind is ShapeKind.STRIPED_SURFACE:
            return banded(self.of(name, ShapeKind.SURFACE) or self._surface(crop))
        return self._surface(crop)

    def _surface(self, crop: StructureCrop) -> vtkPolyData:
        if self._most_surface_voxels is None:
            return surface_of(crop)
        # a shell, as the pleura is, has many more points than a body of as many voxels
        fullness = min(1.0, _MOST_POINTS / max(1, _points_of(crop.coarsened(self._most_surface_voxels))))
        return surface_of(crop.coarsened(max(1, round(self._most_surface_voxels * fullness**1.5))))

    def _forget_oldest(self) -> None:
        while self.kept_bytes > self._most_bytes and len(self._entries) > 1:
            name, _ = self._entries.popitem(last=False)
            self.crops.forget(name)


def _points_of(block: VoxelBlock) -> int:
    """About how many points its surface will have: as many as there are faces of voxels."""
    return sum(int(np.count_nonzero(np.diff(block.voxels, axis=axis))) for axis in range(3))


def labelmap_of(block: VoxelBlock) -> MrmlObject:
    """The block as vtkOrientedImageData on its grid's lattice; its extent starts at the block's offset."""
    import slicer

    image = slicer.vtkOrientedImageData()
    image.ShallowCopy(image_of(block.voxels))
    extent = [
        edge
        for start, size in zip(block.offset, block.voxels.shape, strict=True)
        for edge in (start, start + size - 1)
    ]
    image.SetExtent(extent)
    image.SetImageToWorldMatrix(matrix_of(block.grid))
    return image
