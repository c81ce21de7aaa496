"""Evidence pictures: three slices and a 3D view of the structures that a question names.

`open_renderer` keeps a case open for many questions and hides whether there is OpenGL; `render_evidence`
makes one picture. Pictures carry no patient name, no file name and no metadata.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from CTSpatialVQALib.scene.compose import TILE, Tile, slice_tile
from CTSpatialVQALib.scene.core import HeadlessCore
from CTSpatialVQALib.scene.crops import CaseCrops
from CTSpatialVQALib.scene.flat_pictures import FlatRenderer
from CTSpatialVQALib.scene.jump import focus_on
from CTSpatialVQALib.scene.opengl import OpenGLState, opengl_available
from CTSpatialVQALib.scene.pictures import (
    EvidencePicture,
    EvidenceRequest,
    PictureKind,
    Renderer,
    content_of,
    refuse_another_grid,
    write_picture,
)
from CTSpatialVQALib.scene.planes import PlaneKind, outer_bounds, plane_through
from CTSpatialVQALib.scene.segments import QuestionSegments, Shown
from CTSpatialVQALib.scene.skin_shell import add_body
from CTSpatialVQALib.scene.views import OffscreenView, SliceView, ThreeDView
from CTSpatialVQALib.scene.volumes import add_volume, set_window

if TYPE_CHECKING:
    from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
    from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

_MOST_SURFACE_VOXELS = 40_000  # a tile of 420 pixels shows no more

__all__ = [
    "EvidencePicture",
    "EvidenceRenderer",
    "EvidenceRequest",
    "Renderer",
    "open_renderer",
    "render_evidence",
]


def render_evidence(request: EvidenceRequest, out_png: Path) -> EvidencePicture:
    """Write the one picture of `request`, with MRML views where OpenGL works and flat otherwise.

    Raises
    ------
    BadInput
        If the mask is not on the volume's grid, or the window is not a preset.
    WorkFailed
        If `out_png` cannot be written.
    """
    with open_renderer(request.volume, request.mask) as renderer:
        return renderer.render(request.structures, out_png, window=request.window)


def open_renderer(
    volume: OrientedVolume, mask: AnatomyMask | None, *, state: OpenGLState | None = None
) -> Renderer:
    """The renderer of one case; close it, or use it in a `with` block.

    Parameters
    ----------
    state : what is known about OpenGL; asked for when None

    Raises
    ------
    BadInput
        If the mask is not on the volume's grid.
    """
    opengl = state if state is not None else opengl_available()
    if opengl.available:
        return EvidenceRenderer(volume, mask)
    return FlatRenderer(volume, mask, reason=opengl.reason)


class EvidenceRenderer:
    """Makes the pictures of one case with MRML slice and 3D views in a scene of its own.

    Raises
    ------
    BadInput
        If the mask is not on the volume's grid.
    """

    kind: PictureKind = "mrml"

    def __init__(self, volume: OrientedVolume, mask: AnatomyMask | None) -> None:
        refuse_another_grid(volume, mask)
        self._mask = mask
        self._grid = volume.grid
        self._crops = CaseCrops(mask)
        self.core = HeadlessCore()
        self._volume_node = add_volume(self.core.scene, volume)
        add_body(self.core.scene, volume)
        self._segments = QuestionSegments(
            self.core.scene, self._crops, most_surface_voxels=_MOST_SURFACE_VOXELS
        )
        self._slices = {kind: SliceView(self.core, kind, TILE, TILE) for kind in PlaneKind}
        for view in self._slices.values():
            view.set_background(self._volume_node)
        self._three_d = ThreeDView(self.core, TILE, TILE)
        # VTK crashes at the end of the process if views outlive it, so a forgotten renderer closes itself
        views = (*self._slices.values(), self._three_d)
        self._take_down = weakref.finalize(self, _take_down, views, self.core)

    def render(
        self, structures: Sequence[str], out_png: Path, *, window: str | None = None
    ) -> EvidencePicture:
        """Write the picture that shows `structures`; see `Renderer.render`."""
        content = content_of(self._mask, structures, window)
        crops = self._crops.present([entry.name for entry in content.drawn])
        focus = focus_on(crops, self._grid)
        set_window(self._volume_node, content.window)
        self._segments.show(
            [Shown(entry.name, entry.colour) for entry in content.drawn if entry.colour is not None]
        )
        tiles = [self._slice(kind, focus.ras) for kind in PlaneKind]
        tiles.append(self._three_d_tile())
        return write_picture(content, tiles, self.kind, out_png)

    def close(self) -> None:
        """Take down the views, then the scene."""
        self._take_down()

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def _slice(self, kind: PlaneKind, through: tuple[float, float, float]) -> Tile:
        plane = plane_through(kind, through, self._grid, TILE, TILE)
        view = self._slices[kind]
        view.show(plane)
        return slice_tile(view.pixels(), plane)

    def _three_d_tile(self) -> Tile:
        low, high = outer_bounds(self._grid)
        self._three_d.look_from_front([edge for pair in zip(low, high, strict=True) for edge in pair])
        pixels = self._three_d.pixels()
        return Tile(pixels, "3D from the front", self._three_d.letters(), self._three_d.mm_per_pixel)


def _take_down(views: Sequence[OffscreenView], core: HeadlessCore) -> None:
    for view in views:
        view.close()
    core.close()
