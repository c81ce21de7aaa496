"""Each alarm goes off for its reason, and stays silent without it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from CTSpatialVQALib.benchmark.judges import Vote, vote_key
from CTSpatialVQALib.judging.jury_agreement import kappas
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.reproduction.published_jury import repeated_blocks
from CTSpatialVQALib.scoring.across_patients import Answered, across_patients
from CTSpatialVQALib.scoring.jury import JuryVotes, votes_by_id
from CTSpatialVQALib.scoring.mirror_test import Became, MirrorTest, mirror_test
from CTSpatialVQALib.scoring.score_alarms import (
    Alarm,
    constant_judge,
    contaminated,
    contradictions,
    does_not_follow_the_mirror,
    empty_but_right,
    gravest_first,
    low_agreement,
    no_votes,
    position_effect,
    same_answers,
    self_contradiction,
)
from CTSpatialVQALib.statistics.agreement import Agreement, Bounds


def votes(*columns: list[bool | None]) -> JuryVotes:
    ids = [f"q{at}" for at in range(len(columns[0]))]
    return votes_by_id(
        {name: dict(zip(ids, column, strict=True)) for name, column in zip("ABC", columns, strict=False)}, ids
    )


def question(number: int, text: str, reference: str = "left") -> Question:
    return Question(question_id=f"c{number}::0", case_id=f"c{number}", text=text, reference=reference)


def vote(text: str, correct: bool | None, reasoning: str = "") -> Vote:
    return Vote(vote_key(text, "left", "left"), None, correct, reasoning)


def test_three_honest_judges_with_independent_errors_raise_nothing() -> None:
    # a majority is then better than each of them, and the share it finds right lies outside theirs
    random = np.random.default_rng(7)
    for error in (0.02, 0.05, 0.1):
        true = random.random(400) < 0.3
        jury = votes(*([bool(one) ^ bool(random.random() < error) for one in true] for _ in range(3)))
        patients = {question_id: question_id for question_id in jury.question_ids}
        assert low_agreement(kappas(jury, patients), "m") == []


def agreeing(value: float | None, high: float | None, ac1: float = 0.5) -> Agreement:
    interval = None if high is None else Bounds(0.1, high)
    return Agreement("cohen_kappa", value, 0.5, ac1, interval, 10, 5, 2)


def test_kappas_low_with_their_whole_interval_are_named() -> None:
    coefficients = {
        "fleiss": agreeing(0.4, 0.59),
        "wide": agreeing(0.4, 0.61),
        "undefined": agreeing(None, None),
        "no spread": agreeing(0.0, None),
    }
    (alarm,) = low_agreement(coefficients, "m")
    assert dict(alarm.numbers) == {"fleiss": 0.4}


def test_judges_who_agree_on_97_of_100_rare_answers_raise_no_alarm() -> None:
    random = np.random.default_rng(3)
    first = random.random(3000) < 0.02
    second = np.where(random.random(3000) < 0.03, ~first, first)
    jury = votes(list(map(bool, first)), list(map(bool, second)))
    patients = {question_id: question_id for question_id in jury.question_ids}
    (found,) = kappas(jury, patients).values()
    assert found.observed == pytest.approx(0.97, abs=0.01)
    assert found.interval.high < 0.6
    assert low_agreement({"A and B": found}, "m") == []


def test_votes_on_other_answers_raise_it() -> None:
    random = np.random.default_rng(4)
    first, second = (list(map(bool, random.random(500) < 0.3)) for _ in range(2))
    jury = votes(first, second)
    patients = {question_id: question_id for question_id in jury.question_ids}
    assert [alarm.code for alarm in low_agreement(kappas(jury, patients), "m")] == ["low_agreement"]


@pytest.mark.parametrize("vote", [True, False])
def test_a_judge_that_always_says_the_same_is_named(vote: bool) -> None:
    (alarm,) = constant_judge("A", [vote] * 20 + [None], "m")
    assert (alarm.code, alarm.severity, alarm.about) == ("constant_judge", "error", "m / A")
    assert constant_judge("A", [vote] * 19, "m") == []
    assert constant_judge("A", [vote] * 20 + [not vote], "m") == []
    assert constant_judge("A", [None] * 40, "m") == []


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


SIDES = ("in the left lung", "in the right lung", "in both lungs")


def answered(texts: int, patients: int, answer: Callable[[str, int], str]) -> list[Answered]:
    """`texts` questions asked about each of `patients`; right where the answer names the reference's side."""
    rows = []
    for text in range(texts):
        for patient in range(patients):
            reference = f"{SIDES[(text + patient) % 3]}, segment {patient}"
            asked = Question(
                question_id=f"c{patient}::{text}",
                case_id=f"c{patient}",
                text=f"Where is finding {text}?",
                reference=reference,
            )
            said = answer(reference, text)
            rows.append(
                Answered(
                    asked, f"p{patient}", said, any(side in said and side in reference for side in SIDES)
                )
            )
    return rows


