"""CT in the scene, as a scalar volume node that shares the array's memory where it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.window_presets import Window, windows

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume


def add_volume(scene: MrmlObject, volume: OrientedVolume, name: str = "CT") -> MrmlObject:
    """Add `volume` to an MRML scene, displayed in grey with linear interpolation.

    Returns the vtkMRMLScalarVolumeNode; its IJK axes are the array's (R, A, S).
    """
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    display = scene.AddNewNodeByClass("vtkMRMLScalarVolumeDisplayNode", f"{name} display")
    display.SetAndObserveColorNodeID(_grey(scene).GetID())
    display.AutoWindowLevelOff()
    display.SetInterpolate(1)
    node.SetAndObserveDisplayNodeID(display.GetID())
    node.SetIJKToRASMatrix(matrix_of(volume.grid))
    node.SetAndObserveImageData(image_of(volume.hu))
    return node


def set_window(volume_node: MrmlObject, window: Window) -> None:
    """Show the volume with level and width of `window`."""
    volume_node.GetDisplayNode().SetWindowLevel(window.width, window.level)


def image_of(array: NDArray[np.generic]) -> vtkImageData:
    """`array` (i, j, k) as VTK image without geometry; copied only if i does not run fastest in memory."""
    from vtkmodules.util import numpy_support
    from vtkmodules.vtkCommonDataModel import vtkImageData

    image = vtkImageData()
    image.SetDimensions(*array.shape)
    flat = np.ascontiguousarray(array.T).reshape(-1)
    # keeps a reference to the numpy memory
    image.GetPointData().SetScalars(numpy_support.numpy_to_vtk(flat))  # type: ignore[no-untyped-call]
    return image


def matrix_of(grid: Grid) -> vtkMatrix4x4:
    """Index -> RAS mm as VTK matrix."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    matrix.DeepCopy(grid.affine.ravel().tolist())
    return matrix


def _grey(scene: MrmlObject) -> MrmlObject:
    """Slicer's own grey table, or one made here in a scene without default colours."""
    node = scene.GetNodeByID("vtkMRMLColorTableNodeGrey")
    if node is None:
        node = scene.GetFirstNodeByName("CTSpatialVQA grey")
    if node is None:
        node = scene.AddNewNodeByClass("vtkMRMLColorTableNode", "CTSpatialVQA grey")
        node.SetTypeToGrey()
    return node


def window_of(volume_node: MrmlObject) -> Window | None:
    """The grey scale that the volume is shown with now."""
    display = volume_node.GetDisplayNode()
    if display is None:
        return None
    level, width = display.GetLevel(), display.GetWindow()
    preset = next(
        (window for window in windows().values() if (window.level, window.width) == (level, width)), None
    )
    return preset or Window("reader's own", level, width)
