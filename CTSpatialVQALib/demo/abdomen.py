"""What lies below the diaphragm? Liver, spleen, stomach, kidneys and the organs between them."""

from __future__ import annotations

import numpy as np

from CTSpatialVQALib.demo.heart import Contrast
from CTSpatialVQALib.demo.shapes import (
    Band,
    Box,
    Floats,
    Paint,
    Point,
    Shape,
    Solid,
    ellipsoid,
    ellipsoid_field,
    sweep,
)
from CTSpatialVQALib.demo.torso import below_dome, both, half_space, inside_cage

KIDNEY_RIGHT, KIDNEY_LEFT = Point(62, -44, -170), Point(-60, -44, -146)  # far enough to be told apart
KIDNEY_RADII = Point(27, 25, 43)
GALLBLADDER = Point(52, 46, -168)
STOMACH_LEVEL_A = 34.0
"""Air in the stomach of a supine patient lies in front of this coordinate."""


def liver(blood: Contrast) -> list[Shape]:
    """Under the right dome, with a left lobe that thins out across the midline."""

    def lower_edge(r: Floats, a: Floats, s: Floats) -> Floats:
        edge = -131 - np.float32(0.5) * r - np.float32(0.26) * a
        hollow = 30 * np.exp(-np.square((r - 34) / 40)) * np.clip((16 - a) / 60, 0, 1)
        return np.asarray(edge + hollow - s)

    def left_edge(r: Floats, a: Floats, s: Floats) -> Floats:
        return np.asarray(-46 - 0.25 * a - r)

    def behind(r: Floats, a: Floats, s: Floats) -> Floats:
        return np.asarray(-82 + np.float32(1.5) * np.maximum(34 - r, 0) - a)

    cage, under = inside_cage(7), below_dome(4)
    cut = [half_space(edge) for edge in (lower_edge, left_edge, behind)]
    box = Box(-70, 134, -92, 88, -215, -60)
    portal = [Point(20, 2, -138), Point(45, 0, -120), Point(75, -8, -112)]
    return [
        Solid(Paint("liver", 60 + blood.parenchyma), box, both(cage, under, *cut)),
        sweep(Paint(None, blood.veins * 0.95, only_on=("liver",)), portal, [6, 5, 4]),
        sweep(
            Paint(None, blood.veins * 0.95, only_on=("liver",)),
            [Point(30, -8, -96), Point(70, 10, -100)],
            [5, 3],
        ),
    ]


def spleen(blood: Contrast) -> list[Shape]:
    """Under the left dome behind, moulded by the ribs."""
    shape = both(
        ellipsoid_field(Point(-102, -42, -146), Point(40, 52, 46)),
        inside_cage(7),
        below_dome(4),
        _spleen_hollow,
    )
    return [Solid(Paint("spleen", 50 + 1.4 * blood.parenchyma), Box(-142, -60, -95, 11, -193, -98), shape)]


def _spleen_hollow(r: Floats, a: Floats, s: Floats) -> Floats:
    away = np.sqrt(np.square(r + 62) + np.square(a + 22) + np.square(0.5 * (s + 146)))
    return np.asarray(1 + (30 - away) / 100)


def stomach() -> list[Shape]:
    """Fundus under the left dome, body, antrum across the midline; fluid below, air in front."""
    course = [
        Point(-62, -22, -124),
        Point(-70, 6, -120),
        Point(-62, 40, -142),
        Point(-34, 54, -164),
        Point(4, 46, -166),
    ]
    cavity = sweep(Paint("stomach", 45, (Band(0.82, 12),)), course, [27, 33, 28, 20, 13])

    def bubble(r: Floats, a: Floats, s: Floats) -> Floats:
        fill = ellipsoid_field(Point(-58, 34, -136), Point(27, 27, 26))
        return np.asarray(np.maximum(fill(r, a, s), 1 + (STOMACH_LEVEL_A - a) / 100))

    air = Solid(Paint("stomach", -985, only_on=("stomach",)), Box(-90, -25, 30, 62, -170, -100), bubble)
    return [cavity, air]


