"""Steps that no window makes, but a file may hold: each is refused and the state stays as it was."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from CTSpatialVQALib.reading.human_control import own_reply
from CTSpatialVQALib.reading.plan import ItemKey
from CTSpatialVQALib.reading.refusal import NotAllowed
from CTSpatialVQALib.reading.state import ReadingState
from CTSpatialVQALib.reading.steps import (
    Answered,
    Correcting,
    Drafted,
    Flagged,
    Judged,
    Revealed,
    Shown,
    Step,
)
from CTSpatialVQALib.reading.visible import ShownCt
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.words import ReadingMode, Stage
from Testing.reading.tables import NOON, plan, reading

PLAN = plan(ReadingMode.BLINDED, cases=1, questions=1)
FIRST, SECOND = (item.key for item in PLAN.items)
BEGUN = ReadingState(PLAN).after([Shown(FIRST, Stage.BLIND, NOON)])
FITTING: dict[str, object] = {
    "reader": "reader-1",
    "reply_id": FIRST.reply_id,
    "question_id": FIRST.question_id,
    "question_sha256": PLAN.items[0].question.question_sha256,
    "stage": "blind",
    "value": "correct",
    "aided": False,
    "given_utc": NOON,
}


def judged(event_id: str = "e-1", **changed: object) -> Judged:
    return Judged(event_id, Verdict.model_validate(FITTING | changed))


def test_a_fitting_verdict_is_taken_and_the_state_before_stays() -> None:
    after = BEGUN.after([judged()])
    assert after.of(FIRST).blind == ("e-1", judged().verdict)
    assert BEGUN.of(FIRST).blind is None


@pytest.mark.parametrize(
    "changed",
    [
        {"reader": "reader-2"},
        {"question_sha256": "0" * 64},
        {"stage": "final"},
        {"aided": True},
        {"corrects": "e-0", "correction_reason": "mis-key"},
        {"reply_id": SECOND.reply_id},
        {"reply_id": "0" * 64},
        {"occasion": 2},
    ],
    ids=str,
)
def test_a_verdict_that_does_not_follow_from_the_state_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(NotAllowed):
        BEGUN.after([judged(**changed)])


@pytest.mark.parametrize("corrects", [None, "e-9"])
def test_a_second_verdict_must_correct_the_one_that_stands(corrects: str | None) -> None:
    reason = "looked again" if corrects else ""
    with pytest.raises(NotAllowed, match="replacing event e-1"):
        BEGUN.after([judged(), judged("e-2", corrects=corrects, correction_reason=reason)])
    right = judged("e-2", corrects="e-1", correction_reason="looked again")
    assert BEGUN.after([judged(), right]).of(FIRST).blind == ("e-2", right.verdict)


@pytest.mark.parametrize(
    "step",
    [
        Shown(FIRST, Stage.FINAL, NOON),
        Shown(FIRST, None, NOON),
        Shown(FIRST, Stage.BLIND, NOON, Correcting("e-0", "mis-key")),
        Shown(ItemKey("case-9::0"), None, NOON),
        Drafted(ItemKey("case-0::0", "0" * 64), "hm"),
        Flagged(ItemKey("case-9::0"), True),
        Revealed("case-0::0"),
        Revealed("case-9::0"),
        Answered(
            own_reply(
                PLAN.items[0].question,
                "On the left.",
                reader="reader-1",
                saw=ShownCt.VOLUME,
                shown_utc=NOON,
                given_utc=NOON,
            ),
            1,
        ),
    ],
    ids=lambda step: f"{type(step).__name__}",
)
def test_any_other_step_that_the_rules_forbid_is_refused(step: Shown) -> None:
    with pytest.raises(NotAllowed):
        BEGUN.after([step])


def test_a_correction_needs_a_reason_and_the_verdict_that_stands() -> None:
    given = BEGUN.after([judged()])
    for wrong in (Correcting("e-0", "mis-key"), Correcting("e-1", " ")):
        with pytest.raises(NotAllowed, match="a standing verdict of the present stage, and a reason"):
            given.after([Shown(FIRST, Stage.BLIND, NOON, wrong)])
    assert given.after([Shown(FIRST, Stage.BLIND, NOON, Correcting("e-1", "mis-key"))]).is_open(FIRST)


def test_opening_copies_the_state_as_often_for_many_replies_as_for_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[ReadingState] = []
    after = ReadingState.after

    def counted(state: ReadingState, steps: Iterable[Step]) -> ReadingState:
        copied.append(state)
        return after(state, steps)

    monkeypatch.setattr(ReadingState, "after", counted)
    counts = set()
    for cases in (1, 8):
        copied.clear()
        with reading(tmp_path / f"{cases}.sqlite", plan(ReadingMode.BLINDED, cases=cases)):
            counts.add(len(copied))
    assert len(counts) == 1
