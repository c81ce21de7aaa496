"""Is one statement about bodies true of their masks? Each with its margin, below which nobody can tell."""

from __future__ import annotations

import numpy as np

from CTSpatialVQALib.anatomy.case_geometry import CaseGeometry
from CTSpatialVQALib.anatomy.geometry_verdict import GeometryVerdict, judged, undecidable
from CTSpatialVQALib.anatomy.midline import MIDLINE_HALF_WIDTH_MM, NO_MIDLINE, Midline
from CTSpatialVQALib.anatomy.relations import surface_distance_mm
from CTSpatialVQALib.anatomy.spatial_answer import difference_mm, in_contact, spoken_place, spoken_way
from CTSpatialVQALib.anatomy.structure_groups import Body
from CTSpatialVQALib.language.spatial_question import Way
from CTSpatialVQALib.records.text import Number
from CTSpatialVQALib.records.words import Side

BOTH = frozenset({Side.LEFT, Side.RIGHT})
SIZE_MARGIN = 0.05  # volumes nearer than this share differ by less than two segmentations of one organ
NUMBER_HOLDS, NUMBER_FAILS = 0.10, 0.25  # relative difference up to which, and from which, a number is judged
_UNIT_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
_UNIT_ML = {"ml": 1.0, "mm3": 0.001, "l": 1000.0, "dl": 100.0}


def side_verdict(case: CaseGeometry, body: Body, sides: frozenset[Side]) -> GeometryVerdict:
    """Whether `body` lies on `sides` of the patient's midline."""
    why = case.block(0, body)
    if why:
        return undecidable(why)
    plane = case.midline
    if plane is None or body.side is None:
        return undecidable(NO_MIDLINE)
    measured = _place(plane, body)
    if sides == BOTH:
        return _on_both(case, plane, body, measured)
    if len(sides) > 1:
        return undecidable(f"the reply names several places at once; {measured}")
    (said,) = sides
    if said is Side.MIDLINE:
        return _in_midline(plane, body, measured)
    if body.side is Side.BILATERAL:
        return judged(False, f"the {body.words} lies on both sides", said)
    if body.side is Side.MIDLINE:
        return undecidable(f"{measured}, too near to it to name a side")
    return judged(body.side is said, measured, said)


def _place(plane: Midline, body: Body) -> str:
    if body.side is Side.BILATERAL:
        return f"the {body.words} lies on both sides of the midline"
    offset = float(body.centroid[0]) - plane.r_mm
    side = Side.RIGHT if offset > 0 else Side.LEFT
    return f"the {_possessive(body.words)} centroid lies {abs(offset):.0f} mm {side} of the midline"


def _in_midline(plane: Midline, body: Body, measured: str) -> GeometryVerdict:
    crosses = body.low[0] <= plane.r_mm <= body.high[0]
    if body.side is not Side.MIDLINE and crosses:
        return undecidable(f"{measured}, and it reaches across")
    return judged(body.side is Side.MIDLINE, measured, "midline")


def _on_both(case: CaseGeometry, plane: Midline, body: Body, measured: str) -> GeometryVerdict:
    if body.side is Side.BILATERAL:
        return judged(True, measured, "both sides")
    left, right = plane.r_mm - float(body.low[0]), float(body.high[0]) - plane.r_mm
    reach = (
        f"the {body.words} reaches {right:.0f} mm to the right and {left:.0f} mm to the left of the midline"
    )
    smaller = min(left, right)
    if smaller > MIDLINE_HALF_WIDTH_MM:
        return judged(True, reach, "both sides")
    if smaller > -case.tolerance_mm(0):
        return undecidable(f"{reach}, too little to tell")
    return judged(False, measured, "both sides")


def across_verdict(case: CaseGeometry, body: Body) -> GeometryVerdict:
    """Whether `body` reaches to both sides of the midline."""
    why, plane = case.block(0, body), case.midline
    if why or plane is None:
        return undecidable(why or NO_MIDLINE)
    left, right = plane.r_mm - float(body.low[0]), float(body.high[0]) - plane.r_mm
    reach = (
        f"the {body.words} reaches {right:.0f} mm to the right and {left:.0f} mm to the left of the midline"
    )
    if abs(min(left, right)) < case.tolerance_mm(0):
        return undecidable(f"{reach}, too little to tell")
    return judged(min(left, right) > 0, reach, "across the midline")


def same_side_verdict(case: CaseGeometry, first: Body, second: Body, *, opposed: bool) -> GeometryVerdict:
    """Whether two bodies lie on one side of the midline, or, `opposed`, on opposite sides."""
    why = case.block(0, first, second)
    if why or first.side is None or second.side is None:
        return undecidable(why or NO_MIDLINE)
    where = (
        f"the {first.words} is {spoken_place(first.side)} and the {second.words} {spoken_place(second.side)}"
    )
    if not {first.side, second.side} <= BOTH:
        return undecidable(where)
    said = "opposite sides" if opposed else "the same side"
    return judged((first.side is second.side) is not opposed, where, said)


