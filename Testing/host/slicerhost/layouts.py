"""Slicer's layout manager, cut down: the views of a layout, and how a module reaches them."""

from __future__ import annotations

from typing import Any, NamedTuple
from xml.etree import ElementTree

import slicer
from PySide6 import QtCore, QtWidgets
from PySide6.QtCore import Property, Signal, Slot

from slicerhost.views import qMRMLSliceWidget, qMRMLThreeDWidget

SLICES = {"Red": "Axial", "Green": "Coronal", "Yellow": "Sagittal"}
THREE_D = "1"
_NODE = slicer.vtkMRMLLayoutNode


class Place(NamedTuple):
    """Where in the grid a view stands."""

    row: int
    column: int


FOUR_UP = {"Red": Place(0, 0), "1": Place(0, 1), "Green": Place(1, 0), "Yellow": Place(1, 1)}
# every other layout that Slicer brings is refused; those that a module describes itself are arranged
LAYOUTS: dict[int, dict[str, Place]] = {
    _NODE.SlicerLayoutConventionalView: FOUR_UP,
    _NODE.SlicerLayoutFourUpView: FOUR_UP,
    _NODE.SlicerLayoutOneUpRedSliceView: {"Red": Place(0, 0)},
    _NODE.SlicerLayoutOneUpGreenSliceView: {"Green": Place(0, 0)},
    _NODE.SlicerLayoutOneUpYellowSliceView: {"Yellow": Place(0, 0)},
    _NODE.SlicerLayoutOneUp3DView: {"1": Place(0, 0)},
    _NODE.SlicerLayoutSideBySideView: {"Red": Place(0, 0), "Yellow": Place(0, 1)},
}


class qSlicerLayoutManager(QtCore.QObject):
    """Makes the views when they are first needed, as drawing needs a working OpenGL."""

    layoutChanged = Signal(int)

    def __init__(self, application_logic: Any) -> None:
        super().__init__()
        self._logic = application_logic
        self.viewport = QtWidgets.QWidget()
        self._grid = QtWidgets.QGridLayout(self.viewport)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._described: QtWidgets.QSplitter | None = None
        self._slices: dict[str, qMRMLSliceWidget] = {}
        self._three_d: qMRMLThreeDWidget | None = None
        self._node = slicer.vtkMRMLLayoutNode()
        slicer.mrmlScene.AddNode(self._node)
        for layout in LAYOUTS:
            self._node.AddLayoutDescription(layout, "<layout/>")  # it refuses those it does not know
        self._node.SetViewArrangement(_NODE.SlicerLayoutFourUpView)

    def make_views(self) -> None:
        """Red, Green, Yellow and the 3D view."""
        if self._slices:
            return
        self._slices = {name: qMRMLSliceWidget(self._logic, name, where) for name, where in SLICES.items()}
        self._three_d = qMRMLThreeDWidget(self._logic, THREE_D)
        self._arrange()

    def sliceViewNames(self) -> list[str]:
        """Names of the slice views."""
        return list(self._slices)

    def sliceWidget(self, name: str) -> QtCore.QObject | None:
        """One of them."""
        return self._slices.get(name)

    def threeDWidget(self, index: int) -> QtCore.QObject | None:
        """The 3D view is number 0."""
        return self._three_d if index == 0 else None

    def layoutLogic(self) -> Any:
        """Knows the layout node, which layouts are described to."""
        return _LayoutLogic(self._node)

    def mrmlSliceLogics(self) -> Any:
        """The logics of the slice views."""
        return self._logic.GetSliceLogics()

    def resetSliceViews(self) -> None:
        """Fit every slice view."""
        for widget in self._slices.values():
            widget.fitSliceToBackground()

    def resetThreeDViews(self) -> None:
        """Fit the 3D view."""
        if self._three_d is not None:
            self._three_d.threeDView().resetCamera()

    def _get_layout(self) -> int:
        return int(self._node.GetViewArrangement())

    @Slot(int)
    def setLayout(self, layout: int) -> None:
        """Arrange the views; ValueError for a layout that the host has not and nobody described."""
        if layout not in LAYOUTS and not self._node.IsLayoutDescription(layout):
            raise ValueError(f"this host has no layout {layout}; it has {sorted(LAYOUTS)} and described ones")
        self._node.SetViewArrangement(layout)
        self._arrange()
        self.layoutChanged.emit(layout)

    def _arrange(self) -> None:
        views = {**self._slices, THREE_D: self._three_d}
        for widget in filter(None, views.values()):
            self._grid.removeWidget(widget)
            widget.setParent(self.viewport)
            widget.setVisible(False)
        if self._described is not None:
            self._grid.removeWidget(self._described)
            self._described.deleteLater()
            self._described = None
        layout = self._get_layout()
        if layout in LAYOUTS:
            for name, place in LAYOUTS[layout].items():
                if views[name] is not None:
                    self._grid.addWidget(views[name], *place)
                    views[name].setVisible(True)
        elif self._slices:
            described = ElementTree.fromstring(self._node.GetLayoutDescription(layout))  # a module's own text
            self._described = _splitter(described, views)
            self._grid.addWidget(self._described, 0, 0)
            self._described.setVisible(True)

    def _get_three_d_count(self) -> int:
        return int(self._three_d is not None)

    def _none_of_these(self) -> int:
        return 0

    layout = Property(int, _get_layout, setLayout)
    threeDViewCount = Property(int, _get_three_d_count)
    tableViewCount = Property(int, _none_of_these)
    plotViewCount = Property(int, _none_of_these)

    def close_views(self) -> None:
        """Take the views down, before the scene goes."""
        for widget in self._slices.values():
            widget.sliceView().close_view()
        if self._three_d is not None:
            self._three_d.threeDView().close_view()
        self._slices, self._three_d = {}, None


class _LayoutLogic:
    """vtkMRMLLayoutLogic, cut down: it needs a scene's factory of view nodes."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def GetLayoutNode(self) -> Any:
        """The real layout node."""
        return self._node


def _splitter(layout_element: ElementTree.Element, widgets: dict[str, Any]) -> QtWidgets.QSplitter:
    """The views of `<layout type="horizontal|vertical">`, its items side by side or one above the other."""
    upright = layout_element.get("type") == "vertical"
    parts = QtWidgets.QSplitter(
        QtCore.Qt.Orientation.Vertical if upright else QtCore.Qt.Orientation.Horizontal
    )
    parts.setChildrenCollapsible(False)
    sizes = []
    for item in layout_element.findall("item"):
        inner = item[0]
        part = _splitter(inner, widgets) if inner.tag == "layout" else widgets[inner.get("singletontag", "")]
        parts.addWidget(part)
        part.setVisible(True)
        sizes.append(int(item.get("splitSize", "500")))
    parts.setSizes(sizes)
    return parts
