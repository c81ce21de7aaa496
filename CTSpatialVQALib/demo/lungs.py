"""What fills the two halves of the chest? Lungs, their lobes and fissures, vessels and airways."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.demo.heart import HEART_CENTRE, heart_axes, heart_radii
from CTSpatialVQALib.demo.shapes import (
    Box,
    Field,
    Floats,
    Paint,
    Point,
    Shape,
    Solid,
    Sweep,
    ellipsoid_field,
    sweep,
)
from CTSpatialVQALib.demo.spine import spine_a
from CTSpatialVQALib.demo.torso import CAGE, dome

LUNG_HU = -868
CARINA = Point(1, -18, 46)
UPPER_RIGHT, MIDDLE_RIGHT, LOWER_RIGHT = (
    "lung_upper_lobe_right",
    "lung_middle_lobe_right",
    "lung_lower_lobe_right",
)
UPPER_LEFT, LOWER_LEFT = "lung_upper_lobe_left", "lung_lower_lobe_left"
LOBES = (UPPER_RIGHT, MIDDLE_RIGHT, LOWER_RIGHT, UPPER_LEFT, LOWER_LEFT)


class Fissures(NamedTuple):
    """Heights S, mm, of the fissures at one place; a lobe lies above or below them."""

    oblique: Floats
    horizontal: Floats


def fissures(r: Floats, a: Floats) -> Fissures:
    """Oblique fissure from high behind (T4) to low in front, horizontal fissure at the fourth rib."""
    lateral = np.abs(r) - 65
    oblique = -18 - np.float32(1.02) * a + np.float32(0.16) * lateral - np.float32(0.0016) * np.square(a)
    horizontal = 8 + np.float32(0.10) * a - np.float32(0.0022) * np.square(lateral)
    return Fissures(np.asarray(oblique), np.asarray(horizontal))


def lobe_at(place: Point) -> str:
    """The lobe that a place within the lungs (body frame, mm) belongs to, by the fissures alone."""
    r, a = np.float32(place.r).reshape(1), np.float32(place.a).reshape(1)
    oblique, horizontal = (float(height[0]) for height in fissures(r, a))
    if place.r < 0:
        return LOWER_LEFT if place.s < oblique else UPPER_LEFT
    if place.s < oblique:
        return LOWER_RIGHT
    return MIDDLE_RIGHT if place.s < horizontal else UPPER_RIGHT


def pleural_depth(place: Point, heart_scale: float) -> float:
    """Millimetres from a place within a lung (body frame) to the nearest point of its surface.

    Found by rays in 400 directions of a Fibonacci sphere, in steps of half a millimetre up to 60 mm.
    """
    n = np.arange(400) + 0.5
    height, turn = 1 - 2 * n / 400, np.pi * (1 + 5**0.5) * n
    across = np.sqrt(1 - height**2)
    rays = np.stack([across * np.cos(turn), across * np.sin(turn), height], axis=1)
    reach = np.arange(0.0, 60.0, 0.5)
    points = (np.asarray(place) + rays[:, None] * reach[:, None]).astype(np.float32)
    field = lung_field(1 if place.r > 0 else -1, heart_scale)
    outside = (field(points[..., 0], points[..., 1], points[..., 2]) > 1).any(axis=0)
    return float(reach[outside.argmax()]) if outside.any() else 60.0


def lung_field(side: int, heart_scale: float) -> Field:
    """At most 1 within the lung of `side` (1 right, -1 left), smaller with depth."""
    heart = ellipsoid_field(HEART_CENTRE, heart_radii(heart_scale, 5.0), heart_axes())

    def field(r: Floats, a: Floats, s: Floats) -> Floats:
        depth = CAGE.depth(r, a, s) - 4
        depth = np.minimum(depth, np.float32(0.8) * (s - dome(r, a)) - 2)
        depth = np.minimum(depth, side * r - _mediastinum(r, a, s, side))
        depth = np.minimum(depth, 45 * (np.sqrt(heart(r, a, s)) - 1))
        return np.asarray(1 - depth / 100)

    return field


def _mediastinum(r: Floats, a: Floats, s: Floats, side: int) -> Floats:
    """Half width of what lies between the lungs: narrow before and behind, wide at the great vessels."""
    vessels = 30 * np.exp(-np.square((a - 10) / 40)) * np.clip((s - 5) / 70, 0, 1)
    hilum = 13 * np.exp(-np.square((a + 14) / 26)) * np.exp(-np.square((s - 12) / 32))
    spine = np.sqrt(np.maximum(24**2 - np.square(a - spine_a(s) + 3), 0))
    if side < 0:
        vessels = vessels + 6 * np.exp(-np.square((a + 6) / 26)) * np.exp(-np.square((s - 60) / 18))
    return np.asarray(np.maximum(7 + vessels + hilum, spine + 0.7 * np.clip(-92 - s, 0, 60)))


def lungs(heart_scale: float) -> list[Shape]:
    """Both lungs in lobes, with the fissures as thin lines."""
    shapes: list[Shape] = []
    for side, upper, lower in ((1, UPPER_RIGHT, LOWER_RIGHT), (-1, UPPER_LEFT, LOWER_LEFT)):
        box = Box(4, 136, -98, 90, -178, 148) if side > 0 else Box(-136, -4, -98, 90, -178, 148)
        paint = Paint(upper, LUNG_HU, hu_per_mm_back=0.32)
        shapes.append(Solid(paint, box, lung_field(side, heart_scale)))
        shapes.append(
            Solid(Paint(lower, LUNG_HU, only_on=(upper,), hu_per_mm_back=0.32), box, _below_oblique)
        )
    middle = Box(4, 136, -60, 90, -178, 20)
    paint = Paint(MIDDLE_RIGHT, LUNG_HU, only_on=(UPPER_RIGHT,), hu_per_mm_back=0.32)
    shapes.append(Solid(paint, middle, _below_horizontal))
    return shapes


def fissure_lines() -> list[Shape]:
    """The fissures as the thin grey lines they are in a CT."""
    line = Paint(None, -690, only_on=LOBES)
    return [
        Solid(line, Box(-136, 136, -98, 90, -150, 100), _near_oblique),
        Solid(
            line._replace(only_on=(UPPER_RIGHT, MIDDLE_RIGHT)),
            Box(4, 136, -60, 90, -20, 20),
            _near_horizontal,
        ),
    ]


def _below_oblique(r: Floats, a: Floats, s: Floats) -> Floats:
    return np.asarray(1 + (s - fissures(r, a).oblique) / 100)


def _below_horizontal(r: Floats, a: Floats, s: Floats) -> Floats:
    return np.asarray(1 + (s - fissures(r, a).horizontal) / 100)


def _near_oblique(r: Floats, a: Floats, s: Floats) -> Floats:
    return np.asarray(np.abs(s - fissures(r, a).oblique) / np.float32(1.3))


def _near_horizontal(r: Floats, a: Floats, s: Floats) -> Floats:
    return np.asarray(np.abs(s - fissures(r, a).horizontal) / np.float32(1.0))


def airways() -> list[Shape]:
    """Trachea with its main bronchi: a thin wall around air."""
    neck = [
        Point(0, 24, 290),
        Point(0, 20, 185),
        Point(0, 8, 140),
        Point(0, -8, 95),
        Point(1, -15, 65),
        CARINA,
    ]
    right = [CARINA, Point(14, -20, 32), Point(32, -22, 18), Point(46, -22, 4)]
    left = [CARINA, Point(-16, -21, 34), Point(-36, -24, 18), Point(-52, -26, 6)]
    shapes: list[Shape] = []
    for course, radii in ((neck, 9.0), (right, [7.5, 7, 6.5, 4.5]), (left, [7, 6.5, 5.5, 4.0])):
        wall = np.asarray(radii) + 1.8
        shapes.append(sweep(Paint(None, 35), course, [float(w) for w in np.broadcast_to(wall, len(course))]))
    for course, radii in ((neck, 9.0), (right, [7.5, 7, 6.5, 4.5]), (left, [7, 6.5, 5.5, 4.0])):
        shapes.append(sweep(Paint("trachea", -995), course, radii))
    return shapes


def vessel_trees(rng: np.random.Generator, finest_mm: float) -> list[Shape]:
    """Pulmonary vessels: three generations that fork from each hilum towards the pleura.

    Parameters
    ----------
    finest_mm : generations thinner than this are left out; a coarse grid would only blur them
    """
    shapes: list[Shape] = []
    for side in (1, -1):
        hilum = np.array([side * 40.0, -18.0, 8.0])
        grown = _grow(rng, hilum, side)
        for radius, branches in zip((4.4, 2.7, 1.6), grown, strict=True):
            if radius >= finest_mm:
                shapes.append(_branches(branches, radius))
    return shapes


def _grow(rng: np.random.Generator, hilum: NDArray[np.float64], side: int) -> list[NDArray[np.float64]]:
    """Generations of branches, each (N, 2, 3): start and end of each branch, body mm."""
    towards = np.array(
        [(0.5, 0.1, 1.4), (0.8, 0.7, 0.7), (0.9, -0.6, 0.7), (1.0, 0.5, -0.3), (0.9, 0.9, -0.8),
         (1.0, -0.4, -0.4), (0.7, -0.8, -0.9), (0.8, 0.1, -1.1), (0.4, -0.7, -1.4)]
    )  # fmt: skip
    towards = towards * [side, 1, 1]
    starts, lengths = np.repeat(hilum[None], len(towards), axis=0), 48.0
    generations = []
    for children in (3, 4, 0):
        spread = towards / np.linalg.norm(towards, axis=1, keepdims=True)
        ends = starts + spread * lengths * rng.uniform(0.8, 1.25, (len(starts), 1))
        generations.append(np.stack([starts, ends], axis=1))
        if children:
            starts = np.repeat(ends, children, axis=0)
            towards = np.repeat(spread, children, axis=0) + rng.normal(0, 0.55, (len(starts), 3))
            lengths *= 0.66
    return generations


def _branches(ends: NDArray[np.float64], radius: float) -> Sweep:
    length = float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).max())
    t = np.linspace(0, 1, max(4, int(length / (0.7 * radius))))
    bow = np.sin(np.pi * t)[None, :, None] * np.array([0, 0, 3.0])
    points = ends[:, 0, None] + t[None, :, None] * (ends[:, 1] - ends[:, 0])[:, None] + bow
    radii = np.broadcast_to(radius * (1 - 0.35 * t), points.shape[:2])
    return Sweep(Paint(None, 40, only_on=LOBES), points.reshape(-1, 3), radii.reshape(-1))
