"""State of each item of a reading, and what the rules allow in that state."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import NamedTuple

from CTSpatialVQALib.reading.plan import ItemKey, ReadingPlan
from CTSpatialVQALib.reading.steps import Correcting
from CTSpatialVQALib.reading.visible import Sight, sight
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import ReadingMode, Stage


class Given(NamedTuple):
    """A standing verdict and the log event that says it."""

    event_id: str
    verdict: Verdict


class LastGiven(NamedTuple):
    """The verdict given last, which undo speaks of."""

    key: ItemKey
    stage: Stage


class ItemState(NamedTuple):
    """What is known of one item.

    Parameters
    ----------
    draft : comment, or own answer, as typed so far; empty once it was given
    correcting : the verdict that is being given anew; it stands until then
    """

    blind: Given | None = None
    final: Given | None = None
    own: Reply | None = None
    draft: str = ""
    flagged: bool = False
    correcting: Correcting | None = None

    def given(self, stage: Stage) -> Given | None:
        """The standing verdict of that stage."""
        return self.blind if stage is Stage.BLIND else self.final

    def settled(self, standing: Given) -> ItemState:
        """With this verdict; what was typed is its comment now, and no correction is under way."""
        if standing.verdict.stage is Stage.BLIND:
            return self._replace(blind=standing, draft="", correcting=None)
        return self._replace(final=standing, draft="", correcting=None)


_UNTOUCHED = ItemState()


class Standings:
    """What the state and the board that makes the next one both know.

    Parameters
    ----------
    items : only those that something happened to
    revealed : cases whose reference, overlay, scores, model names and geometry are open (mode blinded)
    """

    plan: ReadingPlan
    items: Mapping[ItemKey, ItemState]
    revealed: Set[str]

    def of(self, key: ItemKey) -> ItemState:
        """What is known of an item."""
        return self.items.get(key, _UNTOUCHED)

    def stage_of(self, key: ItemKey) -> Stage | None:
        """The stage that a verdict given now on this item has; None where it can have none.

        Blinded: blind until the case is revealed, then final; a second reading is blind only.
        """
        item = self.plan.item(key)
        if item.reply is None:
            return None
        if self.plan.rules.mode is ReadingMode.OPEN:
            return Stage.FINAL
        if item.case_id not in self.revealed:
            return Stage.BLIND
        return Stage.FINAL if key.occasion == 1 else None

    def is_open(self, key: ItemKey) -> bool:
        """Whether something has to be given here now: a verdict, an own answer or a correction."""
        state = self.of(key)
        if state.correcting is not None:
            return True
        if self.plan.rules.mode is ReadingMode.UNAIDED:
            return state.own is None
        stage = self.stage_of(key)
        return stage is not None and state.given(stage) is None

    def is_done(self, key: ItemKey) -> bool:
        """Whether everything that is ever asked of this item was given."""
        return not self.is_open(key) and self.is_complete(key)

    def is_complete(self, key: ItemKey) -> bool:
        """Whether an item that is not open now will not be opened later either."""
        if self.plan.item(key).reply is None and self.of(key).own is None:
            return False
        blinded = self.plan.rules.mode is ReadingMode.BLINDED
        return not blinded or key.occasion > 1 or self.of(key).final is not None

    def can_reveal(self, case_id: str) -> bool:
        """Whether all items of the case have their blind verdict, and it is not revealed yet."""
        return (
            self.plan.rules.mode is ReadingMode.BLINDED
            and case_id not in self.revealed
            and not any(self.is_open(key) for key in self.plan.by_case.get(case_id, ()))
        )

    def sight_of(self, key: ItemKey) -> Sight:
        """What may be shown of an item."""
        return sight(self.plan.rules, revealed=self.plan.item(key).case_id in self.revealed)
