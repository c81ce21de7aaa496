"""What is read, in which order."""

from __future__ import annotations

import pytest

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.reading.plan import ItemKey, plan_reading
from CTSpatialVQALib.records.words import Outcome, Probe, ReadingMode
from Testing.reading.tables import MODELS, plan, question, replies, reply, study

OPEN, BLINDED, UNAIDED = ReadingMode.OPEN, ReadingMode.BLINDED, ReadingMode.UNAIDED


def test_an_open_reading_follows_the_study_and_the_models_names() -> None:
    made = study(OPEN, cases=2, questions=1)
    found = plan_reading(made, replies(made, *MODELS[::-1]), "reader-1").items
    assert [(one.case_id, one.reply and one.reply.key.backend) for one in found] == [
        (case, model) for case in ("case-0", "case-1") for model in MODELS
    ]


def test_a_blinded_reading_is_shuffled_by_seed_and_reader_and_keeps_cases_together() -> None:
    orders = {
        (seed, reader): [item.key for item in plan(BLINDED, cases=5, seed=seed, reader=reader).items]
        for seed in (1, 2)
        for reader in ("reader-1", "reader-2")
    }
    assert len({str(order) for order in orders.values()}) == 4
    assert len({frozenset(order) for order in orders.values()}) == 1
    for order in orders.values():
        cases = [key.question_id.split("::")[0] for key in order]
        assert len([one for one, before in zip(cases, ["", *cases], strict=False) if one != before]) == 5
    again = plan(BLINDED, cases=5, seed=1, reader="reader-1").items
    assert [item.key for item in again] == orders[1, "reader-1"]


def test_the_order_of_models_differs_between_questions_of_a_blinded_reading() -> None:
    items = plan(BLINDED, cases=6).items
    firsts = {items[at].reply.key.backend for at in range(0, len(items), 2) if items[at].reply}  # type: ignore[union-attr]
    assert firsts == set(MODELS)


def test_an_open_reading_is_shuffled_where_the_study_says_so() -> None:
    straight, shuffled = (
        [item.key for item in plan(OPEN, cases=5, shuffle=shuffle).items] for shuffle in (False, True)
    )
    assert straight != shuffled
    assert set(straight) == set(shuffled)


def test_failures_and_other_probes_are_not_read() -> None:
    made = study(BLINDED, cases=1, questions=1)
    (one,) = made.questions
    given = [
        reply(one, "fails", outcome=Outcome.TIMEOUT),
        reply(one, "answers"),
        reply(one, "answers", probe=Probe.MIRRORED),
    ]
    found = plan_reading(made, given, "reader-1").items
    assert [item.key.reply_id for item in found] == [given[1].reply_id]


def test_a_question_without_a_reply_can_be_looked_at_in_an_open_reading_only() -> None:
    for mode, count in ((OPEN, 6), (BLINDED, 0), (UNAIDED, 6)):
        found = plan_reading(study(mode), [], "reader-1").items
        assert [item.reply for item in found] == [None] * count


def test_an_unaided_reading_has_one_item_per_question_whatever_the_models_said() -> None:
    found = plan(UNAIDED).items
    assert [item.key for item in found] == [ItemKey(item.question.question_id) for item in found]
    assert len(found) == 6


def test_second_readings_come_after_all_first_ones() -> None:
    items = plan(OPEN, cases=4, repeats=0.25).items
    occasions = [item.key.occasion for item in items]
    assert occasions == [1] * 16 + [2] * 4
    assert {item.key._replace(occasion=1) for item in items if item.key.occasion == 2} < {
        item.key for item in items
    }


def test_a_reply_to_a_question_of_another_study_is_refused() -> None:
    made = study(OPEN, cases=1, questions=1)
    with pytest.raises(BadInput, match="one the study does not have"):
        plan_reading(made, [reply(question(7, 0), "model")], "reader-1")
    changed = question(0, 0).model_copy(update={"question_sha256": "0" * 64})
    with pytest.raises(BadInput, match="one with another text"):
        plan_reading(made, [reply(changed, "model")], "reader-1")


def test_two_different_answers_under_one_id_are_refused() -> None:
    made = study(OPEN, cases=1, questions=1)
    first = reply(made.questions[0], "model")
    second = first.model_copy(update={"answer": "On the right."})
    assert len(plan_reading(made, [first, first], "reader-1").items) == 1
    with pytest.raises(BadInput, match="two that differ"):
        plan_reading(made, [first, second], "reader-1")


def test_the_questions_of_a_case_are_shuffled_too() -> None:
    items = plan(BLINDED, cases=1, questions=8, models=MODELS[:1]).items
    numbers = [int(item.key.question_id.split("::")[1]) for item in items]
    assert sorted(numbers) == list(range(8))
    assert numbers != sorted(numbers)


def test_only_the_backends_that_the_study_names_are_read() -> None:
    made = study(OPEN, cases=2, questions=1, backends=(MODELS[1],))
    items = plan_reading(made, replies(made, *MODELS), "reader-1").items
    assert [item.reply and item.reply.key.backend for item in items] == [MODELS[1]] * 2
