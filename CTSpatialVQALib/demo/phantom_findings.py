"""What is wrong with a phantom patient? Nodules, effusion, cyst, lymph node, drawn and put on record."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.demo.abdomen import KIDNEY_LEFT, KIDNEY_RADII, KIDNEY_RIGHT
from CTSpatialVQALib.demo.lungs import (
    LOBES,
    LOWER_LEFT,
    LOWER_RIGHT,
    MIDDLE_RIGHT,
    UPPER_LEFT,
    UPPER_RIGHT,
    lobe_at,
    pleural_depth,
)
from CTSpatialVQALib.demo.patients import Cyst, Effusion, Patient
from CTSpatialVQALib.demo.shapes import Box, Floats, Paint, Point, Shape, Solid, ellipsoid
from CTSpatialVQALib.demo.spine import level_at

NODE_CENTRE = Point(17, -4, 78)


class BodyFinding(NamedTuple):
    """A finding in the body frame, before the patient is mirrored, scaled and turned.

    Parameters
    ----------
    kind : `nodule`, `effusion`, `cyst`, `lymph_node` or `goitre`
    structure : class in which it lies or which it is, None where there is no such class
    pleura_mm : for nodules: distance of the centre from the surface of the lung
    pole : for cysts: `upper` or `lower`
    level : vertebral level, where that is asked
    """

    kind: str
    structure: str | None
    centre: Point
    diameter_mm: float
    pleura_mm: float | None = None
    pole: str | None = None
    level: str | None = None


def findings_of(patient: Patient) -> list[BodyFinding]:
    """The findings of `patient` in the body frame."""
    placed = [
        BodyFinding(
            "nodule",
            lobe_at(nodule.centre),
            nodule.centre,
            nodule.diameter_mm,
            pleura_mm=pleural_depth(nodule.centre, patient.heart_scale),
        )
        for nodule in patient.nodules
    ]
    if patient.effusion:
        placed.append(
            BodyFinding(
                "effusion", None, Point(patient.effusion.side * 70, -77, -84), patient.effusion.depth_mm
            )
        )
    if patient.cyst:
        placed.append(_cyst(patient.cyst))
    if patient.node_mm:
        placed.append(
            BodyFinding("lymph_node", None, NODE_CENTRE, patient.node_mm, level=level_at(NODE_CENTRE.s))
        )
    if patient.goitre.s > 1:
        placed.append(_goitre(patient.goitre))
    return placed


def _cyst(cyst: Cyst) -> BodyFinding:
    kidney, word = (KIDNEY_RIGHT, "right") if cyst.side > 0 else (KIDNEY_LEFT, "left")
    centre = Point(kidney.r + cyst.side * 10, kidney.a - 4, kidney.s + cyst.pole * (KIDNEY_RADII.s - 16))
    return BodyFinding(
        "cyst", f"kidney_cyst_{word}", centre, cyst.diameter_mm, pole="upper" if cyst.pole > 0 else "lower"
    )


def _goitre(size: Point) -> BodyFinding:
    lobe_s = 180 - 18 * size.s
    bottom = lobe_s - 20 * size.s
    return BodyFinding(
        "goitre", "thyroid_gland", Point(9 + 8.5 * size.r, 18, lobe_s), 40 * size.s, level=level_at(bottom)
    )


def finding_shapes(patient: Patient) -> list[Shape]:
    """What the findings add to the volume. Nodules stay part of their lobe; fluid takes its place."""
    shapes: list[Shape] = []
    if patient.effusion:
        shapes.append(_fluid(patient.effusion))
    for finding in findings_of(patient):
        radii = Point(*(finding.diameter_mm / 2 / np.asarray(patient.scale)))
        if finding.kind == "nodule":
            shapes.append(ellipsoid(Paint(None, 38, only_on=LOBES), finding.centre, radii))
        elif finding.kind == "cyst":
            shapes.append(ellipsoid(Paint(finding.structure, 6), finding.centre, radii))
        elif finding.kind == "lymph_node":
            shapes.append(ellipsoid(Paint(None, 62, clears=True), finding.centre, radii))
    return shapes


def _fluid(effusion: Effusion) -> Shape:
    """Fluid of a supine patient: deepest behind at the base, thinning out upwards."""
    lobes = (UPPER_RIGHT, MIDDLE_RIGHT, LOWER_RIGHT) if effusion.side > 0 else (UPPER_LEFT, LOWER_LEFT)

    def field(r: Floats, a: Floats, s: Floats) -> Floats:
        share = np.clip((effusion.top_s - s) / (effusion.top_s + 150), 0, 1)
        return np.asarray(1 + (a + 93 - (effusion.depth_mm + 8) * np.power(share, np.float32(0.6)) + 8) / 100)

    box = Box(4, 138, -100, 0, -178, effusion.top_s)
    if effusion.side < 0:
        box = box._replace(r_min=-138, r_max=-4)
    return Solid(Paint(None, 12, only_on=lobes, clears=True), box, field)
