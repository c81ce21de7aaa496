"""What holds the chest? Ribs, cartilages, breastbone, collar bones, shoulder blades, upper arms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.demo.shapes import Band, Box, Field, Floats, Paint, Point, Shape, Solid, ellipsoid, sweep
from CTSpatialVQALib.demo.spine import VERTEBRAE, spine_a
from CTSpatialVQALib.demo.torso import CAGE

_BONE = (Band(0.32, 230),)


class RibCourse(NamedTuple):
    """How a rib runs: to which angle around the cage (0 back, 180 front), how far down, and on to where."""

    end_angle: float
    drop: float
    joins_s: float | None


_COURSES = {
    1: RibCourse(158, 26, 96), 2: RibCourse(158, 48, 78), 3: RibCourse(156, 64, 58),
    4: RibCourse(153, 78, 40),
    5: RibCourse(150, 88, 22), 6: RibCourse(146, 94, 6), 7: RibCourse(140, 98, -8),
    8: RibCourse(133, 96, -14),
    9: RibCourse(126, 90, -22), 10: RibCourse(118, 84, -34), 11: RibCourse(92, 54, None),
    12: RibCourse(62, 30, None),
}  # fmt: skip


def rib_course(number: int, side: int) -> list[Point]:
    """Points along the middle of rib `number` (1 to 12) of `side` (1 right, -1 left), from the spine on."""
    vertebra, course = VERTEBRAE[f"T{number}"], _COURSES[number]
    top = vertebra.s + 0.3 * vertebra.height
    head = Point(side * 17, spine_a.at(vertebra.s) - 10, top)
    neck = Point(side * 34, max(spine_a.at(vertebra.s) - 32, -CAGE.back.at(top)), top + 1)
    points = [head, neck]
    for angle in np.linspace(34, course.end_angle, 9):
        share = (angle - 34) / (course.end_angle - 34)
        s = top - course.drop * float(share**1.15)
        on_cage = CAGE.on_it(float(angle), s, outwards=1.0)
        points.append(Point(side * on_cage.r, on_cage.a, s))
    return points


def ribs() -> list[Shape]:
    """Twelve pairs of ribs."""
    shapes: list[Shape] = []
    for number in range(1, 13):
        for side, name in ((1, f"rib_right_{number}"), (-1, f"rib_left_{number}")):
            radius = 3.6 if 2 < number < 11 else 3.2
            paint = Paint(name, 560, _BONE)
            shapes.append(sweep(paint, rib_course(number, side), radius, Point(1.0, 1.0, 1.75)))
    return shapes


def cartilages(labelled: bool) -> list[Shape]:
    """Cartilages from the ends of ribs 1 to 10 to the breastbone or to the cartilage above."""
    shapes: list[Shape] = []
    paint = Paint("costal_cartilages" if labelled else None, 115)
    for number, course in _COURSES.items():
        if course.joins_s is None:
            continue
        for side in (1, -1):
            end = rib_course(number, side)[-1]
            front = CAGE.front.at(course.joins_s)
            goal = Point(side * (17 if number < 8 else 22), front + 2, course.joins_s)
            half = Point(
                (end.r + goal.r) / 2, max(end.a, goal.a) + 1, (end.s + goal.s) / 2 - 0.08 * course.drop
            )
            shapes.append(sweep(paint, [end, half, goal], 3.4, Point(1.0, 1.0, 1.6)))
    return shapes


def sternum() -> list[Shape]:
    """Manubrium, body and xiphoid, just under the muscle in front."""
    heights = (108, 96, 80, 60, 35, 10, -8, -26)
    half_widths = (20, 23, 16, 14, 15, 17, 14, 5)
    shapes: list[Shape] = []
    for at, low in enumerate(heights[1:]):
        high = heights[at]
        course = [Point(0, CAGE.front.at(s) + 6, s) for s in (high, low)]
        paint = Paint("sternum", 430, (Band(0.45, 150),))
        shapes.append(
            sweep(paint, course, [6.0, 6.0], Point((half_widths[at] + half_widths[at + 1]) / 12, 0.9, 1.0))
        )
    return shapes


def shoulder(humeri: bool) -> list[Shape]:
    """Collar bones, shoulder blades and, where wanted, the heads of the raised upper arms."""
    shapes: list[Shape] = []
    for side, word in ((1, "right"), (-1, "left")):
        bone = Paint(f"clavicula_{word}", 600, _BONE)
        course = [
            Point(side * 22, 52, 112),
            Point(side * 55, 50, 122),
            Point(side * 95, 22, 134),
            Point(side * 128, 6, 140),
        ]
        shapes.append(sweep(bone, course, [7.5, 5.5, 5.5, 6.5]))
        shapes += _scapula(side, f"scapula_{word}")
        if humeri:
            paint = Paint(f"humerus_{word}", 520, (Band(0.5, 130),))
            shaft = [Point(side * 147, -12, 132), Point(side * 158, -12, 160), Point(side * 171, -10, 215)]
            shapes.append(sweep(paint, shaft, [18, 13, 11]))
    return shapes


def _scapula(side: int, name: str) -> list[Shape]:
    paint = Paint(name, 480, _BONE)
    box = Box(45, 128, -112, -10, 8, 118) if side > 0 else Box(-128, -45, -112, -10, 8, 118)
    spine = [
        Point(side * 70, -100, 88),
        Point(side * 105, -84, 108),
        Point(side * 136, -38, 132),
        Point(side * 140, -12, 140),
    ]
    return [
        Solid(paint._replace(bands=()), box, _blade_field(side)),
        sweep(paint, spine, [4, 5, 6, 7]),
        ellipsoid(paint, Point(side * 126, -34, 112), Point(9, 13, 14)),
        sweep(paint, [Point(side * 126, -34, 112), Point(side * 112, -52, 92)], [8, 4]),
        sweep(
            paint,
            [Point(side * 112, -48, 100), Point(side * 100, -76, 40), Point(side * 94, -84, 14)],
            [4, 3.4, 3.4],
        ),
    ]


def _blade_field(side: int) -> Field:
    def field(r: Floats, a: Floats, s: Floats) -> Floats:
        """A sheet 4 mm thick that follows the cage 13 mm outside it, cut to a triangle with its tip below."""
        x = side * r
        # measured outside the cage its depth formula is cut off, so an ellipse of the same size is used
        width, back = CAGE.half_width(s) + 16, CAGE.back(s) + 13
        sheet = np.abs(np.sqrt(np.square(x / width) + np.square(np.minimum(a, 0) / back)) - np.float32(1.04))
        tip = np.clip((s - 8) / 100, 0, 1)
        inner, outer = 92 - 34 * tip, 98 + 26 * tip
        beyond = np.maximum(np.maximum(inner - x, x - outer), np.maximum(8 - s, s - 114))
        return np.asarray(np.maximum(sheet * 26, 1 + beyond / 10))

    return field
