"""Grid of a volume: its shape and the affine from array index to RAS millimetres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.records.base import Record

Row = tuple[float, float, float, float]
TOLERANCE_MM = 1e-2


class Grid(Record):
    """A sampled box: array index (i, j, k) -> world point in RAS millimetres by `affine`.

    Parameters
    ----------
    shape : number of samples along the three array axes
    rows : the first three rows of the (4, 4) affine, in mm
    """

    shape: tuple[int, int, int]
    rows: tuple[Row, Row, Row]

    @classmethod
    def of(cls, shape: tuple[int, int, int], affine: NDArray[np.float64]) -> Grid:
        """The grid of an array of `shape` with a (4, 4) `affine`, index -> RAS mm."""
        first, second, third = (tuple(float(value) for value in affine[row]) for row in range(3))
        return cls(shape=shape, rows=(first, second, third))  # type: ignore[arg-type]

    @property
    def affine(self) -> NDArray[np.float64]:
        """(4, 4) array, index -> RAS mm."""
        return np.array([*self.rows, (0.0, 0.0, 0.0, 1.0)])

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring samples along each array axis."""
        i, j, k = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(i), float(j), float(k)

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(abs(np.linalg.det(self.affine[:3, :3])) / 1000.0)

    def to_ras(self, index: NDArray[np.float64] | tuple[float, float, float]) -> NDArray[np.float64]:
        """World points (..., 3) in RAS mm of array indices (..., 3)."""
        points = np.asarray(index, dtype=np.float64)
        return points @ self.affine[:3, :3].T + self.affine[:3, 3]

    def to_index(self, ras: NDArray[np.float64] | tuple[float, float, float]) -> NDArray[np.float64]:
        """Continuous array indices (..., 3) of world points (..., 3) in RAS mm."""
        points = np.asarray(ras, dtype=np.float64) - self.affine[:3, 3]
        return points @ np.linalg.inv(self.affine[:3, :3]).T

    def matches(self, other: Grid) -> bool:
        """Same shape, and every corner of the box within 0.01 mm: an equal affine alone is not enough."""
        if self.shape != other.shape:
            return False
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in self.shape])).reshape(3, -1).T
        return bool(np.abs(self.to_ras(corners) - other.to_ras(corners)).max() <= TOLERANCE_MM)

    def __str__(self) -> str:
        """Shape, spacing and the centre of the box, as it stands in messages."""
        shape = " x ".join(str(n) for n in self.shape)
        spacing = " x ".join(f"{mm:.3g}" for mm in self.spacing_mm)
        centre = self.to_ras(tuple((n - 1) / 2 for n in self.shape))  # type: ignore[arg-type]
        return (
            f"{shape} voxels of {spacing} mm centred at R {centre[0]:.0f} A {centre[1]:.0f} S {centre[2]:.0f}"
        )
