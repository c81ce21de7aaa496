"""Progress of a reading: counts, the list of items, and the next open one."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from CTSpatialVQALib.reading.plan import Item, ItemKey
from CTSpatialVQALib.reading.state import ReadingState


class Standing(StrEnum):
    """How an item stands, for the list of questions."""

    NO_REPLY = "no reply"
    OPEN = "open"
    CORRECTING = "being corrected"
    WAITING = "waits for the reveal"
    DONE = "done"


class Progress(NamedTuple):
    """Counts of items: `done` has everything it needs, `total` can be judged or answered."""

    done: int
    total: int
    waiting: int
    flagged: int

    def __str__(self) -> str:
        """As the reader sees it."""
        return f"{self.done} of {self.total}"


class Line(NamedTuple):
    """One line of the list of questions; `number` counts from 1."""

    number: int
    key: ItemKey
    case_id: str
    question: str
    standing: Standing
    flagged: bool
    has_draft: bool


def standing_of(state: ReadingState, item: Item) -> Standing:
    """How one item stands."""
    if state.of(item.key).correcting is not None:
        return Standing.CORRECTING
    if state.is_open(item.key):
        return Standing.OPEN
    if state.is_complete(item.key):
        return Standing.DONE
    return Standing.NO_REPLY if item.reply is None else Standing.WAITING


def progress_of(state: ReadingState) -> Progress:
    """How far the reading is; items without a reply do not count."""
    standings = [standing_of(state, item) for item in state.plan.items]
    return Progress(
        done=standings.count(Standing.DONE),
        total=len(standings) - standings.count(Standing.NO_REPLY),
        waiting=standings.count(Standing.WAITING),
        flagged=sum(item.flagged for item in state.items.values()),
    )


def lines_of(state: ReadingState) -> tuple[Line, ...]:
    """All items in the order of reading, with their state; no model, no reference."""
    return tuple(
        Line(
            number,
            item.key,
            item.case_id,
            item.question.text,
            standing_of(state, item),
            state.of(item.key).flagged,
            bool(state.of(item.key).draft),
        )
        for number, item in enumerate(state.plan.items, start=1)
    )


def next_open(state: ReadingState) -> ItemKey | None:
    """The first open item after the current one, round the end to the beginning; None if nothing is open.

    What belongs to the current case comes first, so that its reveal is not put off.
    """
    items = state.plan.items
    start = 0 if state.current is None else state.plan.positions[state.current] + 1
    following = [item for item in (*items[start:], *items[:start]) if state.is_open(item.key)]
    if state.current is not None:
        case_id = state.plan.item(state.current).case_id
        following.sort(key=lambda item: (item.case_id != case_id, item.key.occasion > 1))
    return following[0].key if following else None


def neighbour(state: ReadingState, by: int) -> ItemKey | None:
    """The item `by` places further (negative: back); None beyond the ends."""
    at = (0 if by > 0 else len(state.plan.items)) - (by > 0)
    if state.current is not None:
        at = state.plan.positions[state.current]
    return state.plan.items[at + by].key if 0 <= at + by < len(state.plan.items) else None
