"""The image-blind baseline: patients held out, consensus of neighbours, and its level on the public data."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from CTSpatialVQALib.backends.prior import answer_all, fold_of
from CTSpatialVQALib.backends.tfidf import nearest
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.case import official_patient_id
from CTSpatialVQALib.records.question import Question, official_question_id


def patient_in_fold(fold: int, number: int = 0) -> str:
    """The `number`-th invented patient that the hash puts into `fold` of 5."""
    names = (f"patient-{n}" for n in range(10_000))
    return [name for name in names if fold_of(name, 5) == fold][number]


def ask(patient: str, number: int, text: str, reference: str) -> Question:
    return Question(
        question_id=f"{patient}/{number}", case_id=f"{patient}-ct", text=text, reference=reference
    )


def patients_of(*questions: Question) -> dict[str, str]:
    return {one.case_id: one.case_id.removesuffix("-ct") for one in questions}


def test_a_patient_s_own_question_is_never_a_neighbour() -> None:
    own, other = patient_in_fold(0), patient_in_fold(1)
    asked = ask(own, 0, "Where is the odd green stone?", "In the gallbladder.")
    twin = ask(own, 1, "Where is the odd green stone?", "In the gallbladder.")
    far = ask(other, 0, "Where is the catheter?", "In the right atrium.")
    answers = answer_all([asked, twin, far], patients_of(asked, twin, far))
    assert answers[asked.question_id].neighbour_ids == (far.question_id,)
    assert answers[asked.question_id].text == "In the right atrium."


def test_neighbours_come_from_other_folds_only() -> None:
    first, second = patient_in_fold(2), patient_in_fold(2, number=1)
    questions = [ask(name, 0, "Where is the stone?", "In the liver.") for name in (first, second)]
    assert answer_all(questions, patients_of(*questions)) == {}


def test_a_question_about_the_only_patient_gets_no_answer() -> None:
    alone = ask("solo", 0, "Where is the stone?", "In the liver.")
    assert answer_all([alone], patients_of(alone)) == {}


def test_a_question_without_a_word_in_common_gets_no_answer() -> None:
    asked = ask(patient_in_fold(0), 0, "Where is the stone?", "In the liver.")
    other = ask(patient_in_fold(1), 0, "Quo vadis?", "Romam.")
    assert answer_all([asked, other], patients_of(asked, other)) == {}


def test_differently_worded_answers_vote_together() -> None:
    asked = ask(patient_in_fold(0), 0, "Which side is the drain on?", "Right.")
    votes = ["On the left.", "Right.", "The left side.", "It is on the left side."]
    others = [
        ask(patient_in_fold(1, n), 0, "Which side is the drain on?", vote) for n, vote in enumerate(votes)
    ]
    answer = answer_all([asked, *others], patients_of(asked, *others))[asked.question_id]
    assert answer.text == "On the left."
    assert answer.similarity == pytest.approx(1.0, abs=1e-4)
    assert len(answer.neighbour_ids) == 4


def test_the_own_reference_does_not_matter() -> None:
    texts = ["Is the duct wide or blocked?", "Is the duct wide?", "Is the duct wide?"]
    others = [
        ask(patient_in_fold(1, n), 0, text, reference)
        for n, (text, reference) in enumerate(zip(texts, ["Blocked.", "No.", "No."], strict=True))
    ]
    for reference in ("No.", "Wide.", ""):
        asked = ask(patient_in_fold(0), 0, "Is the duct wide or blocked?", reference)
        answer = answer_all([asked, *others], patients_of(asked, *others))[asked.question_id]
        assert answer.text == "Blocked."


def test_neighbours_without_a_reference_teach_nothing() -> None:
    asked = ask(patient_in_fold(0), 0, "Where is the stone?", "In the liver.")
    blank = ask(patient_in_fold(1), 0, "Where is the stone?", "")
    assert asked.question_id not in answer_all([asked, blank], patients_of(asked, blank))


def test_the_fold_of_a_patient_is_fixed() -> None:
    assert [fold_of(f"valid_{n}", 5) for n in range(8)] == [fold_of(f"valid_{n}", 5) for n in range(8)]
    assert fold_of("valid_1", 5) == 0
    assert {fold_of(f"valid_{n}", 5) for n in range(50)} == set(range(5))


def test_equal_cosines_keep_the_order_of_the_known_texts() -> None:
    found = nearest(["red stone"], ["red stone", "red cyst"] * 40, k=60)
    assert found.places.tolist() == [[*range(0, 80, 2), *range(1, 41, 2)]]
    assert found.cosines[0, :40] == pytest.approx([1.0] * 40, abs=1e-4)


def test_rare_words_weigh_more_than_common_ones() -> None:
    known = ["old cyst", "old nodule", "old band", "new stone"]
    assert nearest(["old stone"], known, k=1).places.tolist() == [[3]]


@pytest.mark.parametrize(
    ("k", "folds", "patients", "named"),
    [(0, 5, {"p-ct": "p"}, "k=0"), (3, 1, {"p-ct": "p"}, "folds=1"), (3, 5, {}, "a patient")],
)
def test_what_cannot_be_asked_is_refused(k: int, folds: int, patients: dict[str, str], named: str) -> None:
    question = ask("p", 0, "Where is the stone?", "In the liver.")
    with pytest.raises(BadInput, match=named):
        answer_all([question], patients, k=k, folds=folds)


def test_a_question_id_stands_once() -> None:
    question = ask("p", 0, "Where is the stone?", "In the liver.")
    with pytest.raises(BadInput, match="once"):
        answer_all([question, question], patients_of(question))


def public_questions(benchmark: Path) -> list[Question]:
    index: Counter[str] = Counter()
    questions = []
    text = (benchmark / "spatial_qa_filtered_full_nifti.jsonl").read_text(encoding="utf-8")
    for line in text.splitlines():
        row = json.loads(line)
        case = row["case_id"]
        questions.append(
            Question(
                question_id=official_question_id(case, index[case]),
                case_id=case,
                text=row["question"],
                reference=row["answer"],
            )
        )
        index[case] += 1
    return questions


@pytest.mark.real_data
def test_without_an_image_nearly_half_of_the_public_questions_are_answered(real_data: Path) -> None:
    from CTSpatialVQALib.scoring.rules import score_answer

    questions = public_questions(real_data / "benchmark")
    patients = {one.case_id: official_patient_id(one.case_id) for one in questions}
    answers = answer_all(questions, patients)
    assert len(answers) == len(questions)
    patient_of = {one.question_id: patients[one.case_id] for one in questions}
    for question_id, answer in answers.items():
        assert patient_of[question_id] not in {patient_of[one] for one in answer.neighbour_ids}
    right = sum(
        score_answer(
            one.text, one.reference, answers[one.question_id].text, question_id=one.question_id
        ).correct
        is True
        for one in questions
    )
    assert 0.44 < right / len(questions) < 0.495
