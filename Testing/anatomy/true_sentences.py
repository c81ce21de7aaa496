"""True statements about a measured body, in the ways in which models and radiologists say them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import NamedTuple

from CTSpatialVQALib.anatomy.case_geometry import CaseGeometry
from CTSpatialVQALib.anatomy.structure_groups import Body
from CTSpatialVQALib.language.spatial_question import Operand
from CTSpatialVQALib.records.words import Side

_APART_MM = 25.0  # nobody argues about a difference of that size
_NAMES = (
    "liver",
    "spleen",
    "stomach",
    "heart",
    "kidney_left",
    "kidney_right",
    "gallbladder",
    "aorta",
    "trachea",
)
_SPOKEN = {"kidney_left": "left kidney", "kidney_right": "right kidney"}
_PAIRS = {
    "kidney": ("kidney_left", "kidney_right"),
    "lung": ("lung_left", "lung_right"),
}


class Sentence(NamedTuple):
    """A reply that is true of the case."""

    question: str
    reply: str


_SIDED = (
    "On the {s}.",
    "The {a} is on the {s}.",
    "Not on the {o}, but on the {s}.",
    "On the {s}, not on the {o}.",
    "The {a} is not on the {o}.",
    "Opposite the {b}, on the {s}.",
    "On the side opposite to the {b}.",
    "It is contralateral to the {b}.",
    "On the {s}, away from the {b}.",
    "The {b} is on the {o}; the {a} is on the {s}.",
    "On the {o} side of the image, i.e. the patient's {s}.",
    "On the {o} side of the image.",
    "In the {s} half of the body, whereas the {b} lies in the {o} half.",
    "The {o} was considered and rejected. It is on the {s}.",
    "It might seem to be on the {o}, but it is on the {s}.",
    "On the {s}, unlike the {b}.",
    "On the {s}; the {b} lies on the other side.",
    "Rather than on the {o}, it lies on the {s}.",
)
_HIGHER = (
    "Above.",
    "Above it.",
    "The {b} lies below the {a}.",
    "Not below, but above.",
    "The {a} is higher than the {b}.",
    "The {b} is lower than the {a}.",
    "The {a} is above the {b}, not below it.",
    "The {b} is not above the {a}.",
    "Below the {a} lies the {b}.",
    "The {b} is the lower one.",
    "The {a} is superior to the {b}.",
)
_LOWER_OF_TWO = (
    "The {s} one.",
    "The {s} one is lower.",
    "The {o} one is higher.",
    "The {s} {a} is lower than the {o} one.",
    "The {o} {a} is not the lower one.",
    "The {s} {a}, not the {o} one.",
)
_LARGER_OF_TWO = (
    "The {s} one.",
    "The {s} {a}.",
    "The {o} {a} is smaller.",
    "The {o} one is smaller.",
    "The {s} {a} is larger than the {o} one.",
    "Not the {o} but the {s} one.",
)
_YES = ("Yes.", "Yes, not on the {o}.", "It is not on the {o}.", "Yes, on the {s}, opposite the {b}.")
_NO = (
    "No.",
    "No, it lies on the {s}.",
    "No, on the {s}, opposite the {b}.",
    "It lies on the {s}, not on the {o}.",
)


def sentences_about(case: CaseGeometry) -> list[Sentence]:
    """True sentences, each kind for each fitting structure."""
    bodies = [body for name in _NAMES if (body := case.body(_operand(name))) is not None]
    return [*_about_sides(bodies), *_about_heights(bodies), *_about_pairs(case), *_about_levels(case, bodies)]


def _operand(name: str) -> Operand:
    return Operand(_SPOKEN.get(name, name), (name,))


def _about_sides(bodies: list[Body]) -> Iterator[Sentence]:
    sided = [one for one in bodies if one.side in (Side.LEFT, Side.RIGHT)]
    for a in sided:
        b = next((one for one in sided if one.side is not a.side), None)
        if b is None or "left" in a.words or "right" in a.words:
            continue
        words = {"a": a.words, "b": b.words, "s": str(a.side), "o": str(b.side)}
        yield from (Sentence(f"On which side is the {a.words}?", text.format(**words)) for text in _SIDED)
        yield from (
            Sentence(f"Is the {a.words} on the {a.side} side?", text.format(**words)) for text in _YES
        )
        yield from (Sentence(f"Is the {a.words} on the {b.side} side?", text.format(**words)) for text in _NO)


def _about_heights(bodies: list[Body]) -> Iterator[Sentence]:
    apart = [
        (a, b)
        for a, b in permutations(bodies, 2)
        if a.centroid[2] - b.centroid[2] > _APART_MM and a.low[2] > b.low[2] and a.high[2] > b.high[2]
    ]
    for a, b in apart[::4]:
        question = f"Is the {a.words} above or below the {b.words}?"
        yield from (Sentence(question, text.format(a=a.words, b=b.words)) for text in _HIGHER)


def _about_pairs(case: CaseGeometry) -> Iterator[Sentence]:
    for word, names in _PAIRS.items():
        left, right = (
            case.body(Operand(f"{side} {word}", (name,)))
            for side, name in zip(("left", "right"), names, strict=True)
        )
        if left is None or right is None:
            continue
        lower = "left" if left.centroid[2] < right.centroid[2] else "right"
        other = "right" if lower == "left" else "left"
        if abs(left.centroid[2] - right.centroid[2]) > 5:
            yield from (
                Sentence(f"Which {word} lies lower?", text.format(s=lower, o=other, a=word))
                for text in _LOWER_OF_TWO
            )
        larger = "left" if left.volume_ml > right.volume_ml else "right"
        other = "right" if larger == "left" else "left"
        if abs(left.volume_ml - right.volume_ml) > 0.07 * max(left.volume_ml, right.volume_ml):
            yield from (
                Sentence(f"Which {word} is larger?", text.format(s=larger, o=other, a=word))
                for text in _LARGER_OF_TWO
            )


def _about_levels(case: CaseGeometry, bodies: list[Body]) -> Iterator[Sentence]:
    for body in bodies:
        if body.level is None or not body.level.startswith("T") or not 5 <= int(body.level[1:]) <= 11:
            continue
        number = int(body.level[1:])
        question = f"At which vertebral level is the {body.words}?"
        for text in (
            "At {n}.",
            "Below {h}.",
            "Above {l}.",
            "Below {h}, at {n}.",
            "At {n}, not at {h}.",
            "Between {h} and {l}.",
        ):
            yield Sentence(
                question,
                text.format(
                    n=body.level, h=f"T{number - 4}", l=f"L{min(5, number - 6 if number > 6 else 1)}"
                ),
            )
