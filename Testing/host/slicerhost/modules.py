"""Scripted modules as Slicer holds them: a C++ object for the module, a C++ widget around its window."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import slicer
from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import Property, Signal

import slicerhost.skin as skin

_TEXTS = ("title", "helpText", "acknowledgementText")
_LISTS = ("categories", "dependencies", "contributors", "associatedNodeTypes")


class qSlicerScriptedLoadableModuleWidget(QtWidgets.QWidget):
    """What `self.parent` is in a module's widget class."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, module: qSlicerScriptedLoadableModule) -> None:
        super().__init__()
        self._module = module
        self._python: Any = None
        QtWidgets.QVBoxLayout(self).setContentsMargins(0, 0, 0, 0)  # as seen in 5.12.3

    def setup(self) -> None:
        """Make the module's own window; called by the application."""
        file = sys.modules[self._module.module_name]
        python = getattr(file, f"{self._module.module_name}Widget")(skin.shown(self))
        self._python = python
        setattr(slicer.modules, f"{self._module.module_name}Widget", python)
        python.setup()

    def reload(self) -> None:
        """Make it anew after its file was loaded again (slicer.util.reloadScriptedModule)."""
        self.setup()

    def self(self) -> object:
        """The Python object."""
        return self._python

    def mrmlScene(self) -> Any:
        """The scene."""
        return slicer.mrmlScene

    def enter(self) -> None:
        """The module is chosen."""
        if hasattr(self._python, "enter"):
            self._python.enter()

    def exit(self) -> None:
        """Another module is chosen."""
        if hasattr(self._python, "exit"):
            self._python.exit()


def _text_property(name: str) -> Any:
    return Property(str, lambda me: me._texts[name], lambda me, value: me._texts.update({name: value}))


def _list_property(name: str) -> Any:
    return Property(
        "QStringList", lambda me: me._lists[name], lambda me, value: me._lists.update({name: list(value)})
    )


class qSlicerScriptedLoadableModule(QtCore.QObject):
    """What `parent` is in a module's description, and `slicer.modules.<name>` afterwards."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.module_name = path.stem
        self._path = path
        self._texts = dict.fromkeys(_TEXTS, "")
        self._lists: dict[str, list[str]] = {name: [] for name in _LISTS}
        self._icon = QtGui.QIcon()
        self._widget: qSlicerScriptedLoadableModuleWidget | None = None
        self.setObjectName(path.stem)

    def widgetRepresentation(self) -> QtWidgets.QWidget:
        """The module's window, made when it is first asked for."""
        if self._widget is None:
            self._widget = qSlicerScriptedLoadableModuleWidget(self)
            self._widget.setup()
        return self._widget

    def isWidgetRepresentationCreated(self) -> bool:
        """Whether the window was made."""
        return self._widget is not None

    def close_widget(self) -> None:
        """Delete the window, as on leaving the application."""
        if self._widget is not None:
            self._widget.close()
            self._widget.deleteLater()
            self._widget = None
        if hasattr(slicer.modules, f"{self.module_name}Widget"):
            delattr(slicer.modules, f"{self.module_name}Widget")

    def _get_path(self) -> str:
        return str(self._path)

    def _get_icon(self) -> QtGui.QIcon:
        return self._icon

    def _set_icon(self, icon: QtGui.QIcon) -> None:
        self._icon = icon

    title = _text_property("title")
    helpText = _text_property("helpText")
    acknowledgementText = _text_property("acknowledgementText")
    categories = _list_property("categories")
    dependencies = _list_property("dependencies")
    contributors = _list_property("contributors")
    associatedNodeTypes = _list_property("associatedNodeTypes")
    path = Property(str, _get_path)
    icon = Property(QtGui.QIcon, _get_icon, _set_icon)


def load(path: Path) -> ModuleType:
    """Run a module's file under its own name, as Slicer does."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    file = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = file
    spec.loader.exec_module(file)
    return file
