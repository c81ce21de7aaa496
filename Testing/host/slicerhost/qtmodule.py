"""The module `qt`, as Slicer has it: every class of Qt under one name, shown as PythonQt shows it."""

from __future__ import annotations

import types
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

import slicerhost.skin as skin
from slicerhost.attribute_lists import listed_classes
from slicerhost.dialog_answers import CONVERSATION
from slicerhost.object_creation import PythonSignal
from slicerhost.uiloader import QUiLoader

SOURCES = (QtCore, QtGui, QtWidgets)
FILE_DIALOGS = ("getOpenFileName", "getSaveFileName", "getExistingDirectory", "getOpenFileNames")
QUESTIONS = ("question", "information", "warning", "critical")
INPUTS = ("getText", "getItem", "getInt", "getDouble", "getMultiLineText")


class QtModule(types.ModuleType):
    """Classes appear when they are first asked for; one that Qt 5.15 or the list lacks never does."""

    def __init__(self) -> None:
        super().__init__("qt", __doc__)
        self.Signal = PythonSignal
        self.QUiLoader = QUiLoader
        _answered_by_the_test()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in listed_classes():
            raise AttributeError(f"module 'qt' has no attribute '{name}' (or the host's list leaves it out)")
        for source in SOURCES:
            if hasattr(source, name):
                shown = skin.class_for(getattr(source, name))
                setattr(self, name, shown)
                return shown
        raise AttributeError(f"the real module 'qt' has '{name}'; this host has not")


def _answered_by_the_test() -> None:
    for owner, names in (
        (QtWidgets.QFileDialog, FILE_DIALOGS),
        (QtWidgets.QMessageBox, QUESTIONS),
        (QtWidgets.QInputDialog, INPUTS),
    ):
        for name in names:
            setattr(skin.class_for(owner), name, staticmethod(_asking(owner.__name__, name)))


def _asking(class_name: str, name: str) -> Any:
    def ask(*args: Any) -> Any:
        # also refuses keyword arguments, as PythonQt does
        return CONVERSATION.next(f"{class_name}.{name}")

    ask.__name__ = name
    return ask
