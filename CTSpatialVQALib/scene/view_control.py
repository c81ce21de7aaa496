"""Control of the views: the CT under the overlay, the place of the slices, the 3D view's direction."""

from __future__ import annotations

from collections.abc import Sequence

from CTSpatialVQALib.anatomy.measure import Point
from CTSpatialVQALib.reading.visible import ShownCt
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.scene.access import ViewAccess
from CTSpatialVQALib.scene.arrangement import Direction
from CTSpatialVQALib.scene.camera import FittedThreeD
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.ct_limits import OneSlice
from CTSpatialVQALib.scene.drawn_view import DrawnView
from CTSpatialVQALib.scene.layouts import Layout, layouts
from CTSpatialVQALib.scene.planes import Vector
from CTSpatialVQALib.scene.slices import crossing, jump
from CTSpatialVQALib.scene.view_decorations import ViewDressing

_AXIAL = "Red"


class ViewControl:
    """The views while cases are read; `release` leaves them as they were found."""

    def __init__(self, scene: MrmlObject, views: ViewAccess) -> None:
        self._scene = scene
        self._views = views
        self._dressing: ViewDressing | None = None
        self._one_slice: OneSlice | None = None
        self._three_d: FittedThreeD | None = None
        self._drawn_three_d: DrawnView | None = None
        self.ct = ShownCt.VOLUME

    @property
    def layout_name(self) -> str:
        """Of the present arrangement."""
        return self._views.layout_name()

    @property
    def crossing(self) -> Point | None:
        """The point on all slices, RAS mm."""
        return crossing(self._slice_logics())

    def take(self) -> None:
        """Letters, rulers and cube into the views, and the whole volume into sight."""
        if self._dressing is not None:
            self._dressing.remove()
        self._dressing = ViewDressing(self._views)
        three_d = self._views.three_d()
        if self._three_d is None and three_d is not None:
            self._three_d = FittedThreeD(self._scene, three_d)
            self._drawn_three_d = DrawnView(three_d.renderer)

    def release(self) -> None:
        """Give the views back."""
        self.ct = ShownCt.VOLUME
        for part in (self._one_slice, self._dressing, self._three_d, self._drawn_three_d):
            if part is not None:
                part.remove()
        self._one_slice = self._dressing = self._three_d = self._drawn_three_d = None

    def set_layout(self, layout: Layout) -> None:
        """Arrange the views; while the CT is limited, the layout is too."""
        if self.ct is ShownCt.VOLUME and layout.name != self.layout_name:
            self._views.set_layout(layout)

    def limit(self, ct: ShownCt, grid: Grid | None) -> None:
        """Prepare for the whole CT, one slice of it or none; see `set_background`."""
        self.ct = ShownCt.VOLUME
        if ct is not ShownCt.VOLUME:
            self.set_layout(layouts()["one-slice"])
        self.ct = ct
        if self._one_slice is not None:
            self._one_slice.remove()
            self._one_slice = None
        axial = self._views.slices().get(_AXIAL)
        if ct is ShownCt.ONE_SLICE and axial is not None and grid is not None:
            self._one_slice = OneSlice(axial.logic.GetSliceNode(), grid)

    def set_background(self, volume_node: MrmlObject | None) -> None:
        """Lay the CT under the overlay where it may be seen, and nothing else."""
        for name, view in self._views.slices().items():
            seen = self.ct is ShownCt.VOLUME or (self.ct is ShownCt.ONE_SLICE and name == _AXIAL)
            composite = view.logic.GetSliceCompositeNode()
            composite.SetBackgroundVolumeID(volume_node.GetID() if volume_node is not None and seen else None)
            composite.SetForegroundVolumeID(None)
            composite.SetLabelVolumeID(None)

    def jump(self, ras: Vector) -> None:
        """Lay the slices through a point, unless the reader is to see one slice only."""
        if self.ct is ShownCt.VOLUME:
            jump(self._slice_logics(), ras)

    def draw_slices(self) -> None:
        """Draw the slices now, before the event loop comes to it."""
        self._views.draw_slices()

    def overlay_changed(self) -> None:
        """Other surfaces are in the scene: the 3D view shows them once it has been rendered."""
        if self._drawn_three_d is not None:
            self._drawn_three_d.content_changed()

    @property
    def is_three_d_drawn(self) -> bool:
        """Whether the 3D view, if there is one, shows what is in the scene."""
        return self._drawn_three_d is None or self._drawn_three_d.is_drawn

    def fit_three_d(
        self, bounds: Sequence[float] | None, direction: Direction, *, unless_turned: bool = False
    ) -> None:
        """Let the 3D view look at `bounds`, if there are any.

        Parameters
        ----------
        unless_turned : not if the reader has turned the view since it was fitted last
        """
        if self._three_d is None or bounds is None or (unless_turned and self._three_d.is_turned):
            return
        self._three_d.fit(bounds, direction)

    def _slice_logics(self) -> list[MrmlObject]:
        return [view.logic for view in self._views.slices().values()]
