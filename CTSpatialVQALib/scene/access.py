"""Access of the reading scene to the views, in Slicer and in tests alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.layouts import SLICE_VIEWS, Layout

Renderer = MrmlObject  # vtkRenderer, with or without VTK's type stubs


class SliceAccess(NamedTuple):
    """One slice view: its vtkMRMLSliceLogic, and the vtkRenderer that letters are written into."""

    logic: MrmlObject
    renderer: Renderer


class ThreeDAccess(NamedTuple):
    """The 3D view: its vtkMRMLViewNode and vtkRenderer."""

    node: MrmlObject
    renderer: Renderer


class ViewAccess(Protocol):
    """The views of whoever shows the scene."""

    def slices(self) -> Mapping[str, SliceAccess]:
        """The slice views by the names of `layouts.SLICE_VIEWS`; those that are not there are left out."""

    def three_d(self) -> ThreeDAccess | None:
        """The 3D view, if there is one."""

    def set_layout(self, layout: Layout) -> None:
        """Arrange the views."""

    def layout_name(self) -> str:
        """Name of the present arrangement: one of `layouts.layouts()`, or any other text."""

    def draw_slices(self) -> None:
        """Draw the slice views that are seen now, instead of when the event loop comes to it."""


class LayoutManagerViews:
    """Slicer's own views.

    Parameters
    ----------
    manager : what `slicer.app.layoutManager()` returns
    """

    def __init__(self, manager: MrmlObject) -> None:
        self._manager = manager

    def slices(self) -> Mapping[str, SliceAccess]:
        """Red, Green and Yellow."""
        widgets = {name: self._manager.sliceWidget(name) for name in SLICE_VIEWS}
        return {
            name: SliceAccess(widget.sliceLogic(), _renderer(widget.sliceView()))
            for name, widget in widgets.items()
            if widget is not None
        }

    def three_d(self) -> ThreeDAccess | None:
        """The first 3D view."""
        widget = self._manager.threeDWidget(0) if self._manager.threeDViewCount else None
        return None if widget is None else ThreeDAccess(widget.mrmlViewNode(), _renderer(widget.threeDView()))

    def set_layout(self, layout: Layout) -> None:
        """Tell Slicer the description of a layout that is new to it, then take it."""
        node = self._manager.layoutLogic().GetLayoutNode()
        if not node.IsLayoutDescription(layout.number):
            node.AddLayoutDescription(layout.number, layout.description)
        self._manager.setLayout(layout.number)

    def draw_slices(self) -> None:
        """Render those that are visible."""
        widgets = [self._manager.sliceWidget(name) for name in SLICE_VIEWS]
        for widget in widgets:
            if widget is not None and widget.visible:
                widget.sliceView().forceRender()

    def layout_name(self) -> str:
        """By the number of Slicer's layout."""
        from CTSpatialVQALib.scene.layouts import name_of_layout

        return name_of_layout(int(self._manager.layout))


def _renderer(view: MrmlObject) -> Renderer:
    return view.renderWindow().GetRenderers().GetFirstRenderer()
