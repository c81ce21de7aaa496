"""A model that does not look, or a server that has gone wrong, is told of while it is being asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from CTSpatialVQALib.backends.run_alarms import RunAlarm, RunAlarms
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.records.words import Outcome, Probe

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SIDES = ("On the left.", "On the right.")


def question(case: int, number: int, reference: str | None = None) -> Question:
    return Question(
        question_id=f"c{case}::{number}",
        case_id=f"c{case}",
        text=f"Where is finding {number}?",
        reference=reference or SIDES[(case * 7 + number * 3 + case * number) % 2],
    )


def reply(
    asked: Question,
    answer: str | None,
    *,
    outcome: Outcome = Outcome.ANSWERED,
    probe: Probe = Probe.FULL,
    contract: str = "slices",
) -> Reply:
    key = ReplyKey(
        question_id=asked.question_id,
        question_sha256=asked.question_sha256,
        backend="m",
        backend_version="1",
        contract=contract,
        probe=probe,
        presentation_sha256="1" * 64,
        prompt_sha256="2" * 64,
    )
    return Reply(
        reply_id=key.reply_id,
        key=key,
        case_id=asked.case_id,
        outcome=outcome,
        answer=answer,
        raw=answer or "",
        started_utc=NOW,
        duration_s=0.1,
    )


Make = Callable[[Question, int], Reply]


def alarms_of(questions: list[Question], make: Make) -> list[RunAlarm]:
    watch = RunAlarms({one.question_id: one for one in questions}, {})
    return [alarm for n, one in enumerate(questions) for alarm in watch.take([make(one, n)])]


PATIENTS_THEN_QUESTIONS = [question(case, number) for case in range(12) for number in range(6)]


def codes(alarms: list[RunAlarm]) -> list[str]:
    return [alarm.code for alarm in alarms]


def test_the_same_answer_to_one_question_whoever_the_patient_is_told_once() -> None:
    found = alarms_of(PATIENTS_THEN_QUESTIONS, lambda one, n: reply(one, f"Finding {one.text[-2]}: left"))
    assert codes(found) == ["same_answer_whatever_the_case"]
    assert "100% of" in found[0].message


def test_one_text_as_the_answer_to_everything_is_told_before_the_night_is_over() -> None:
    watch = RunAlarms({one.question_id: one for one in PATIENTS_THEN_QUESTIONS}, {})
    told_after = [
        n for n, one in enumerate(PATIENTS_THEN_QUESTIONS) if watch.take([reply(one, "I see a CT.")])
    ]
    assert told_after[0] < 40
    assert len(told_after) == 2  # the other alarm is that of the same answer whoever the patient is


def test_a_model_whose_answers_are_as_alike_as_the_references_raises_no_alarm() -> None:
    assert alarms_of(PATIENTS_THEN_QUESTIONS, lambda one, n: reply(one, one.reference)) == []


def test_references_that_are_all_alike_excuse_answers_that_are() -> None:
    same = [question(case, number, "No.") for case in range(12) for number in range(6)]
    assert alarms_of(same, lambda one, n: reply(one, "no.")) == []


def test_several_cases_of_one_patient_may_be_answered_alike() -> None:
    watch = RunAlarms(
        {one.question_id: one for one in PATIENTS_THEN_QUESTIONS}, {f"c{n}": "p" for n in range(12)}
    )
    assert watch.take(reply(one, f"{one.text}: left") for one in PATIENTS_THEN_QUESTIONS) == []


@pytest.mark.parametrize(("probe", "contract"), [(Probe.TEXT_ONLY, "slices"), (Probe.FULL, "none")])
def test_who_sees_no_pixels_is_not_told_that_he_does_not_look(probe: Probe, contract: str) -> None:
    said = alarms_of(
        PATIENTS_THEN_QUESTIONS, lambda one, n: reply(one, "left", probe=probe, contract=contract)
    )
    assert said == []


def test_an_outcome_that_dominates_the_last_replies_is_told_by_name() -> None:
    def make(one: Question, n: int) -> Reply:
        if n > 30 and n % 4:
            return reply(one, None, outcome=Outcome.TRUNCATED)
        return reply(one, one.reference)

    found = alarms_of(PATIENTS_THEN_QUESTIONS, make)
    assert codes(found) == ["one_outcome"]
    assert "'truncated'" in found[0].message


def test_a_study_of_fewer_questions_is_watched_too() -> None:
    few = PATIENTS_THEN_QUESTIONS[:24]
    found = alarms_of(few, lambda one, n: reply(one, None, outcome=Outcome.TRUNCATED))
    assert codes(found) == ["one_outcome"]
    assert found[0].message.startswith("20 of the last 20 replies")


def test_refusals_of_the_anatomy_backend_are_its_way() -> None:
    assert (
        alarms_of(
            PATIENTS_THEN_QUESTIONS,
            lambda one, n: reply(one, None, outcome=Outcome.REFUSED, contract="mask"),
        )
        == []
    )


def test_answers_that_grow_ever_longer_are_told_and_a_single_long_one_is_not() -> None:
    many = [question(case, number) for case in range(60) for number in range(6)]

    def growing(one: Question, n: int) -> Reply:
        return reply(one, f"{one.reference} {n} " + "and so on " * (20 if n > 180 else n % 3))

    def one_long(one: Question, n: int) -> Reply:
        return reply(one, f"{one.reference} {n} " + "and so on " * (3000 if n == 150 else n % 3))

    assert codes(alarms_of(many, growing)) == ["length_drifts"]
    assert alarms_of(many, one_long) == []


def test_probes_are_watched_apart() -> None:
    found = alarms_of(
        PATIENTS_THEN_QUESTIONS * 2,
        lambda one, n: (
            reply(one, one.reference) if n < 72 else reply(one, f"{one.text} left", probe=Probe.MIRRORED)
        ),
    )
    assert [(alarm.code, alarm.probe) for alarm in found] == [
        ("same_answer_whatever_the_case", Probe.MIRRORED)
    ]
