"""The qMRML widgets that a module of this kind uses, over the real MRML scene; from their public headers."""

from __future__ import annotations

from typing import Any, NamedTuple

import slicer
from PySide6 import QtWidgets
from PySide6.QtCore import Property, Signal, Slot

CHANGES = ("NodeAddedEvent", "NodeRemovedEvent", "EndCloseEvent", "EndImportEvent", "EndBatchProcessEvent")


class qMRMLWidget(QtWidgets.QWidget):
    """A widget that hands a scene on to those inside."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None

    @Slot(object)
    def setMRMLScene(self, scene: Any) -> None:
        """Set the scene, and say so."""
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)

    def mrmlScene(self) -> Any:
        """The scene."""
        return self._scene


class Observation(NamedTuple):
    """What is observed, and the tag that ends it."""

    scene: Any
    tag: int


def _release(held: list[Observation]) -> None:
    while held:
        scene, tag = held.pop()
        scene.RemoveObserver(tag)


def _flag(name: str) -> Any:
    return Property(bool, lambda me: me._flags[name], lambda me, on: me._flags.update({name: on}))


class qMRMLNodeComboBox(QtWidgets.QWidget):
    """A node of the scene to choose. As measured, it tells of one change several times, and chooses a node
    by itself where `noneEnabled` is False."""

    currentNodeChanged = Signal(object)
    currentNodeIDChanged = Signal(str)
    nodeActivated = Signal(object)
    nodeAdded = Signal(object)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None
        self._observations: list[Observation] = []
        self._types: list[str] = []
        self._none_enabled, self._show_hidden = False, False
        self._flags = {"add": True, "remove": True, "edit": False, "rename": False, "select": True}
        self._base_name, self._none_display = "", "None"
        self._ids: list[str] = []
        self._current = ""
        self._combo = QtWidgets.QComboBox(self)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._combo)
        self._combo.activated.connect(self._on_activated)
        self._combo.setEnabled(False)
        held = self._observations
        self.destroyed.connect(lambda: _release(held))

    @Slot(object)
    def setMRMLScene(self, scene: Any) -> None:
        """Show the nodes of `scene`; disabled without one."""
        _release(self._observations)
        self._scene = scene
        self._combo.setEnabled(scene is not None)
        for event in CHANGES if scene is not None else ():
            tag = scene.AddObserver(getattr(slicer.vtkMRMLScene, event), self._on_scene)
            self._observations.append(Observation(scene, tag))
        self._refresh()

    def mrmlScene(self) -> Any:
        """The scene."""
        return self._scene

    def currentNode(self) -> Any:
        """The chosen node, or None."""
        return self._scene.GetNodeByID(self._current) if self._scene is not None and self._current else None

    @Slot(object)
    def setCurrentNode(self, node: Any) -> None:
        """Choose `node`; one that is not shown here leaves nothing chosen."""
        self.setCurrentNodeID(node.GetID() if node is not None else "")

    @Slot(str)
    def setCurrentNodeID(self, node_id: str) -> None:
        """Choose by id."""
        self._choose(node_id if node_id in self._ids else "")

    def setCurrentNodeIndex(self, index: int) -> None:
        """Choose by the place in the list of nodes."""
        nodes = [node_id for node_id in self._ids if node_id]
        self._choose(nodes[index] if 0 <= index < len(nodes) else "")

    def nodeCount(self) -> int:
        """How many nodes can be chosen."""
        return sum(1 for node_id in self._ids if node_id)

    def nodeFromIndex(self, index: int) -> Any:
        """The node at a place of the list."""
        nodes = [node_id for node_id in self._ids if node_id]
        return self._scene.GetNodeByID(nodes[index]) if 0 <= index < len(nodes) else None

    def addAttribute(self, node_type: str, name: str, value: object = None) -> None:
        """Only nodes with this attribute: not imitated, so refused."""
        raise NotImplementedError(f"the host has no attribute filter ({node_type}, {name}, {value})")

    def _on_scene(self, *_: Any) -> None:
        self._refresh()

    def _on_activated(self, index: int) -> None:
        self._choose(self._ids[index])
        self.nodeActivated.emit(self.currentNode())

    def _shows(self, node: Any) -> bool:
        of_type = any(node.IsA(node_type) for node_type in self._types)
        return of_type and (self._show_hidden or not node.GetHideFromEditors())

    def _refresh(self) -> None:
        nodes = []
        if self._scene is not None:
            every = (self._scene.GetNthNode(index) for index in range(self._scene.GetNumberOfNodes()))
            nodes = [node for node in every if self._shows(node)]
        self._ids = ([""] if self._none_enabled else []) + [node.GetID() for node in nodes]
        self._combo.clear()
        self._combo.addItems(
            ([self._none_display] if self._none_enabled else []) + [n.GetName() for n in nodes]
        )
        keep = self._current if self._current in self._ids else ""
        if not keep and not self._none_enabled and nodes:
            keep = nodes[0].GetID()
        self._choose(keep, again=True)

    def _choose(self, node_id: str, again: bool = False) -> None:
        changed = node_id != self._current
        self._current = node_id
        self._combo.setCurrentIndex(self._ids.index(node_id) if node_id in self._ids else -1)
        if changed or (again and node_id):
            self.currentNodeChanged.emit(self.currentNode())
            self.currentNodeIDChanged.emit(node_id)

    def _get_types(self) -> list[str]:
        return self._types

    def setNodeTypes(self, types: list[str]) -> None:
        """Classes of nodes to show."""
        self._types = list(types)
        self._refresh()

    def _get_none(self) -> bool:
        return self._none_enabled

    def setNoneEnabled(self, enabled: bool) -> None:
        """Whether nothing may be chosen."""
        self._none_enabled = enabled
        self._refresh()

    def _get_none_display(self) -> str:
        return self._none_display

    def setNoneDisplay(self, text: str) -> None:
        """What is shown for nothing."""
        self._none_display = text
        self._refresh()

    def _get_hidden(self) -> bool:
        return self._show_hidden

    def setShowHidden(self, show: bool) -> None:
        """Whether nodes that are hidden from editors are shown."""
        self._show_hidden = show
        self._refresh()

    def _get_id(self) -> str:
        return self._current

    nodeTypes = Property("QStringList", _get_types, setNodeTypes)
    noneEnabled = Property(bool, _get_none, setNoneEnabled)
    noneDisplay = Property(str, _get_none_display, setNoneDisplay)
    showHidden = Property(bool, _get_hidden, setShowHidden)
    currentNodeID = Property(str, _get_id, setCurrentNodeID)
    addEnabled, removeEnabled = _flag("add"), _flag("remove")
    editEnabled, renameEnabled = _flag("edit"), _flag("rename")
    selectNodeUponCreation = _flag("select")
