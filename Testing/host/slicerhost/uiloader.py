"""How does a .ui file become widgets? By Qt's loader, with Slicer's widget classes and nothing unknown."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import NamedTuple

from PySide6 import QtCore, QtUiTools, QtWidgets

import slicerhost.skin as skin
from slicerhost.attribute_lists import is_listed, listed_classes

# C++ classes of ctk, qMRML and qSlicer that the host has, by name
CUSTOM: dict[str, type[QtWidgets.QWidget]] = {}


class UiConnection(NamedTuple):
    """A line of <connections>."""

    sender: str
    signal: str
    receiver: str
    slot: str


class RawLoader(QtUiTools.QUiLoader):
    """Qt's loader; a widget class that neither Qt nor the host has is an error, not a plain QWidget."""

    def createWidget(self, className: str, parent: QtWidgets.QWidget, name: str = "") -> QtWidgets.QWidget:
        """Called by Qt for every widget."""
        if className in CUSTOM:
            widget = CUSTOM[className](parent)
            widget.setObjectName(name)
            return widget
        if className not in listed_classes() or not hasattr(QtWidgets, className):
            raise RuntimeError(f"the .ui file asks for {className}, which this host does not have")
        return super().createWidget(className, parent, name)


class QUiLoader:
    """`qt.QUiLoader` as slicer.util.loadUI uses it."""

    def load(self, file: skin.Shown, parent: skin.Shown | None = None) -> skin.Shown:
        """The widget described by an opened file; RuntimeError or ValueError that says what is wrong."""
        tree = ElementTree.fromstring(bytes(skin.raw_of(file).readAll().data()))  # our own file
        _refuse_unknown_properties(tree)
        connections = _taken_connections(tree)
        buffer = QtCore.QBuffer()
        buffer.setData(ElementTree.tostring(tree))
        buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        loader = RawLoader()
        widget = loader.load(buffer, skin.raw_of(parent))
        if widget is None:
            raise RuntimeError(loader.errorString())
        for connection in connections:
            _connect(widget, connection)
        return skin.shown(widget)


def _refuse_unknown_properties(tree: ElementTree.Element) -> None:
    for widget in tree.iter("widget"):
        for prop in widget.findall("property"):
            name, kind = prop.attrib["name"], widget.attrib["class"]
            if prop.get("stdset") != "0" and kind in listed_classes() and not is_listed(kind, name):
                raise ValueError(f"{widget.attrib['name']}: the real {kind} has no property '{name}'")


def _taken_connections(tree: ElementTree.Element) -> list[UiConnection]:
    # Qt's loader would look for C++ signatures (vtkMRMLScene*) that the host's classes do not have
    connections = []
    for section in tree.findall("connections"):
        connections += [
            UiConnection(*(element.findtext(key, "") for key in UiConnection._fields)) for element in section
        ]
        tree.remove(section)
    return connections


def _connect(top: QtWidgets.QWidget, connection: UiConnection) -> None:
    sender, receiver = (_named(top, name) for name in (connection.sender, connection.receiver))
    signal, slot = connection.signal.split("(")[0], connection.slot.split("(")[0]
    for owner, member in ((sender, signal), (receiver, slot)):
        if not is_listed(skin.listed_name(type(owner)), member):
            raise ValueError(f"{owner.objectName()}: no signal or slot '{member}'")
    getattr(sender, signal).connect(getattr(receiver, slot))


def _named(top: QtWidgets.QWidget, name: str) -> QtCore.QObject:
    named = top if top.objectName() == name else top.findChild(QtCore.QObject, name)
    if named is None:
        raise ValueError(f"the .ui file connects '{name}', which it does not contain")
    return named
