"""What has been made of this case's structures already? Label maps and surfaces, each made once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from CTSpatialVQALib.scene.crops import CaseCrops, StructureCrop, VoxelBlock
from CTSpatialVQALib.scene.hatch import banded, striped
from CTSpatialVQALib.scene.surfaces import surface_of
from CTSpatialVQALib.scene.volumes import image_of, matrix_of

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    from CTSpatialVQALib.scene.core import MrmlObject

MOST_KEPT_BYTES = 300_000_000


class ShapeKind(StrEnum):
    """How a structure is drawn: whole or in stripes, on slices or in 3D."""

    LABELMAP = "label map"
    STRIPED_LABELMAP = "striped label map"
    SURFACE = "surface"
    STRIPED_SURFACE = "striped surface"


@dataclass
class _Made:
    """What there is of one structure, and about how much memory it takes."""

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
        self._made: OrderedDict[str, _Made] = OrderedDict()

    @property
    def kept_bytes(self) -> int:
        """About how much memory is kept."""
        return sum(one.n_bytes for one in self._made.values())

    def of(self, name: str, kind: ShapeKind) -> MrmlObject | None:
        """The shape, made now if it has not been yet; None if the mask has no such structure."""
        crop = self.crops.of(name)
        if crop is None:
            return None
        made = self._entry(name, crop)
        if kind not in made.shapes:
            made.shapes[kind] = self._make(name, crop, kind)
            made.n_bytes += 1024 * int(made.shapes[kind].GetActualMemorySize())
            self._forget_oldest()
        return made.shapes[kind]

    def missing(self, name: str, kinds: tuple[ShapeKind, ...]) -> Iterator[Callable[[], object]]:
        """What has to be done so that these are at hand: small pieces of work, in order."""
        if not self.crops.knows(name):
            yield lambda: self.crops.of(name)
        if self.crops.of(name) is None:
            return
        made = self._made.get(name)
        for kind in kinds:
            if made is None or kind not in made.shapes:
                yield lambda kind=kind: self.of(name, kind)  # type: ignore[misc]

    def _entry(self, name: str, crop: StructureCrop) -> _Made:
        if name not in self._made:
            self._made[name] = _Made(n_bytes=crop.voxels.nbytes)
        self._made.move_to_end(name)
        return self._made[name]

    def _make(self, name: str, crop: StructureCrop, kind: ShapeKind) -> MrmlObject:
        if kind is ShapeKind.LABELMAP:
            return labelmap_of(crop)
        if kind is ShapeKind.STRIPED_LABELMAP:
            return labelmap_of(striped(crop))
        if kind is ShapeKind.STRIPED_SURFACE:
            return banded(self.of(name, ShapeKind.SURFACE) or self._surface(crop))
        return self._surface(crop)

    def _surface(self, crop: StructureCrop) -> vtkPolyData:
        return surface_of(crop.coarsened(self._most_surface_voxels) if self._most_surface_voxels else crop)

    def _forget_oldest(self) -> None:
        while self.kept_bytes > self._most_bytes and len(self._made) > 1:
            name, _ = self._made.popitem(last=False)
            self.crops.forget(name)


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
