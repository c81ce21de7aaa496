"""A reader who does everything a reader can do, in an order thrown by dice: for machines and for kills."""

from __future__ import annotations

import random

from CTSpatialVQALib.reading.keys import FLOWS, Judgement, judgement_of
from CTSpatialVQALib.reading.refusal import NotAllowed
from CTSpatialVQALib.reading.session import Reading
from CTSpatialVQALib.reading.state import ReadingState
from CTSpatialVQALib.records.base import canonical_json, sha256_of
from CTSpatialVQALib.records.words import ReadingMode

OPERATIONS = "next previous next_unanswered go_to give undo reveal draft flag".split()


def some_judgement(dice: random.Random) -> Judgement:
    key = dice.choice(list(FLOWS))
    return judgement_of(
        key, {"2": dice.choice(["A", "CX", "JZ"]), "4": dice.choice(["A", "BD"])}.get(key, "")
    )


def act(here: Reading, dice: random.Random, operation: str | None = None) -> bool:
    """Do something; whether it was allowed."""
    operation = operation or dice.choice([*OPERATIONS, "next_unanswered", "give", "give", "give"])
    try:
        if operation == "go_to":
            here.go_to(dice.choice(here.plan.items).key)
        elif operation == "give" and here.plan.rules.mode is ReadingMode.UNAIDED:
            here.answer(f"On the left, {dice.random()}.")
        elif operation == "give":
            here.judge(some_judgement(dice))
        elif operation == "draft":
            here.keep_draft(dice.choice(["", "hm", f"wo? où? 何処? {dice.random()}"]))
        elif operation == "flag":
            here.flag(dice.choice([True, False]))
        else:
            getattr(here, operation)()
    except NotAllowed:
        return False
    return True


def digest(state: ReadingState) -> str:
    """All of a state but its plan, as a hash that can be told through a pipe."""
    items = sorted(
        [
            [str(part) for part in key],
            [
                None if given is None else [given.event_id, given.verdict.to_json()]
                for given in (known.blind, known.final)
            ],
            None if known.own is None else known.own.to_json(),
            known.draft,
            known.flagged,
            known.correcting,
        ]
        for key, known in state.items.items()
    )
    rest = [state.current, str(state.shown_utc), sorted(state.revealed), state.last]
    return sha256_of(canonical_json([items, rest]))
