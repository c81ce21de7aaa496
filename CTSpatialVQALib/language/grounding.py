"""Which structures and places belong to a question, to its answer, and to which words?"""

from __future__ import annotations

from typing import NamedTuple

from CTSpatialVQALib.language.answer_context import in_context, regions_together, together
from CTSpatialVQALib.language.terms import Found, Reading, in_table_order, read_anatomy
from CTSpatialVQALib.records.text import Mention, Span

__all__ = [
    "Found",
    "Grounding",
    "Reading",
    "ground",
    "in_context",
    "in_table_order",
    "mentions",
    "read_anatomy",
]


class Grounding(NamedTuple):
    """What a question and its reference answer point at; names in the order of the table of structures.

    question_structures : what the question asks to see, the implied ones included
    question_implied : those that only a finding implies (rule R5)
    answer_structures : of question and answer together, narrowed where the answer is narrower (R4)
    question_regions, answer_regions : places without a class, in the order of the text
    """

    question_structures: tuple[str, ...]
    question_implied: tuple[str, ...]
    question_regions: tuple[str, ...]
    answer_structures: tuple[str, ...]
    answer_regions: tuple[str, ...]


def mentions(text: str) -> tuple[Mention, ...]:
    """The anatomical terms of a text, in text order, with their characters.

    A finding whose organ the text also names is no mention: the organ's own word is.
    """
    reading = read_anatomy(text)
    return tuple(
        Mention(
            span=Span(start=one.start, end=one.end),
            words=text[one.start : one.end],
            structures=one.names or _used(one, reading),
            region=one.region,
            implied=bool(_used(one, reading)),
        )
        for one in reading.found
        if one.names or one.region or _used(one, reading)
    )


def _used(one: Found, reading: Reading) -> tuple[str, ...]:
    return one.implies if not one.names and reading.implied.issuperset(one.implies) else ()


def ground(question: str, answer: str | None = None) -> Grounding:
    """The structures and regions of a question, and of question and answer together.

    A side, lobe or segment that the answer leaves open is taken from the question: `Anterior segment.`
    to a question about the left upper lobe is the left upper lobe.
    """
    asked = read_anatomy(question)
    names = in_table_order(asked.structures | asked.implied)
    implied = in_table_order(asked.implied)
    if not (answer or "").strip():
        return Grounding(names, implied, asked.regions, names, asked.regions)
    said = read_anatomy(answer or "")
    both = in_table_order(together(asked, said))
    return Grounding(names, implied, asked.regions, both, regions_together(asked, said))
