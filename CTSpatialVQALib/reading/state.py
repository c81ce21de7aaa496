"""State of one reader's reading at one moment; steps lead to a new state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from CTSpatialVQALib.reading.plan import ItemKey, ReadingPlan
from CTSpatialVQALib.reading.standing_verdicts import ItemState, LastGiven, Standings
from CTSpatialVQALib.reading.steps import Step
from CTSpatialVQALib.reading.transitions import Board
from CTSpatialVQALib.reading.visible import NOTHING, Visible, visible_of


@dataclass(frozen=True)
class ReadingState(Standings):
    """One reader's reading at one moment. Begin with `ReadingState(plan)`, go on with `after`.

    Parameters
    ----------
    current, shown_utc : the item before the reader, and since when
    items : only those that something happened to
    revealed : cases whose reference, overlay, scores, model names and geometry are open (mode blinded)
    """

    plan: ReadingPlan = field(compare=False, repr=False)
    current: ItemKey | None = None
    shown_utc: datetime | None = None
    items: Mapping[ItemKey, ItemState] = field(default_factory=lambda: MappingProxyType({}))
    revealed: frozenset[str] = frozenset()
    last: LastGiven | None = None

    def after(self, steps: Iterable[Step]) -> ReadingState:
        """The state after these steps; this one stays as it is.

        Raises
        ------
        NotAllowed
            At the first step that the rules do not allow.
        """
        board = Board(self.plan, self.items, self.revealed, self.current, self.shown_utc, self.last)
        for step in steps:
            board.take(step)
        return ReadingState(
            plan=board.plan,
            current=board.current,
            shown_utc=board.shown_utc,
            items=MappingProxyType(board.items),
            revealed=frozenset(board.revealed),
            last=board.last,
        )

    def visible(self, *, choosing: bool = False) -> Visible:
        """All that may be shown now; `choosing`: a verdict key was pressed and its details are asked for."""
        if self.current is None:
            return NOTHING
        item = self.plan.item(self.current)
        return visible_of(
            item,
            self.sight_of(self.current),
            report=self.plan.reports.get(item.case_id),
            stage=self.stage_of(self.current),
            choosing=choosing,
            can_reveal=self.can_reveal(item.case_id),
        )
