"""Views of nobody's window: three slices and 3D, offscreen, for evidence pictures and for tests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.scene.access import SliceAccess, ThreeDAccess
from CTSpatialVQALib.scene.core import HeadlessCore
from CTSpatialVQALib.scene.layouts import SLICE_VIEWS, Layout
from CTSpatialVQALib.scene.planes import PlaneKind
from CTSpatialVQALib.scene.views import SliceView, ThreeDView


class OffscreenViews:
    """A `ViewAccess` over offscreen views of one scene; close it before the scene.

    Parameters
    ----------
    size : width and height of every view in pixels
    """

    def __init__(self, core: HeadlessCore, size: int) -> None:
        self._slices = {
            name: SliceView(core, PlaneKind(kind), size, size) for name, kind in SLICE_VIEWS.items()
        }
        self._three_d = ThreeDView(core, size, size)
        self._layout = ""

    def slices(self) -> Mapping[str, SliceAccess]:
        """Red, Green and Yellow."""
        return {name: SliceAccess(view.logic, view.renderer) for name, view in self._slices.items()}

    def three_d(self) -> ThreeDAccess | None:
        """The 3D view."""
        return ThreeDAccess(self._three_d.node, self._three_d.renderer)

    def set_layout(self, layout: Layout) -> None:
        """Only remembered: each view is a picture of its own."""
        self._layout = layout.name

    def layout_name(self) -> str:
        """The last one set."""
        return self._layout

    def pixels(self, name: str) -> NDArray[np.uint8]:
        """Render `Red`, `Green`, `Yellow` or `3D` now; (size, size, 3) RGB, row 0 at the top."""
        return (self._slices.get(name) or self._three_d).pixels()

    def close(self) -> None:
        """Take the views down."""
        for view in (*self._slices.values(), self._three_d):
            view.close()
