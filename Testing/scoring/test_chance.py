"""Chance levels: what constant and drawn answers score, form by form."""

from __future__ import annotations

import pytest

from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import QuestionForm
from CTSpatialVQALib.scoring.chance import chance_levels, form_of, options_in, rule_scorer


def asked(number: int, text: str, reference: str, form: QuestionForm) -> Question:
    return Question(
        question_id=f"c{number}::0", case_id=f"c{number}", text=text, reference=reference, form=form
    )


def exact(question: Question, answer: str) -> bool | None:
    return question.reference.lower() == answer.lower()


YES_NO = [
    asked(at, "Is there effusion?", reference, QuestionForm.YES_NO)
    for at, reference in enumerate(["No", "No", "No", "Yes"])
]
WHERE = [
    asked(at, "Where is it?", reference, QuestionForm.WHERE)
    for at, reference in enumerate(["liver", "liver", "spleen", "heart"], start=10)
]
PATIENTS = {one.case_id: one.case_id for one in (*YES_NO, *WHERE)}


def test_yes_and_no_have_a_coin_and_a_better_constant() -> None:
    level = chance_levels(YES_NO, PATIENTS, scorer=exact).forms[QuestionForm.YES_NO]
    assert level.always == {"Yes": 0.25, "No": 0.75}
    assert (level.uniform, level.majority, level.majority_answer) == (0.5, 0.75, "No")


def test_levels_over_all_forms_are_weighted_by_questions() -> None:
    found = chance_levels([*YES_NO, *WHERE], PATIENTS, scorer=exact)
    assert found.forms[QuestionForm.WHERE].majority == 0.5
    assert found.majority == pytest.approx((4 * 0.75 + 4 * 0.5) / 8)


def test_an_answer_is_never_drawn_from_the_own_patient_alone() -> None:
    # each patient's own reference is the only one that would be right
    alone = [asked(at, "Where is it?", f"place {at}", QuestionForm.WHERE) for at in range(20)]
    level = chance_levels(alone, {one.case_id: one.case_id for one in alone}, scorer=exact)
    assert level.forms[QuestionForm.WHERE].uniform == 0


def test_draws_are_repeatable_and_seeded() -> None:
    many = [asked(at, "Where is it?", f"place {at % 7}", QuestionForm.WHERE) for at in range(70)]
    patients = {one.case_id: one.case_id for one in many}
    levels = {seed: chance_levels(many, patients, scorer=exact, seed=seed).uniform for seed in range(4)}
    assert levels[0] == chance_levels(many, patients, scorer=exact).uniform
    assert len(set(levels.values())) > 1


def test_a_choice_has_one_chance_per_option() -> None:
    two = asked(1, "Is it central or peripheral?", "central", QuestionForm.CHOICE)
    three = asked(2, "Is it upper or middle or lower?", "lower", QuestionForm.CHOICE)
    found = chance_levels([two, three], {"c1": "1", "c2": "2"}, scorer=exact)
    assert found.forms[QuestionForm.CHOICE].uniform == pytest.approx((1 / 2 + 1 / 3) / 2)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("Is it upper, middle or lower?", 3),
        ("Is it upper, middle, or lower?", 3),
        ("In this patient, is the lesion central or peripheral?", 2),
        ("Which side, left or right?", 2),
        ("Which lobe is affected: upper, middle, lower or lingula?", 4),
        ("Location: left, right, or both?", 3),
        ("Does it lie anterior or posterior to the aorta, in this plane?", 2),
        ("Which is larger, the left or the right kidney?", 2),
        ("Choose one.", 2),
    ],
)
def test_options_are_counted_as_they_are_written(text: str, options: int) -> None:
    assert options_in(text) == options


def test_the_best_constant_answer_names_the_questions_it_is_right_on() -> None:
    level = chance_levels(YES_NO, PATIENTS, scorer=exact).forms[QuestionForm.YES_NO]
    assert level.majority_right == {"c0::0", "c1::0", "c2::0"}
    assert not level.enough


def test_a_blank_answer_is_no_wrong_answer() -> None:
    assert rule_scorer(YES_NO[0], " ") is None
    assert rule_scorer(YES_NO[0], "No") is True


def test_the_form_is_the_stated_one_or_that_of_the_text() -> None:
    bare = Question(question_id="a", case_id="a", text="Where is the nodule?", reference="in the left lung")
    assert form_of(bare) is QuestionForm.WHERE
    assert form_of(YES_NO[0]) is QuestionForm.YES_NO
