"""Answers follow from geometry, come with the measured reason, and are withheld where masks cannot tell."""

from __future__ import annotations

import numpy as np
import pytest

from CTSpatialVQALib.anatomy.case_geometry import CaseGeometry
from CTSpatialVQALib.anatomy.spatial_answer import Measured, NotMeasurable, answer_question
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from Testing.volumes.small_volumes import block_mask, body, box_mask

BOXES = CaseGeometry(box_mask())
ANSWERS = {
    "On which side is the spleen?": "On the left side.",
    "On which side of the midline does the liver lie?": "On the right side.",
    "Is the spleen on the right side?": "No, on the left side.",
    "Is the liver on the right side of the body?": "Yes, on the right side.",
    "Is the liver on the same side as the spleen?": (
        "No, the liver is on the right and the spleen on the left."
    ),
    "Do the liver and the spleen lie on opposite sides?": (
        "Yes, the liver is on the right and the spleen on the left."
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


@pytest.mark.parametrize(("text", "expected"), ANSWERS.items())
def test_answer_follows_from_the_boxes(text: str, expected: str) -> None:
    found = answer_question(BOXES, text)
    assert isinstance(found, Measured)
    assert found.text == expected


def test_the_measured_reason_is_given_in_millimetres() -> None:
    # centres at S index 12 and 15 of 4 mm
    found = answer_question(BOXES, "Which kidney lies lower?")
    assert isinstance(found, Measured)
    assert found.basis == "the right kidney lies 12 mm below the left kidney"


def test_a_side_is_told_from_the_midline_as_it_is_dictated() -> None:
    for name, side in (("spleen", "left"), ("liver", "right")):
        answer = answer_question(BOXES, f"On which side is the {name}?")
        assert isinstance(answer, Measured)
        assert answer.basis.startswith(f"the centre of the {name} lies ")
        assert answer.basis.endswith(f" mm {side} of the midline")


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
        ("What colour is the liver?", "more than anatomy masks show"),
        ("Which is larger, the liver, the spleen or the heart?", "3 structures"),
        ("Is it on the left?", "nothing that can be measured"),
    ],
)
def test_what_a_mask_cannot_show_is_declined_with_the_reason(text: str, why: str) -> None:
    found = answer_question(BOXES, text)
    assert isinstance(found, NotMeasurable)
    assert why in found.why


@pytest.mark.parametrize(
    ("axis", "blocked", "open_"),
    [
        (0, "On which side is the spleen?", "Is the heart above the liver?"),
        (2, "Is the heart above the liver?", "What is the volume of the liver in ml?"),
        (1, "Is the heart in front of the spinal cord?", "Is the heart above the liver?"),
    ],
)
def test_a_turned_case_answers_nothing_along_that_axis(axis: int, blocked: str, open_: str) -> None:
    whole = body()
    turned = AnatomyMask(np.asfortranarray(np.flip(whole.labels, axis)), whole.grid, whole.names)
    withheld = answer_question(CaseGeometry(turned), blocked)
    assert isinstance(withheld, NotMeasurable)
    assert withheld.why.startswith("the case is not trusted: ")
    assert isinstance(answer_question(CaseGeometry(turned), open_), Measured)
    assert isinstance(answer_question(CaseGeometry(whole.mask), blocked), Measured)


def test_no_side_is_answered_from_the_middle_of_the_volume() -> None:
    mask = block_mask({"liver": np.s_[0:4, 2:6, 2:6]})
    found = answer_question(CaseGeometry(mask), "On which side is the liver?")
    assert found == NotMeasurable("no structure of the mask tells where the midline is")
