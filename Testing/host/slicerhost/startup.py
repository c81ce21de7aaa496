"""Start of the host: `start()` makes `qt`, `ctk` and all of `slicer` importable.

Once per process: Qt's application and MRML's factories cannot be taken back. Tests therefore run in a child
process of their own (childtests.py).
"""

from __future__ import annotations

import ctypes
import importlib.abc
import importlib.machinery
import os
import sys
import tempfile
import types
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from PySide6 import QtCore, QtGui, QtWidgets
from vtkmodules.vtkCommonCore import vtkCollection, vtkLogger, vtkOutputWindow

import slicerhost.skin as skin
from slicerhost import ctkwidgets, uiloader
from slicerhost.dialog_answers import CONVERSATION
from slicerhost.qtmodule import QtModule

CTK_WIDGETS = ("ctkCollapsibleButton", "ctkSliderWidget", "ctkComboBox", "ctkPathLineEdit")
# the names under which the application knows the logics of its modules
MODULES = {
    "volumes": "Volumes",
    "segmentations": "Segmentations",
    "markups": "Markups",
    "subjecthierarchy": "SubjectHierarchy",
    "volumerendering": "VolumeRendering",
}
LOGICS = {
    "volumes": "vtkSlicerVolumesLogic",
    "segmentations": "vtkSlicerSegmentationsModuleLogic",
    "markups": "vtkSlicerMarkupsLogic",
    "subjecthierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "volumerendering": "vtkSlicerVolumeRenderingLogic",
}


class Parts(NamedTuple):
    """What the host itself needs of what it started."""

    application: Any
    managers: Any


@cache
def start_qt() -> QtWidgets.QApplication:
    """Qt's application with an empty settings file, and the modules `qt` and `ctk`."""
    _make_none_immortal()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QtWidgets.QApplication(["Slicer"])
    application.setQuitOnLastWindowClosed(False)
    application.setStyle("Fusion")
    application.setFont(QtGui.QFont("DejaVu Sans", 9))
    QtCore.QCoreApplication.setOrganizationName("NA-MIC")
    QtCore.QCoreApplication.setApplicationName("SlicerTestHost")
    QtCore.QSettings.setDefaultFormat(QtCore.QSettings.Format.IniFormat)
    QtCore.QSettings.setPath(
        QtCore.QSettings.Format.IniFormat, QtCore.QSettings.Scope.UserScope, _temporary_folder()
    )
    ctk = types.ModuleType("ctk")
    for name in CTK_WIDGETS:
        uiloader.CUSTOM[name] = getattr(ctkwidgets, name)
        setattr(ctk, name, skin.class_for(getattr(ctkwidgets, name)))
    sys.modules["qt"], sys.modules["ctk"] = QtModule(), ctk
    return application


@cache
def start() -> Parts:
    """The whole host: the real MRML of slicer-core, and stand-ins for what is Slicer's application."""
    start_qt()
    import slicer

    _quiet_vtk()
    slicer.mrmlScene = slicer.vtkMRMLScene()
    crosshair = slicer.vtkMRMLCrosshairNode()
    crosshair.SetCrosshairName("default")
    slicer.mrmlScene.AddNode(crosshair)
    logic = slicer.vtkSlicerApplicationLogic()
    logic.SetMRMLScene(slicer.mrmlScene)
    logic.SetSliceLogics(vtkCollection())
    logic.SetViewLogics(vtkCollection())
    logic.GetColorLogic().SetMRMLScene(slicer.mrmlScene)
    logic.GetColorLogic().AddDefaultColorNodes()
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(slicer.mrmlScene, True)
    return _with_application(slicer, logic)


def _with_application(slicer: Any, logic: Any) -> Parts:
    from slicerhost import application, layouts, modules, qmrmlwidgets, views

    logics = _module_logics(slicer, logic)
    managers = application.Managers(
        layouts.qSlicerLayoutManager(logic),
        application.qSlicerModuleManager(),
        application.qSlicerCoreIOManager(logics),
        logic,
    )
    raw = application.qSlicerApplication(managers, Path(_temporary_folder()))
    slicer.app = skin.shown(raw)
    slicer.modules = types.SimpleNamespace(
        **{
            name: types.SimpleNamespace(logic=lambda module_logic=module_logic: module_logic)
            for name, module_logic in logics.items()
        }
    )
    for raw_class in (qmrmlwidgets.qMRMLWidget, qmrmlwidgets.qMRMLNodeComboBox):
        uiloader.CUSTOM[raw_class.__name__] = raw_class
        setattr(slicer, raw_class.__name__, skin.class_for(raw_class))
    for raw_class in (
        views.qMRMLSliceWidget,
        views.qMRMLThreeDWidget,
        views.qMRMLSliceView,
        views.qMRMLThreeDView,
        modules.qSlicerScriptedLoadableModule,
        modules.qSlicerScriptedLoadableModuleWidget,
    ):
        setattr(slicer, raw_class.__name__, skin.class_for(raw_class))
    _add_submodules(slicer)
    slicer.util._messageDisplay = _remember_message
    return Parts(raw, managers)


def _module_logics(slicer: Any, logic: Any) -> dict[str, Any]:
    logics = {}
    for name, class_name in LOGICS.items():
        module_logic = getattr(slicer, class_name)()
        module_logic.SetMRMLApplicationLogic(logic)
        module_logic.SetMRMLScene(slicer.mrmlScene)
        logic.SetModuleLogic(MODULES[name], module_logic)
        logics[name] = module_logic
    return logics


def _add_submodules(slicer: Any) -> None:
    from slicerhost import i18n, parameters, sampledata, scripted

    for name, module in (
        ("i18n", i18n),
        ("ScriptedLoadableModule", scripted),
        ("parameterNodeWrapper", parameters),
    ):
        sys.modules[f"slicer.{name}"] = module
        setattr(slicer, name, module)
    sys.modules["SampleData"] = sampledata  # a module of Slicer's, importable by its own name
    sys.meta_path.insert(0, _PackagingFinder())


class _PackagingFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """`slicer.packaging` is there only once it was imported by its own name, as in Slicer."""

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self) if name == "slicer.packaging" else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        from slicerhost import packaging_record

        return types.ModuleType(spec.name, packaging_record.__doc__)

    def exec_module(self, module: types.ModuleType) -> None:
        from slicerhost import packaging_record

        module.pip_check, module.pip_ensure = packaging_record.pip_check, packaging_record.pip_ensure  # type: ignore[attr-defined]


def _remember_message(level: int, text: str, testing_value: Any, *args: Any, **kwargs: Any) -> Any:
    import logging

    from slicerhost.dialog_answers import Message

    CONVERSATION.messages.append(Message(logging.getLevelName(level).lower(), str(text)))
    return CONVERSATION.to_give.popleft() if CONVERSATION.to_give else testing_value


def _make_none_immortal() -> None:
    # PySide6 6.12 lets go of one reference to None with every void method; before Python 3.12, whose None
    # cannot die, some thousand calls end the process
    if sys.version_info < (3, 12):
        ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40


def _quiet_vtk() -> None:
    window = vtkOutputWindow()
    window.SetDisplayModeToAlwaysStdErr()
    vtkOutputWindow.SetInstance(window)
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_ERROR)


@cache
def _temporary_folder() -> str:
    return tempfile.mkdtemp(prefix="slicerhost-")
