"""Geometry of a slice picture: axes, size of a pixel, letters at its edges.

Radiological convention: axial and coronal pictures show the patient's right on the left of the picture,
sagittal ones show anterior on the left. The axes are those of Slicer's orientation presets.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.records.grid import Grid

Vector = tuple[float, float, float]
_FILL = 0.96  # part of the tile that the volume fills


class PlaneKind(StrEnum):
    """The three orientations, by the names of Slicer's presets."""

    AXIAL = "Axial"
    CORONAL = "Coronal"
    SAGITTAL = "Sagittal"


class PictureAxes(NamedTuple):
    """Unit vectors in RAS along the picture's width (to the right) and height (upwards)."""

    right: Vector
    up: Vector


class EdgeLetters(NamedTuple):
    """What lies beyond each edge of a picture: one of R, L, A, P, S, I."""

    left: str
    right: str
    top: str
    bottom: str


class PixelPlace(NamedTuple):
    """Column from the left and row from the top, in pixels."""

    column: float
    row: float


AXES = {
    PlaneKind.AXIAL: PictureAxes((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    PlaneKind.CORONAL: PictureAxes((-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    PlaneKind.SAGITTAL: PictureAxes((0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
}
THROUGH_AXIS = {PlaneKind.AXIAL: 2, PlaneKind.CORONAL: 1, PlaneKind.SAGITTAL: 0}


@dataclass(frozen=True)
class SlicePlane:
    """A square-pixelled picture plane in the patient.

    Parameters
    ----------
    centre : RAS mm of the middle of the picture
    mm_per_pixel : size of a pixel, the same in both directions
    width, height : of the picture in pixels
    """

    kind: PlaneKind
    centre: Vector
    mm_per_pixel: float
    width: int
    height: int

    @property
    def through_mm(self) -> float:
        """Coordinate of the plane along the axis it is perpendicular to."""
        return self.centre[THROUGH_AXIS[self.kind]]

    @property
    def through_letter(self) -> str:
        """On which side of the origin the plane lies: one of R, L, A, P, S, I."""
        axis = THROUGH_AXIS[self.kind]
        return ("RAS" if self.through_mm >= 0 else "LPI")[axis]

    @property
    def letters(self) -> EdgeLetters:
        """Directions at the edges."""
        axes = AXES[self.kind]
        return edge_letters(np.array(axes.right), np.array(axes.up))

    def points(self) -> NDArray[np.float64]:
        """(height, width, 3) RAS mm of every pixel, row 0 at the top."""
        right, up = (np.array(axis) for axis in AXES[self.kind])
        columns = (np.arange(self.width) - self.width / 2) * self.mm_per_pixel
        rows = (self.height / 2 - 1 - np.arange(self.height)) * self.mm_per_pixel
        points: NDArray[np.float64] = (
            np.array(self.centre) + rows[:, None, None] * up + columns[None, :, None] * right
        )
        return points

    def place_of(self, ras: Vector) -> PixelPlace:
        """Where a point, projected onto the plane, is seen."""
        right, up = (np.array(axis) for axis in AXES[self.kind])
        away = np.array(ras) - np.array(self.centre)
        return PixelPlace(
            column=float(away @ right) / self.mm_per_pixel + self.width / 2,
            row=self.height / 2 - 1 - float(away @ up) / self.mm_per_pixel,
        )


def plane_through(kind: PlaneKind, point: Vector, grid: Grid, width: int, height: int) -> SlicePlane:
    """The plane through `point` that shows the whole box of `grid`, centred in a width x height picture."""
    bounds = outer_bounds(grid)
    extent = bounds[1] - bounds[0]
    right, up = (np.abs(np.array(axis)) for axis in AXES[kind])
    mm_per_pixel = max(float(extent @ right) / width, float(extent @ up) / height) / _FILL
    centre = (bounds[0] + bounds[1]) / 2
    centre[THROUGH_AXIS[kind]] = point[THROUGH_AXIS[kind]]
    r, a, s = (float(value) for value in centre)
    return SlicePlane(kind, (r, a, s), mm_per_pixel, width, height)


def outer_bounds(grid: Grid) -> NDArray[np.float64]:
    """(2, 3) array: least and greatest R, A, S in mm over the outer edges of the voxels."""
    ends = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in grid.shape])).reshape(3, -1).T
    corners = grid.to_ras(ends)
    return np.stack([corners.min(axis=0), corners.max(axis=0)])


def edge_letters(right: NDArray[np.float64], up: NDArray[np.float64]) -> EdgeLetters:
    """The letters of a picture whose width and height run along these RAS vectors."""
    return EdgeLetters(letter_of(-right), letter_of(right), letter_of(up), letter_of(-up))


def letter_of(direction: NDArray[np.float64]) -> str:
    """The patient direction that an RAS vector mostly runs to."""
    axis = int(np.abs(direction).argmax())
    return ("RAS" if direction[axis] > 0 else "LPI")[axis]
