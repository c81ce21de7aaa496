"""How are real MRML views shown in a Qt window without Slicer? Drawn offscreen, then painted as a picture."""

from __future__ import annotations

from typing import Any

import slicer
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  # lets VTK make OpenGL's render window
from PySide6 import QtCore, QtGui, QtWidgets
from vtkmodules.util import numpy_support
from vtkmodules.vtkCommonCore import vtkCommand, vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper, vtkRenderer, vtkRenderWindow
from vtkmodules.vtkRenderingUI import vtkGenericRenderWindowInteractor

from slicerhost.qmrmlwidgets import qMRMLWidget

SLICE_MANAGERS = (
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
)
THREE_D_MANAGERS = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLVolumeRenderingDisplayableManager",
)


class ctkVTKAbstractView(QtWidgets.QWidget):
    """A render window in a widget; drawn again when MRML asks for it."""

    managers: tuple[str, ...] = ()
    factory_class: Any = None

    def __init__(self, application_logic: Any, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QtGui.QImage()
        self._stale = True
        self._render_enabled = True
        self._window = vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.ShowWindowOff()
        self._window.SetMultiSamples(0)
        self._window.SetSize(200, 200)
        self._renderer = vtkRenderer()
        self._window.AddRenderer(self._renderer)
        self._interactor = vtkGenericRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        self._group = slicer.vtkMRMLDisplayableManagerGroup()
        self._group.SetRenderer(self._renderer)
        self._before_managers()
        factory = self.factory_class.GetInstance()
        factory.SetMRMLApplicationLogic(application_logic)
        for manager in self.managers:
            if not factory.IsDisplayableManagerRegistered(manager):
                factory.RegisterDisplayableManager(manager)
        self._group.Initialize(factory, self._renderer)
        self._group.AddObserver(vtkCommand.UpdateEvent, self._on_update)
        self.setMinimumSize(60, 60)

    def _before_managers(self) -> None:
        """Put what must lie below everything else into the renderer."""

    def _on_update(self, *_: Any) -> None:
        self.scheduleRender()

    def renderWindow(self) -> vtkRenderWindow:
        """The real render window."""
        return self._window

    def interactor(self) -> Any:
        """Its interactor."""
        return self._interactor

    def scheduleRender(self) -> None:
        """Draw again at the next paint event."""
        self._stale = True
        self.update()

    def forceRender(self) -> None:
        """Draw now."""
        self._draw()
        self.update()

    def displayableManagerByClassName(self, name: str) -> Any:
        """A displayable manager of this view."""
        return self._group.GetDisplayableManagerByClassName(name)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        """Let the render window have the size of the widget."""
        self._window.SetSize(max(self.width(), 1), max(self.height(), 1))
        self.scheduleRender()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        """Paint the picture of the render window."""
        if self._stale:
            self._draw()
        painter = QtGui.QPainter(self)
        painter.drawImage(0, 0, self._picture)
        painter.end()

    def _draw(self) -> None:
        self._window.Render()
        width, height = self._window.GetSize()
        data = vtkUnsignedCharArray()
        self._window.GetPixelData(0, 0, width - 1, height - 1, 0, data, 0)
        rows = numpy_support.vtk_to_numpy(data).reshape(height, width, 3)[
            ::-1
        ]  # OpenGL's row 0 is the lowest
        self._picture = QtGui.QImage(
            rows.tobytes(), width, height, 3 * width, QtGui.QImage.Format.Format_RGB888
        ).copy()
        self._stale = False

    def close_view(self) -> None:
        """Let go of the managers before the window whose OpenGL context they use."""
        self._group.SetMRMLDisplayableNode(None)
        self._group = None
        self._window.Finalize()


class qMRMLSliceView(ctkVTKAbstractView):
    """One slice view."""

    managers = SLICE_MANAGERS
    factory_class = slicer.vtkMRMLSliceViewDisplayableManagerFactory

    def __init__(self, application_logic: Any, name: str, orientation: str) -> None:
        super().__init__(application_logic)
        self.logic = slicer.vtkMRMLSliceLogic()
        self.logic.SetMRMLApplicationLogic(application_logic)
        application_logic.GetSliceLogics().AddItem(self.logic)
        self.logic.SetMRMLScene(slicer.mrmlScene)
        self.node = self.logic.AddSliceNode(name)
        self.node.SetOrientation(orientation)
        self._group.SetMRMLDisplayableNode(self.node)
        self.logic.AddObserver(vtkCommand.ModifiedEvent, self._on_update)

    def _before_managers(self) -> None:
        # the CT comes before the segmentation manager makes its own actors, or their fills hide it
        self._renderer.GetActiveCamera().ParallelProjectionOn()
        self._mapper = vtkImageMapper()
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        self._ct = vtkActor2D()
        self._ct.SetMapper(self._mapper)
        self._ct.GetProperty().SetDisplayLocationToBackground()
        self._ct.SetVisibility(False)
        self._renderer.AddViewProp(self._ct)

    def mrmlSliceNode(self) -> Any:
        """The slice node."""
        return self.node

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        """The slice node knows the size too."""
        super().resizeEvent(event)
        self.logic.ResizeSliceNode(max(self.width(), 1), max(self.height(), 1))

    def _draw(self) -> None:
        connection = self.logic.GetImageDataConnection()
        self._ct.SetVisibility(connection is not None)
        if connection is not None and self._mapper.GetInputConnection(0, 0) != connection:
            self._mapper.SetInputConnection(connection)
        super()._draw()

    def close_view(self) -> None:
        """Take the logic out of the scene first."""
        self.logic.SetMRMLScene(None)
        super().close_view()


class qMRMLThreeDView(ctkVTKAbstractView):
    """The 3D view."""

    managers = THREE_D_MANAGERS
    factory_class = slicer.vtkMRMLThreeDViewDisplayableManagerFactory

    def __init__(self, application_logic: Any, name: str) -> None:
        super().__init__(application_logic)
        self._renderer.SetUseDepthPeeling(True)
        self.logic = slicer.vtkMRMLViewLogic()
        self.logic.SetMRMLApplicationLogic(application_logic)
        application_logic.GetViewLogics().AddItem(self.logic)
        self.logic.SetMRMLScene(slicer.mrmlScene)
        self.node = self.logic.AddViewNode(name)
        self._group.SetMRMLDisplayableNode(self.node)

    def mrmlViewNode(self) -> Any:
        """The view node."""
        return self.node

    def cameraNode(self) -> Any:
        """The camera node of this view."""
        return self.displayableManagerByClassName("vtkMRMLCameraDisplayableManager").GetCameraNode()

    def resetFocalPoint(self) -> None:
        """Look at the middle of what is visible."""
        bounds = self._renderer.ComputeVisiblePropBounds()
        if bounds[0] <= bounds[1]:
            middle = [(bounds[2 * axis] + bounds[2 * axis + 1]) / 2 for axis in range(3)]
            self._renderer.GetActiveCamera().SetFocalPoint(*middle)
            self.scheduleRender()

    def resetCamera(self, rotation: bool = True, translation: bool = True, distance: bool = True) -> None:
        """Fit what is visible."""
        self._renderer.ResetCamera()
        self.scheduleRender()

    def rotateToViewAxis(self, axis: int) -> None:
        """Look along an axis: -R, +R, -A, +A, -S, +S."""
        self.cameraNode().RotateTo(axis)
        self.scheduleRender()

    def close_view(self) -> None:
        """Take the logic out of the scene first."""
        self.logic.SetMRMLScene(None)
        super().close_view()


class qMRMLSliceWidget(qMRMLWidget):
    """A slice view and its logic; the controller bar above it is not imitated."""

    def __init__(self, application_logic: Any, name: str, orientation: str) -> None:
        super().__init__()
        self._view = qMRMLSliceView(application_logic, name, orientation)
        _fill(self, self._view)

    def sliceView(self) -> qMRMLSliceView:
        """The view."""
        return self._view

    def sliceLogic(self) -> Any:
        """The real slice logic."""
        return self._view.logic

    def mrmlSliceNode(self) -> Any:
        """The slice node."""
        return self._view.node

    def mrmlSliceCompositeNode(self) -> Any:
        """The node that says which volumes are shown."""
        return self._view.logic.GetSliceCompositeNode()

    def fitSliceToBackground(self) -> None:
        """Show the whole volume."""
        self._view.logic.FitSliceToBackground()

    def setSliceOrientation(self, orientation: str) -> None:
        """Axial, Coronal, Sagittal, or a preset of the slice node."""
        self._view.node.SetOrientation(orientation)


class qMRMLThreeDWidget(qMRMLWidget):
    """A 3D view."""

    def __init__(self, application_logic: Any, name: str) -> None:
        super().__init__()
        self._view = qMRMLThreeDView(application_logic, name)
        _fill(self, self._view)

    def threeDView(self) -> qMRMLThreeDView:
        """The view."""
        return self._view

    def mrmlViewNode(self) -> Any:
        """The view node."""
        return self._view.node


def _fill(widget: QtWidgets.QWidget, view: QtWidgets.QWidget) -> None:
    row = QtWidgets.QVBoxLayout(widget)
    row.setContentsMargins(QtCore.QMargins(0, 0, 0, 0))
    row.addWidget(view)
