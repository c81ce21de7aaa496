"""Where does the body end, and where does the chest begin? Outline, layers, rib cage and diaphragm."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.demo.shapes import (
    Band,
    Box,
    Field,
    Floats,
    Paint,
    Point,
    Profile,
    Shape,
    Solid,
    ellipsoid,
    sweep,
)

FAT, MUSCLE, SKIN = -105, 52, 20
EVERYWHERE = Box(-260, 260, -200, 200, -470, 300)


class Outline(NamedTuple):
    """A closed outline in every axial plane: a rounded rectangle that changes with the height S.

    Parameters
    ----------
    half_width, front, back : mm from the midline and from A = 0, by height
    squareness : 0 gives an ellipse, 1 a rectangle
    """

    half_width: Profile
    front: Profile
    back: Profile
    squareness: float

    def depth(self, r: Floats, a: Floats, s: Floats) -> Floats:
        """Millimetres inside the outline (approximately, exact on the axes); negative outside."""
        width, front, back = self.half_width(s), self.front(s), self.back(s)
        middle, half = (front - back) / 2, (front + back) / 2
        x, y = np.square(r / width), np.square((a - middle) / half)
        rho = np.sqrt(np.maximum(x + y - np.float32(self.squareness) * x * y, 0))
        rho = np.where((x > 1) | (y > 1), np.float32(2), rho)
        return np.asarray((1 - rho) * np.minimum(width, half))

    def on_it(self, angle: float, s: float, outwards: float = 0.0) -> Point:
        """The point of the outline at height `s`; angle 0 at the back, 90 at the right side, 180 in front."""
        width, front, back = self.half_width.at(s), self.front.at(s), self.back.at(s)
        middle, half = (front - back) / 2, (front + back) / 2
        x, y = np.sin(np.radians(angle)), -np.cos(np.radians(angle))
        q = self.squareness * x * x * y * y
        # on the ray (x, y) t the outline is where t^2 - q t^4 = 1
        t = np.sqrt((1 - np.sqrt(1 - 4 * q)) / (2 * q)) if q > 1e-6 else 1.0
        return Point((width + outwards) * x * t, middle + (half + outwards) * y * t, s)


BODY = Outline(
    half_width=Profile(
        (-430, 172), (-330, 168), (-230, 150), (-150, 156), (-40, 162), (40, 165), (90, 172), (118, 172),
        (140, 150),
        (158, 108), (174, 76), (190, 66), (300, 62),
    ),
    front=Profile(
        (-430, 100), (-300, 112), (-200, 112), (-60, 112), (20, 108), (80, 94), (110, 80), (140, 60),
        (165, 52), (300, 55)
    ),
    back=Profile((-430, 118), (-330, 105), (-200, 98), (-60, 115), (40, 122), (110, 112), (150, 86),
    (180, 78), (300, 72)),
    squareness=0.55,
)  # fmt: skip

CAGE = Outline(
    half_width=Profile(
        (-430, 128), (-250, 122), (-170, 128), (-100, 134), (-30, 135), (20, 130), (60, 118), (95, 97),
        (118, 74),
        (134, 50), (146, 24), (150, 8),
    ),
    front=Profile(
        (-430, 85), (-250, 88), (-150, 88), (-60, 88), (0, 84), (40, 76), (80, 58), (105, 40), (125, 14),
        (150, -14)
    ),
    back=Profile((-430, 70), (-250, 72), (-170, 80), (-100, 90), (0, 96), (60, 94), (100, 82), (130, 62),
    (150, 42)),
    squareness=0.5,
)  # fmt: skip


_DOME = Profile(
    (-140, -192), (-132, -168), (-124, -142), (-114, -120), (-102, -102), (-88, -89), (-72, -83), (-50, -83),
    (-25, -88), (0, -90), (20, -86), (40, -77), (58, -69), (74, -66), (88, -70), (100, -79), (112, -96),
    (123, -122),
    (132, -156), (140, -188),
)  # fmt: skip


def dome(r: Floats, a: Floats) -> Floats:
    """Height S of the diaphragm: a higher dome on the right, a lower one on the left, deep sulci behind."""
    return np.asarray(np.maximum(_DOME(r) - 55 * np.square((a - 10) / 84), np.float32(-178)))


def inside_cage(margin: float) -> Field:
    """At most 1 at least `margin` mm inside the rib cage."""

    def field(r: Floats, a: Floats, s: Floats) -> Floats:
        return np.asarray(1 + (margin - CAGE.depth(r, a, s)) / 100)

    return field


def both(*fields: Field) -> Field:
    """The field of what lies inside all of `fields`."""

    def field(r: Floats, a: Floats, s: Floats) -> Floats:
        total = fields[0](r, a, s)
        for one in fields[1:]:
            total = np.maximum(total, one(r, a, s))
        return total

    return field


def below_dome(gap: float) -> Field:
    """At most 1 at least `gap` mm below the diaphragm."""

    def field(r: Floats, a: Floats, s: Floats) -> Floats:
        return np.asarray(1 + (s + gap - dome(r, a)) / 100)

    return field


def half_space(value: Callable[[Floats, Floats, Floats], Floats]) -> Field:
    """At most 1 where `value` (mm) is not positive."""

    def field(r: Floats, a: Floats, s: Floats) -> Floats:
        return np.asarray(1 + value(r, a, s) / 100)

    return field


def trunk(fat_mm: float, breasts: bool) -> list[Shape]:
    """Skin, fat, muscle, the fat of mediastinum and abdomen, the diaphragm; nothing of it has a label."""
    layers = (Band(1 - 0.02, FAT), Band(1 - fat_mm / 100, MUSCLE))
    shapes: list[Shape] = [*_arms(fat_mm)]
    if breasts:
        shapes += _breasts()
    shapes.append(Solid(Paint(None, SKIN, layers), EVERYWHERE, _depth_field()))
    shapes += [_axilla(side) for side in (1, -1)]
    shapes += [ellipsoid(Paint(None, FAT), Point(s * 52, 18, 148), Point(24, 20, 16)) for s in (1, -1)]
    chest = Box(-140, 140, -100, 92, -178, 152)
    shapes.append(Solid(Paint(None, -95), chest, inside_cage(2.5)))
    belly = Box(-140, 140, -100, 92, -460, -60)
    # the muscle of the diaphragm is 3 mm thick; inside it lies abdominal fat
    shapes.append(
        Solid(Paint(None, MUSCLE, (Band(0.97, -98),)), belly, both(inside_cage(2.5), below_dome(0)))
    )
    return shapes


def _depth_field() -> Field:
    def field(r: Floats, a: Floats, s: Floats) -> Floats:
        groove = 7 * np.exp(-np.square(r / 13)) * (a < -40)
        return np.asarray(1 + (groove - BODY.depth(r, a, s)) / 100)

    return field


def _arms(fat_mm: float) -> list[Shape]:
    """Raised arms beside the neck, as in any CT of the chest."""
    shapes: list[Shape] = []
    layers = (Band(0.88, FAT), Band(max(0.35, 0.85 - fat_mm / 60), MUSCLE))
    for side in (1, -1):
        course = [Point(side * 138, -12, 108), Point(side * 158, -14, 150), Point(side * 172, -10, 215)]
        shapes.append(sweep(Paint(None, SKIN, layers), course, [44, 44, 40]))
    return shapes


def _breasts() -> list[Shape]:
    shapes: list[Shape] = []
    for side in (1, -1):
        centre = Point(side * 76, 98, -2)
        shapes.append(ellipsoid(Paint(None, SKIN, (Band(0.9, FAT),)), centre, Point(58, 36, 52)))
        shapes.append(ellipsoid(Paint(None, 15), Point(side * 76, 112, -4), Point(26, 15, 26)))
    return shapes


def _axilla(side: int) -> Shape:
    return ellipsoid(Paint(None, FAT), Point(side * 133, 2, 78), Point(17, 26, 42))


def table_shape() -> Shape:
    """The table under the patient: a shallow carbon trough."""

    def field(r: Floats, a: Floats, s: Floats) -> Floats:
        below = a + 133 - 16 * np.square(r / 150)
        return np.asarray(1 + np.maximum(np.abs(below) - 7, np.abs(r) - 175) / 100)

    shell = Paint(None, -250, (Band(0.97, -930),))
    return Solid(shell, Box(-180, 180, -145, -95, -470, 300), field)
