"""Measurements of the structures of a mask: size, place, side, level, depth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.body_frame import BodyFrame, centricity_of, depth_of, frame_of, level_of
from CTSpatialVQALib.anatomy.midline import Midline, find_midline, side_of
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.words import Centricity, Depth, Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, Crop


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
    voxels, volume_ml, centroid_ras, bounds_ras : of everything with its label; bounds over voxel centres;
        the centroid may lie outside a bent structure
    speck_voxels : how many of its voxels are specks (see `pieces`); the following leave them aside
    body_centroid_ras, body_bounds_ras : of the structure without specks
    inside_point_ras : centre of a voxel of the structure, near the middle of its largest axial slice;
        the centroid where inside points were not asked for
    side : of the centroid from the patient's midline; within 10 mm is `midline`; None where no structure
        of the mask shows the midline
    level, level_from : the vertebra at its height, if there is one within 25 mm; a third of the scan's
        height where the mask has no vertebrae
    depth, centricity : front or back third of the labelled body, near or far from the midline; None between
    """

    voxels: int
    volume_ml: float
    centroid_ras: Point
    inside_point_ras: Point
    bounds_ras: Bounds
    side: Side | None
    level: str | None
    level_from: str | None
    depth: Depth | None
    centricity: Centricity | None
    speck_voxels: int
    body_centroid_ras: Point
    body_bounds_ras: Bounds

    def as_json(self) -> dict[str, object]:
        """Plain values as `measure --json` prints them."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in self._asdict().items()
        }


def measure_all(
    mask: AnatomyMask,
    *,
    inside_points: bool = True,
    outline: Midline | None = None,
    sides_withheld: bool = False,
) -> dict[str, StructureMeasure]:
    """Every structure that has voxels of its own, in the order of the table.

    Parameters
    ----------
    inside_points : also look for a point inside and for specks, which costs a pass over every structure's
        box; without it specks are not left aside
    outline : the midline where no structure of the mask shows it (see `body_outline`)
    sides_withheld : leave `side` empty, because a check found that left and right cannot be trusted
    """
    frame = frame_of(mask, outline)
    measured = {name: _measured(mask, name, frame, thoroughly=inside_points) for name in mask.label_of}
    return {name: row._replace(side=None) for name, row in measured.items()} if sides_withheld else measured


def measure_one(mask: AnatomyMask, name: str) -> StructureMeasure | None:
    """One structure, or the union of its parts (`lung_left` from its lobes); None if it has no voxels."""
    return _measured(mask, name, frame_of(mask), thoroughly=True) if mask.has(name) else None


def measurements_json(
    mask: AnatomyMask, *, outline: Midline | None = None, sides_withheld: bool = False
) -> dict[str, object]:
    """What `measure --json` prints: all structures, the midline with its source, the notes of the mask."""
    midline = find_midline(mask) or outline
    measured = measure_all(mask, outline=outline, sides_withheld=sides_withheld)
    return {
        "structures": {name: row.as_json() for name, row in measured.items()},
        "midline": midline and {"r_mm": midline.r_mm, "taken_from": midline.taken_from},
        "spacing_mm": list(mask.grid.spacing_mm),
        "shape": list(mask.grid.shape),
        "notes": list(mask.notes),
    }


class _Place(NamedTuple):
    """Voxels, centre and box of some voxels of a structure, indices along (R, A, S)."""

    voxels: int
    centre: NDArray[np.float64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]


def _measured(mask: AnatomyMask, name: str, frame: BodyFrame, *, thoroughly: bool) -> StructureMeasure:
    entire = _entire(mask, name)
    crop = mask.crop(name) if thoroughly else None
    body = mask.body(name, crop) if crop else None
    main = entire if body is None else _place(body)
    centroid, centre = _point(mask.grid, entire.centre), _point(mask.grid, main.centre)
    bounds = _bounds(mask.grid, entire, crop)
    level = level_of(centre.s, frame)
    shown = body or crop
    return StructureMeasure(
        voxels=entire.voxels,
        volume_ml=entire.voxels * mask.grid.voxel_ml,
        centroid_ras=centroid,
        inside_point_ras=centroid if shown is None else _point(mask.grid, _inside_index(shown)),
        bounds_ras=bounds,
        side=side_of(centre.r, frame.midline),
        level=level and level.name,
        level_from=level and level.taken_from,
        depth=depth_of(centre.a, frame),
        centricity=centricity_of(centre.r, frame),
        speck_voxels=entire.voxels - main.voxels,
        body_centroid_ras=centre,
        body_bounds_ras=bounds if body is None else _bounds(mask.grid, main, body),
    )


def _entire(mask: AnatomyMask, name: str) -> _Place:
    """Everything with the label, or the labels of the parts, from the statistics of the whole array."""
    parts = [mask.statistics[label] for label in mask.labels_of(name)]
    voxels = np.array([part.voxels for part in parts])
    return _Place(
        int(voxels.sum()),
        voxels @ np.array([part.centroid_index for part in parts]) / voxels.sum(),
        np.min([part.first for part in parts], axis=0).astype(np.float64),
        np.max([part.last for part in parts], axis=0).astype(np.float64),
    )


def _place(body: Crop) -> _Place:
    shape = np.array(body.inside.shape, dtype=np.float64)
    profiles = [body.inside.sum(axis=tuple({0, 1, 2} - {axis}), dtype=np.int64) for axis in range(3)]
    centre = [profile @ np.arange(len(profile)) / profile.sum() for profile in profiles]
    return _Place(int(profiles[0].sum()), body.start + np.array(centre), body.start, body.start + shape - 1.0)


def _point(grid: Grid, index: NDArray[np.float64]) -> Point:
    return Point(*grid.to_ras(index).tolist())


def _inside_index(crop: Crop) -> NDArray[np.float64]:
    """The voxel nearest to the centroid of the largest axial slice, which itself may lie outside."""
    areas = [np.count_nonzero(crop.inside[:, :, s]) for s in range(crop.inside.shape[2])]
    s = int(np.argmax(areas))
    points = np.argwhere(crop.inside[:, :, s])
    nearest = ((points - points.mean(axis=0)) ** 2).sum(axis=1).argmin()
    return crop.start + np.array([*points[nearest], s], dtype=np.float64)


def _bounds(grid: Grid, place: _Place, crop: Crop | None) -> Bounds:
    """Of the voxels themselves; on an oblique grid the corners of the index box would be too wide."""
    matrix = grid.affine[:3, :3]
    is_axis_aligned = np.abs(matrix - np.diag(np.diag(matrix))).max() * max(grid.shape) < 1e-3
    if is_axis_aligned or crop is None:
        low, high = _box_in_world(grid, place.first, place.last)
    else:
        points = grid.to_ras(crop.start + np.argwhere(_shell(crop.inside)))
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


__all__ = [
    "Bounds",
    "Point",
    "StructureMeasure",
    "measure_all",
    "measure_one",
    "measurements_json",
]
