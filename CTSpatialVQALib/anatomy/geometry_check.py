"""Does a reply agree with the measured anatomy? `supported`, `contradicted` or `undecidable`, and why.

Conservative: only statements about structures that the mask has are judged. A word of disease, a part of
an organ that no mask separates, alternatives, or an orientation that cannot be trusted leave it undecided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from CTSpatialVQALib.anatomy.case_geometry import CaseGeometry
from CTSpatialVQALib.anatomy.geometry_verdict import GeometryVerdict, Standing, together, undecidable
from CTSpatialVQALib.anatomy.spatial_answer import NotMeasurable, asked_of_anatomy, bodies_of
from CTSpatialVQALib.anatomy.statement_check import (
    across_verdict,
    contact_verdict,
    distance_mm,
    level_verdict,
    number_verdict,
    same_side_verdict,
    side_verdict,
    size_verdict,
    way_verdict,
)
from CTSpatialVQALib.anatomy.structure_groups import Body
from CTSpatialVQALib.language.answer_part import answer_part
from CTSpatialVQALib.language.answer_reading import read_answer
from CTSpatialVQALib.language.plain_place_words import lesion_word, part_word
from CTSpatialVQALib.language.spatial_question import Aim, Operand, SpatialQuestion, Way, place_question
from CTSpatialVQALib.language.spatial_statements import Said, Statement, what_is_said
from CTSpatialVQALib.records.structures import structures
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

_CENTRE = re.compile(r"\bcent(?:re|er|roid)\b|\bmiddle of\b", re.IGNORECASE)
_NO_STATEMENT = "the reply makes no statement that can be measured"


def check_answer(
    question: str, answer: str, mask: AnatomyMask | None, *, situs_inversus: bool = False
) -> GeometryVerdict:
    """Hold `answer` against the anatomy of `mask`.

    Parameters
    ----------
    situs_inversus : the reader declares that this patient's organs are mirrored
    """
    if mask is None:
        return undecidable("this case has no anatomy mask")
    return check_in_case(question, answer, CaseGeometry(mask, situs_inversus=situs_inversus))


def check_in_case(question: str, answer: str, case: CaseGeometry) -> GeometryVerdict:
    """Hold `answer` against the anatomy of `case`, of which several answers may be checked."""
    asked = asked_of_anatomy(question, place_question(question))
    if isinstance(asked, NotMeasurable):
        return undecidable(asked.why)
    word = lesion_word(answer)
    if word is not None:
        return undecidable(f"the reply speaks of disease, which anatomy masks do not show ('{word}')")
    part = part_word(answer)
    if part is not None:
        return undecidable(f"the reply speaks of a part that the masks do not separate ('{part}')")
    said = what_is_said(answer)
    if read_answer(question, answer_part(answer).text).no_answer is not None and answer.strip():
        return undecidable("the reply is no answer")
    if said.ambiguous:
        return undecidable("the reply offers alternatives")
    bodies = bodies_of(case, asked)
    if isinstance(bodies, NotMeasurable):
        return undecidable(bodies.why)
    return _Check(case, question, asked, bodies, said).verdict()


class _Check:
    """One reply being held against one case."""

    def __init__(
        self,
        case: CaseGeometry,
        question: str,
        asked: SpatialQuestion,
        bodies: tuple[Body, ...],
        said: Said,
    ) -> None:
        self.case, self.question, self.asked, self.bodies, self.said = case, question, asked, bodies, said

    def verdict(self) -> GeometryVerdict:
        """Everything the reply says, taken together."""
        found = list(self._details())
        if self.asked.yes_no:
            found += self._yes_no(found)
        else:
            found += _MAIN[self.asked.aim](self)
        return together(found, otherwise=_NO_STATEMENT)

    # what every reply may say beside its main point

    def _details(self) -> Iterator[GeometryVerdict]:
        for statement in self.said.statements:
            for verdict in self._of_statement(statement):
                yield verdict.denied() if statement.denied else verdict

    def _of_statement(self, statement: Statement) -> Iterator[GeometryVerdict]:
        if statement.sides and self._sides_are_of_the_body(statement):
            subject = self._subject(statement.subject)
            if subject is not None:
                yield side_verdict(self.case, subject, statement.sides)
        for said in statement.ways:
            yield from self._of_way(said.subject, said.way, said.landmark)
        if statement.larger is not None and len(statement.named) > 1:
            first, second = (self.case.body(one) for one in statement.named[:2])
            if first is not None and second is not None:
                yield size_verdict(self.case, first, second, larger=statement.larger)

    def _sides_are_of_the_body(self, statement: Statement) -> bool:
        """`Right.` may choose one of a pair, or say which way: then it is no place in the body."""
        relative = self.asked.aim is Aim.SIDE_OF or (self.asked.aim is Aim.RELATION and not statement.named)
        return not (relative or self._choosing)

    @property
    def _choosing(self) -> bool:
        """Whether the question asks which of two."""
        return self.asked.aim is Aim.SIZE or (self.asked.superlative and self.asked.aim is Aim.RELATION)

    def _subject(self, named: Operand | None) -> Body | None:
        """What is named, or what the question is about."""
        if named is not None:
            return self.case.body(named)
        return self.bodies[1] if self.asked.aim is Aim.SIDE_OF else self.bodies[0]

    def _of_way(
        self, subject: Operand | None, way: Way, landmark: Operand | None
    ) -> Iterator[GeometryVerdict]:
        pair = self._pair(subject, landmark)
        if pair is not None and not (self._choosing and subject is None):
            first, second = pair
            yield way_verdict(
                self.case, first, second, way, edges=self.asked.edges and self.asked.superlative
            )

    def _pair(self, subject: Operand | None, landmark: Operand | None) -> tuple[Body, Body] | None:
        """The two that are compared; the one left unsaid is the other one of the question."""
        first, second = (None if one is None else self.case.body(one) for one in (subject, landmark))
        if (subject and first is None) or (landmark and second is None):
            return None
        if first is None and second is None:
            return (self.bodies[0], self.bodies[1]) if len(self.bodies) == 2 else None
        known = first or second
        assert known is not None
        others = [one for one in self.bodies if set(one.names).isdisjoint(known.names)]
        if len(others) != 1 and (first is None or second is None):
            return None
        pair = (first or others[0], second or others[0])
        return None if set(pair[0].names) & set(pair[1].names) else pair

    # the main point

    def _yes_no(self, details: list[GeometryVerdict]) -> list[GeometryVerdict]:
        """Yes or no to the question; without either word, whatever the reply says instead."""
        if self.said.yes is None:
            return []
        proposition = self._proposition()
        told = proposition if self.said.yes else proposition.denied()
        if proposition.standing is not Standing.UNDECIDABLE:
            return [told._replace(said="yes" if self.said.yes else "no")]
        return [proposition]

    def _proposition(self) -> GeometryVerdict:
        """What a yes/no question asks to confirm."""
        asked, bodies = self.asked, self.bodies
        if asked.aim is Aim.SIDE and asked.side is not None:
            return side_verdict(self.case, bodies[0], frozenset({asked.side}))
        if asked.aim is Aim.ACROSS:
            return across_verdict(self.case, bodies[0])
        if asked.aim is Aim.SAME_SIDE:
            return same_side_verdict(self.case, bodies[0], bodies[1], opposed=asked.opposed)
        if asked.aim is Aim.CONTACT:
            return contact_verdict(self.case, bodies[0], bodies[1])
        if asked.aim is Aim.SIZE and len(asked.ways) == 1:
            return size_verdict(self.case, bodies[0], bodies[1], larger=asked.ways[0].sign > 0)
        if asked.aim is Aim.RELATION and len(asked.ways) == 1:
            return way_verdict(self.case, bodies[0], bodies[1], asked.ways[0])
        return undecidable("the question can be read in two ways")

    def side(self) -> list[GeometryVerdict]:
        """The details are the answer."""
        return []

    def side_of(self) -> list[GeometryVerdict]:
        """`On the right` of the landmark, which the question names first."""
        sides = self._one_side()
        if sides is None:
            return []
        way = Way(0, 1 if sides is Side.RIGHT else -1)
        return [way_verdict(self.case, self.bodies[1], self.bodies[0], way)]

    def relation(self) -> list[GeometryVerdict]:
        """Which of the two, or which way."""
        if self.asked.superlative:
            return self._chosen(self._farther)
        side = self._one_side()
        if self.asked.ways[0].axis == 0 and side is not None and not self.said.named:
            way = Way(0, 1 if side is Side.RIGHT else -1)
            return [way_verdict(self.case, self.bodies[0], self.bodies[1], way)]
        return []

    def size(self) -> list[GeometryVerdict]:
        """Which of the two is larger or smaller."""
        return self._chosen(self._larger)

    def level(self) -> list[GeometryVerdict]:
        """The vertebrae that the reply names."""
        if any(one.relative_level for one in self.said.statements):
            return []  # `below T5` names no level of its own
        operands = [named for one in self.said.statements if not one.denied for named in one.named]
        named = {name for one in operands for name in one.structures if name.startswith("vertebrae")}
        if not named:
            return []
        said = tuple(name for name in structures() if name in named)
        centre = bool(_CENTRE.search(self.question))
        return [level_verdict(self.case, self.bodies[0], said, centre=centre)]

    def volume(self) -> list[GeometryVerdict]:
        """The number of millilitres."""
        total = sum(one.volume_ml for one in self.bodies)
        return [self._number(total, "ml", f"the masks of {self.bodies[0].words} have")]

    def length(self) -> list[GeometryVerdict]:
        """The number of millimetres along the axis asked for."""
        axis, body = self.asked.ways[0].axis, self.bodies[0]
        return [self._number(float(body.high[axis] - body.low[axis]), "mm", f"the {body.words} measures")]

    def distance(self) -> list[GeometryVerdict]:
        """The number of millimetres between the centroids; a reply may mean the gap, so it is not refuted."""
        value = distance_mm(self.bodies[0], self.bodies[1])
        found = self._number(value, "mm", "between the centroids lie")
        return [found if found.standing is Standing.SUPPORTED else undecidable(found.reason)]

    def _number(self, value: float, unit: str, what: str) -> GeometryVerdict:
        why = self.case.block(-1, *self.bodies)
        if why:
            return undecidable(why)
        return number_verdict(value, unit, self.said.numbers, unit, what)

    def _one_side(self) -> Side | None:
        sides = {side for one in self.said.statements for side in one.sides if not one.denied}
        return sides.pop() if len(sides) == 1 and sides <= {Side.LEFT, Side.RIGHT} else None

    def _chosen(self, verdict: Callable[[Body, Body], GeometryVerdict]) -> list[GeometryVerdict]:
        """The one that the reply names, if it names one alone; if both, its details decide."""
        if len(self.bodies) != 2:
            return [undecidable("the question leaves open what is compared")]
        chosen = [one for one in self.bodies if self._names(one)]
        turned = self._turned()
        if len(chosen) != 1 or turned is None or any(one.denied for one in self.said.statements):
            return []
        other = self.bodies[1] if chosen[0] is self.bodies[0] else self.bodies[0]
        return [verdict(other, chosen[0])] if turned else [verdict(chosen[0], other)]

    def _turned(self) -> bool | None:
        """Whether the reply says the opposite of what is asked: `the left is smaller` asked for the larger.

        None where it says both.
        """
        asked = self.asked.ways[0]
        if self.asked.aim is Aim.SIZE:
            signs = {one.larger for one in self.said.statements if one.larger is not None}
            turned = {said is not (asked.sign > 0) for said in signs}
        else:
            ways = {said.way for one in self.said.statements for said in one.ways}
            turned = {way.sign != asked.sign for way in ways if way.axis == asked.axis}
        return None if len(turned) > 1 else bool(turned and turned.pop())

    def _names(self, body: Body) -> bool:
        named = {name for one in self.said.named for name in one.structures}
        if named:
            return bool(named & set(body.structures))
        side = self._one_side()
        return side is not None and {structures()[name].side for name in body.names} == {side}

    def _farther(self, chosen: Body, other: Body) -> GeometryVerdict:
        found = way_verdict(self.case, chosen, other, self.asked.ways[0], edges=self.asked.edges)
        return found._replace(said=f"the {chosen.words}")

    def _larger(self, chosen: Body, other: Body) -> GeometryVerdict:
        found = size_verdict(self.case, chosen, other, larger=self.asked.ways[0].sign > 0)
        return found._replace(said=f"the {chosen.words}")


_MAIN: Mapping[Aim, Callable[[_Check], list[GeometryVerdict]]] = {
    Aim.SIDE: _Check.side,
    Aim.SIDE_OF: _Check.side_of,
    Aim.ACROSS: _Check.side,
    Aim.SAME_SIDE: _Check.side,
    Aim.RELATION: _Check.relation,
    Aim.CONTACT: _Check.side,
    Aim.SIZE: _Check.size,
    Aim.LEVEL: _Check.level,
    Aim.VOLUME: _Check.volume,
    Aim.LENGTH: _Check.length,
    Aim.DISTANCE: _Check.distance,
    Aim.PLACE: _Check.side,
}
