"""Rule scoring on an own sample: every form, every error type, and agreement with the published jury."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.words import ErrorType
from CTSpatialVQALib.scoring.rules import score_answer


class Sample(NamedTuple):
    question: str
    reference: str
    prediction: str
    error: str = ""


def score(question: str, reference: str, prediction: str, *, clean: bool = True) -> Score:
    return score_answer(question, reference, prediction, question_id="case::0", clean=clean)


RIGHT = [
    Sample("Is the heart above the liver?", "Yes.", "Yes, the heart is above the liver."),
    Sample("Is the heart above or below the liver?", "Above.", "Above the liver."),
    Sample("Is the heart above or below the liver?", "Above it.", "The heart is higher."),
    Sample("Is the aorta to the left or to the right of the cava?", "To the left.", "Left of the cava."),
    Sample(
        "Is the left lung to the left or to the right of the right lung?",
        "To the left.",
        "To the left of the right lung.",
    ),
    Sample("Is the heart in front of or behind the spine?", "In front.", "It lies in front of the spine."),
    Sample("Is there fluid around the heart?", "No fluid was detected.", "No"),
    Sample("Is there fluid around the heart?", "No.", "There is no fluid around the heart."),
    Sample("Is there a stone in the gallbladder?", "Yes, a stone is there.", "yes."),
    Sample("Are the vertebral heights normal?", "Vertebral heights are preserved.", "Yes"),
    Sample("Are the vertebral heights normal?", "Yes.", "No loss of height is seen."),
    Sample("Is there a lesion in the liver?", "The liver is normal.", "No"),
    Sample("Are there nodules, and if so, where?", "Yes, in the right lung.", "Yes, in the right lung"),
    Sample("Are there nodules, and if so, where?", "No.", "No"),
    Sample("Is the fluid unilateral or bilateral?", "Bilateral.", "It is in both lungs."),
    Sample("Is the fluid unilateral or bilateral?", "Unilateral, on the left.", "Unilateral"),
    Sample("Which side holds the drain?", "The drain is on the left side.", "Left"),
    Sample("Which lung is smaller?", "The right lung.", "The right one"),
    Sample("Which side is thicker?", "The right, 9 mm, compared to 4 mm on the left.", "Right"),
    Sample("Is there air on one side or both?", "Neither; none was detected.", "No air on either side."),
    Sample("Which lobe holds the cavity?", "The right upper lobe.", "RUL"),
    Sample("Which lobe of the left lung is dense?", "The lower lobe.", "Lower lobe"),
    Sample("Which lobe is dense?", "Left lower lobe, posterobasal segment.", "Left lower lobe"),
    Sample("Is it in one area only?", "No; central and peripheral areas.", "Central and peripheral areas"),
    Sample("Which lobe of the left lung is dense?", "The lower lobe.", "Lower"),
    Sample(
        "In which segment of the right lung is it?",
        "Superior segment of the lower lobe.",
        "The superior segment",
    ),
    Sample(
        "In which segment of the left lung is it?", "The posterobasal segment.", "Posterior basal segment"
    ),
    Sample(
        "Where is the nodule?", "In the anterior segment of the left upper lobe.", "In the left upper lobe."
    ),
    Sample("Where is the nodule?", "In the right middle lobe.", "Right lung, middle lobe, medial segment"),
    Sample("Where are the nodules in the lungs?", "In both lungs.", "Bilateral"),
    Sample("Where is the band?", "Subpleural area of the left lower lobe.", "Lower lobe of the left lung"),
    Sample("Where is the node?", "In the right hilar region.", "At the right hilum"),
    Sample(
        "Where are the plaques?", "In the aorta and the coronary arteries.", "Coronary arteries and aorta"
    ),
    Sample("Where is the cyst?", "In the left kidney.", "Left kidney"),
    Sample("Where is the lesion in the liver?", "In the left lobe of the liver.", "Left lobe"),
    Sample("Where is the collapse?", "T8 vertebra.", "At D8"),
    Sample("Is the band central or peripheral?", "Peripheral.", "It lies subpleurally, peripheral"),
    Sample("Are the bronchi open or closed?", "They are open.", "Open"),
    Sample("Is the shadow in front or behind, anterior or posterior?", "Posterior.", "posterior"),
    Sample("What is the diameter of the aorta?", "45 mm.", "about 4.5 cm"),
    Sample("How large is the node?", "8 x 6 mm", "6x8 mm"),
    Sample("What is the condition of the aorta?", "The aorta is normal.", "Unremarkable"),
]
WRONG = [
    Sample(
        "Is the left lung to the left or to the right of the right lung?",
        "To the left.",
        "To the right of the left lung.",
        "laterality_swap",
    ),
    Sample("Is the heart above or below the liver?", "Above.", "Below the liver.", "wrong_relation"),
    Sample("Is the heart in front of or behind the spine?", "In front.", "Behind the spine.", "wrong_depth"),
    Sample("Is there fluid around the heart?", "No.", "Yes", "hallucinated_finding"),
    Sample("Is there fluid around the heart?", "Yes, there is.", "No", "missed_finding"),
    Sample("Are the vertebral heights normal?", "Yes.", "No", "hallucinated_finding"),
    Sample("Are the vertebral heights normal?", "They are not normal.", "Yes", "missed_finding"),
    Sample("Are there nodules, and if so, where?", "Yes, in the right lung.", "Yes", "incomplete"),
    Sample(
        "Are there nodules, and if so, where?", "Yes, in the right lung.", "Yes, left lung", "laterality_swap"
    ),
    Sample("Which side holds the drain?", "Left.", "Right", "laterality_swap"),
    Sample("Is the fluid unilateral or bilateral?", "Bilateral.", "Unilateral", "laterality_swap"),
    Sample("Is the fluid unilateral or bilateral?", "On the left only.", "Both sides", "laterality_swap"),
    Sample("Which side holds the drain?", "Left.", "Only unilateral", "incomplete"),
    Sample("Which side holds the drain?", "Left.", "Upwards", "non_answer"),
    Sample(
        "Is there air on one side or both?", "Neither; none was detected.", "Both", "hallucinated_finding"
    ),
    Sample(
        "Which lobe holds the cavity?", "The right upper lobe.", "Right lower lobe", "wrong_level_or_lobe"
    ),
    Sample("Which lobe holds the cavity?", "The right upper lobe.", "Left upper lobe", "laterality_swap"),
    Sample(
        "Which lobe of the left lung is dense?", "The lower lobe.", "The upper lobe", "wrong_level_or_lobe"
    ),
    Sample("Which lobe holds it?", "The lower lobes of both lungs.", "Left lower lobe", "laterality_swap"),
    Sample(
        "Which segment of the left upper lobe is it?",
        "The anterior segment.",
        "Left upper lobe",
        "incomplete",
    ),
    Sample(
        "Where are the cavities?", "In the right upper and lower lobes.", "Right upper lobe", "incomplete"
    ),
    Sample(
        "Where is the nodule?", "In the lingula.", "Apicoposterior, left upper lobe", "wrong_level_or_lobe"
    ),
    Sample("Where is the node?", "In the hilum.", "In the hilum and the axilla", "wrong_level_or_lobe"),
    Sample("Where are the nodes?", "Hilum and axilla.", "Hilum", "incomplete"),
    Sample("Where is the node?", "In the right axilla.", "In the left axilla", "laterality_swap"),
    Sample("Where is the node?", "In the right axilla.", "In the axilla", "incomplete"),
    Sample("Where are the plaques?", "In the aortic arch.", "In the abdominal aorta", "wrong_level_or_lobe"),
    Sample(
        "Where is the pole cyst?", "Anterior in the left kidney.", "Posterior, left kidney", "wrong_depth"
    ),
    Sample("Where is the nodule?", "In the right upper lobe.", "Yes", "non_answer"),
    Sample("Where is the nodule?", "In the right upper lobe.", "There is no nodule.", "missed_finding"),
    Sample("Where is the nodule?", "None was found.", "In the right upper lobe", "hallucinated_finding"),
    Sample("Is it anterior or posterior to the vein?", "Anterior.", "Posterior", "wrong_depth"),
    Sample("Is the band central or peripheral?", "Peripheral.", "Central", "wrong_relation"),
    Sample("Is the change focal or diffuse?", "Diffuse.", "Focal", "wrong_extent"),
    Sample("Are the ducts normal or wide?", "They are wide.", "Normal", "missed_finding"),
    Sample("Is the shape round or oval?", "Round.", "Oval", "other"),
    Sample("What is the diameter of the aorta?", "45 mm.", "38 mm", "other"),
    Sample("What is the diameter of the aorta?", "45 mm.", "wide", "non_answer"),
    Sample("What does the wall look like?", "Thick and ragged.", "Smooth", "other"),
]


@pytest.mark.parametrize("sample", RIGHT)
def test_an_answer_that_states_the_reference_is_correct(sample: Sample) -> None:
    judged = score(sample.question, sample.reference, sample.prediction)
    assert judged.correct is True, judged.reason
    assert judged.error_type is None
    assert judged.by == "rules-3"


@pytest.mark.parametrize("sample", WRONG)
def test_a_wrong_answer_is_told_apart_by_its_error(sample: Sample) -> None:
    judged = score(sample.question, sample.reference, sample.prediction)
    assert judged.correct is False, judged.reason
    assert judged.error_type == sample.error, judged.reason


def test_the_sample_shows_every_error_type() -> None:
    assert {sample.error for sample in WRONG} == {error.value for error in ErrorType}


NO_ANSWERS = [
    ("Is there fluid by the heart?", "Is there fluid by the heart?", "echo"),
    ("Where is the nodule?", "Where is the nodule?", "echo"),
    ("Where is the nodule?", "...", "broken"),
    ("Where is the nodule?", "nan", "broken"),
    ("Where is the nodule?", "The liver. The liver. The liver. The liver.", "broken"),
    ("Where are the bands?", "Both A and B", "broken"),
    ("Where is the nodule?", "I'm sorry, but I can't help with that.", "refused"),
    ("Where is the nodule?", "I cannot determine this from the image.", "cannot_determine"),
    ("Where is the nodule?", "Not specified", "cannot_determine"),
    ("Where is the nodule?", "No image was attached.", "no_image"),
    ("Where is the nodule?", "Error code: 500", "failed"),
    ("Is there a nodule?", "Failed to obtain answer via API", "failed"),
    ("Is there a nodule?", "Yes/No", "uncommitted"),
    ("On which side is the nodule?", "It could be left or right.", "uncommitted"),
]


@pytest.mark.parametrize(("question", "prediction", "kind"), NO_ANSWERS)
@pytest.mark.parametrize(
    "reference", ["Yes", "No", "In the left lower lobe.", "Left", "The liver is normal."]
)
def test_what_is_no_answer_is_neither_right_nor_wrong(
    question: str, reference: str, prediction: str, kind: str
) -> None:
    judged = score(question, reference, prediction)
    assert judged.correct is None
    assert judged.no_answer == kind
    assert judged.verdict_class == "abstains"


@pytest.mark.parametrize(
    ("question", "reference", "prediction"),
    [
        ("What does the wall look like?", "Thick, ragged and bright.", "Thick and dull"),
        ("Where is the band?", "", "In the liver"),
    ],
)
def test_what_the_rules_cannot_decide_is_left_open_with_a_reason(
    question: str, reference: str, prediction: str
) -> None:
    judged = score(question, reference, prediction)
    assert judged.correct is None
    assert judged.error_type is None
    assert len(judged.reason) > 10


def test_a_blank_prediction_is_refused_because_it_is_an_outcome() -> None:
    with pytest.raises(BadInput, match="outcome as 'empty'"):
        score("Where is the nodule?", "In the liver.", "  \n")


def test_the_ids_are_handed_through() -> None:
    reply = "0" * 64
    judged = score_answer("Where?", "In the liver.", "liver", question_id="a::1", reply_id=reply)
    assert (judged.question_id, judged.reply_id) == ("a::1", reply)


def test_cleaning_is_named_in_the_reason_and_can_be_switched_off() -> None:
    contaminated = "Left</s> Question: Which lobe? Answer: both lower lobes"
    cleaned = score("Which side holds the drain?", "Left.", contaminated)
    assert cleaned.correct is True
    assert "marker" in cleaned.reason
    assert "run-on dialogue" in cleaned.reason
    as_is = score("Which side holds the drain?", "Left.", contaminated, clean=False)
    assert as_is.correct is False
    assert "cut" not in as_is.reason


@given(st.text(min_size=1, max_size=60).filter(str.strip), st.text(max_size=60))
def test_any_answer_gets_the_same_score_twice(prediction: str, reference: str) -> None:
    question = "Where is the nodule in the left lung?"
    assert score(question, reference, prediction) == score(question, reference, prediction)


class Agreement(NamedTuple):
    decided: int
    undecided: int
    observed: float
    kappa: float
    correct: float


def agreement_with_the_jury(benchmark: Path, model: str) -> Agreement:
    """Agreement with the majority of the three published judges, joined by question, answer, prediction."""
    votes: dict[tuple[str, str, str], list[bool]] = defaultdict(list)
    for judge in ("gpt_eval", "qwen_eval", "gemini2.5_eval_full"):
        seen = set()
        for row in json.loads((benchmark / "judges" / f"{model}_{judge}.json").read_text(encoding="utf-8")):
            key = (row["question"], row["answer"], row["prediction"])
            if key not in seen:
                votes[key].append(bool(row["is_correct"]))
            seen.add(key)
    counts: Counter[tuple[bool | None, bool]] = Counter()
    text = (benchmark / "predictions" / f"{model}_predictions_full.jsonl").read_text(encoding="utf-8")
    for line in text.splitlines():
        row = json.loads(line)
        if row["prediction"].strip():
            found = score(row["question"], row["answer"], row["prediction"])
            judged = False if found.no_answer else found.correct  # the judges had no class for those
            key = (row["question"], row["answer"], row["prediction"])
            counts[judged, sum(votes[key]) >= 2] += 1
    undecided = counts[None, True] + counts[None, False]
    total = counts.total() - undecided
    observed = (counts[True, True] + counts[False, False]) / total
    rule, jury = (counts[True, True] + counts[True, False]), (counts[True, True] + counts[False, True])
    chance = (rule * jury + (total - rule) * (total - jury)) / total**2
    return Agreement(total, undecided, observed, (observed - chance) / (1 - chance), rule / total)


@pytest.mark.real_data
@pytest.mark.parametrize(("model", "correct"), [("m3d", 0.320), ("med3dvlm", 0.331)])
def test_the_rules_agree_with_the_published_jury(real_data: Path, model: str, correct: float) -> None:
    found = agreement_with_the_jury(real_data / "benchmark", model)
    assert found.observed > 0.92
    assert found.kappa > 0.82
    assert found.undecided < 300
    assert found.correct == pytest.approx(correct, abs=0.01)
