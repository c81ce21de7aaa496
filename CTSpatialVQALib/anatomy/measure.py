"""How large is each structure and where in the patient does it lie?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from CTSpatialVQALib.anatomy.masks import AnatomyMask, Crop
from CTSpatialVQALib.anatomy.midline import Midline, find_midline, midline_r, side_of
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.words import Side

SPECK_SHARE = 0.05  # of the largest piece; smaller pieces say nothing about where the organ is
LEVEL_REACH_MM = 25.0  # a vertebra and the disc below it are at most about 40 mm high


class Point(NamedTuple):
    """A world point in RAS mm."""

    r: float
    a: float
    s: float


class Bounds(NamedTuple):
    """The outermost voxel centres in RAS mm."""

    r_min: float
    r_max: float
    a_min: float
    a_max: float
    s_min: float
    s_max: float


class StructureMeasure(NamedTuple):
    """One structure, measured.

    Parameters
    ----------
    voxels, volume_ml : of everything with its label
    centroid_ras : mean of its voxel centres; may lie outside a bent structure
    inside_point_ras : centre of a voxel of the structure, near the middle of its largest axial slice;
        the centroid where inside points were not asked for
    bounds_ras : over voxel centres
    side : of the centroid from the patient's midline, specks left aside; within 10 mm is `midline`
    level : the vertebra at its height, if there is one within 25 mm
    """

    voxels: int
    volume_ml: float
    centroid_ras: Point
    inside_point_ras: Point
    bounds_ras: Bounds
    side: Side
    level: str | None

    def as_json(self) -> dict[str, object]:
        """Plain values as `measure --json` prints them."""
        plain = self._asdict() | {"side": self.side.value}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}


def measure_all(mask: AnatomyMask, *, inside_points: bool = True) -> dict[str, StructureMeasure]:
    """Every structure that has voxels of its own, in the order of the table.

    Parameters
    ----------
    inside_points : also look for a point inside and for specks, which costs a pass over every structure's box
    """
    midline, vertebrae = find_midline(mask), _vertebrae(mask)
    found = {}
    for name, label in mask.label_of.items():
        crop = mask.crop(name) if inside_points else None
        one = mask.statistics[label]
        centre = np.array(one.centroid_index)
        found[name] = _measured(
            mask.grid, one.voxels, centre, (one.first, one.last), crop, midline, vertebrae
        )
    return found


def measure_one(mask: AnatomyMask, name: str) -> StructureMeasure | None:
    """One structure, or the union of its parts (`lung_left` from its lobes); None if it has no voxels."""
    found = [mask.statistics[label] for label in mask.labels_of(name)]
    if not found:
        return None
    voxels = np.array([one.voxels for one in found])
    centre = voxels @ np.array([one.centroid_index for one in found]) / voxels.sum()
    first = tuple(np.min([one.first for one in found], axis=0))
    last = tuple(np.max([one.last for one in found], axis=0))
    crop = mask.crop(name)
    corners = (first, last)
    return _measured(
        mask.grid, int(voxels.sum()), centre, corners, crop, find_midline(mask), _vertebrae(mask)
    )


def measurements_json(mask: AnatomyMask) -> dict[str, object]:
    """What `measure --json` prints: all structures, the midline with its source, the notes of the mask."""
    midline = find_midline(mask)
    return {
        "structures": {name: one.as_json() for name, one in measure_all(mask).items()},
        "midline": {"r_mm": midline.r_mm, "taken_from": midline.taken_from},
        "spacing_mm": list(mask.grid.spacing_mm),
        "shape": list(mask.grid.shape),
        "notes": list(mask.notes),
    }


def _measured(
    grid: Grid,
    voxels: int,
    centre: NDArray[np.float64],
    corners: tuple[tuple[int, ...], tuple[int, ...]],
    crop: Crop | None,
    midline: Midline,
    vertebrae: Mapping[str, float],
) -> StructureMeasure:
    centroid = Point(*grid.to_ras(centre).tolist())
    body = inside = centroid
    if crop is not None:
        areas = _areas(crop.inside)
        start = np.array([one.start for one in crop.box])
        inside = Point(*grid.to_ras(start + _inside_index(crop.inside, areas)).tolist())
        if not areas.all():  # empty slices between filled ones: there are pieces, perhaps specks
            body = Point(*grid.to_ras(start + _centre_without_specks(crop.inside)).tolist())
    return StructureMeasure(
        voxels=voxels,
        volume_ml=voxels * grid.voxel_ml,
        centroid_ras=centroid,
        inside_point_ras=inside,
        bounds_ras=_bounds(grid, corners, crop),
        side=side_of(body.r, midline.r_mm),
        level=_level(body.s, vertebrae),
    )


def _areas(inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Voxels of the structure in each axial slice of its box."""
    return np.array([np.count_nonzero(inside[:, :, s]) for s in range(inside.shape[2])])