def way_verdict(
    case: CaseGeometry, first: Body, second: Body, way: Way, *, edges: bool = False
) -> GeometryVerdict:
    """Whether `first` lies `way` from `second`: by centroids, or by how far they reach."""
    why = case.block(way.axis, first, second)
    if why:
        return undecidable(why)
    difference = difference_mm(first, second, way, edges=edges)
    if abs(difference) < case.tolerance_mm(way.axis):
        return undecidable(f"{first.words} and {second.words} differ by {abs(difference):.1f} mm only")
    toward = Way(way.axis, 1 if difference > 0 else -1)
    verb = "reaches" if edges else "lies"
    measured = f"the {first.words} {verb} {abs(difference):.0f} mm {spoken_way(toward)} the {second.words}"
    return judged(toward == way, measured, f"{spoken_way(way)} the {second.words}")


def size_verdict(case: CaseGeometry, first: Body, second: Body, *, larger: bool) -> GeometryVerdict:
    """Whether `first` has more, or less, volume than `second`."""
    why = case.block(-1, first, second)
    if why:
        return undecidable(why)
    measured = f"{first.words} {first.volume_ml:.0f} ml, {second.words} {second.volume_ml:.0f} ml"
    if abs(first.volume_ml - second.volume_ml) < SIZE_MARGIN * max(first.volume_ml, second.volume_ml):
        return undecidable(f"{measured}: too alike to tell")
    said = f"the {first.words} is {'larger' if larger else 'smaller'}"
    return judged((first.volume_ml > second.volume_ml) is larger, measured, said)


def contact_verdict(case: CaseGeometry, first: Body, second: Body) -> GeometryVerdict:
    """Whether the masks of two bodies touch; a gap of a voxel or two may be the segmentation's."""
    why = case.block(-1, first, second)
    if why:
        return undecidable(why)
    names = f"the masks of {first.words} and {second.words}"
    if in_contact(case, first, second):
        return judged(True, f"{names} are in contact", "they touch")
    gap = min(surface_distance_mm(case.mask, a, b) for a in first.names for b in second.names)
    if gap <= 2 * max(case.tolerance_mm(axis) for axis in range(3)):
        return undecidable(f"{names} come as near as {gap:.1f} mm")
    return judged(False, f"{names} are {gap:.0f} mm apart", "they touch")


def level_verdict(case: CaseGeometry, body: Body, said: tuple[str, ...], *, centre: bool) -> GeometryVerdict:
    """Whether `body` lies at one of the vertebrae `said` (class names).

    A body spans several levels: unless its centre is asked for, none of those that it spans is wrong.
    """
    why = case.block(2, body)
    if why:
        return undecidable(why)
    if body.level is None:
        return undecidable(f"the mask has no vertebra near the {body.words}")
    measured = f"the {_possessive(body.words)} centroid lies nearest to the centre of {body.level}"
    short = [name.removeprefix("vertebrae_") for name in said]
    if body.level in short:
        return judged(True, measured, body.level)
    margin = case.tolerance_mm(2)
    for name in said:
        if not case.mask.has(name):
            return undecidable(f"{measured}; the mask has no {name.removeprefix('vertebrae_')}")
        place = case.vertebra_s(name)
        if not centre and body.low[2] - margin <= place <= body.high[2] + margin:
            return undecidable(f"{measured}, but it spans {name.removeprefix('vertebrae_')} too")
        nearest = abs(case.vertebra_s(f"vertebrae_{body.level}") - float(body.centroid[2]))
        if abs(place - float(body.centroid[2])) - nearest < margin:
            return undecidable(f"{measured}, and as near to {name.removeprefix('vertebrae_')}")
    return judged(False, measured, " and ".join(short))


def number_verdict(
    measured_value: float, unit: str, numbers: tuple[Number, ...], asked_unit: str, what: str
) -> GeometryVerdict:
    """Whether the one number of a reply is `measured_value` (mm or ml): within 10 %, or off by 25 %."""
    factors = _UNIT_MM if unit == "mm" else _UNIT_ML
    told = [
        one.value * factors[one.unit or asked_unit] for one in numbers if (one.unit or asked_unit) in factors
    ]
    measured = f"{what} {measured_value:.0f} {unit}"
    if len(told) != 1 or measured_value <= 0:
        return undecidable(f"the reply gives no single number in {unit}; {measured}")
    off = abs(told[0] - measured_value) / measured_value
    if NUMBER_HOLDS < off < NUMBER_FAILS:
        return undecidable(f"the reply says {told[0]:.0f} {unit}, {off:.0%} off; {measured}")
    return judged(off <= NUMBER_HOLDS, measured, f"{told[0]:.0f} {unit}")


def distance_mm(first: Body, second: Body) -> float:
    """Between the centroids."""
    return float(np.linalg.norm(first.centroid - second.centroid))


def _possessive(words: str) -> str:
    return f"{words}'" if words.endswith("s") else f"{words}'s"