def test_one_answer_whatever_the_case() -> None:
    pairs = across_patients(answered(6, 6, lambda reference, text: SIDES[text % 3]))
    (alarm,) = same_answers(pairs, "m")
    assert alarm.code == "same_answer_whatever_the_case"


def test_a_terse_model_that_is_always_right_raises_no_alarm() -> None:
    # it leaves the segment out, and so answers many pairs alike whose references differ
    pairs = across_patients(answered(6, 6, lambda reference, _: reference.split(",")[0]))
    assert pairs is not None
    assert pairs.answers.value > pairs.references.value
    assert pairs.despite is not None
    assert pairs.despite.hits == 0
    assert same_answers(pairs, "m") == []


def test_a_handful_of_pairs_is_no_reason_for_an_alarm() -> None:
    pairs = across_patients(answered(5, 3, lambda reference, text: SIDES[text % 3]))
    assert pairs is not None
    assert pairs.answers.among == 15
    assert same_answers(pairs, "m") == []
    # many pairs of one question: only where nearly all are answered alike
    some = across_patients(answered(1, 12, lambda reference, text: SIDES["segment 1" in reference]))
    assert same_answers(some, "m") == []
    every = across_patients(answered(1, 12, lambda reference, text: "in the liver"))
    assert [alarm.code for alarm in same_answers(every, "m")] == ["same_answer_whatever_the_case"]


def mirrored(followed: int, stayed: int, lost: int = 0) -> MirrorTest | None:
    became: list[Became] = ["other"] * followed + ["same"] * stayed + ["lost"] * lost
    return mirror_test(became, [f"p{at}" for at in range(len(became))])


def test_sides_that_do_not_follow_the_mirror_are_an_error() -> None:
    (blind,) = does_not_follow_the_mirror("m", mirrored(0, 12))
    assert blind.severity == "error"
    assert "0 of 12" in blind.message
    assert "less often than a coin" in blind.message
    (guessing,) = does_not_follow_the_mirror("m", mirrored(7, 7, lost=3))
    assert "no more often than a coin" in guessing.message
    assert does_not_follow_the_mirror("m", mirrored(13, 1)) == []


def test_too_few_sides_say_nothing_of_the_mirror() -> None:
    assert does_not_follow_the_mirror("m", mirrored(0, 11)) == []
    assert does_not_follow_the_mirror("m", None) == []
    assert mirror_test(["lost"], ["p"]) is None
    # many answers about two patients are two coins, not many
    few = mirror_test(["same"] * 40, [f"p{at % 2}" for at in range(40)])
    assert does_not_follow_the_mirror("m", few) == []


def test_a_coin_seldom_passes_for_a_model_that_looks() -> None:
    random = np.random.default_rng(1)
    passed = 0
    for _ in range(400):
        became: list[Became] = ["other" if heads else "same" for heads in random.random(40) < 0.5]
        found = mirror_test(became, [f"p{at // 2}" for at in range(40)])
        passed += found is not None and found.follows
    assert passed / 400 < 0.05


def test_the_mirror_comes_first() -> None:
    others = [Alarm(code, severity, "m", "", {}) for code, severity in (("a", "info"), ("b", "error"))]
    (mirror,) = does_not_follow_the_mirror("m", mirrored(0, 20))
    assert [one.code for one in gravest_first([*others, mirror])] == [mirror.code, "b", "a"]
