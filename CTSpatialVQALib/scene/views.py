"""Offscreen MRML slice and 3D views, read back as RGB arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.scene.core import HeadlessCore, MrmlObject, factories_serving
from CTSpatialVQALib.scene.planes import EdgeLetters, PlaneKind, SlicePlane, edge_letters

if TYPE_CHECKING:
    from vtkmodules.vtkRenderingCore import vtkRenderWindow

_SLICE_MANAGERS = ("vtkMRMLSegmentationsDisplayableManager2D",)
_THREE_D_MANAGERS = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
)
_ELEVATION_DEG = 12.0  # shows depth and two faces of the cube, and leaves left and right exactly sideways
_FILL = 0.9  # part of the tile that the fitted box fills
_DARK = (0.09, 0.1, 0.115)
_DARK_ABOVE = (0.2, 0.22, 0.25)


class OffscreenView:
    """A render window, its renderer and the displayable managers that fill it from the scene."""

    def __init__(self, width: int, height: int) -> None:
        import slicer
        from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow
        from vtkmodules.vtkRenderingUI import vtkGenericRenderWindowInteractor

        with _quiet_about_displays():
            self.window: vtkRenderWindow = vtkRenderWindow()
            self.window.SetOffScreenRendering(1)
            self.window.ShowWindowOff()
            self.window.SetMultiSamples(0)  # the same pixels on every driver
            self.window.SetSize(width, height)
            self.renderer = vtkRenderer()
            self.window.AddRenderer(self.renderer)
            self.interactor = vtkGenericRenderWindowInteractor()
            self.interactor.SetRenderWindow(self.window)
            self.window.Render()
        self.group: MrmlObject = slicer.vtkMRMLDisplayableManagerGroup()

    def pixels(self) -> NDArray[np.uint8]:
        """Render now; (height, width, 3) RGB, row 0 at the top."""
        from vtkmodules.util import numpy_support
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

        self.window.Render()
        width, height = self.window.GetSize()
        data = vtkUnsignedCharArray()
        self.window.GetPixelData(0, 0, width - 1, height - 1, 0, data, 0)
        rgb: NDArray[np.uint8] = numpy_support.vtk_to_numpy(data)  # type: ignore[no-untyped-call]
        return np.ascontiguousarray(rgb.reshape(height, width, 3)[::-1])  # OpenGL's row 0 is the lowest

    def close(self) -> None:
        """Free the managers before the window, whose OpenGL context their resources live in."""
        self.group.SetMRMLDisplayableNode(None)
        self.group = None
        self.window.Finalize()

    def _initialise(self, factory: MrmlObject, managers: Sequence[str]) -> None:
        for manager in managers:
            if not factory.IsDisplayableManagerRegistered(manager):
                factory.RegisterDisplayableManager(manager)
        self.group.Initialize(factory, self.renderer)


class SliceView(OffscreenView):
    """One slice view; `show` puts it on a plane."""

    def __init__(self, core: HeadlessCore, kind: PlaneKind, width: int, height: int) -> None:
        import slicer
        from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper

        super().__init__(width, height)
        self.renderer.GetActiveCamera().ParallelProjectionOn()
        self._mapper = vtkImageMapper()
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        self._ct = vtkActor2D()
        self._ct.SetMapper(self._mapper)
        self._ct.GetProperty().SetDisplayLocationToBackground()
        # the CT comes before the segmentation manager makes its own actors, or their fills hide it
        self.renderer.AddViewProp(self._ct)
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        with factories_serving(core):
            self._initialise(factory, _SLICE_MANAGERS)
        self.logic: MrmlObject = slicer.vtkMRMLSliceLogic()
        self.logic.SetMRMLApplicationLogic(core.logic)
        core.logic.GetSliceLogics().AddItem(self.logic)
        self.logic.SetMRMLScene(core.scene)
        self.node: MrmlObject = self.logic.AddSliceNode(kind.value)
        self.node.SetOrientation(kind.value)
        self.group.SetMRMLDisplayableNode(self.node)
        self.logic.ResizeSliceNode(width, height)

    def set_background(self, volume_node: MrmlObject) -> None:
        """Show this volume under everything else."""
        self.logic.GetSliceCompositeNode().SetBackgroundVolumeID(volume_node.GetID())

    def show(self, plane: SlicePlane) -> None:
        """Show exactly `plane`."""
        field = plane.mm_per_pixel
        self.node.SetFieldOfView(field * plane.width, field * plane.height, self.node.GetFieldOfView()[2])
        self.node.JumpSliceByCentering(*plane.centre)

    def pixels(self) -> NDArray[np.uint8]:
        """Render now, with the CT of the present slice."""
        connection = self.logic.GetImageDataConnection()
        self._ct.SetVisibility(connection is not None)
        if connection is not None and self._mapper.GetInputConnection(0, 0) != connection:
            self._mapper.SetInputConnection(connection)
        return super().pixels()

    def close(self) -> None:
        """Take the logic out of the scene, then the view down."""
        self.logic.SetMRMLScene(None)
        super().close()


class ThreeDView(OffscreenView):
    """The 3D view, looked at from the front so that the patient's right is on the left."""

    def __init__(self, core: HeadlessCore, width: int, height: int) -> None:
        import slicer

        super().__init__(width, height)
        # translucent surfaces in true order; more peels cost software rendering 10 ms each for little
        self.renderer.SetUseDepthPeeling(True)
        self.renderer.SetMaximumNumberOfPeels(3)
        self.renderer.SetOcclusionRatio(0.02)
        with factories_serving(core):
            self._initialise(
                slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance(), _THREE_D_MANAGERS
            )
        self.logic: MrmlObject = slicer.vtkMRMLViewLogic()
        self.logic.SetMRMLApplicationLogic(core.logic)
        core.logic.GetViewLogics().AddItem(self.logic)
        self.logic.SetMRMLScene(core.scene)
        self.node: MrmlObject = self.logic.AddViewNode("1")
        self.group.SetMRMLDisplayableNode(self.node)
        self.node.SetRenderMode(slicer.vtkMRMLViewNode.Orthographic)
        self.node.SetBoxVisible(False)
        self.node.SetAxisLabelsVisible(False)
        self.node.SetBackgroundColor(*_DARK)
        self.node.SetBackgroundColor2(*_DARK_ABOVE)
        self.node.SetOrientationMarkerType(slicer.vtkMRMLAbstractViewNode.OrientationMarkerTypeCube)
        self.node.SetOrientationMarkerSize(slicer.vtkMRMLAbstractViewNode.OrientationMarkerSizeMedium)

    def look_from_front(self, bounds: Sequence[float]) -> None:
        """Fit `bounds` (least and greatest R, A, S in mm): fitting to what is visible may find nothing."""
        import slicer

        self._camera_node().RotateTo(slicer.vtkMRMLCameraNode.Anterior)
        self.renderer.ResetCamera(tuple(bounds))
        camera = self.renderer.GetActiveCamera()
        camera.Elevation(_ELEVATION_DEG)
        camera.OrthogonalizeViewUp()
        camera.SetParallelScale(self._half_height_seen(np.diff(np.reshape(bounds, (3, 2))).ravel() / 2))
        self.renderer.ResetCameraClippingRange()

    @property
    def mm_per_pixel(self) -> float:
        """Size of a pixel; one value everywhere, as the projection is parallel."""
        return float(2 * self.renderer.GetActiveCamera().GetParallelScale() / self.window.GetSize()[1])

    def _half_height_seen(self, half: NDArray[np.float64]) -> float:
        """Parallel scale in mm at which a box of half sizes (R, A, S) fits the view from the front."""
        tilt, (width, height) = np.radians(_ELEVATION_DEG), self.window.GetSize()
        upwards = half[2] * np.cos(tilt) + half[1] * np.sin(tilt)
        return float(max(upwards, half[0] * height / width) / _FILL)

    def letters(self) -> EdgeLetters:
        """The directions at the edges, read from the camera itself."""
        camera = self.renderer.GetActiveCamera()
        up, forward = np.array(camera.GetViewUp()), np.array(camera.GetDirectionOfProjection())
        right = np.cross(forward, up)
        return edge_letters(right, up)

    def close(self) -> None:
        """Take the logic out of the scene, then the view down."""
        self.logic.SetMRMLScene(None)
        super().close()

    def _camera_node(self) -> MrmlObject:
        manager = self.group.GetDisplayableManagerByClassName("vtkMRMLCameraDisplayableManager")
        return manager.GetCameraNode()


@contextmanager
def _quiet_about_displays() -> Iterator[None]:
    """Hide VTK's warnings that there is no X server: the probe saw that it falls back to EGL."""
    from vtkmodules.vtkCommonCore import vtkLogger

    before = vtkLogger.GetCurrentVerbosityCutoff()
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_ERROR)
    try:
        yield
    finally:
        vtkLogger.SetStderrVerbosity(vtkLogger.ConvertToVerbosity(before))
