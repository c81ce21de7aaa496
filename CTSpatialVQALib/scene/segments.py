"""Segmentation nodes that hold the structures of the present question and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from CTSpatialVQALib.records.structures import Colour, structures
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.crops import CaseCrops
from CTSpatialVQALib.scene.structure_cache import CaseShapes, ShapeKind, labelmap_of
from CTSpatialVQALib.scene.terminology import terminology_entry

__all__ = ["OverlayStyle", "QuestionSegments", "SegmentsNode", "Shown", "labelmap_of"]

NODE_NAME = "Question"
FILL_OPACITY = 0.25
_HIDES_FROM = 3.0  # times the volume of the smallest
_TRANSLUCENT = 0.6


class Shown(NamedTuple):
    """A structure to show, by class name, its colour, and whether its surface is shown in 3D too."""

    name: str
    colour: Colour
    display: str = ""
    surface: bool = True


class OverlayStyle(NamedTuple):
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

    def __init__(self, scene: MrmlObject, shapes: CaseShapes, style: OverlayStyle) -> None:
        self._shapes = shapes
        self.style = style
        self.node: MrmlObject = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", style.node_name)
        self.node.CreateDefaultDisplayNodes()
        self.node.SetSaveWithScene(False)
        names = _representation_names()
        self.node.GetSegmentation().SetSourceRepresentationName(names.labelmap)
        display = self.node.GetDisplayNode()
        display.SetPreferredDisplayRepresentationName2D(names.labelmap)
        display.SetPreferredDisplayRepresentationName3D(names.surface)
        display.SetOpacity2DFill(style.fill)
        display.SetOpacity2DOutline(style.outline)
        display.SetVisibility2DFill(style.fill > 0)  # what is off is not drawn clear, but not drawn
        display.SetVisibility2DOutline(style.outline > 0)
        display.SetSliceIntersectionThickness(style.thickness)

    @property
    def held(self) -> tuple[str, ...]:
        """Names of the segments, in order."""
        segmentation = self.node.GetSegmentation()
        return tuple(segmentation.GetNthSegmentID(n) for n in range(segmentation.GetNumberOfSegments()))

    def show(self, shown: Sequence[Shown]) -> None:
        """Hold exactly those of `shown` that the mask has, each with label map, surface, colour, code.

        Surfaces are shown when all of them are to be: Slicer asks only the first segment whether it has one.
        """
        import slicer

        segmentation = self.node.GetSegmentation()
        if not shown and not segmentation.GetNumberOfSegments():
            return
        with slicer.util.NodeModify(self.node):
            segmentation.RemoveAllSegments()
            for structure in shown:
                segment = self._segment(structure)
                if segment is not None:
                    segmentation.AddSegment(segment, structure.name)
            self.add_surfaces(shown)

    def add_surfaces(self, shown: Sequence[Shown]) -> None:
        """Give the segments that `show` has put in the surfaces that they lack, where all have one."""
        import slicer

        if not all(structure.surface for structure in shown):
            return
        segmentation, name = self.node.GetSegmentation(), _representation_names().surface
        with slicer.util.NodeModify(self.node):
            for structure in shown:
                segment = segmentation.GetSegment(structure.name)
                if segment is not None and segment.GetRepresentation(name) is None:
                    segment.AddRepresentation(name, self._shapes.of(structure.name, self.style.surface))

    def _segment(self, shown: Shown) -> MrmlObject | None:
        import slicer

        labelmap = self._shapes.of(shown.name, self.style.labelmap)
        if labelmap is None:
            return None
        segment = slicer.vtkSegment()
        structure = structures().get(shown.name)
        segment.SetName(shown.display or (structure.display if structure else shown.name))
        segment.SetColor(*shown.colour)
        segment.AddRepresentation(_representation_names().labelmap, labelmap)
        if structure:
            segment.SetTag(segment.GetTerminologyEntryTagName(), terminology_entry(structure))
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
        super().__init__(scene, shapes, OverlayStyle(NODE_NAME))
        self._crops = crops

    def show(self, shown: Sequence[Shown]) -> None:
        """As `SegmentsNode.show`; what may hide a much smaller one is translucent in 3D."""
        super().show(shown)
        opacities = opacities_3d(self._crops, [structure.name for structure in shown])
        for name, opacity in opacities.items():
            self.node.GetDisplayNode().SetSegmentOpacity3D(name, opacity)


def opacities_3d(crops: CaseCrops, names: Sequence[str]) -> dict[str, float]:
    """Translucent what is so much larger than the smallest that it may hide it."""
    volumes = {crop.name: crop.volume_ml for crop in crops.present(names)}
    least = min(volumes.values(), default=0.0)
    return {name: _TRANSLUCENT if size > _HIDES_FROM * least else 1.0 for name, size in volumes.items()}


def _representation_names() -> _Representations:
    from slicer import vtkSegmentationConverter as converter

    return _Representations(
        converter.GetSegmentationBinaryLabelmapRepresentationName(),
        converter.GetSegmentationClosedSurfaceRepresentationName(),
    )
