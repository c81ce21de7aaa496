"""What the reader may see at a moment, decided in this one place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from CTSpatialVQALib.reading.plan import Item, ItemKey
from CTSpatialVQALib.records.study import ReadingRules
from CTSpatialVQALib.records.words import Category, ReadingMode, Stage


class ShownCt(StrEnum):
    """How much of the CT may be shown."""

    VOLUME = "volume"
    ONE_SLICE = "one_slice"
    NONE = "text_only"


@dataclass(frozen=True)
class Sight:
    """What the rules allow, whatever the item says. Everything hidden unless stated.

    Parameters
    ----------
    reply : the model's answer
    model : who gave it, how long it took, on what it rests
    overlay : structures over slices and in 3D, their chips, and slices that jump to them
    geometry : measured relations of the structures
    scores : judgements by rules, judges and jury
    other_replies : what other models, or the same under a probe, answered
    """

    ct: ShownCt = ShownCt.NONE
    reply: bool = False
    model: bool = False
    reference: bool = False
    report: bool = False
    overlay: bool = False
    geometry: bool = False
    scores: bool = False
    other_replies: bool = False

    @property
    def aided(self) -> bool:
        """Whether a verdict given under this sight was helped by more than CT, question and reply."""
        return any(
            (self.reference, self.report, self.overlay, self.geometry, self.scores, self.other_replies)
        )


_BLIND = Sight(ct=ShownCt.VOLUME, reply=True)
_EVERYTHING = Sight(
    ct=ShownCt.VOLUME,
    reply=True,
    model=True,
    reference=True,
    report=True,
    overlay=True,
    geometry=True,
    scores=True,
    other_replies=True,
)


def sight(rules: ReadingRules, *, revealed: bool) -> Sight:
    """What may be shown of an item.

    Parameters
    ----------
    revealed : whether the item's case was revealed; of no account in modes `open` and `unaided`
    """
    if rules.mode is ReadingMode.UNAIDED:
        return Sight(ct=ShownCt(rules.material))
    if rules.mode is ReadingMode.BLINDED and not revealed:
        return _BLIND
    return _EVERYTHING


@dataclass(frozen=True)
class Visible:
    """All that may be shown now; what is hidden is not in here, so that a window cannot leak it.

    Parameters
    ----------
    sight : for what the window gets elsewhere (CT, overlay, geometry, scores, other replies)
    key, case_id : what is shown; None before the first question
    reply, model, reference, report : texts, None where hidden or where there is none
    stage : the stage of a verdict given now; None where none can be given
    answers_himself : the reader is asked for an answer of his own
    suggestion : whether the geometry's suggestion of an error type may appear: only where geometry may, and
        after a verdict key was pressed
    can_reveal : the case is ready to be revealed
    """

    sight: Sight
    key: ItemKey | None = None
    case_id: str | None = None
    question: str = ""
    categories: tuple[Category, ...] = ()
    reply: str | None = None
    model: str | None = None
    reference: str | None = None
    report: str | None = None
    stage: Stage | None = None
    answers_himself: bool = False
    suggestion: bool = False
    can_reveal: bool = False

    @property
    def aided(self) -> bool:
        """What a verdict given now says about itself."""
        return self.sight.aided or self.suggestion


NOTHING = Visible(Sight())


def visible_of(
    item: Item, seen: Sight, *, report: str | None, stage: Stage | None, choosing: bool, can_reveal: bool
) -> Visible:
    """The texts of `item` that `seen` lets through."""
    reply = item.reply
    return Visible(
        sight=seen,
        key=item.key,
        case_id=item.case_id,
        question=item.question.text,
        categories=item.question.categories,
        reply=reply.answer if reply is not None and seen.reply else None,
        model=reply.key.backend if reply is not None and seen.model else None,
        reference=item.question.reference if seen.reference else None,
        report=report if seen.report else None,
        stage=stage,
        answers_himself=not seen.reply,
        suggestion=choosing and seen.geometry,
        can_reveal=can_reveal,
    )
