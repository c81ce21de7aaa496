"""How do the structures of a question come into the scene? As small nodes, refilled per question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from CTSpatialVQALib.records.structures import Colour, structures
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.crops import CaseCrops
from CTSpatialVQALib.scene.structure_cache import CaseShapes, ShapeKind, labelmap_of
from CTSpatialVQALib.scene.terminology import terminology_entry

__all__ = ["QuestionSegments", "SegmentsLook", "SegmentsNode", "Shown", "labelmap_of"]

NODE_NAME = "Question"
FILL_OPACITY = 0.25
_HIDES_FROM = 3.0  # times the voxels of the smallest
_TRANSLUCENT = 0.6


class Shown(NamedTuple):
    """A structure to show, by class name, and its colour."""

    name: str
    colour: Colour
    display: str = ""


class SegmentsLook(NamedTuple):
    """How one segmentation node is drawn.

    Parameters
    ----------
    fill, outline : opacity on slices, 0 to 1
    thickness : of the outline, in pixels
    """

    node_name: str
    labelmap: ShapeKind = ShapeKind.LABELMAP
    surface: ShapeKind = ShapeKind.SURFACE
    fill: float = FILL_OPACITY
    outline: float = 1.0
    thickness: int = 2


class _Representations(NamedTuple):
    labelmap: MrmlObject
    surface: MrmlObject


class SegmentsNode:
    """One segmentation node that holds only what is shown now.

    Its label maps and surfaces are made once per structure and shared by all questions and nodes, and the
    node is emptied and refilled, so hundreds of questions leave the scene as large as one.
    """

    def __init__(self, scene: MrmlObject, shapes: CaseShapes, look: SegmentsLook) -> None:
        self._shapes = shapes
        self.look = look
        self.node: MrmlObject = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", look.node_name)
        self.node.CreateDefaultDisplayNodes()
        self.node.SetSaveWithScene(False)
        names = _representation_names()
        self.node.GetSegmentation().SetSourceRepresentationName(names.labelmap)
        display = self.node.GetDisplayNode()
        display.SetPreferredDisplayRepresentationName2D(names.labelmap)
        display.SetPreferredDisplayRepresentationName3D(names.surface)
        display.SetOpacity2DFill(look.fill)
        display.SetOpacity2DOutline(look.outline)
        display.SetVisibility2DFill(look.fill > 0)  # what is off is not drawn clear, but not drawn
        display.SetVisibility2DOutline(look.outline > 0)
        display.SetSliceIntersectionThickness(look.thickness)

    @property
    def held(self) -> tuple[str, ...]:
        """Names of the segments, in order."""
        segmentation = self.node.GetSegmentation()
        return tuple(segmentation.GetNthSegmentID(n) for n in range(segmentation.GetNumberOfSegments()))

    def show(self, wanted: Sequence[Shown]) -> None:
        """Hold exactly those of `wanted` that the mask has, each with label map, surface, colour and code."""
        import slicer

        segmentation = self.node.GetSegmentation()
        if not wanted and not segmentation.GetNumberOfSegments():
            return
        with slicer.util.NodeModify(self.node):
            segmentation.RemoveAllSegments()
            for one in wanted:
                segment = self._segment(one)
                if segment is not None:
                    segmentation.AddSegment(segment, one.name)

    def _segment(self, one: Shown) -> MrmlObject | None:
        import slicer

        labelmap = self._shapes.of(one.name, self.look.labelmap)
        if labelmap is None:
            return None
        names = _representation_names()
        segment = slicer.vtkSegment()
        known = structures().get(one.name)
        segment.SetName(one.display or (known.display if known else one.name))
        segment.SetColor(*one.colour)
        segment.AddRepresentation(names.labelmap, labelmap)
        # every segment gets its surface: Slicer asks only the first whether surfaces exist
        segment.AddRepresentation(names.surface, self._shapes.of(one.name, self.look.surface))
        if known:
            segment.SetTag(segment.GetTerminologyEntryTagName(), terminology_entry(known))
        return segment


class QuestionSegments(SegmentsNode):
    """The "Question" node of an evidence picture: outlines with a light fill.

    Parameters
    ----------
    most_surface_voxels : see `CaseShapes`
    """

    def __init__(
        self, scene: MrmlObject, crops: CaseCrops, *, most_surface_voxels: int | None = None
    ) -> None:
        shapes = CaseShapes(crops, most_surface_voxels=most_surface_voxels)
        super().__init__(scene, shapes, SegmentsLook(NODE_NAME))
        self._crops = crops

    def show(self, wanted: Sequence[Shown]) -> None:
        """As `SegmentsNode.show`; what may hide a much smaller one is translucent in 3D."""
        super().show(wanted)
        opacities = opacities_3d(self._crops, [one.name for one in wanted])
        for name, opacity in opacities.items():
            self.node.GetDisplayNode().SetSegmentOpacity3D(name, opacity)


def opacities_3d(crops: CaseCrops, names: Sequence[str]) -> dict[str, float]:
    """Translucent what is so much larger than the smallest that it may hide it."""
    counts = {crop.name: crop.count for crop in crops.present(names)}
    least = min(counts.values(), default=0)
    return {name: _TRANSLUCENT if count > _HIDES_FROM * least else 1.0 for name, count in counts.items()}


def _representation_names() -> _Representations:
    from slicer import vtkSegmentationConverter as converter

    return _Representations(
        converter.GetSegmentationBinaryLabelmapRepresentationName(),
        converter.GetSegmentationClosedSurfaceRepresentationName(),
    )
