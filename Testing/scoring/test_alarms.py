"""Each alarm goes off for its reason, and stays silent without it."""

from __future__ import annotations

import numpy as np
import pytest

from CTSpatialVQALib.benchmark.judges import Vote, vote_key
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.reproduction.published_jury import repeated_blocks
from CTSpatialVQALib.scoring.jury import JuryVotes, votes_by_id
from CTSpatialVQALib.scoring.score_alarms import (
    contaminated,
    contradictions,
    empty_but_right,
    jury_outside_judges,
    low_agreement,
    no_votes,
    position_effect,
    same_answers,
    sameness,
    self_contradiction,
)
from CTSpatialVQALib.statistics.agreement import Agreement


def votes(*columns: list[bool | None]) -> JuryVotes:
    ids = [f"q{at}" for at in range(len(columns[0]))]
    return votes_by_id(
        {name: dict(zip(ids, column, strict=True)) for name, column in zip("ABC", columns, strict=False)}, ids
    )


def question(number: int, text: str, reference: str = "left") -> Question:
    return Question(question_id=f"c{number}::0", case_id=f"c{number}", text=text, reference=reference)


def vote(text: str, correct: bool | None, reasoning: str = "") -> Vote:
    return Vote(vote_key(text, "left", "left"), None, correct, reasoning)


def test_a_jury_below_all_of_its_judges_is_an_error() -> None:
    jury = votes([True, True, False, False], [True, False, True, False], [False, True, True, False])
    (alarm,) = jury_outside_judges(jury, 0.25, "m")
    assert (alarm.code, alarm.severity) == ("jury_outside_judges", "error")
    assert "below" in alarm.message
    assert jury_outside_judges(jury, 0.5, "m") == []


def test_low_kappas_are_named_and_undefined_ones_are_not() -> None:
    found = {
        name: Agreement(name, value, 0.5, 0.5, None, 10, 5, 2)
        for name, value in (("fleiss", 0.59), ("A and B", 0.61), ("A and C", None))
    }
    (alarm,) = low_agreement(found, "m")
    assert dict(alarm.numbers) == {"fleiss": 0.59}
    assert low_agreement({"A and B": found["A and B"]}, "m") == []


def test_missing_votes_are_counted_by_judge() -> None:
    (alarm,) = no_votes(votes([True, None, None], [True, False, True]), "m")
    assert (alarm.about, alarm.numbers["votes"]) == ("m / A", 2)


def test_a_judge_that_errs_at_one_place_of_its_batches_is_found() -> None:
    random = np.random.default_rng(5)
    true = random.random(1000) < 0.5
    honest = [bool(one) for one in true]
    copied = [bool(true[at - at % 5]) for at in range(1000)]  # the first verdict of a batch for all five
    (alarm,) = position_effect(votes(copied, honest, honest), "A", 5, "m")
    assert alarm.numbers["place_1"] == 0
    assert alarm.numbers["place_3"] == pytest.approx(0.5, abs=0.1)
    noisy = [bool(one) ^ bool(random.random() < 0.3) for one in true]
    assert position_effect(votes(noisy, honest, honest), "A", 5, "m") == []


def test_opposite_votes_on_one_text_are_counted() -> None:
    given = [vote("a?", True), vote("a?", False), vote("b?", True), vote("b?", True), vote("c?", None)]
    assert contradictions(given) == (2, 1)
    assert self_contradiction(given, "m")[0].numbers["share"] == 0.5
    assert self_contradiction(given[2:], "m") == []


def test_whole_batches_with_one_reasoning_are_blocks_and_shorter_runs_are_not() -> None:
    rows = [vote(f"{at}?", True, "same") for at in range(4)]
    assert repeated_blocks(rows) == ()
    rows += [vote("4?", True, "same"), vote("5?", False, "same")]
    assert repeated_blocks(rows) == ((0, 5),)
    assert repeated_blocks([vote(f"{at}?", True) for at in range(9)]) == ()


def test_contaminated_predictions_are_counted_by_what_would_be_cut() -> None:
    (alarm,) = contaminated({"a": "left</s>", "b": "right. Question: where? Answer: left", "c": "left"}, "m")
    assert dict(alarm.numbers) == {"marker": 1, "run-on dialogue": 1}
    assert contaminated({"c": "left"}, "m") == []


def test_blank_predictions_that_were_found_right_are_an_error() -> None:
    jury = votes([True, True], [True, False], [True, False])
    (alarm,) = empty_but_right({"q0": " ", "q1": ""}, {"q0": True, "q1": False}, jury, "m")
    assert alarm.severity == "error"
    assert dict(alarm.numbers) == {"empty": 2, "right": 1, "right_for_some_judge": 2}
    (alarm,) = empty_but_right({"q1": ""}, {"q1": False}, jury, "m")
    assert alarm.severity == "warning"
    assert empty_but_right({"q0": "left"}, {"q0": True}, jury, "m") == []


def test_one_answer_whatever_the_case() -> None:
    asked = [
        question(at, "Where is the nodule?", reference)
        for at, reference in enumerate(["left", "right", "both"])
    ]
    told = {one.question_id: "Left" if at else "left " for at, one in enumerate(asked)}
    found = sameness([*asked, question(9, "Another?")], {**told, "c9::0": "x"})
    assert found == (1, 3, 1.0, 0.0)
    assert same_answers(found, "m")[0].code == "same_answer_whatever_the_case"
    varied = {one.question_id: one.reference for one in asked}
    assert same_answers(sameness(asked, varied), "m") == []
