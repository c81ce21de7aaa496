"""What is a phantom drawn with? Solids given by a field and sweeps given by balls along a curve.

All shapes live in the *body frame*: millimetres, R to the patient's right, A to the front, S to the head,
with the origin on the midline in the middle of the chest of a reference adult. `canvas.Canvas` puts them
into a grid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Field = Callable[[Floats, Floats, Floats], Floats]
"""Body coordinates (R, A, S), arrays of one shape, -> a value that is at most 1 inside the solid."""


class Point(NamedTuple):
    """A place in millimetres, in the body frame or in the world, as the name that holds it says."""

    r: float
    a: float
    s: float


ROUND = Point(1.0, 1.0, 1.0)


class Box(NamedTuple):
    """Bounds of a solid in body millimetres."""

    r_min: float
    r_max: float
    a_min: float
    a_max: float
    s_min: float
    s_max: float


class Band(NamedTuple):
    """Where the field is at most `upto`, the CT value is `hu`: a cortex around marrow, a wall around air."""

    upto: float
    hu: float


class Paint(NamedTuple):
    """What a shape leaves in the volume.

    Parameters
    ----------
    name : TotalSegmentator class; None leaves the labels as they are
    hu : CT value, in Hounsfield units
    bands : CT values further inside, outermost first
    only_on : draw only where one of these classes has been drawn before
    clears : the labels become background (fluid that has taken the place of lung)
    hu_per_mm_back : how much denser it gets per millimetre to the back, for lungs of a supine patient
    """

    name: str | None
    hu: float
    bands: tuple[Band, ...] = ()
    only_on: tuple[str, ...] = ()
    clears: bool = False
    hu_per_mm_back: float = 0.0


@dataclass(frozen=True)
class Solid:
    """All points of `box` where `field` is at most 1."""

    paint: Paint
    box: Box
    field: Field


@dataclass(frozen=True)
class Sweep:
    """All points within a ball that moves along a curve.

    Parameters
    ----------
    points : (N, 3) ball centres, body mm
    radii : (N,) ball radii, mm
    flat : the balls' radii along R, A and S as multiples of `radii`
    """

    paint: Paint
    points: NDArray[np.float64]
    radii: NDArray[np.float64]
    flat: Point = ROUND


Shape = Solid | Sweep


def ellipsoid_field(centre: Point, radii: Point, turn: NDArray[np.float64] | None = None) -> Field:
    """Squared distance from `centre` in units of `radii`; `turn` (3, 3) holds the axes as rows."""
    axes = (np.eye(3) if turn is None else turn) / np.asarray(radii)[:, None]
    rows = axes.astype(np.float32)

    def field(r: Floats, a: Floats, s: Floats) -> Floats:
        dr, da, ds = r - np.float32(centre.r), a - np.float32(centre.a), s - np.float32(centre.s)
        if turn is None:
            level = np.square(dr * rows[0, 0]) + np.square(da * rows[1, 1])
            return np.asarray(level + np.square(ds * rows[2, 2]))
        total = np.square(dr * rows[0, 0] + da * rows[0, 1] + ds * rows[0, 2])
        for row in rows[1:]:
            total += np.square(dr * row[0] + da * row[1] + ds * row[2])
        return np.asarray(total)

    return field


def ellipsoid(paint: Paint, centre: Point, radii: Point, turn: NDArray[np.float64] | None = None) -> Solid:
    """An ellipsoid with half axes `radii`, turned so that its axes are the rows of `turn`."""
    reach = Point(*np.linalg.norm((np.eye(3) if turn is None else turn) * np.asarray(radii)[:, None], axis=0))
    return Solid(paint, box_around(centre, reach), ellipsoid_field(centre, radii, turn))


def box_around(centre: Point, reach: Point) -> Box:
    """The box that reaches `reach` from `centre` to both sides."""
    return Box(
        centre.r - reach.r,
        centre.r + reach.r,
        centre.a - reach.a,
        centre.a + reach.a,
        centre.s - reach.s,
        centre.s + reach.s,
    )


def sweep(paint: Paint, knots: Sequence[Point], radii: Sequence[float] | float, flat: Point = ROUND) -> Sweep:
    """A tube through `knots` (a smooth curve) with a radius per knot, or the same radius all along."""
    places = np.asarray(knots, dtype=np.float64)
    widths = np.broadcast_to(np.asarray(radii, dtype=np.float64), len(places))
    fine = np.linspace(0.0, len(places) - 1.0, 20 * (len(places) - 1) + 1)
    curve = smooth_curve(places, fine)
    steps = np.sqrt(np.square(np.diff(curve, axis=0)).sum(axis=1))
    length = np.concatenate([[0.0], np.cumsum(steps)])
    count = max(2, int(np.ceil(length[-1] / (0.45 * float(widths.min())))) + 1)
    # evenly along the curve, whatever the distances of the knots: otherwise long stretches turn into beads
    even = np.linspace(0.0, length[-1], count)
    points = np.stack([np.interp(even, length, axis) for axis in curve.T], axis=1)
    radii_there = np.interp(np.interp(even, length, fine), np.arange(len(widths)), widths)
    return Sweep(paint, points, radii_there, flat)


def smooth_curve(knots: NDArray[np.float64], along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of the Catmull-Rom curve through `knots` (K, 3) at parameters 0 to K - 1."""
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    first = np.minimum(along.astype(np.int64), len(knots) - 2)
    t = (along - first)[:, None]
    p0, p1, p2, p3 = (padded[first + step] for step in range(4))
    curve = (
        p1 * 2 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    return np.asarray(0.5 * curve)


class Profile:
    """A quantity along S by linear interpolation between knots, from a table with a step of 1 mm.

    A table, because a phantom asks for the profile at millions of places and `np.interp` would take
    most of its time.
    """

    def __init__(self, *knots: tuple[float, float]) -> None:
        heights, values = np.array(sorted(knots), dtype=np.float64).T
        self._start = float(heights[0])
        steps = np.arange(heights[0], heights[-1] + 1.0)
        self._table = np.interp(steps, heights, values).astype(np.float32)

    def __call__(self, s: Floats) -> Floats:
        """Values at the heights `s`, mm; beyond the ends the last value holds."""
        places = (s - np.float32(self._start - 0.5)).astype(np.int32)
        return np.take(self._table, places, mode="clip")

    def at(self, s: float) -> float:
        """The value at one height."""
        return float(self(np.float32(s).reshape(1))[0])
