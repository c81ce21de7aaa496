"""What does the measured anatomy answer? One short sentence, with the measured reason in millimetres."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.anatomy.case_geometry import CANNOT_TELL_MM, CaseGeometry
from CTSpatialVQALib.anatomy.midline import NO_MIDLINE
from CTSpatialVQALib.anatomy.relations import touching
from CTSpatialVQALib.anatomy.structure_groups import Body
from CTSpatialVQALib.language.plain_place_words import foreign_word, lesion_word, part_word
from CTSpatialVQALib.language.spatial_question import Aim, SpatialQuestion, Way, by_side, spatial_question
from CTSpatialVQALib.records.words import Side


class Measured(NamedTuple):
    """An answer in one sentence, and the measured reason for it."""

    text: str
    basis: str


class NotMeasurable(NamedTuple):
    """Why the masks have no answer."""

    why: str


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
_AXIS_OF = {Aim.SIDE: 0, Aim.SIDE_OF: 0, Aim.ACROSS: 0, Aim.SAME_SIDE: 0, Aim.LEVEL: 2}
_OF_MIDLINE = (Aim.SIDE, Aim.ACROSS, Aim.SAME_SIDE)
_PAIRS = (Aim.RELATION, Aim.SIZE, Aim.SIDE_OF, Aim.SAME_SIDE, Aim.CONTACT, Aim.DISTANCE)


def answer_question(case: CaseGeometry, text: str) -> Measured | NotMeasurable:
    """Answer the question `text` from the masks, or say why they cannot."""
    asked = asked_of_anatomy(text)
    return asked if isinstance(asked, NotMeasurable) else answer_from(case, asked)


def asked_of_anatomy(text: str, place: SpatialQuestion | None = None) -> SpatialQuestion | NotMeasurable:
    """What `text` asks of the anatomy, or why no mask can tell: disease, parts of organs, other matters.

    Parameters
    ----------
    place : the question as `place_question` reads it, for those who can do something with an open one
    """
    why = beyond_masks(text)
    asked = place or spatial_question(text)
    if why is None and asked is not None:
        return asked
    return NotMeasurable(why or "the question asks nothing that can be measured on the anatomy masks")


def beyond_masks(text: str) -> str | None:
    """Why the masks cannot tell what `text` asks, or None if it speaks of whole structures and places."""
    word = lesion_word(text)
    if word is not None:
        return f"anatomy masks do not show disease ('{word}')"
    part = part_word(text)
    if part is not None:
        return f"anatomy masks do not separate that part of the organ ('{part}')"
    other = foreign_word(text)
    return None if other is None else f"the question speaks of more than anatomy masks show ('{other}')"


def answer_from(case: CaseGeometry, question: SpatialQuestion) -> Measured | NotMeasurable:
    """Answer `question` from the masks of `case`, or say why they cannot."""
    bodies = bodies_of(case, question)
    if isinstance(bodies, NotMeasurable):
        return bodies
    why = not_trusted(case, question, bodies)
    return NotMeasurable(why) if why else _ANSWERS[question.aim](case, question, bodies)


def bodies_of(case: CaseGeometry, question: SpatialQuestion) -> tuple[Body, ...] | NotMeasurable:
    """What the question speaks of, measured; a paired organ that is compared with itself as its halves."""
    one_pair = len(question.operands) == 1 and question.aim in (Aim.RELATION, Aim.SIZE)
    operands = by_side(question.operands[0]) if one_pair else question.operands
    bodies = []
    for operand in operands:
        body = case.body(operand)
        if body is None:
            return NotMeasurable(f"the anatomy mask has no {operand.words}")
        bodies.append(body)
    if len(bodies) > 2 and question.aim in _PAIRS:
        return NotMeasurable(f"{len(bodies)} structures are named, where the masks are asked about two")
    return tuple(bodies)


def not_trusted(case: CaseGeometry, question: SpatialQuestion, bodies: tuple[Body, ...]) -> str | None:
    """Why the orientation of this case leaves the question open, or None."""
    axis = question.ways[0].axis if question.aim is Aim.RELATION else _AXIS_OF.get(question.aim)
    if axis == 0 and question.aim in _OF_MIDLINE and case.midline is None:
        return NO_MIDLINE
    if axis is None:  # a size, a distance: no direction, but names of a pair may be exchanged
        return case.block(-1, *bodies)
    return case.block(axis, *bodies)


def _side(
    case: CaseGeometry, question: SpatialQuestion, bodies: tuple[Body, ...]
) -> Measured | NotMeasurable:
    body = bodies[0]
    if question.yes_no and question.side is None:
        return NotMeasurable("the question names no side that could be confirmed")
    if body.side is None or case.midline is None:
        return NotMeasurable(NO_MIDLINE)
    basis = f"the centre of the {body.words} {_from_midline(float(body.centroid[0]) - case.midline.r_mm)}"
    if question.yes_no:
        return _yes_no(body.side is question.side, _SPOKEN_SIDE[body.side], basis)
    return Measured(_SPOKEN_SIDE[body.side], basis=basis)


def _from_midline(offset_mm: float) -> str:
    """`lies 113 mm left of the midline`; patient's left, offsets to the right are positive."""
    distance = round(abs(offset_mm))
    if not distance:
        return "lies in the midline"
    return f"lies {distance} mm {Side.RIGHT if offset_mm > 0 else Side.LEFT} of the midline"


