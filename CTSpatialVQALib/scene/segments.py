"""How do the structures of a question come into the scene? As one small node, refilled per question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from CTSpatialVQALib.anatomy.structures import Colour, structures
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.crops import CaseCrops, StructureCrop, VoxelBlock
from CTSpatialVQALib.scene.surfaces import surface_of
from CTSpatialVQALib.scene.terminology import terminology_entry
from CTSpatialVQALib.scene.volumes import image_of, matrix_of

NODE_NAME = "Question"
FILL_OPACITY = 0.25
_HIDES_FROM = 3.0  # times the voxels of the smallest
_TRANSLUCENT = 0.6


class Shown(NamedTuple):
    """A structure to show, by class name, and its colour."""

    name: str
    colour: Colour


class _Representations(NamedTuple):
    labelmap: MrmlObject
    surface: MrmlObject


class QuestionSegments:
    """The "Question" segmentation node of one case: holds only what the present question names.

    Label maps and surfaces are made once per structure and shared by all questions, and the node is
    emptied and refilled, so hundreds of questions leave the scene as large as one.

    Parameters
    ----------
    most_surface_voxels : larger structures get a coarser surface, which is faster to make and to draw;
        None draws every voxel
    """

    def __init__(
        self, scene: MrmlObject, crops: CaseCrops, *, most_surface_voxels: int | None = None
    ) -> None:
        self._crops = crops
        self._most_surface_voxels = most_surface_voxels
        self._made: dict[str, _Representations] = {}
        self.node: MrmlObject = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", NODE_NAME)
        self.node.CreateDefaultDisplayNodes()
        names = _representation_names()
        self.node.GetSegmentation().SetSourceRepresentationName(names.labelmap)
        display = self.node.GetDisplayNode()
        display.SetPreferredDisplayRepresentationName2D(names.labelmap)
        display.SetPreferredDisplayRepresentationName3D(names.surface)
        display.SetOpacity2DFill(FILL_OPACITY)
        display.SetOpacity2DOutline(1.0)
        display.SetSliceIntersectionThickness(2)

    def show(self, wanted: Sequence[Shown]) -> None:
        """Hold exactly those of `wanted` that the mask has, each with label map, surface, colour and code."""
        import slicer

        segmentation = self.node.GetSegmentation()
        with slicer.util.NodeModify(self.node):
            segmentation.RemoveAllSegments()
            for one in wanted:
                crop = self._crops.of(one.name)
                if crop is not None:
                    segmentation.AddSegment(self._segment(one, crop), one.name)
        self._let_small_ones_be_seen([one.name for one in wanted])

    def _let_small_ones_be_seen(self, names: Sequence[str]) -> None:
        """Draw in 3D as translucent what is so much larger than the smallest that it may hide it."""
        counts = {crop.name: crop.count for crop in self._crops.present(names)}
        display = self.node.GetDisplayNode()
        for name, count in counts.items():
            hides = count > _HIDES_FROM * min(counts.values())
            display.SetSegmentOpacity3D(name, _TRANSLUCENT if hides else 1.0)

    def _segment(self, one: Shown, crop: StructureCrop) -> MrmlObject:
        import slicer

        if one.name not in self._made:
            coarse = crop.coarsened(self._most_surface_voxels) if self._most_surface_voxels else crop
            self._made[one.name] = _Representations(labelmap_of(crop), surface_of(coarse))
        names, made = _representation_names(), self._made[one.name]
        segment = slicer.vtkSegment()
        known = structures().get(one.name)
        segment.SetName(known.display if known else one.name)
        segment.SetColor(*one.colour)
        segment.AddRepresentation(names.labelmap, made.labelmap)
        # every segment gets its surface: Slicer asks only the first whether surfaces exist
        segment.AddRepresentation(names.surface, made.surface)
        if known:
            segment.SetTag(segment.GetTerminologyEntryTagName(), terminology_entry(known))
        return segment


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


def _representation_names() -> _Representations:
    from slicer import vtkSegmentationConverter as converter

    return _Representations(
        converter.GetSegmentationBinaryLabelmapRepresentationName(),
        converter.GetSegmentationClosedSurfaceRepresentationName(),
    )
