"""`slicer.app`: the parts of Slicer's application that modules and slicer.util ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import Property, Signal

from CTSpatialVQALib.scene.opengl import OpenGLState, probe
from slicerhost import eventloop

_TRY_OPENGL = """
import vtk
window = vtk.vtkRenderWindow()
window.SetOffScreenRendering(1)
window.AddRenderer(vtk.vtkRenderer())
window.Render()
"""


class NoOpenGL(RuntimeError):
    """Views were needed, and this machine cannot draw them."""


class qSlicerModuleManager(QtCore.QObject):
    """Tells of modules that come and go."""

    moduleAboutToBeUnloaded = Signal(str)
    moduleLoaded = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.loaded: dict[str, QtCore.QObject] = {}

    def module(self, name: str) -> QtCore.QObject | None:
        """A loaded module."""
        return self.loaded.get(name)

    def modulesNames(self) -> list[str]:
        """Names of the loaded modules."""
        return list(self.loaded)


class qSlicerCoreIOManager(QtCore.QObject):
    """Reads volumes and segmentations with the real logics."""

    def __init__(self, logics: dict[str, Any]) -> None:
        super().__init__()
        self._logics = logics

    def fileType(self, path: str) -> str:
        """The kind of file by its name."""
        return "SegmentationFile" if ".seg." in Path(path).name else "VolumeFile"

    def loadNodes(self, kind: str, properties: dict, loaded: object = None, messages: object = None) -> bool:
        """Read one file into the scene; False where that failed."""
        path = Path(properties["fileName"])
        name = properties.get("name") or path.name.split(".")[0]
        if not path.exists():
            return False
        if kind == "SegmentationFile":
            node = self._logics["segmentations"].LoadSegmentationFromFile(str(path), True, name)
        elif kind == "VolumeFile":
            labelmap = int(bool(properties.get("labelmap")))
            node = self._logics["volumes"].AddArchetypeVolume(str(path), name, labelmap)
        else:
            raise ValueError(f"this host reads no {kind}")
        if node is not None and loaded is not None:
            loaded.AddItem(node)  # type: ignore[attr-defined]
        return node is not None

    def fileWriterFileType(self, node: object, preferred: str = "") -> str:
        """The kind of file in which a node is saved."""
        return "SegmentationFile" if node.IsA("vtkMRMLSegmentationNode") else "VolumeFile"  # type: ignore[attr-defined]

    def saveNodes(self, kind: str, properties: dict, messages: object = None) -> bool:
        """Write one node with its own storage node; False where that failed."""
        node = slicer.mrmlScene.GetNodeByID(properties["nodeID"])
        if kind not in ("SegmentationFile", "VolumeFile") or node is None:
            raise ValueError(f"this host writes no {kind}")
        if node.GetStorageNode() is None:
            node.AddDefaultStorageNode()
        node.GetStorageNode().SetFileName(properties["fileName"])
        return bool(node.GetStorageNode().WriteData(node))


class qSlicerApplication(QtCore.QObject):
    """`slicer.app`; the QApplication itself stands beside it, and is asked for what is Qt's."""

    mrmlSceneChanged = Signal(object)
    startupCompleted = Signal()

    def __init__(self, managers: Managers, temporary: Path) -> None:
        super().__init__()
        self._managers = managers
        self._temporary = temporary
        self._testing = True
        self._with_views = True
        self._opengl: OpenGLState | None = None
        self.paused = 0

    def layoutManager(self) -> QtCore.QObject | None:
        """The layout manager, with its views; None where they cannot be drawn, as without a main window."""
        try:
            return self.required_layouts() if self._with_views else None
        except NoOpenGL:
            return None

    def required_layouts(self) -> QtCore.QObject:
        """The same for the host; NoOpenGL says why they cannot be drawn."""
        if self._opengl is None:
            self._opengl = probe(_TRY_OPENGL, 60.0)
        if not self._opengl.available:
            raise NoOpenGL(self._opengl.reason)
        self._managers.layouts.make_views()
        layouts: QtCore.QObject = self._managers.layouts
        return layouts

    def moduleManager(self) -> QtCore.QObject:
        """The module manager."""
        return self._managers.modules

    def coreIOManager(self) -> QtCore.QObject:
        """What reads files."""
        return self._managers.files

    ioManager = coreIOManager

    def mrmlScene(self) -> Any:
        """The scene."""
        return slicer.mrmlScene

    def applicationLogic(self) -> Any:
        """The real application logic."""
        return self._managers.logic

    def testingEnabled(self) -> bool:
        """Whether message boxes and installations are skipped, as with --testing."""
        return self._testing

    def set_testing(self, on: bool) -> None:
        """For tests of what happens without --testing."""
        self._testing = on

    def show_views(self, on: bool) -> None:
        """For tests of what happens in an application without views."""
        self._with_views = on

    def translate(self, context: str, text: str) -> str:
        """No translation is loaded."""
        return text

    def userSettings(self) -> QtCore.QSettings:
        """The settings of this test run."""
        return QtCore.QSettings()

    settings = userSettings

    def processEvents(self) -> None:
        """Let Qt work off what waits."""
        eventloop.process_events()

    def pauseRender(self) -> None:
        """Count; the views draw only when painted."""
        self.paused += 1

    def resumeRender(self) -> None:
        """Count back."""
        self.paused -= 1

    def setOverrideCursor(self, cursor: QtGui.QCursor) -> None:
        """Waiting cursor."""
        QtWidgets.QApplication.setOverrideCursor(cursor)

    def restoreOverrideCursor(self) -> None:
        """Ordinary cursor."""
        QtWidgets.QApplication.restoreOverrideCursor()

    def topLevelWidgets(self) -> list:
        """Every window."""
        return QtWidgets.QApplication.topLevelWidgets()

    def focusWidget(self) -> QtWidgets.QWidget | None:
        """The widget that gets the keys."""
        return QtWidgets.QApplication.focusWidget()

    def clipboard(self) -> QtGui.QClipboard:
        """The clipboard."""
        return QtWidgets.QApplication.clipboard()

    def palette(self) -> QtGui.QPalette:
        """Colours of the present theme."""
        return QtWidgets.QApplication.palette()

    def font(self) -> QtGui.QFont:
        """The application's font."""
        return QtWidgets.QApplication.font()

    def _get_name(self) -> str:
        return "Slicer"

    def _get_version(self) -> str:
        return "5.12.0"

    def _get_temporary(self) -> str:
        return str(self._temporary)

    def _get_major(self) -> int:
        return 5

    def _get_minor(self) -> int:
        return 12

    applicationName = Property(str, _get_name)
    applicationVersion = Property(str, _get_version)
    temporaryPath = Property(str, _get_temporary)
    slicerHome = Property(str, _get_temporary)
    majorVersion = Property(int, _get_major)
    minorVersion = Property(int, _get_minor)


class Managers:
    """What the application hands out."""

    def __init__(
        self, layouts: Any, modules: qSlicerModuleManager, files: qSlicerCoreIOManager, logic: Any
    ) -> None:
        self.layouts, self.modules, self.files, self.logic = layouts, modules, files, logic
