"""What a reader can do, what is refused, and that a reading goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.reading.keys import CORRECT, UNSURE, Judgement, judgement_of
from CTSpatialVQALib.reading.plan import ItemKey, plan_reading
from CTSpatialVQALib.reading.progress import Standing
from CTSpatialVQALib.reading.refusal import NotAllowed
from CTSpatialVQALib.reading.session import Reading
from CTSpatialVQALib.records.event import Actor, EventKind
from CTSpatialVQALib.records.judgement import Verdict, Viewing
from CTSpatialVQALib.records.words import Probe, ReadingMode, Stage, VerdictValue
from Testing.reading.tables import MODELS, Clock, plan, reading, replies, reply, study

OPEN, BLINDED, UNAIDED = ReadingMode.OPEN, ReadingMode.BLINDED, ReadingMode.UNAIDED


def kinds(path: Path) -> list[EventKind]:
    with AuditLog.open(path, Actor(id="looks")) as log:
        return [record.event.kind for record in log.records()]


def test_an_open_reading_is_one_final_aided_verdict_per_reply(log_path: Path) -> None:
    with reading(log_path, plan(OPEN, cases=1)) as here:
        given = []
        while not given or here.progress.done < here.progress.total:
            here.next_unanswered()
            given.append(here.judge(CORRECT))
        assert str(here.progress) == "4 of 4"
    assert {(verdict.stage, verdict.aided) for verdict in given} == {(Stage.FINAL, True)}
    assert len({verdict.key for verdict in given}) == 4
    assert kinds(log_path).count(EventKind.VERDICT) == 4
    assert verify(log_path).holds


def test_the_draft_becomes_the_comment_and_is_gone(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here:
        here.next()
        here.keep_draft("left and ri")
        here.keep_draft("left and right")
        assert here.draft == "left and right"
        assert here.judge(UNSURE).comment == "left and right"
        assert here.draft == ""


def test_the_verdict_holds_when_it_was_shown_and_given_and_what_was_in_view(log_path: Path) -> None:
    view = Viewing(
        slice_ras=(1.0, 2.0, 3.0), layout="axial", structures=("liver",), markers=((0.0, 0.0, 1.0),)
    )
    with reading(log_path, plan(OPEN)) as here:
        here.next()
        verdict = here.judge(judgement_of("2", "ay"), viewing=view)
    assert verdict.shown_utc is not None
    assert verdict.given_utc > verdict.shown_utc
    assert verdict.viewing == view
    with AuditLog.open(log_path, Actor(id="looks")) as log:
        (kept,) = [
            record.event.payload["verdict"] for record in log.records() if "verdict" in record.event.payload
        ]
    assert Verdict.model_validate(kept) == verdict


def test_undo_reopens_the_last_verdict_and_the_new_one_corrects_it(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here:
        first = here.next()
        here.judge(CORRECT)
        here.next()
        assert here.undo().key == first.key
        assert here.lines()[0].standing is Standing.CORRECTING
        assert here.progress.done == 0
        corrected = here.judge(judgement_of("3"))
        assert (corrected.value, corrected.correction_reason) == (VerdictValue.UNSURE, "mis-key")
        assert here.progress.done == 1
    with AuditLog.open(log_path, Actor(id="looks")) as log:
        first_event = next(record.event for record in log.records() if record.event.kind is EventKind.VERDICT)
    assert corrected.corrects == first_event.event_id


def test_a_second_verdict_on_an_item_is_a_correction_with_its_reason(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here:
        here.next()
        here.judge(CORRECT)
        assert here.judge(UNSURE, reason="looked again").correction_reason == "looked again"
    assert kinds(log_path)[-3:] == [EventKind.VERDICT, EventKind.CORRECTION, EventKind.SESSION_CLOSED]


def test_undo_with_nothing_given_is_refused_and_writes_nothing(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here:
        here.next()
        before = here.state
        with pytest.raises(NotAllowed, match="nothing to undo"):
            here.undo()
        assert here.state == before
    assert kinds(log_path)[-2:] == [EventKind.QUESTION_SHOWN, EventKind.SESSION_CLOSED]


@pytest.mark.parametrize("mode", [OPEN, UNAIDED])
def test_there_is_nothing_to_reveal_in_other_modes(log_path: Path, mode: ReadingMode) -> None:
    with reading(log_path, plan(mode)) as here:
        here.next()
        with pytest.raises(NotAllowed, match=f"mode {mode}"):
            here.reveal()


def blind_judged(here: Reading, case_id: str) -> None:
    for key in here.plan.by_case[case_id]:
        here.go_to(key)
        here.judge(UNSURE)


def test_a_case_is_revealed_only_after_all_its_blind_verdicts_and_then_asks_for_final_ones(
    log_path: Path,
) -> None:
    with reading(log_path, plan(BLINDED, cases=2)) as here:
        case_id = here.next_unanswered().case_id
        assert case_id is not None
        for key in here.plan.by_case[case_id]:
            here.go_to(key)
            assert not here.visible().can_reveal
            with pytest.raises(NotAllowed, match="blind verdict on every reply"):
                here.reveal()
            verdict = here.judge(CORRECT)
            assert (verdict.stage, verdict.aided) == (Stage.BLIND, False)
        assert here.visible().can_reveal
        assert here.progress[:3] == (0, 8, 4)
        assert here.reveal().reference is not None
        with pytest.raises(NotAllowed, match="revealed before"):
            here.reveal()
        assert here.next_unanswered().case_id == case_id
        final = here.judge(UNSURE)
        assert (final.stage, final.aided, final.corrects) == (Stage.FINAL, True, None)
        assert here.state.of(here.state.current or key).blind is not None
        assert here.progress.done == 1


def test_a_blind_verdict_can_be_undone_before_the_reveal_but_not_after(log_path: Path) -> None:
    with reading(log_path, plan(BLINDED, cases=1, questions=1)) as here:
        blind_judged(here, "case-0")
        here.undo()
        assert not here.visible().can_reveal
        assert here.judge(CORRECT).stage is Stage.BLIND
        here.reveal()
        with pytest.raises(NotAllowed, match="once its case is revealed"):
            here.undo()


def test_a_second_reading_keeps_its_case_hidden_until_it_is_given_too(log_path: Path) -> None:
    with reading(log_path, plan(BLINDED, cases=1, models=MODELS[:1], repeats=0.5)) as here:
        assert [item.key.occasion for item in here.plan.items] == [1, 1, 2]
        for _ in range(2):
            here.next_unanswered()
            here.judge(CORRECT)
        assert not here.visible().can_reveal
        assert here.next_unanswered().key == here.plan.items[2].key
        repeated = here.judge(UNSURE)
        assert (repeated.occasion, repeated.corrects) == (2, None)
        here.reveal()
        with pytest.raises(NotAllowed, match="waits for a verdict"):  # a second reading is blind only
            here.judge(CORRECT)
        for _ in range(2):
            here.next_unanswered()
            here.judge(CORRECT)
        assert str(here.progress) == "3 of 3"


def test_an_unaided_reader_answers_himself_and_may_answer_anew(log_path: Path) -> None:
    with reading(log_path, plan(UNAIDED, cases=1, material="one_slice")) as here:
        here.next_unanswered()
        here.keep_draft("On the le")
        here.answer("On the left.")
        here.answer("On the right.")
        with pytest.raises(NotAllowed, match="waits for a verdict"):
            here.judge(CORRECT)
        with pytest.raises(NotAllowed, match="blank"):
            here.answer("  ")
        assert str(here.progress) == "1 of 2"
        own = here.state.of(here.plan.items[0].key).own
    assert own is not None
    assert (own.answer, own.key.backend, own.key.probe) == ("On the right.", "reader-1", Probe.SINGLE_SLICE)
    assert kinds(log_path).count(EventKind.READER_ANSWERED) == 2


def test_answering_is_refused_where_replies_are_read(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here:
        here.next()
        with pytest.raises(NotAllowed, match="mode unaided"):
            here.answer("On the left.")


def test_nothing_can_be_judged_before_something_is_shown(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here, pytest.raises(NotAllowed, match="Go to a question first"):
        here.judge(CORRECT)


def test_a_judgement_that_contradicts_itself_is_refused_and_writes_nothing(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here:
        here.next()
        before = here.state
        with pytest.raises(ValidationError, match="an error type with 'incorrect'"):
            here.judge(Judgement(value=VerdictValue.INCORRECT))
        assert here.state == before
    assert EventKind.VERDICT not in kinds(log_path)


def test_next_and_previous_stay_at_the_ends(log_path: Path) -> None:
    with reading(log_path, plan(OPEN, cases=1, models=MODELS[:1])) as here:
        first, second = (item.key for item in here.plan.items)
        assert here.next().key == first
        assert here.previous().key == first
        assert here.next().key == second
        assert here.next().key == second
        assert here.previous().key == first


def test_next_unanswered_goes_round_and_stays_when_all_is_done(log_path: Path) -> None:
    with reading(log_path, plan(OPEN, cases=1, models=MODELS[:1])) as here:
        first, second = (item.key for item in here.plan.items)
        here.go_to(second)
        assert here.next_unanswered().key == first
        here.judge(CORRECT)
        assert here.next_unanswered().key == second
        here.judge(CORRECT)
        assert here.next_unanswered().key == second


def test_flags_and_drafts_show_in_the_list(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here:
        here.next()
        here.flag()
        here.keep_draft("hm")
        assert [(line.flagged, line.has_draft) for line in here.lines()][:2] == [(True, True), (False, False)]
        assert here.progress.flagged == 1
        here.flag(False)
        assert here.progress.flagged == 0


def test_what_changes_nothing_is_not_written(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here:
        here.next()
        here.flag(False)
        here.keep_draft("")
    assert kinds(log_path)[-2:] == [EventKind.QUESTION_SHOWN, EventKind.SESSION_CLOSED]


def test_a_reading_goes_on_exactly_where_it_stopped(log_path: Path) -> None:
    of = plan(BLINDED, repeats=0.3)
    with reading(log_path, of) as here:
        here.next_unanswered()
        case_id = here.visible().case_id
        assert case_id is not None
        blind_judged(here, case_id)
        here.reveal()
        here.next_unanswered()
        here.judge(CORRECT)
        here.flag()
        here.undo(reason="looked again")
        here.keep_draft("on second tho")
        before = here.state
    with reading(log_path, of) as again:
        assert again.state == before
        assert again.draft == "on second tho"
        assert again.judge(UNSURE).correction_reason == "looked again"


def test_an_item_unknown_to_the_reading_is_refused(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here, pytest.raises(NotAllowed, match="an item of this reading"):
        here.go_to(ItemKey("case-0::0", "0" * 64))


def test_the_log_of_another_reader_is_refused(log_path: Path) -> None:
    with reading(log_path, plan(OPEN, reader="reader-1")) as here:
        here.next()
    other = plan(OPEN, reader="reader-2")
    with pytest.raises(BadInput, match="the log of reader 'reader-2'"), reading(log_path, other):
        pass


def test_a_log_opened_by_another_than_the_reader_is_refused(log_path: Path) -> None:
    with (
        pytest.raises(NotAllowed, match="opened by reader 'reader-1'"),
        reading(log_path, plan(OPEN), reader="reader-9"),
    ):
        pass


def test_the_log_of_other_rules_is_refused(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)):
        pass
    with (
        pytest.raises(BadInput, match=r"record 1: session: expected study 'pilot'.*read blinded"),
        reading(log_path, plan(BLINDED)),
    ):
        pass


def test_a_log_with_verdicts_on_replies_that_are_missing_now_is_refused(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here:
        here.go_to(here.plan.items[0].key)
        here.judge(CORRECT)
    without = plan(OPEN, models=("another-model",))
    with (
        pytest.raises(BadInput, match="Give the study and all runs that were read before"),
        reading(log_path, without),
    ):
        pass


def test_two_programs_cannot_read_with_one_log(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here:
        with (
            pytest.raises(WorkFailed, match="another program reads with this log"),
            reading(log_path, plan(OPEN)),
        ):
            pass
        here.next()
    with reading(log_path, plan(OPEN)) as again:
        again.next()


def test_events_of_other_programs_in_the_log_do_not_disturb(log_path: Path) -> None:
    with reading(log_path, plan(OPEN)) as here:
        here.next()
        with AuditLog.open(log_path, Actor(id="ctspatialvqa", role="program")) as log:
            log.append(EventKind.CONSENT_GIVEN, {"host": "example.org"})
        here.judge(CORRECT)
        before = here.state
    with reading(log_path, plan(OPEN)) as again:
        assert again.state == before


def test_replies_that_come_during_an_open_reading_are_read_too(log_path: Path) -> None:
    made = study(OPEN, cases=1)
    with reading(log_path, plan_reading(made, [], "reader-1")) as here:
        waiting = here.next()
        assert waiting.reply is None
        assert here.lines()[0].standing is Standing.NO_REPLY
        here.keep_draft("before any answer")
        with pytest.raises(NotAllowed, match="Ask a model first"):
            here.judge(CORRECT)
        here.extend(plan_reading(made, replies(made, MODELS[0]), "reader-1"))
        assert here.visible().reply is not None
        assert here.judge(CORRECT).comment == "before any answer"
        before = here.state
    with reading(log_path, plan_reading(made, replies(made, *MODELS), "reader-1")) as again:
        assert again.state == before
        assert str(again.progress) == "1 of 4"
    assert kinds(log_path).count(EventKind.REPLY_RECEIVED) == 4


def test_a_reply_that_comes_after_its_case_was_revealed_is_refused(log_path: Path) -> None:
    made = study(BLINDED, cases=1, questions=1)
    with reading(log_path, plan_reading(made, replies(made, MODELS[0]), "reader-1")) as here:
        here.next()
        here.judge(CORRECT)
        here.reveal()
        before = here.state
        with pytest.raises(BadInput, match="reveal of case 'case-0'"):
            here.extend(plan_reading(made, replies(made, *MODELS), "reader-1"))
        assert here.state == before
        assert here.judge(CORRECT).stage is Stage.FINAL


def test_the_log_alone_tells_question_and_reply(log_path: Path) -> None:
    made = study(OPEN, cases=1, questions=1)
    asked = reply(made.questions[0], MODELS[0])
    with reading(log_path, plan_reading(made, [asked], "reader-1")):
        pass
    with AuditLog.open(log_path, Actor(id="looks")) as log:
        (payload,) = [r.event.payload for r in log.records() if r.event.kind is EventKind.REPLY_RECEIVED]
    assert payload["reply"] == asked.model_dump(mode="json")
    assert payload["question"] == made.questions[0].model_dump(mode="json")


def test_a_clock_that_goes_back_changes_nothing_of_the_state(log_path: Path) -> None:
    clock = Clock()
    with (
        AuditLog.open(log_path, Actor(id="reader-1"), now=clock) as log,
        Reading.open(plan(OPEN), log, now=clock) as here,
    ):
        here.next()
        clock.at = clock.at.replace(year=2001)
        here.judge(CORRECT)
        here.next()
        before = here.state
    with reading(log_path, plan(OPEN)) as again:
        assert again.state == before
