"""Three slice views and a 3D view, offscreen, as a `ViewAccess` for tests and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.scene.access import SliceAccess, ThreeDAccess
from CTSpatialVQALib.scene.core import HeadlessCore
from CTSpatialVQALib.scene.layouts import SLICE_VIEWS, Layout
from CTSpatialVQALib.scene.planes import PlaneKind
from CTSpatialVQALib.scene.views import SliceView, ThreeDView


class Size(NamedTuple):
    """Of a view, in pixels."""

    width: int
    height: int


class OffscreenViews:
    """A `ViewAccess` over offscreen views of one scene; close it before the scene.

    Parameters
    ----------
    slice_size, three_d_size : of every slice view, and of the 3D view
    """

    def __init__(self, core: HeadlessCore, slice_size: Size, three_d_size: Size) -> None:
        self._slices = {
            name: SliceView(core, PlaneKind(kind), *slice_size) for name, kind in SLICE_VIEWS.items()
        }
        self._three_d = ThreeDView(core, *three_d_size)
        self._layout = ""
        self.slices_drawn = 0

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

    def draw_slices(self) -> None:
        """Draw those of the layout, as Slicer's slice views do when they are told to."""
        self.slices_drawn += 1
        for name, view in self._slices.items():
            if name in self.seen:
                view.pixels()

    @property
    def seen(self) -> tuple[str, ...]:
        """Names of the views that the layout shows; all before one is set."""
        from CTSpatialVQALib.scene.layouts import layouts

        every = (*SLICE_VIEWS, "3D")
        return layouts()[self._layout].views if self._layout in layouts() else every

    def pixels(self, name: str) -> NDArray[np.uint8]:
        """Render `Red`, `Green`, `Yellow` or `3D` now; (height, width, 3) RGB, row 0 at the top."""
        return (self._slices.get(name) or self._three_d).pixels()

    def close(self) -> None:
        """Take the views down."""
        for view in (*self._slices.values(), self._three_d):
            view.close()
