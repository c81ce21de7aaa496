"""What lies between the lungs? Heart, great vessels, esophagus, thyroid; with contrast as given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.demo.shapes import Band, Paint, Point, Shape, ellipsoid, sweep

HEART_CENTRE = Point(-20, 20, -34)


class Contrast(NamedTuple):
    """CT values of blood and organs for one timing of the contrast agent, HU."""

    name: str
    right_heart: float
    left_heart: float
    veins: float
    myocardium: float
    cortex: float
    parenchyma: float


NATIVE = Contrast("native", 42, 42, 40, 48, 34, 0)
VENOUS = Contrast("venous", 150, 155, 150, 105, 170, 45)
PULMONARY = Contrast("pulmonary arterial", 330, 210, 230, 95, 90, 10)


def heart_axes() -> NDArray[np.float64]:
    """Rows: the long axis (to the left, the front and down) and two axes across it."""
    long = np.array([-0.72, 0.50, -0.48])
    long /= np.linalg.norm(long)
    across = np.cross(long, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    return np.array([long, across, np.cross(long, across)])


def heart_radii(scale: float, margin: float = 0.0) -> Point:
    """Half axes of the heart, mm."""
    return Point(66 * scale + margin, 47 * scale + margin, 48 * scale + margin)


def heart(scale: float, blood: Contrast) -> list[Shape]:
    """Muscle with four cavities, within a seam of fat."""
    axes, radii = heart_axes(), heart_radii(scale)

    def cavity(hu: float, along: float, across: float, up: float, size: Point) -> Shape:
        shift = scale * (along * axes[0] + across * axes[1] + up * axes[2])
        centre = Point(*(np.asarray(HEART_CENTRE) + shift))
        return ellipsoid(
            Paint("heart", hu, only_on=("heart",)), centre, Point(*(scale * np.asarray(size))), axes
        )

    seam = ellipsoid(Paint(None, -90), HEART_CENTRE, heart_radii(scale, 4.0), axes)
    muscle = ellipsoid(Paint("heart", blood.myocardium), HEART_CENTRE, radii, axes)
    signs = np.sign([axes[1][1], axes[2][2]])  # +1 where the second axis runs forward and the third up
    front, up = float(signs[0]), float(signs[1])
    return [
        seam,
        muscle,
        cavity(blood.left_heart, 14, -13 * front, 4 * up, Point(34, 17, 21)),
        cavity(blood.right_heart, 10, 24 * front, -4 * up, Point(38, 12, 27)),
        cavity(blood.right_heart, -42, 14 * front, -6 * up, Point(17, 21, 24)),
        cavity(blood.left_heart, -34, -22 * front, 10 * up, Point(20, 14, 20)),
    ]


ARCH_TOP = Point(-6, 0, 71)
_ARCH_RADIUS = 13.0


def aorta(blood: Contrast, ascending_mm: float) -> list[Shape]:
    """Root, ascending part of the given diameter, arch, descending part; its three branches are apart."""
    wide = ascending_mm / 2
    course = [Point(-6, 16, 0), Point(10, 22, 16), Point(17, 24, 36), Point(13, 18, 53),
              ARCH_TOP._replace(s=ARCH_TOP.s - _ARCH_RADIUS),
              Point(-23, -22, 54), Point(-30, -40, 38), Point(-29, -45, 0), Point(-26, -42, -60),
              Point(-18, -34, -110),
              Point(-11, -20, -160), Point(-9, -6, -230), Point(-8, -6, -305)]  # fmt: skip
    radii = [wide - 3, wide, wide, max(wide - 2, 14), _ARCH_RADIUS, 12.5, 12.5, 12, 11.5, 11, 10, 9, 8]
    return [sweep(Paint("aorta", blood.left_heart), course, radii)]


def great_vessels(blood: Contrast) -> list[Shape]:
    """Pulmonary trunk and arteries (no class), pulmonary veins, hollow veins and the vessels of the neck."""
    arteries = Paint(None, blood.right_heart)
    shapes: list[Shape] = [
        sweep(arteries, [Point(-18, 42, 0), Point(-24, 30, 22), Point(-26, 8, 36)], [13, 14, 13]),
        sweep(
            arteries,
            [Point(-26, 8, 36), Point(-6, -2, 28), Point(20, -6, 20), Point(46, -14, 14)],
            [11, 11, 10, 8],
        ),
        sweep(arteries, [Point(-26, 8, 36), Point(-38, -12, 32), Point(-54, -26, 20)], [11, 10, 7]),
    ]
    veins = Paint("pulmonary_vein", blood.left_heart)
    for side, start in ((1, 16), (-1, -26)):
        upper = [Point(start, -14, -8), Point(side * 34, -10, 4), Point(side * 50, 0, 22)]
        lower = [Point(start, -18, -16), Point(side * 36, -28, -20), Point(side * 54, -38, -34)]
        shapes += [sweep(veins, upper, [7, 6, 4.5]), sweep(veins, lower, [7, 6, 4.5])]
    superior = [Point(21, 16, 86), Point(24, 10, 55), Point(24, 6, 10), Point(22, 8, -12)]
    inferior = [
        Point(24, 0, -62),
        Point(24, -8, -90),
        Point(22, -18, -140),
        Point(18, -14, -230),
        Point(14, -8, -310),
    ]
    shapes.append(sweep(Paint("superior_vena_cava", blood.veins), superior, 9.5))
    shapes.append(sweep(Paint("inferior_vena_cava", blood.veins), inferior, [12, 12.5, 12, 11, 10]))
    return shapes + _neck_vessels(blood)


def _neck_vessels(blood: Contrast) -> list[Shape]:
    artery = blood.left_heart
    trunk = [Point(6, 14, 66), Point(12, 12, 100), Point(22, 8, 116)]
    right_carotid = [trunk[-1], Point(35, -2, 148), Point(36, 2, 300)]
    left_carotid = [Point(-8, 4, 66), Point(-16, 6, 110), Point(-33, -1, 148), Point(-36, 2, 300)]
    right_arm = [trunk[-1], Point(42, 2, 132), Point(75, 10, 128), Point(125, 2, 122)]
    left_arm = [
        Point(-18, -12, 64),
        Point(-26, -10, 112),
        Point(-44, 2, 132),
        Point(-75, 10, 128),
        Point(-125, 2, 122),
    ]
    right_vein = [Point(21, 16, 86), Point(30, 24, 106), Point(38, 26, 128)]
    left_vein = [Point(21, 18, 88), Point(0, 32, 98), Point(-24, 32, 110), Point(-38, 28, 128)]
    return [
        sweep(Paint("brachiocephalic_vein_left", blood.veins), left_vein, 7.0),
        sweep(Paint("brachiocephalic_vein_right", blood.veins), right_vein, 7.0),
        sweep(Paint("subclavian_artery_left", artery), left_arm, [5.5, 5.5, 5, 4.5, 4]),
        sweep(Paint("subclavian_artery_right", artery), right_arm, [5.5, 5, 4.5, 4]),
        sweep(Paint("common_carotid_artery_left", artery), left_carotid, 4.2),
        sweep(Paint("common_carotid_artery_right", artery), right_carotid, 4.2),
        sweep(Paint("brachiocephalic_trunk", artery), trunk, 6.5),
    ]


def esophagus() -> list[Shape]:
    """Behind the trachea, then behind the heart, then to the left into the stomach; some air in it."""
    course = [Point(-3, 6, 290), Point(-3, 3, 180), Point(-3, -9, 140), Point(-4, -25, 95),
              Point(-3, -32, 60),
              Point(-3, -34, 20), Point(-4, -32, -30), Point(-8, -22, -85), Point(-22, -14, -112),
              Point(-44, -12, -122)]  # fmt: skip
    radii = [6.5, 6.5, 6.5, 7, 7, 7, 7.5, 8, 8, 8]
    return [sweep(Paint("esophagus", 42, (Band(0.06, -500),)), course, radii, Point(1.15, 0.85, 1.0))]


def thyroid(goitre_scale: Point, hu: float) -> list[Shape]:
    """Two lobes beside the trachea and the isthmus before it; `goitre_scale` enlarges the right one."""
    paint, big = Paint("thyroid_gland", hu), goitre_scale
    shapes: list[Shape] = [
        ellipsoid(paint, Point(-17, 18, 162), Point(8.5, 10, 20)),
        ellipsoid(
            paint, Point(9 + 8.5 * big.r, 18, 180 - 18 * big.s), Point(8.5 * big.r, 10 * big.a, 20 * big.s)
        ),
        sweep(paint, [Point(15, 27, 158), Point(0, 31, 156), Point(-15, 27, 158)], 4.5),
    ]
    return shapes


def atrial_appendage(blood: Contrast) -> list[Shape]:
    """The auricle of the left atrium, beside the pulmonary trunk."""
    course = [Point(-36, 0, 0), Point(-48, 14, 4), Point(-50, 28, 4)]
    return [sweep(Paint("atrial_appendage_left", blood.left_heart), course, [8, 7, 5])]