def _side_of(
    case: CaseGeometry, question: SpatialQuestion, bodies: tuple[Body, ...]
) -> Measured | NotMeasurable:
    reference, asked = bodies[:2]
    difference = float(asked.centroid[0] - reference.centroid[0])
    if abs(difference) < CANNOT_TELL_MM:
        return NotMeasurable(f"{asked.words} and {reference.words} differ by {abs(difference):.1f} mm only")
    side = Side.RIGHT if difference > 0 else Side.LEFT
    basis = f"the {asked.words} lies {abs(difference):.0f} mm to the {side} of the {reference.words}"
    if question.yes_no:
        return NotMeasurable("the question can be read in two ways")
    return Measured(_SPOKEN_SIDE[side], basis=basis)


def _across(
    case: CaseGeometry, question: SpatialQuestion, bodies: tuple[Body, ...]
) -> Measured | NotMeasurable:
    body, middle = bodies[0], case.midline
    if middle is None or body.side is None:
        return NotMeasurable(NO_MIDLINE)
    left_mm, right_mm = middle.r_mm - float(body.low[0]), float(body.high[0]) - middle.r_mm
    across = min(left_mm, right_mm) > CANNOT_TELL_MM
    reach = f"the {body.words} reaches {right_mm:.0f} mm to the right and {left_mm:.0f} mm to the left"
    basis = f"{reach} of the midline (taken from {middle.taken_from})"
    sentence = "it lies on both sides of the midline." if across else _SPOKEN_SIDE[body.side]
    return _yes_no(across, sentence, basis)


def _same_side(
    case: CaseGeometry, question: SpatialQuestion, bodies: tuple[Body, ...]
) -> Measured | NotMeasurable:
    first, second = bodies[:2]
    if first.side is None or second.side is None:
        return NotMeasurable(NO_MIDLINE)
    where = (
        f"the {first.words} is {spoken_place(first.side)} and the {second.words} {spoken_place(second.side)}"
    )
    return _yes_no((first.side is second.side) is not question.opposed, f"{where}.", where)


def in_contact(case: CaseGeometry, first: Body, second: Body) -> bool:
    """Whether a structure of the one touches a structure of the other."""
    return any(touching(case.mask, a, b) for a, b in product(first.names, second.names) if a != b)


def _relation(
    case: CaseGeometry, question: SpatialQuestion, bodies: tuple[Body, ...]
) -> Measured | NotMeasurable:
    first, second = bodies[:2]
    way = question.ways[0]
    difference = difference_mm(first, second, way, edges=question.edges and question.superlative)
    if abs(difference) < CANNOT_TELL_MM:
        return NotMeasurable(f"{first.words} and {second.words} differ by {abs(difference):.1f} mm only")
    toward = Way(way.axis, 1 if difference > 0 else -1)
    verb = "reaches" if question.edges and question.superlative else "lies"
    basis = f"the {first.words} {verb} {abs(difference):.0f} mm {spoken_way(toward)} the {second.words}"
    if not (question.superlative or question.yes_no or len(question.ways) > 1):
        return NotMeasurable("an open question, to which the masks have no one answer")
    if question.superlative:
        chosen = first if toward.sign == way.sign else second
        return Measured(f"The {chosen.words}.", basis=basis)
    if question.yes_no and len(question.ways) == 1:
        return _yes_no(toward == way, f"the {first.words} is {spoken_way(toward)} the {second.words}.", basis)
    return Measured(f"{spoken_way(toward).capitalize()} the {second.words}.", basis=basis)