def kidneys(blood: Contrast) -> list[Shape]:
    """Cortex, fat in the hilum, and the adrenal glands above; the right kidney stands lower."""
    shapes: list[Shape] = []
    for side, centre, word in ((1, KIDNEY_RIGHT, "right"), (-1, KIDNEY_LEFT, "left")):
        name = f"kidney_{word}"
        inner = (Band(0.45, 30 + 0.6 * (blood.cortex - 30)),)
        shapes.append(ellipsoid(Paint(name, blood.cortex, inner), centre, KIDNEY_RADII))
        hilum = Point(centre.r - side * 16, centre.a + 8, centre.s)
        shapes.append(ellipsoid(Paint(None, -90, clears=True), hilum, Point(13, 9, 16)))
        gland = Paint(f"adrenal_gland_{word}", 35 + blood.parenchyma)
        top = Point(side * 34, -18, centre.s + 44)
        for end in (Point(side * 44, -36, centre.s + 40), Point(side * 33, -38, centre.s + 38)):
            shapes.append(sweep(gland, [top, end], [3.6, 3.0], Point(1, 1, 1.8)))
    return shapes


def small_organs(blood: Contrast) -> list[Shape]:
    """Pancreas, portal and splenic vein, gallbladder, duodenum."""
    head_to_tail = [
        Point(30, 8, -176),
        Point(16, 14, -160),
        Point(-14, 16, -150),
        Point(-48, -10, -138),
        Point(-78, -30, -132),
    ]
    vein = [
        Point(-80, -34, -126),
        Point(-44, -18, -132),
        Point(-4, 4, -144),
        Point(16, 4, -142),
        Point(30, 4, -130),
    ]
    loop = [
        Point(10, 40, -166),
        Point(34, 28, -168),
        Point(46, 6, -180),
        Point(42, -4, -204),
        Point(16, -2, -216),
        Point(-14, 4, -206),
    ]
    return [
        sweep(Paint("duodenum", 38), loop, 10.0),
        sweep(Paint("pancreas", 42 + blood.parenchyma), head_to_tail, [12, 10, 9, 9, 8]),
        sweep(Paint("portal_vein_and_splenic_vein", blood.veins), vein, [3.5, 4.5, 5.5, 6, 6]),
        ellipsoid(Paint("gallbladder", 40, (Band(0.85, 8),)), GALLBLADDER, Point(14, 24, 17)),
    ]


def bowel(deep: bool) -> list[Shape]:
    """Colon with some air, and loops of small bowel; `deep` goes on down to the pelvis."""
    wall = (Band(0.72, 5), Band(0.35, -880))
    across = [Point(104, 38, -206), Point(60, 66, -204), Point(0, 70, -206), Point(-56, 62, -190),
              Point(-104, 20, -152),
              Point(-112, -20, -186), Point(-110, -30, -240)]  # fmt: skip
    shapes: list[Shape] = [sweep(Paint("colon", 45, wall), across, [18, 17, 16, 16, 15, 14, 14])]
    t = np.linspace(0, 1, 40)
    bottom = -370.0 if deep else -240.0
    loops = [
        Point(float(62 * np.sin(17 * x)), float(38 + 26 * np.cos(29 * x)), float(-216 + x * (bottom + 216)))
        for x in t
    ]
    shapes.append(sweep(Paint("small_bowel", 40, (Band(0.6, 18),)), loops, 12.0))
    if deep:
        down = [Point(-110, -30, -240), Point(-112, -20, -300), Point(-80, 10, -370), Point(-20, -30, -400)]
        up = [Point(104, 38, -206), Point(112, -10, -260), Point(100, 20, -340)]
        shapes += [sweep(Paint("colon", 45, wall), course, 15.0) for course in (down, up)]
    return shapes


def pelvic_organs(blood: Contrast) -> list[Shape]:
    """Bladder, prostate and the iliac vessels: needed for the benchmark's number of classes only."""
    shapes: list[Shape] = [
        ellipsoid(Paint("urinary_bladder", 5), Point(0, 44, -398), Point(38, 30, 24)),
        ellipsoid(Paint("prostate", 42), Point(0, 24, -424), Point(20, 16, 12)),
    ]
    for side, word in ((1, "right"), (-1, "left")):
        vein = [Point(12, -10, -308), Point(side * 34, -24, -345), Point(side * 62, 24, -410)]
        artery = [Point(-6, -4, -302), Point(side * 32, -6, -340), Point(side * 58, 36, -410)]
        shapes.append(sweep(Paint(f"iliac_vena_{word}", blood.veins), vein, 6.0))
        shapes.append(sweep(Paint(f"iliac_artery_{word}", blood.left_heart), artery, 5.0))
    return shapes
