"""Rule scoring where the organ is right: sides left unsaid, parts, segments, second questions, strictness."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.scoring.rules import score_answer


class Told(NamedTuple):
    question: str
    reference: str
    prediction: str
    error: str = ""


def score(told: Told, *, strict: bool = False) -> Score:
    return score_answer(told.question, told.reference, told.prediction, question_id="case::0", strict=strict)


WHERE_CYST = "Where is the cyst in the left kidney?"
WHERE_BANDS = "Where are the bands seen in the lungs?"
COMPOUND = "On which side and at what level is the drain?"

RIGHT = [
    Told("Where is the cyst?", "In the upper pole of the left kidney.", "Left kidney"),
    Told(WHERE_CYST, "In the middle zone.", "Mid-pole"),
    Told(WHERE_BANDS, "In the lower lobes of both lungs.", "Lower lobes"),
    Told(WHERE_BANDS, "In both lungs.", "In the upper and lower lobes of both lungs"),
    Told("Where is the nodule?", "In the right lung.", "Right upper lobe"),
    Told("Where is the effusion?", "In the right hemithorax.", "Right side"),
    Told("Where is the effusion?", "In both lungs.", "Bilateral"),
    Told("What is the vertical position of the bands in the lungs?", "In both upper lobes.", "Upper lobe"),
    Told("Where is the kyphosis?", "In the thoracic vertebrae.", "Thoracic spine"),
    Told("Where are the plaques?", "In the thoracic aorta.", "In the descending thoracic aorta"),
    Told("Where is the catheter?", "On the right, in the superior vena cava.", "Superior vena cava"),
    Told("In which segment of the right lung is it?", "Posterobasal, lower lobe.", "Segment 10"),
    Told("Is the fluid at one hilum or both hila?", "Both hilar levels.", "Both hila"),
    Told("Are the nodules in the spleen or the liver?", "In both.", "Spleen and liver"),
    Told("Is the node in a lateral or medial segment?", "Lateral segment.", "Lateral"),
    Told("Is it confined to a specific lobe?", "Yes, to the right lower lobe.", "Yes"),
    Told(COMPOUND, "On the right, in the lower lobe.", "Right lower lobe"),
    Told(
        "Which side is thicker, and what are the thicknesses?", "Right; 12 mm and 4 mm.", "Right, 12 and 4 mm"
    ),
    Told("What is the anterior-posterior position?", "In the posterobasal segments.", "Posterior"),
    Told("What is the lateral orientation of the shadow?", "It is in both lungs.", "Bilateral"),
    Told(
        "Where is fluid: pericardial or pleural space?",
        "Pericardial space; no pleural one.",
        "Pericardial space",
    ),
    Told("How did the fluid change?", "It regressed.", "Decreased"),
]
WRONG = [
    Told(
        "In which pole of the left kidney is the cyst?",
        "In the upper pole.",
        "In the left kidney.",
        "incomplete",
    ),
    Told(
        "Which part of the left kidney holds the cyst?",
        "The upper pole of the left kidney.",
        "The left kidney",
        "incomplete",
    ),
    Told(WHERE_CYST, "In the upper pole of the left kidney.", "In the left kidney.", "incomplete"),
    Told(WHERE_CYST, "In the upper pole.", "Lower pole", "wrong_level_or_lobe"),
    Told(WHERE_BANDS, "In the lower lobes of both lungs.", "Lower lobe", "incomplete"),
    Told(WHERE_BANDS, "In both lungs.", "Lower lobes of both lungs", "incomplete"),
    Told(WHERE_BANDS, "In both upper lobes.", "Diffuse", "non_answer"),
    Told("Where is it in the left lung?", "Lower lobe, superior segment.", "Base", "wrong_level_or_lobe"),
    Told(
        "Which lobe holds it?",
        "Lower lobe of the left lung.",
        "Left lower lobe, right side",
        "laterality_swap",
    ),
    Told("Where are the plaques?", "In the abdominal aorta.", "Thoracic aorta", "wrong_level_or_lobe"),
    Told("Where are the plaques?", "Aortic arch and abdominal aorta.", "Aortic arch", "incomplete"),
    Told("Where is the kyphosis?", "In the thoracic vertebrae.", "Lumbar spine", "wrong_level_or_lobe"),
    Told(
        "Which segment of the left lung?",
        "Inferior lingular segment.",
        "Superior lingula",
        "wrong_level_or_lobe",
    ),
    Told("Which segment of the lingula is it?", "Inferior segment.", "Left", "incomplete"),
    Told(COMPOUND, "On the right, in the lower lobe.", "Right upper lobe", "wrong_level_or_lobe"),
    Told(
        "Which side is thicker, and what are the thicknesses?",
        "Right; 12 mm and 4 mm.",
        "Right, 3 mm",
        "other",
    ),
    Told(
        "Where is the fluid and what is its thickness?", "On the right, 31 mm.", "On the right, 1 cm", "other"
    ),
    Told("What is the diameter of the node?", "8 mm.", "5-10 mm", "other"),
    Told("How deep is the fluid?", "20 mm.", "Greater than 20 mm", "other"),
    Told("Are there cysts in one kidney or both?", "Both kidneys.", "One kidney", "wrong_extent"),
    Told("Are the cysts unilateral or bilateral?", "Bilateral.", "Kidney", "non_answer"),
    Told("Are the plaques in the aorta or the coronary arteries?", "Both.", "Aorta", "incomplete"),
    Told(
        "Are the plaques in the aorta or the coronary arteries?",
        "In both the aorta and the coronary arteries.",
        "Aorta",
        "incomplete",
    ),
    Told(
        "Are the bands central or peripheral, and unilateral or bilateral?",
        "Peripheral, in both lungs.",
        "Central, bilateral",
        "wrong_relation",
    ),
    Told(
        "What is the condition of the vertebrae?",
        "The vertebrae are normal.",
        "Mild sclerosis, no fracture",
        "hallucinated_finding",
    ),
    Told(
        "What is the anterior-posterior position?", "In the posterobasal segments.", "Anterior", "wrong_depth"
    ),
    Told("Which way does the curve face?", "It faces left.", "To the right", "laterality_swap"),
]


@pytest.mark.parametrize("told", RIGHT)
def test_a_detail_that_nobody_asked_for_may_be_left_out(told: Told) -> None:
    judged = score(told)
    assert judged.correct is True, judged.reason


@pytest.mark.parametrize("told", WRONG)
def test_a_detail_that_is_asked_for_must_be_there_and_right(told: Told) -> None:
    judged = score(told)
    assert judged.correct is False, judged.reason
    assert str(judged.error_type) == told.error, judged.reason


def test_a_reference_that_says_nothing_decides_nothing() -> None:
    told = Told("Is it left or right?", "The report does not specify the side.", "Left")
    assert score(told).correct is None
    assert score(told._replace(prediction="Not specified")).correct is True


def counted(found: Score) -> bool | None:
    """The labels are older than the class of no-answers, and count them as wrong."""
    return False if found.no_answer else found.correct


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (Told("Where is it?", "Left lower lobe.", "Left lower lobe"), None),
        (Told("Where is it?", "In the left lower lobe.", "Lower lobe of the left lung"), None),
        (Told("Where is it?", "Left lower lobe.", "LLL"), None),
        (Told("Is there fluid?", "No, there is none in either lung.", "No"), None),
        (Told("Where is it?", "Left lower lobe, posterobasal.", "Left lower lobe"), "incomplete"),
        (Told("Where is it?", "Left lower lobe.", "Left lower lobe, lateral segment"), "wrong_level_or_lobe"),
        (Told("Where is it?", "Subpleural, left lower lobe.", "Left lower lobe"), "incomplete"),
        (Told("Where is the cyst?", "Upper pole of the left kidney.", "Left kidney"), "incomplete"),
        (Told("Are there nodules?", "Yes, in the right lung.", "Yes"), "incomplete"),
        (Told("Where is it?", "Left lower lobe.", "Left lower lobe, 5 mm"), "other"),
        (Told("Where is it?", "Left lower lobe.", "Left upper lobe"), "wrong_level_or_lobe"),
    ],
)
def test_strictly_every_detail_counts(told: Told, error: str | None) -> None:
    judged = score(told, strict=True)
    assert judged.by.endswith("-strict")
    assert (None if judged.error_type is None else str(judged.error_type)) == error, judged.reason
    assert judged.correct is (error is None)


LABELS = Path(__file__).with_name("reader_labels_heldout.jsonl")


class Label(NamedTuple):
    sample: int
    model: str
    question_id: str
    correct: bool
    strict: bool


@pytest.mark.real_data
def test_the_rules_agree_with_a_careful_reader(real_data: Path) -> None:
    """Three random samples, each half contested, labelled before the rules were looked at."""
    folder = real_data / "benchmark"
    questions = read_questions(folder / "spatial_qa_filtered_full.json").questions
    by_id = {one.question_id: one for one in questions}
    labels = [Label(**json.loads(line)) for line in LABELS.read_text("utf-8").splitlines()]
    said = {
        model: read_predictions(
            folder / "predictions" / f"{model}_predictions_full.jsonl", questions
        ).predictions
        for model in sorted({one.model for one in labels})
    }
    found: dict[int, Counter[bool | None]] = {1: Counter(), 2: Counter(), 3: Counter()}
    strictly: Counter[bool | None] = Counter()
    for one in labels:
        question, answer = by_id[one.question_id], said[one.model][one.question_id]
        told = Told(question.text, question.reference, answer)
        plain, strict = counted(score(told)), counted(score(told, strict=True))
        found[one.sample][None if plain is None else plain == one.correct] += 1
        strictly[None if strict is None else strict == one.strict] += 1
    for counts in found.values():
        decided = counts[True] + counts[False]
        assert decided >= 0.95 * counts.total()
        assert counts[True] / decided >= 0.85
    assert strictly[True] / (strictly[True] + strictly[False]) >= 0.9
