"""What runs down the back? Vertebrae from C3 to the sacrum, discs, spinal cord, muscles beside them."""

from __future__ import annotations

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
from CTSpatialVQALib.demo.torso import BODY

# centre of the vertebral bodies: forward in the neck, backward in the chest, forward again in the loin
spine_a = Profile(
    (-440, -72), (-400, -66), (-350, -46), (-300, -30), (-240, -26), (-180, -36), (-120, -50), (-50, -60),
    (10, -64),
    (70, -60), (110, -48), (140, -32), (175, -16), (250, -8), (300, -8),
)  # fmt: skip


class Vertebra(NamedTuple):
    """One vertebra: its name as in `vertebrae_T4`, the height S of its middle and its size, mm."""

    name: str
    s: float
    height: float


def _stacked() -> tuple[Vertebra, ...]:
    thoracic = [Vertebra(f"T{n}", 0, 19.0 + 0.62 * (n - 1)) for n in range(1, 13)]
    lumbar = [Vertebra(f"L{n}", 0, 29.0 + n) for n in range(1, 6)]
    column, top = [], 137.0
    for vertebra in [*thoracic, *lumbar, Vertebra("S1", 0, 30.0)]:
        column.append(vertebra._replace(s=top - vertebra.height / 2))
        top -= vertebra.height
    cervical, bottom = [], 137.0
    for n in (7, 6, 5, 4, 3):
        cervical.append(Vertebra(f"C{n}", bottom + 8.5, 17.0))
        bottom += 17.0
    return (*reversed(cervical), *column)


VERTEBRAE = {vertebra.name: vertebra for vertebra in _stacked()}


def level_at(s: float) -> str:
    """Name (`T4`) of the vertebra whose height range, disc below included, holds `s` (body frame, mm)."""
    return min(VERTEBRAE.values(), key=lambda vertebra: abs(vertebra.s - s)).name


def spine(names: tuple[str, ...], cord_to: float = -160.0) -> list[Shape]:
    """The vertebrae called `names`, the discs between all of them, and the spinal cord in its canal."""
    column = [VERTEBRAE[name] for name in names]
    low, high = min(v.s for v in column) - 20, max(v.s for v in column) + 30
    disc = Solid(Paint(None, 85), Box(-22, 22, -110, 10, low, high), _disc_field())
    shapes: list[Shape] = [disc]
    for vertebra in column:
        shapes += _vertebra(vertebra)
    heights = np.arange(high, low, -20.0)
    canal = [Point(0, spine_a.at(s) - 24, float(s)) for s in heights]
    shapes.append(sweep(Paint(None, 5), canal, 8.0))
    cord = [Point(0, spine_a.at(s) - 24, float(s)) for s in heights if s >= cord_to - 10]
    shapes.append(sweep(Paint("spinal_cord", 38), cord, 5.0))
    return shapes


def _disc_field() -> Field:
    def field(r: Floats, a: Floats, s: Floats) -> Floats:
        return np.square(r / 16) + np.square((a - spine_a(s)) / 13)

    return field


def _vertebra(vertebra: Vertebra) -> list[Shape]:
    name = f"vertebrae_{vertebra.name}"
    a, width = spine_a.at(vertebra.s), 13.5 + 0.26 * vertebra.height
    bone, thin = Paint(name, 430, (Band(0.88, 200),)), Paint(name, 520, (Band(0.35, 330),))
    body = Solid(
        bone,
        Box(
            -width - 1, width + 1, a - 22, a + 22, vertebra.s - vertebra.height, vertebra.s + vertebra.height
        ),
        _body_field(a, vertebra.s, width, vertebra.height / 2 - 2.2),
    )
    arch = [
        Point(-11, a - 13, vertebra.s + 3),
        Point(-14, a - 26, vertebra.s),
        Point(0, a - 34, vertebra.s - 4),
        Point(14, a - 26, vertebra.s),
        Point(11, a - 13, vertebra.s + 3),
    ]
    long = 1.0 if vertebra.name[0] == "T" else 0.75
    tip_s = vertebra.s - 4 - 0.75 * vertebra.height * long
    tip = Point(0, max(a - 34 - 22 * long, 18 - BODY.back.at(tip_s)), tip_s)
    shapes: list[Shape] = [body, sweep(thin, arch, 4.2)]
    shapes.append(sweep(thin, [Point(0, a - 34, vertebra.s - 4), tip], [4.5, 3.4]))
    for side in (1, -1):
        reach = [Point(side * 14, a - 26, vertebra.s + 2), Point(side * 34, a - 35, vertebra.s + 4)]
        shapes.append(sweep(thin, reach, [4.5, 3.6]))
    return shapes


def _body_field(a0: float, s0: float, width: float, half: float) -> Field:
    def field(r: Floats, a: Floats, s: Floats) -> Floats:
        # a drum with a waist, as vertebral bodies have
        waist = 1 - 0.10 * (1 - np.square(np.clip((s - s0) / half, -1, 1)))
        round_ = np.square(r / (width * waist)) + np.square((a - a0) / (0.76 * width * waist))
        return np.asarray(np.maximum(round_, np.square((s - s0) / half)))

    return field


def back_muscles() -> list[Shape]:
    """The long muscles of the back, one on each side of the spinous processes."""
    shapes: list[Shape] = []
    for side, name in ((1, "autochthon_right"), (-1, "autochthon_left")):
        course = [Point(side * 26, spine_a.at(s) - 36, s) for s in np.arange(-330.0, 171.0, 25.0)]
        shapes.append(sweep(Paint(name, 55), course, 15.0, Point(1.25, 0.8, 1.0)))
    return shapes


def loin_muscles() -> list[Shape]:
    """The muscles in front of the lumbar spine (iliopsoas)."""
    shapes: list[Shape] = []
    for side, name in ((1, "iliopsoas_right"), (-1, "iliopsoas_left")):
        course = [Point(side * 26, -38, -185), Point(side * 40, -30, -270), Point(side * 62, 0, -380)]
        shapes.append(sweep(Paint(name, 55), course, [9, 19, 17]))
    return shapes


def pelvis() -> list[Shape]:
    """Sacrum and hip bones: needed for the benchmark's number of classes only."""
    shapes: list[Shape] = [
        ellipsoid(Paint("sacrum", 420, (Band(0.75, 180),)), Point(0, -66, -385), Point(40, 18, 42))
    ]
    for side, name in ((1, "hip_right"), (-1, "hip_left")):
        wing = [Point(side * 52, -70, -345), Point(side * 95, -40, -330), Point(side * 112, 10, -345)]
        stem = [Point(side * 85, -35, -345), Point(side * 92, 0, -395), Point(side * 60, 20, -425)]
        shapes += [
            sweep(Paint(name, 450, (Band(0.5, 230),)), wing, 9.0, Point(1, 1, 2.2)),
            sweep(Paint(name, 450, (Band(0.5, 230),)), stem, 14.0),
        ]
    return shapes