def _contact(
    case: CaseGeometry, question: SpatialQuestion, bodies: tuple[Body, ...]
) -> Measured | NotMeasurable:
    first, second = bodies[:2]
    contact = in_contact(case, first, second)
    state = "are in contact" if contact else "are not in contact"
    return _yes_no(contact, f"the {first.words} and the {second.words} {state}.", f"their masks {state}")


def _size(
    case: CaseGeometry, question: SpatialQuestion, bodies: tuple[Body, ...]
) -> Measured | NotMeasurable:
    first, second = bodies[:2]
    larger = question.ways[0].sign > 0
    fits = (first.volume_ml > second.volume_ml) == larger
    basis = f"{first.words} {first.volume_ml:.0f} ml, {second.words} {second.volume_ml:.0f} ml"
    if question.yes_no and not question.superlative and len(question.ways) == 1:
        return _yes_no(fits, f"{basis}.", basis)
    return Measured(f"The {(first if fits else second).words}.", basis=basis)


def _level(
    case: CaseGeometry, question: SpatialQuestion, bodies: tuple[Body, ...]
) -> Measured | NotMeasurable:
    body = bodies[0]
    if body.level is None:
        return NotMeasurable(f"the mask has no vertebra near the {body.words}")
    return Measured(
        f"At the level of {body.level}.",
        basis=f"the centre of the {body.words} lies nearest to the centre of {body.level}",
    )


def _volume(
    case: CaseGeometry, question: SpatialQuestion, bodies: tuple[Body, ...]
) -> Measured | NotMeasurable:
    total = sum(body.volume_ml for body in bodies)
    return Measured(f"About {total:.0f} ml.", basis=f"{total:.1f} ml of voxels with its label")


def _length(
    case: CaseGeometry, question: SpatialQuestion, bodies: tuple[Body, ...]
) -> Measured | NotMeasurable:
    axis = question.ways[0].axis
    length = float(bodies[0].high[axis] - bodies[0].low[axis])
    return Measured(f"About {length:.0f} mm {_AXIS[axis]}.", basis="between its outermost voxel centres")


def _distance(
    case: CaseGeometry, question: SpatialQuestion, bodies: tuple[Body, ...]
) -> Measured | NotMeasurable:
    distance = float(np.linalg.norm(bodies[0].centroid - bodies[1].centroid))
    return Measured(f"About {distance:.0f} mm.", basis="between the centres")


_ANSWERS: Mapping[
    Aim, Callable[[CaseGeometry, SpatialQuestion, tuple[Body, ...]], Measured | NotMeasurable]
] = {
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


def difference_mm(first: Body, second: Body, way: Way, *, edges: bool) -> float:
    """How much farther along R, A or S the first lies, in mm: by centres, or by the edges that way."""
    if not edges:
        return float(first.centroid[way.axis] - second.centroid[way.axis])
    if way.sign > 0:
        return float(first.high[way.axis] - second.high[way.axis])
    return float(first.low[way.axis] - second.low[way.axis])


def _yes_no(yes: bool, sentence: str, basis: str) -> Measured:
    said = sentence[0].lower() + sentence[1:]
    return Measured(f"{'Yes' if yes else 'No'}, {said}", basis=basis)


def spoken_way(way: Way) -> str:
    """`above`, `to the left of`."""
    phrase = _DIRECTION[way]
    return phrase if phrase in ("above", "below", "behind") else f"{phrase} of"


def spoken_place(side: Side) -> str:
    """`on the left`, `in the midline`, `on both sides`."""
    return {"midline": "in the midline", "bilateral": "on both sides"}.get(side, f"on the {side}")
