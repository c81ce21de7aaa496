"""The anatomy backend answers from geometry, says the measured reason, and declines what it cannot see."""

from __future__ import annotations

import pytest

from CTSpatialVQALib.backends.anatomy_backend import AnatomyBackend
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Outcome, Probe

ANSWERS = {
    "On which side is the spleen?": "On the left side.",
    "On which side of the midline does the liver lie?": "On the right side.",
    "Is the spleen on the right side?": "No, on the left side.",
    "Is the liver on the right side of the body?": "Yes, on the right side.",
    "Is the liver on the same side as the spleen?": (
        "No, the liver is on the right and the spleen on the left."
    ),
    "Which kidney lies lower, the right or the left?": "The right kidney.",
    "Which kidney lies higher?": "The left kidney.",
    "Is the left kidney above the right kidney?": "Yes, the left kidney is above the right kidney.",
    "Is the right kidney above the left kidney?": "No, the right kidney is below the left kidney.",
    "Does the heart lie above or below the liver?": "Above the liver.",
    "Is the heart in front of or behind the right kidney?": "In front of the right kidney.",
    "Does the spleen lie to the left or to the right of the heart?": "To the left of the heart.",
    "Which is larger, the spleen or the liver?": "The liver.",
    "Which organ lies more to the left, the liver or the spleen?": "The spleen.",
    "Which is smaller, the spleen or the liver?": "The spleen.",
    "Is the spleen larger than the liver?": "No, spleen 47 ml, liver 240 ml.",
    "What is the volume of the spleen in ml?": "About 47 ml.",
    "How tall is the spleen?": "About 32 mm high.",
    "How wide is the liver?": "About 64 mm wide.",
    "At which vertebral level is the right kidney?": "At the level of L3.",
    "On which side or sides are the kidneys?": "On both sides.",
    "Does the liver extend across the midline?": "No, on the right side.",
    "Does the heart cross the midline?": "Yes, it lies on both sides of the midline.",
    "On which side of the heart is the spleen?": "On the left side.",
    "On which side of the spleen does the heart lie?": "On the right side.",
    "Does the heart touch the liver?": "Yes, the heart and the liver are in contact.",
    "Does the spleen touch the liver?": "No, the spleen and the liver are not in contact.",
}


def ask(text: str, case: Case, probe: Probe = Probe.FULL) -> tuple[Outcome, str, str]:
    question = Question(question_id="q", case_id="body", text=text, reference="")
    answer = AnatomyBackend().ask(question, CaseData(case), probe)
    return answer.outcome, answer.text, answer.detail or answer.basis


@pytest.mark.parametrize(("text", "expected"), ANSWERS.items())
def test_answer_follows_from_the_boxes(text: str, expected: str, body: Case) -> None:
    outcome, said, _ = ask(text, body)
    assert (outcome, said) == (Outcome.ANSWERED, expected)


def test_the_measured_reason_is_given_in_millimetres(body: Case) -> None:
    # centres at S index 12 and 15 of 4 mm
    assert ask("Which kidney lies lower?", body)[2] == "the right kidney lies 12 mm below the left kidney"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("In which lobe is the nodule?", "nodule"),
        ("On which side is the effusion?", "effusion"),
        ("On which side is the pancreas?", "no pancreas"),
        ("What lies behind the heart, in front of the spleen?", "nothing that can be measured"),
        ("Which structures lie behind the heart?", "nothing that can be measured"),
        ("How far apart are the upper poles of the kidneys?", "poles"),
        ("On which side is the dome of the liver?", "dome"),
        ("What colour is the liver?", "nothing that can be measured"),
        ("Is it on the left?", "nothing that can be measured"),
    ],
)
def test_what_a_mask_cannot_show_is_declined_with_the_reason(text: str, why: str, body: Case) -> None:
    outcome, said, reason = ask(text, body)
    assert (outcome, said) == (Outcome.REFUSED, "")
    assert why in reason


def test_without_a_mask_nothing_is_answered(body: Case) -> None:
    bare = body.model_copy(update={"mask": None})
    outcome, _, reason = ask("On which side is the spleen?", bare)
    assert outcome is Outcome.REFUSED
    assert "no anatomy mask" in reason


def test_a_probe_is_never_answered_as_if_it_were_the_full_presentation(body: Case) -> None:
    assert ask("On which side is the spleen?", body, Probe.MIRRORED)[0] is Outcome.REFUSED


def test_presentation_changes_with_the_mask(body: Case) -> None:
    backend = AnatomyBackend()
    with_mask = backend.presentation(CaseData(body), Probe.FULL)
    without = backend.presentation(CaseData(body.model_copy(update={"mask": None})), Probe.FULL)
    assert with_mask.sha256 != without.sha256
    assert with_mask.spacing_mm == (4.0, 4.0, 4.0)
