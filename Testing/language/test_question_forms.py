"""Question forms: own questions, and the published counts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from CTSpatialVQALib.language.question_forms import question_form

PUBLISHED = {
    "where": 3858,
    "laterality": 1570,
    "yes_no": 1353,
    "level_lobe": 1314,
    "free": 559,
    "choice": 272,
    "measurement": 151,
}


@pytest.mark.parametrize(
    ("question", "reference", "form"),
    [
        ("Where does the catheter end?", "In the right atrium.", "where"),
        ("In which organ is the stone?", "The gallbladder.", "where"),
        ("What is the location of the drain?", "Left pleural space.", "where"),
        ("Which side has more fluid?", "The left.", "laterality"),
        ("Is the fluid unilateral or bilateral?", "Bilateral.", "laterality"),
        ("Is the stone on the left or the right?", "Left.", "laterality"),
        ("Which lung is smaller?", "The right lung.", "laterality"),
        ("Is there fluid around the heart?", "No.", "yes_no"),
        ("On the left side, is there fluid?", "No.", "yes_no"),
        ("Is there any fluid or air?", "No fluid or air.", "yes_no"),
        ("Which lobe holds the cavity?", "The right upper lobe.", "level_lobe"),
        ("At what level is the fracture?", "T8.", "level_lobe"),
        ("Is the cavity in the upper or lower lobe?", "Upper.", "level_lobe"),
        ("Is the band central or peripheral?", "Peripheral.", "choice"),
        ("Are the vessels open or closed?", "Open.", "choice"),
        ("How large is the node?", "12 mm.", "measurement"),
        ("What is the diameter of the aorta?", "45 mm", "measurement"),
        ("What can be said of the heart size?", "Normal.", "free"),
        ("What does the lesion look like?", "Round.", "free"),
    ],
)
def test_the_form_follows_from_the_wording(question: str, reference: str, form: str) -> None:
    assert question_form(question, reference) == form


def test_the_reference_settles_whether_or_means_a_choice() -> None:
    assert question_form("Is the duct wide or blocked?", "No.") == "yes_no"
    assert question_form("Is the duct wide or blocked?", "Blocked.") == "choice"


@pytest.mark.real_data
def test_the_public_questions_have_about_the_published_forms(real_data: Path) -> None:
    lines = (real_data / "benchmark" / "spatial_qa_filtered_full_nifti.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in lines.splitlines()]
    counts = Counter(str(question_form(row["question"], row["answer"])) for row in rows)
    moved = sum(abs(counts[form] - number) for form, number in PUBLISHED.items()) / 2
    assert moved / len(rows) < 0.04
