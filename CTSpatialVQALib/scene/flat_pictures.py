"""Evidence pictures without OpenGL: the same slices by resampling, and a note where the 3D view would be.

The planes, letters, colours and legend are those of the MRML pictures; only the drawing differs. Sampling in
world coordinates gives true proportions for anisotropic and oblique volumes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from CTSpatialVQALib.records.structures import Colour
from CTSpatialVQALib.scene.compose import TILE, LegendEntry, Tile, note_tile, slice_tile
from CTSpatialVQALib.scene.crops import CaseCrops, StructureCrop
from CTSpatialVQALib.scene.jump import focus_on
from CTSpatialVQALib.scene.pictures import (
    EvidencePicture,
    PictureKind,
    content_of,
    refuse_another_grid,
    write_picture,
)
from CTSpatialVQALib.scene.planes import PlaneKind, SlicePlane, plane_through
from CTSpatialVQALib.scene.window_presets import Window

if TYPE_CHECKING:
    from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
    from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

AIR_HU = -1024.0
FILL_OPACITY = 0.25
_OUTLINE_PIXELS = 2


class FlatRenderer:
    """Makes the pictures of one case with numpy and Pillow alone.

    Parameters
    ----------
    reason : why there are no MRML views, told in place of the 3D view

    Raises
    ------
    BadInput
        If the mask is not on the volume's grid.
    """

    kind: PictureKind = "flat"

    def __init__(self, volume: OrientedVolume, mask: AnatomyMask | None, *, reason: str) -> None:
        refuse_another_grid(volume, mask)
        self._volume = volume
        self._mask = mask
        self._crops = CaseCrops(mask)
        self._note = f"no 3D view: {reason}"

    def render(
        self, structures: Sequence[str], out_png: Path, *, window: str | None = None
    ) -> EvidencePicture:
        """Write the picture that shows `structures`; see `Renderer.render`."""
        content = content_of(self._mask, structures, window)
        crops = self._crops.present([entry.name for entry in content.drawn])
        focus = focus_on(crops, self._volume.grid)
        tiles = [
            self._slice(
                plane_through(kind, focus.ras, self._volume.grid, TILE, TILE), content.window, content.drawn
            )
            for kind in PlaneKind
        ]
        tiles.append(note_tile("3D", self._note))
        return write_picture(content, tiles, self.kind, out_png, [self._note])

    def close(self) -> None:
        """Let go of the cached crops."""
        self._crops = CaseCrops(None)

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

    def _slice(self, plane: SlicePlane, window: Window, drawn: Sequence[LegendEntry]) -> Tile:
        index = self._volume.grid.to_index(plane.points())
        hu = _sampled(self._volume.hu, index, outside=AIR_HU)
        pixels = np.repeat(window.grey(hu)[..., None], 3, axis=2)
        for entry in drawn:
            crop = self._crops.of(entry.name)
            if crop is not None and entry.colour is not None:
                _paint(pixels, inside_on(crop, index), entry.colour)
        return slice_tile(pixels, plane)


def inside_on(crop: StructureCrop, index: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the continuous mask indices (..., 3) lie in the structure: interpolated, so without steps."""
    return _sampled(crop.voxels, index - np.array(crop.offset), outside=0.0) >= 0.5


def _sampled(
    array: NDArray[np.generic], index: NDArray[np.float64], *, outside: float
) -> NDArray[np.float32]:
    sampled: NDArray[np.float32] = ndimage.map_coordinates(
        array, np.moveaxis(index, -1, 0), output=np.float32, order=1, mode="constant", cval=outside
    )
    return sampled


def _paint(pixels: NDArray[np.uint8], inside: NDArray[np.bool_], colour: Colour) -> None:
    """Lay a light fill and a sharp outline over `pixels`, in place."""
    rgb = 255.0 * np.array(colour)
    core = ndimage.binary_erosion(inside, iterations=_OUTLINE_PIXELS)
    pixels[core] = ((1 - FILL_OPACITY) * pixels[core] + FILL_OPACITY * rgb).astype(np.uint8)
    pixels[inside & ~core] = rgb.astype(np.uint8)
