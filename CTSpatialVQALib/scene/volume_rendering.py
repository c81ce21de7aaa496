"""Volume rendering of the CT on request, with bones and enhanced vessels in view."""

from __future__ import annotations

from typing import NamedTuple

from CTSpatialVQALib.scene.core import MrmlObject

_PROPERTY_NAME = "CT volume rendering"


class _Stop(NamedTuple):
    """What one value in HU looks like: opacity per millimetre-sized step, and colour."""

    hu: float
    opacity: float
    red: float
    green: float
    blue: float


# skin and fat stay clear, so that coloured structures are seen between the bones
_STOPS = (
    _Stop(-1024, 0.0, 0.0, 0.0, 0.0),
    _Stop(100, 0.0, 0.55, 0.25, 0.15),
    _Stop(180, 0.12, 0.88, 0.6, 0.29),
    _Stop(350, 0.3, 0.95, 0.85, 0.7),
    _Stop(1000, 0.7, 1.0, 0.98, 0.94),
    _Stop(3071, 0.85, 1.0, 1.0, 1.0),
)


class VolumeRendering:
    """The volume rendering of one CT node.

    Made of MRML nodes alone, it needs no module's logic; any 3D view with its displayable manager draws it.
    """

    def __init__(self, scene: MrmlObject, volume_node: MrmlObject) -> None:
        import slicer

        self._scene = scene
        self._volume_node = volume_node
        self._property: MrmlObject = _added(scene, slicer.vtkMRMLVolumePropertyNode(), _PROPERTY_NAME)
        _fill(self._property.GetVolumeProperty())
        drawn = slicer.vtkMRMLGPURayCastVolumeRenderingDisplayNode()
        self.display: MrmlObject = _added(scene, drawn, f"{_PROPERTY_NAME} display")
        self.display.SetAndObserveVolumePropertyNodeID(self._property.GetID())
        self.display.SetVisibility(True)
        volume_node.AddAndObserveDisplayNodeID(self.display.GetID())

    def remove(self) -> None:
        """Take it out of the scene."""
        if self._scene.IsNodePresent(self._volume_node) and self._scene.IsNodePresent(self.display):
            self._volume_node.RemoveNthDisplayNodeID(_place_of(self._volume_node, self.display))
        for node in (self.display, self._property):
            if self._scene.IsNodePresent(node):
                self._scene.RemoveNode(node)


def _added(scene: MrmlObject, node: MrmlObject, name: str) -> MrmlObject:
    node.SetName(name)
    node.SetSaveWithScene(False)
    return scene.AddNode(node)


def _place_of(volume_node: MrmlObject, display: MrmlObject) -> int:
    ids = [volume_node.GetNthDisplayNodeID(n) for n in range(volume_node.GetNumberOfDisplayNodes())]
    return ids.index(display.GetID())


def _fill(volume_property: MrmlObject) -> None:
    opacity, colour = volume_property.GetScalarOpacity(0), volume_property.GetRGBTransferFunction(0)
    opacity.RemoveAllPoints()
    colour.RemoveAllPoints()
    for stop in _STOPS:
        opacity.AddPoint(stop.hu, stop.opacity)
        colour.AddRGBPoint(stop.hu, stop.red, stop.green, stop.blue)
    volume_property.SetInterpolationTypeToLinear()
    volume_property.ShadeOn()
    volume_property.SetAmbient(0.2)
    volume_property.SetDiffuse(0.9)
    volume_property.SetSpecular(0.1)
