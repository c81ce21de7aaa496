"""All structures of a mask shown at once, as segments of one shared label map."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from CTSpatialVQALib.records.structures import structures
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.nodes import remove_with_display
from CTSpatialVQALib.scene.terminology import terminology_entry
from CTSpatialVQALib.scene.volumes import image_of, matrix_of

if TYPE_CHECKING:
    from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

NODE_NAME = "All structures"
_FILL = 0.3


class AllStructures:
    """A segmentation node with every structure of the mask, on slices only.

    The segments share one label map, each with its label value, as Slicer's own segmentations do after
    loading; importing the mask segment by segment takes seconds, and so would a hundred surfaces.
    """

    def __init__(self, scene: MrmlObject, mask: AnatomyMask) -> None:
        import slicer

        self._scene = scene
        self._names = mask.structures
        self.node: MrmlObject = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", NODE_NAME)
        self.node.SetSaveWithScene(False)
        with slicer.util.NodeModify(self.node):
            self._fill(mask)
        self.node.CreateDefaultDisplayNodes()
        display = self.node.GetDisplayNode()
        display.SetVisibility3D(False)
        display.SetOpacity2DFill(_FILL)
        display.SetOpacity2DOutline(0.0)

    def leave_out(self, names: Iterable[str]) -> None:
        """Do not draw these: they are shown by themselves, and would be covered."""
        import slicer

        display, hidden = self.node.GetDisplayNode(), frozenset(names)
        if not self._scene.IsNodePresent(self.node) or display is None:
            return
        with slicer.util.NodeModify(display):
            for name in self._names:
                if bool(display.GetSegmentVisibility(name)) is (name in hidden):
                    display.SetSegmentVisibility(name, name not in hidden)

    def remove(self) -> None:
        """Take the node out of the scene."""
        remove_with_display(self._scene, self.node)

    def _fill(self, mask: AnatomyMask) -> None:
        import slicer

        name = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
        segmentation = self.node.GetSegmentation()
        segmentation.SetSourceRepresentationName(name)
        image = slicer.vtkOrientedImageData()
        image.DeepCopy(image_of(mask.labels))  # a reader may edit this node, and the mask must not change
        image.SetImageToWorldMatrix(matrix_of(mask.grid))
        for class_name, label in mask.label_of.items():
            structure = structures()[class_name]
            segment = slicer.vtkSegment()
            segment.SetName(structure.display)
            segment.SetColor(*structure.colour)
            segment.SetLabelValue(label)
            segment.AddRepresentation(name, image)
            segment.SetTag(segment.GetTerminologyEntryTagName(), terminology_entry(structure))
            segmentation.AddSegment(segment, class_name)
