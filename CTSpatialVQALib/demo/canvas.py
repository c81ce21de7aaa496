"""How do shapes become voxels? Each shape is evaluated in its own bounding box only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.demo.shapes import Box, Floats, Paint, Shape, Solid, Sweep

AIR = -1000
_SLAB_VOXELS = 400_000  # three float32 coordinates of a slab stay within a core's cache
_BALLS_AT_ONCE = 400_000


class Coordinates(NamedTuple):
    """Body coordinates of every voxel of a crop, mm."""

    r: Floats
    a: Floats
    s: Floats


Crop = tuple[slice, slice, slice]


class Canvas:
    """CT values and labels in one grid, drawn one shape over the other.

    Parameters
    ----------
    shape : voxels along R, A and S
    labels_of : class name -> label value
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        labels_of: Mapping[str, int],
    ) -> None:
        self.hu = np.full(shape, AIR, dtype=np.int16)
        self.labels = np.zeros(shape, dtype=np.uint8)
        self._to_body: NDArray[np.float64] = np.eye(4)
        self._to_index: NDArray[np.float64] = np.eye(4)
        self._labels_of = labels_of

    def draw(self, shapes: Iterable[Shape], index_to_body: NDArray[np.float64]) -> None:
        """Draw `shapes` in their order; a later one covers an earlier one.

        Parameters
        ----------
        index_to_body : (4, 4) affine, array index -> body mm; oblique, because patients are turned
        """
        self._to_body, self._to_index = (
            index_to_body,
            np.asarray(np.linalg.inv(index_to_body), dtype=np.float64),
        )
        for shape in shapes:
            if isinstance(shape, Solid):
                self._draw_solid(shape)
            else:
                self._draw_sweep(shape)

    def _draw_solid(self, solid: Solid) -> None:
        for crop in self._slabs(solid.box):
            places = self._coordinates(crop)
            self._put(crop, solid.paint, solid.field(*places), places.a)

    def _draw_sweep(self, swept: Sweep) -> None:
        # thinner than a voxel, a rib or an adrenal would fall between the voxel centres
        voxel = float(np.linalg.norm(self._to_body[:3, :3], axis=0).max())
        radii = np.maximum(swept.radii, 0.55 * voxel)
        centres = swept.points @ self._to_index[:3, :3].T + self._to_index[:3, 3]
        reach = self._reach(float(radii.max()), swept)
        near = ((centres > -reach) & (centres < np.array(self.hu.shape) + reach)).all(axis=1)
        if not near.any():
            return
        centres, radii = _thinned(centres[near], swept.points[near], radii[near])
        low = np.floor(centres.min(axis=0)).astype(int) - reach
        high = np.ceil(centres.max(axis=0)).astype(int) + reach + 1
        field = np.full(high - low, np.float32(2), dtype=np.float32)
        classes = np.ceil(radii / 2)
        for label in np.unique(classes):
            self._stamp(field, centres[classes == label] - low, radii[classes == label], swept)
        start, stop = np.maximum(low, 0), np.minimum(high, self.hu.shape)
        if (start < stop).all():
            self._put(_crop(start, stop), swept.paint, field[_crop(start - low, stop - low)], None)

    def _reach(self, radius: float, swept: Sweep) -> NDArray[np.int64]:
        """How many voxels a ball reaches along each array axis, one more for its rounded centre."""
        axes = self._to_index[:3, :3] * (radius * np.asarray(swept.flat))
        return np.asarray(np.ceil(np.linalg.norm(axes, axis=1)).astype(np.int64) + 1)

    def _stamp(
        self, field: Floats, centres: NDArray[np.float64], radii: NDArray[np.float64], swept: Sweep
    ) -> None:
        """Lower `field` to the squared distance from the nearest ball centre, in units of its radius."""
        n = self._reach(float(radii.max()), swept)
        offsets = np.indices(tuple(2 * int(radius) + 1 for radius in n)).reshape(3, -1).T - n
        metric = self._to_body[:3, :3] / np.asarray(swept.flat)[:, None]
        stretched = (offsets @ metric.T).astype(np.float32)
        own = np.einsum("qx,qx->q", stretched, stretched)
        steps = np.array([field.shape[1] * field.shape[2], field.shape[2], 1])
        flat_offsets, cells = offsets @ steps, field.reshape(-1)
        for chunk in _chunks(len(centres), max(1, _BALLS_AT_ONCE // len(offsets))):
            nearest = np.rint(centres[chunk])
            remainder = ((centres[chunk] - nearest) @ metric.T).astype(np.float32)
            square = np.einsum("px,px->p", remainder, remainder)[:, None]
            value = (own + square - 2 * remainder @ stretched.T) / np.square(radii[chunk, None]).astype(
                np.float32
            )
            ball, at = np.nonzero(value <= 1)
            places = (nearest.astype(np.int64) @ steps)[ball] + flat_offsets[at]
            if swept.paint.bands:
                np.minimum.at(cells, places, value[ball, at])
            else:  # only inside or outside matters
                cells[places] = 0

    def _put(self, crop: Crop, paint: Paint, field: Floats, a: Floats | None) -> None:
        inside = field <= 1
        labels, hu = self.labels[crop], self.hu[crop]
        if paint.only_on:
            inside &= self._lookup(paint.only_on)[labels]
        if paint.hu_per_mm_back and a is not None:
            graded = (paint.hu - paint.hu_per_mm_back * a).astype(np.int16)
            np.copyto(hu, graded, where=inside)
        else:
            np.copyto(hu, np.int16(paint.hu), where=inside)
        for band in paint.bands:
            np.copyto(hu, np.int16(band.hu), where=inside & (field <= band.upto))
        if paint.name is not None or paint.clears:
            value = self._labels_of[paint.name] if paint.name is not None else 0
            np.copyto(labels, np.uint8(value), where=inside)

    def _lookup(self, names: tuple[str, ...]) -> NDArray[np.bool_]:
        allowed = np.zeros(256, dtype=bool)
        allowed[[self._labels_of[name] for name in names]] = True
        return allowed

    def _slabs(self, box: Box) -> Iterator[Crop]:
        corners = np.array(list(product(box[0:2], box[2:4], box[4:6])))
        indices = corners @ self._to_index[:3, :3].T + self._to_index[:3, 3]
        low = np.clip(np.floor(indices.min(axis=0)).astype(int), 0, self.hu.shape)
        high = np.clip(np.ceil(indices.max(axis=0)).astype(int) + 1, 0, self.hu.shape)
        if (low >= high).any():
            return
        per_row = int(np.prod(high[1:] - low[1:]))
        step = max(1, _SLAB_VOXELS // per_row)
        for start in range(int(low[0]), int(high[0]), step):
            stop = min(start + step, int(high[0]))
            yield slice(start, stop), slice(int(low[1]), int(high[1])), slice(int(low[2]), int(high[2]))

    def _coordinates(self, crop: Crop) -> Coordinates:
        i, j, k = np.ogrid[crop]
        rows = self._to_body.astype(np.float32)
        i, j, k = (axis.astype(np.float32) for axis in (i, j, k))
        return Coordinates(*(row[0] * i + (row[1] * j + (row[2] * k + row[3])) for row in rows[:3]))


def _crop(low: NDArray[np.int64], high: NDArray[np.int64]) -> Crop:
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return i, j, k


class _Balls(NamedTuple):
    centres: NDArray[np.float64]
    radii: NDArray[np.float64]


def _thinned(centres: NDArray[np.float64], points: NDArray[np.float64], radii: NDArray[np.float64]) -> _Balls:
    """Fewer balls where a coarse grid has made them fatter than their distance calls for."""
    if len(points) < 3:
        return _Balls(centres, radii)
    step = float(np.linalg.norm(np.diff(points, axis=0), axis=1).min())
    stride = max(1, int(0.45 * float(radii.min()) / max(step, 1e-3)))
    kept = np.unique(np.append(np.arange(0, len(points), stride), len(points) - 1))
    return _Balls(centres[kept], radii[kept])


def _chunks(count: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, count, size))
