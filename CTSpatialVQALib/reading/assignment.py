"""Questions dealt out to readers by the study's rules, the same on every computer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.base import sha256_of
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.study import AssignmentRules, ReadingRules


class Share(NamedTuple):
    """What one reader reads: question ids, and those among them that he reads a second time."""

    questions: frozenset[str]
    repeated: frozenset[str]


def dealt_order(ids: Iterable[str], *purpose: str | int) -> list[str]:
    """`ids` in an order that looks random, and is the same wherever it is computed.

    Sorted by a hash of purpose and id, not by a random generator: the result does not depend on the order
    in which the ids come, and an id that is added later moves no other.
    """
    return sorted(ids, key=lambda item_id: (sha256_of([*purpose, item_id]), item_id))


def share_of(reader: str, rules: ReadingRules, questions: Sequence[Question]) -> Share:
    """What `reader` reads; everything once, where the study assigns nothing.

    Raises
    ------
    BadInput
        If the study names its readers and this is none of them.
    """
    if rules.assignment is None:
        return Share(frozenset(question.question_id for question in questions), frozenset())
    shares = assign(rules.assignment, rules.seed, questions)
    if reader not in shares:
        raise BadInput(
            f"reader {shown(reader)}",
            expected=f"a reader of this study ({', '.join(rules.assignment.readers)})",
            came=shown(reader),
            remedy="Give your own pseudonym, or add it to [reading.assignment] before anyone has read",
        )
    return shares[reader]


def assign(rules: AssignmentRules, seed: int, questions: Sequence[Question]) -> dict[str, Share]:
    """Deal the questions to all readers of the study.

    Scheme `split`: of the units (cases or single questions), round(overlap x units) go to everyone, at least
    one where the overlap is not 0; each of the others goes to the reader with the fewest questions so far.
    So two readers differ by no more questions than the largest unit has.
    `repeats`: round(repeats x questions of the reader) of his questions, at least one, are read twice.

    Parameters
    ----------
    seed : from [reading]; another seed deals otherwise
    """
    units = _units(rules, questions)
    order = dealt_order(units, seed, "unit")
    common = len(order) if rules.scheme == "all" else _count(rules.overlap, len(order))
    hands: dict[str, set[str]] = {reader: set() for reader in dealt_order(rules.readers, seed, "reader")}
    for unit in order[:common]:
        for hand in hands.values():
            hand.update(units[unit])
    for unit in order[common:]:
        min(hands.values(), key=len).update(units[unit])
    return {reader: _with_repeats(reader, hands[reader], rules.repeats, seed) for reader in rules.readers}


def _units(rules: AssignmentRules, questions: Sequence[Question]) -> Mapping[str, tuple[str, ...]]:
    units: dict[str, list[str]] = {}
    for question in questions:
        unit = question.case_id if rules.unit == "case" else question.question_id
        units.setdefault(unit, []).append(question.question_id)
    return {unit: tuple(ids) for unit, ids in units.items()}


def _count(share: float, of: int) -> int:
    return min(of, max(1, round(share * of))) if share > 0 else 0


def _with_repeats(reader: str, hand: set[str], repeats: float, seed: int) -> Share:
    again = dealt_order(hand, seed, "repeat", reader)[: _count(repeats, len(hand))]
    return Share(frozenset(hand), frozenset(again))