def _inside_index(inside: NDArray[np.bool_], areas: NDArray[np.int64]) -> NDArray[np.float64]:
    """The voxel nearest to the centroid of the largest axial slice, which itself may lie outside."""
    s = int(areas.argmax())
    points = np.argwhere(inside[:, :, s])
    nearest = ((points - points.mean(axis=0)) ** 2).sum(axis=1).argmin()
    return np.array([*points[nearest], s], dtype=np.float64)


def _centre_without_specks(inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean index over the pieces of at least 5 % of the largest (a rib cut in two keeps both halves)."""
    pieces, _ = ndimage.label(inside)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    kept = sizes >= SPECK_SHARE * sizes.max()
    kept[0] = False
    return np.asarray(np.argwhere(kept[pieces]).mean(axis=0))


def _bounds(grid: Grid, corners: tuple[tuple[int, ...], tuple[int, ...]], crop: Crop | None) -> Bounds:
    """Of the voxels themselves; on an oblique grid the corners of the index box would be too wide."""
    first, last = (np.array(corner, dtype=np.float64) for corner in corners)
    matrix = grid.affine[:3, :3]
    straight = np.abs(matrix - np.diag(np.diag(matrix))).max() * max(grid.shape) < 1e-3
    if straight or crop is None:
        low, high = _box_in_world(grid, first, last)
    else:
        start = np.array([one.start for one in crop.box])
        points = grid.to_ras(start + np.argwhere(_shell(crop.inside)))
        low, high = points.min(axis=0), points.max(axis=0)
    return Bounds(*(float(end[axis]) for axis in range(3) for end in (low, high)))


class _Extent(NamedTuple):
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def _box_in_world(grid: Grid, first: NDArray[np.float64], last: NDArray[np.float64]) -> _Extent:
    corners = np.array(np.meshgrid(*np.stack([first, last], axis=1))).reshape(3, -1).T
    points = grid.to_ras(corners)
    return _Extent(points.min(axis=0), points.max(axis=0))


def _shell(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The first and last voxel of every run along R: extremes of a linear function lie on it."""
    padded = np.zeros((inside.shape[0] + 2, *inside.shape[1:]), dtype=bool)
    padded[1:-1] = inside
    return np.asarray(inside & ~(padded[:-2] & padded[2:]))


def _vertebrae(mask: AnatomyMask) -> dict[str, float]:
    """S coordinate of the centre of each vertebra, by its short name (T8)."""
    return {
        name.removeprefix("vertebrae_"): float(mask.grid.to_ras(mask.statistics[label].centroid_index)[2])
        for name, label in mask.label_of.items()
        if name.startswith("vertebrae_")
    }


def _level(s_mm: float, vertebrae: Mapping[str, float]) -> str | None:
    if not vertebrae:
        return None
    nearest = min(vertebrae, key=lambda name: abs(vertebrae[name] - s_mm))
    return nearest if abs(vertebrae[nearest] - s_mm) <= LEVEL_REACH_MM else None


__all__ = [
    "Bounds",
    "Point",
    "StructureMeasure",
    "measure_all",
    "measure_one",
    "measurements_json",
    "midline_r",
]
