"""Picture of what the reader has before him, from views of its own, never of his window.

A picture of the window could show a patient's name in a corner, a node's name in a list or half a dialogue;
this one shows the same slices, window and structures, and nothing else.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from CTSpatialVQALib.anatomy.measure import Point
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.scene.arrangement import Direction
from CTSpatialVQALib.scene.camera import camera_of, fit_camera
from CTSpatialVQALib.scene.compose import TILE, LegendEntry, Tile, compose, png_bytes, slice_tile
from CTSpatialVQALib.scene.core import HeadlessCore
from CTSpatialVQALib.scene.open_case import CaseContent
from CTSpatialVQALib.scene.overlay import AnatomyOverlay
from CTSpatialVQALib.scene.planes import THROUGH_AXIS, PlaneKind, SlicePlane, plane_through
from CTSpatialVQALib.scene.shown_anatomy import Chip
from CTSpatialVQALib.scene.structure_cache import CaseShapes
from CTSpatialVQALib.scene.views import OffscreenView, SliceView, ThreeDView
from CTSpatialVQALib.scene.volumes import add_volume, set_window
from CTSpatialVQALib.scene.window_presets import Window

_NEAR_MM = 4.0  # a point farther from the slice than that is not drawn on it
_POINT = (255, 255, 110)
_ARM = 7  # pixels


@dataclass(frozen=True)
class Before:
    """What the reader has before him.

    Parameters
    ----------
    ras : a point on all three slices, RAS mm
    points : placed as evidence, RAS mm
    bounds : what the 3D view is fitted to
    """

    chips: tuple[Chip, ...]
    ras: Point
    window: Window
    points: tuple[Point, ...]
    bounds: tuple[float, ...]
    direction: Direction


class PictureMaker:
    """Makes the pictures of one open case in a scene of its own, out of the same voxels and surfaces."""

    def __init__(self, content: CaseContent, shapes: CaseShapes, grid: Grid) -> None:
        self._grid = grid
        self._core = HeadlessCore()
        self._overlay = AnatomyOverlay(self._core.scene, shapes)
        self._slices = {kind: SliceView(self._core, kind, TILE, TILE) for kind in PlaneKind}
        self._three_d = ThreeDView(self._core, TILE, TILE)
        self._volume = None if content.volume is None else add_volume(self._core.scene, content.volume)
        if self._volume is not None:
            for view in self._slices.values():
                view.set_background(self._volume)
        views = (*self._slices.values(), self._three_d)
        # VTK crashes at the end of the process if views outlive it, so a forgotten maker closes itself
        self._take_down = weakref.finalize(self, _take_down, views, self._core)

    def png(self, before: Before) -> bytes:
        """The picture: three slices, 3D, a legend that says who names what, the window, the points."""
        if self._volume is not None:
            set_window(self._volume, before.window)
        self._overlay.show(before.chips)
        tiles = [self._slice(kind, before) for kind in PlaneKind]
        tiles.append(self._three_d_tile(before))
        legend = [
            LegendEntry(chip.key, chip.colour, chip.roles, chip.note, chip.display) for chip in before.chips
        ]
        remarks = [str(before.window)]
        if before.points:
            remarks.append(f"{len(before.points)} evidence point{'s' if len(before.points) > 1 else ''}")
        return png_bytes(compose(tiles, legend, remarks))

    def remove(self) -> None:
        """Take down the views, then the scene."""
        self._take_down()

    def _slice(self, kind: PlaneKind, before: Before) -> Tile:
        plane = plane_through(kind, before.ras, self._grid, TILE, TILE)
        view = self._slices[kind]
        view.show(plane)
        return slice_tile(_with_points(view.pixels(), plane, before.points), plane)

    def _three_d_tile(self, before: Before) -> Tile:
        camera = camera_of(self._core.scene, self._three_d.node)
        if camera is not None:
            fit_camera(camera, before.bounds, before.direction)
        self._three_d.renderer.ResetCameraClippingRange()
        caption = f"3D from {_FROM[before.direction]}"
        return Tile(self._three_d.pixels(), caption, self._three_d.letters(), self._three_d.mm_per_pixel)


_FROM = {
    Direction.FRONT: "the front",
    Direction.BACK: "the back",
    Direction.LEFT: "the patient's left",
    Direction.RIGHT: "the patient's right",
    Direction.ABOVE: "above",
}


def _with_points(pixels: NDArray[np.uint8], plane: SlicePlane, points: Sequence[Point]) -> NDArray[np.uint8]:
    """Crosses with their numbers where points lie on the slice."""
    axis = THROUGH_AXIS[plane.kind]
    near = [
        (n, point) for n, point in enumerate(points, 1) if abs(point[axis] - plane.through_mm) <= _NEAR_MM
    ]
    if not near:
        return pixels
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    for number, point in near:
        at = plane.place_of(point)
        for width, colour in ((4, (0, 0, 0)), (2, _POINT)):
            draw.line([(at.column - _ARM, at.row), (at.column + _ARM, at.row)], colour, width)
            draw.line([(at.column, at.row - _ARM), (at.column, at.row + _ARM)], colour, width)
        draw.text(
            (at.column + _ARM, at.row - _ARM),
            str(number),
            _POINT,
            anchor="lb",
            stroke_width=2,
            stroke_fill=(0, 0, 0),
        )
    return np.asarray(image)


def _take_down(views: Sequence[OffscreenView], core: HeadlessCore) -> None:
    for view in views:
        view.close()
    core.close()
