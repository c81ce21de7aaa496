"""What does the measured anatomy answer? One short sentence, with the measured reason in millimetres."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import numpy as np

from CTSpatialVQALib.anatomy.masks import AnatomyMask
from CTSpatialVQALib.anatomy.midline import find_midline
from CTSpatialVQALib.anatomy.relations import compare
from CTSpatialVQALib.backends.base import Answer, declined, spoken
from CTSpatialVQALib.backends.bodies import Body, body_of
from CTSpatialVQALib.backends.spatial_question import Aim, SpatialQuestion, Way, by_side
from CTSpatialVQALib.records.words import Side

CANNOT_TELL_MM = 2.0  # centres nearer than that are as good as level: below a voxel of most scans
_DIRECTION = {
    Way(0, -1): "to the left",
    Way(0, 1): "to the right",
    Way(1, -1): "behind",
    Way(1, 1): "in front",
    Way(2, -1): "below",
    Way(2, 1): "above",
}
_SPOKEN_SIDE = {
    Side.LEFT: "On the left side.",
    Side.RIGHT: "On the right side.",
    Side.BILATERAL: "On both sides.",
    Side.MIDLINE: "In the midline.",
}
_AXIS = ("wide", "deep", "high")


def answer_from(mask: AnatomyMask, question: SpatialQuestion) -> Answer:
    """Answer `question` from `mask`, or decline with the reason."""
    one_pair = len(question.operands) == 1 and question.aim in (Aim.RELATION, Aim.SIZE)
    operands = by_side(question.operands[0]) if one_pair else question.operands
    bodies = []
    for operand in operands:
        body = body_of(mask, operand)
        if body is None:
            return declined(f"the anatomy mask has no {operand.words}")
        bodies.append(body)
    return _ANSWERS[question.aim](mask, question, tuple(bodies))


def _side(mask: AnatomyMask, question: SpatialQuestion, bodies: tuple[Body, ...]) -> Answer:
    body = bodies[0]
    basis = f"the centre of the {body.words} lies at R {body.centroid[0]:.0f} mm: {body.side}"
    if question.yes_no and question.side is None:
        return declined("the question names no side that could be confirmed")
    if question.yes_no:
        return _yes_no(body.side is question.side, _SPOKEN_SIDE[body.side], basis)
    return spoken(_SPOKEN_SIDE[body.side], basis=basis)


def _side_of(mask: AnatomyMask, question: SpatialQuestion, bodies: tuple[Body, ...]) -> Answer:
    reference, asked = bodies[:2]
    difference = float(asked.centroid[0] - reference.centroid[0])
    if abs(difference) < CANNOT_TELL_MM:
        return declined(f"{asked.words} and {reference.words} differ by {abs(difference):.1f} mm only")
    side = Side.RIGHT if difference > 0 else Side.LEFT
    basis = f"the {asked.words} lies {abs(difference):.0f} mm to the {side} of the {reference.words}"
    if question.yes_no:
        return declined("the question can be read in two ways")
    return spoken(_SPOKEN_SIDE[side], basis=basis)


def _across(mask: AnatomyMask, question: SpatialQuestion, bodies: tuple[Body, ...]) -> Answer:
    body, middle = bodies[0], find_midline(mask)
    left_mm, right_mm = middle.r_mm - float(body.low[0]), float(body.high[0]) - middle.r_mm
    across = min(left_mm, right_mm) > CANNOT_TELL_MM
    reach = f"the {body.words} reaches {right_mm:.0f} mm to the right and {left_mm:.0f} mm to the left"
    basis = f"{reach} of the midline (taken from {middle.taken_from})"
    sentence = "it lies on both sides of the midline." if across else _SPOKEN_SIDE[body.side]
    return _yes_no(across, sentence, basis)


def _same_side(mask: AnatomyMask, question: SpatialQuestion, bodies: tuple[Body, ...]) -> Answer:
    first, second = bodies[:2]
    where = f"the {first.words} is {_short(first.side)} and the {second.words} {_short(second.side)}"
    return _yes_no(first.side is second.side, f"{where}.", where)


def _relation(mask: AnatomyMask, question: SpatialQuestion, bodies: tuple[Body, ...]) -> Answer:
    first, second = bodies[:2]
    way = question.ways[0]
    difference = _difference(first, second, way, edges=question.edges and question.superlative)
    if abs(difference) < CANNOT_TELL_MM:
        return declined(f"{first.words} and {second.words} differ by {abs(difference):.1f} mm only")
    toward = Way(way.axis, 1 if difference > 0 else -1)
    verb = "reaches" if question.edges and question.superlative else "lies"
    basis = f"the {first.words} {verb} {abs(difference):.0f} mm {_of(toward)} the {second.words}"
    if not (question.superlative or question.yes_no or len(question.ways) > 1):
        return declined("an open question, to which the masks have no one answer")
    if question.superlative:
        chosen = first if toward.sign == way.sign else second
        return spoken(f"The {chosen.words}.", basis=basis)
    if question.yes_no and len(question.ways) == 1:
        return _yes_no(toward == way, f"the {first.words} is {_of(toward)} the {second.words}.", basis)
    return spoken(f"{_of(toward).capitalize()} the {second.words}.", basis=basis)


def _contact(mask: AnatomyMask, question: SpatialQuestion, bodies: tuple[Body, ...]) -> Answer:
    first, second = bodies[:2]
    touching = any(compare(mask, a, b).touching for a, b in product(first.names, second.names) if a != b)
    state = "are in contact" if touching else "are not in contact"
    return _yes_no(touching, f"the {first.words} and the {second.words} {state}.", f"their masks {state}")


def _size(mask: AnatomyMask, question: SpatialQuestion, bodies: tuple[Body, ...]) -> Answer:
    first, second = bodies[:2]
    larger = question.ways[0].sign > 0
    fits = (first.volume_ml > second.volume_ml) == larger
    basis = f"{first.words} {first.volume_ml:.0f} ml, {second.words} {second.volume_ml:.0f} ml"
    if question.yes_no and not question.superlative and len(question.ways) == 1:
        return _yes_no(fits, f"{basis}.", basis)
    return spoken(f"The {(first if fits else second).words}.", basis=basis)


def _level(mask: AnatomyMask, question: SpatialQuestion, bodies: tuple[Body, ...]) -> Answer:
    body = bodies[0]
    if body.level is None:
        return declined(f"the mask has no vertebra near the {body.words}")
    return spoken(
        f"At the level of {body.level}.",
        basis=f"the centre of the {body.words} lies nearest to the centre of {body.level}",
    )


def _volume(mask: AnatomyMask, question: SpatialQuestion, bodies: tuple[Body, ...]) -> Answer:
    total = sum(body.volume_ml for body in bodies)
    return spoken(f"About {total:.0f} ml.", basis=f"{total:.1f} ml of voxels with its label")


def _length(mask: AnatomyMask, question: SpatialQuestion, bodies: tuple[Body, ...]) -> Answer:
    axis = question.ways[0].axis
    length = float(bodies[0].high[axis] - bodies[0].low[axis])
    return spoken(f"About {length:.0f} mm {_AXIS[axis]}.", basis="between its outermost voxel centres")


def _distance(mask: AnatomyMask, question: SpatialQuestion, bodies: tuple[Body, ...]) -> Answer:
    distance = float(np.linalg.norm(bodies[0].centroid - bodies[1].centroid))
    return spoken(f"About {distance:.0f} mm.", basis="between the centres")


_ANSWERS: Mapping[Aim, Callable[[AnatomyMask, SpatialQuestion, tuple[Body, ...]], Answer]] = {
    Aim.SIDE: _side,
    Aim.SIDE_OF: _side_of,
    Aim.ACROSS: _across,
    Aim.SAME_SIDE: _same_side,
    Aim.RELATION: _relation,
    Aim.CONTACT: _contact,
    Aim.SIZE: _size,
    Aim.LEVEL: _level,
    Aim.VOLUME: _volume,
    Aim.LENGTH: _length,
    Aim.DISTANCE: _distance,
}


def _difference(first: Body, second: Body, way: Way, *, edges: bool) -> float:
    """How much farther along R, A or S the first lies, in mm: by centres, or by the edges that way."""
    if not edges:
        return float(first.centroid[way.axis] - second.centroid[way.axis])
    if way.sign > 0:
        return float(first.high[way.axis] - second.high[way.axis])
    return float(first.low[way.axis] - second.low[way.axis])


def _yes_no(yes: bool, sentence: str, basis: str) -> Answer:
    said = sentence[0].lower() + sentence[1:]
    return spoken(f"{'Yes' if yes else 'No'}, {said}", basis=basis)


def _of(way: Way) -> str:
    phrase = _DIRECTION[way]
    return phrase if phrase in ("above", "below", "behind") else f"{phrase} of"


def _short(side: Side) -> str:
    return {"midline": "in the midline", "bilateral": "on both sides"}.get(side, f"on the {side}")
