"""A reply is supported, contradicted or undecidable, for the reason that the masks show."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from CTSpatialVQALib.anatomy.case_geometry import CaseGeometry
from CTSpatialVQALib.anatomy.geometry_check import check_answer, check_in_case
from CTSpatialVQALib.demo.flawed_model import flawed_answers
from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.demo.questions import asked_of
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.structures import opposite
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask
from Testing.anatomy.true_sentences import sentences_about
from Testing.volumes.small_volumes import block_mask, body, box_mask

BOXES = CaseGeometry(box_mask())
# question -> what it supports, what it contradicts
TABLE = {
    "On which side is the spleen?": ("On the left.", "The spleen is on the right side."),
    "On which side is the liver?": ("Right.", "On both sides."),
    "On which side or sides are the kidneys?": ("On both sides.", "On the left side."),
    "Is the spleen on the right side?": ("No, on the left.", "Yes."),
    "Is the spleen on the left side?": ("Yes.", "No, on the right side."),
    "Is the liver on the same side as the spleen?": (
        "No, the liver is on the right and the spleen on the left.",
        "Yes, both are on the left.",
    ),
    "Do the liver and the spleen lie on opposite sides?": ("Yes.", "No, they are on the same side."),
    "Which kidney lies lower, the right or the left?": ("The right kidney.", "The left kidney."),
    "Which kidney lies higher?": ("The left one.", "The right kidney is higher than the left kidney."),
    "Is the left kidney above the right kidney?": ("Yes.", "No, the left kidney is below the right kidney."),
    "Is the right kidney above the left kidney?": ("No.", "Yes, it is above the left kidney."),
    "Does the heart lie above or below the liver?": ("Above it.", "The heart lies below the liver."),
    "Is the heart below the liver?": ("It lies above the liver.", "Yes, below."),
    "Is the heart in front of or behind the right kidney?": ("In front.", "Behind the right kidney."),
    "Is the heart above the spleen?": (
        "Yes, the spleen is below the heart.",
        "Yes, the spleen is above the heart.",
    ),
    "Does the spleen lie to the left or to the right of the heart?": ("To the left.", "To the right of it."),
    "On which side of the heart is the spleen?": ("On the left side.", "On the right."),
    "Which organ lies more to the left, the liver or the spleen?": ("The spleen.", "The liver."),
    "Which is larger, the spleen or the liver?": ("The liver.", "The spleen is larger than the liver."),
    "Which is smaller, the spleen or the liver?": (
        "The spleen is smaller than the liver.",
        "The liver.",
    ),
    "Is the spleen larger than the liver?": ("No.", "Yes, the spleen is larger than the liver."),
    "What is the volume of the spleen in ml?": ("About 50 ml.", "About 470 ml."),
    "How tall is the spleen?": ("3.2 cm", "32 cm"),
    "At which vertebral level is the right kidney?": ("At the level of L3.", "At the level of T12."),
    "Does the liver extend across the midline?": ("No.", "Yes, it does."),
    "Does the heart cross the midline?": ("Yes, it lies on both sides.", "No."),
    "Does the heart touch the liver?": ("Yes.", "No, they are not in contact."),
    "Does the spleen touch the liver?": ("No.", "Yes, they touch."),
    "Where is the spleen?": ("On the left, below the heart.", "On the left, above the heart."),
    "Where is the liver located?": ("On the right side.", "To the left of the spleen."),
}


@pytest.mark.parametrize(("question", "replies"), TABLE.items())
def test_both_polarities_of_every_relation(question: str, replies: tuple[str, str]) -> None:
    supported, contradicted = (check_in_case(question, reply, BOXES) for reply in replies)
    assert supported.standing == "supported", supported
    assert contradicted.standing == "contradicted", contradicted
    assert contradicted.reason.startswith("the reply says ")


def test_the_reason_tells_what_was_said_and_what_was_measured() -> None:
    # the spleen's middle at R index 14, the midline at 30, of 4 mm
    found = check_in_case("On which side is the spleen?", "On the right side.", BOXES)
    assert str(found) == (
        "contradicted: the reply says right; the spleen's centroid lies 64 mm left of the midline"
    )


@pytest.mark.parametrize(
    ("question", "reply", "why"),
    [
        ("On which side is the effusion?", "On the left side.", "disease, or|do not show disease"),
        ("Is there a nodule in the left lung?", "No.", "do not show disease"),
        ("On which side is the spleen?", "On the right, next to a mass.", "speaks of disease"),
        ("On which side is the dome of the liver?", "On the left.", "do not separate"),
        ("On which side is the liver?", "Its left segment is on the left.", "do not separate"),
        ("On which side is the pancreas?", "On the left.", "has no pancreas"),
        ("On which side is the spleen?", "On the left or on the right.", "alternatives"),
        ("On which side is the spleen?", "It is normal.", "no statement"),
        ("On which side is the spleen?", "", "no statement"),
        ("What colour is the liver?", "Red.", "more than anatomy masks show"),
        ("Which side of the trachea is the stent on?", "On the left.", "do not show disease"),
        ("Where are the sutures in the liver?", "On the left.", "more than anatomy masks show"),
        ("Where are both main bronchi?", "In the midline.", "do not separate"),
        ("Is the left anterior descending artery on the left?", "Yes.", "do not separate"),
        ("Which side underwent lobectomy of the lung?", "The left.", "do not show disease"),
        ("At which vertebral level is the right kidney?", "At L2.", "has no L2"),
        ("What is the volume of the spleen in ml?", "About 55 ml.", "% off"),
        ("On which side is the heart?", "On the left.", "too near to it"),
        ("Which structures lie behind the heart?", "The spleen.", "nothing that can be measured"),
        ("Where is the spleen?", "Behind the pancreas.", "no statement"),
    ],
)
def test_what_the_masks_cannot_decide_is_left_open(question: str, reply: str, why: str) -> None:
    found = check_in_case(question, reply, BOXES)
    assert found.standing == "undecidable"
    assert re.search(why, found.reason), found.reason


@pytest.mark.parametrize(("apart_mm", "standing"), [(1.0, "undecidable"), (3.0, "supported")])
def test_less_than_two_millimetres_cannot_be_told(apart_mm: float, standing: str) -> None:
    grid = Grid.of((40, 4, 20), np.diag([0.5, 0.5, 0.5, 1.0]))
    labels = np.zeros(grid.shape, np.uint8, order="F")
    shift = int(apart_mm / 0.5)
    labels[0:4, :, 4 + shift : 8 + shift], labels[20:24, :, 4:8] = 1, 2
    mask = AnatomyMask(labels, grid, {1: "heart", 2: "liver"})
    assert check_answer("Is the heart above the liver?", "Yes.", mask).standing == standing


def test_less_than_a_voxel_cannot_be_told() -> None:
    mask = block_mask({"heart": np.s_[0:4, 2:4, 3:6], "liver": np.s_[10:14, 2:4, 3:5]})  # 1.5 of 3 mm
    assert "1.5 mm only" in check_answer("Is the heart above the liver?", "Yes.", mask).reason


def test_without_a_mask_nothing_is_decided() -> None:
    assert check_answer("On which side is the spleen?", "Left.", None).reason == (
        "this case has no anatomy mask"
    )


@cache
def turned(axis: int) -> AnatomyMask:
    whole = body()
    return AnatomyMask(np.asfortranarray(np.flip(whole.labels, axis)), whole.grid, whole.names)


@pytest.mark.parametrize(("axis", "named"), [(0, "mirrored left-right"), (2, "upside down")])
def test_a_case_that_is_not_trusted_gives_no_side(axis: int, named: str) -> None:
    for question, reply in (
        ("On which side is the spleen?", "On the left side."),
        ("Is the liver on the same side as the spleen?", "No."),
        ("Is the stomach to the left of the liver?", "Yes."),
        ("Which kidney is larger, the right or the left?", "The left kidney."),
    ):
        found = check_answer(question, reply, turned(axis))
        assert found.standing == "undecidable"
        assert named in found.reason


def test_situs_inversus_blocks_sides_until_it_is_declared() -> None:
    mirrored = turned(0)
    names = {label: opposite(name) or name for label, name in mirrored.names.items()}
    inverted = AnatomyMask(mirrored.labels, mirrored.grid, names)
    question, reply = "On which side is the spleen?", "On the right side."
    assert "situs inversus" in check_answer(question, reply, inverted).reason
    assert check_answer(question, reply, inverted).standing == "undecidable"
    assert check_answer(question, reply, inverted, situs_inversus=True).standing == "supported"


@pytest.mark.parametrize("index", range(5))
def test_phantoms_support_every_decidable_reference(index: int) -> None:
    phantom = make_patient(index, "tiny")
    mask = AnatomyMask(np.asfortranarray(phantom.labels), phantom.grid, phantom.names)
    case = CaseGeometry(mask, situs_inversus=phantom.facts.situs_inversus)
    asked = asked_of(phantom, "p")
    flawed, decided = flawed_answers(asked), 0
    for one in asked:
        question = one.question
        found = check_in_case(question.text, question.reference, case)
        assert found.standing != "contradicted", (question.text, found)
        decided += found.standing == "supported"
        if found.standing == "supported" and flawed[question.question_id] not in ("", question.reference):
            wrong = check_in_case(question.text, flawed[question.question_id], case)
            assert wrong.standing == "contradicted", (question.text, flawed[question.question_id], wrong)
    assert decided >= 1


# --- real CTs ---

MASKS = {
    "abdomen": "example_ct_totalsegmentator.nii.gz",
    "chest-crop": "chest_crop_masks",
    "coarse-chest": "chest_64_masks",
}
QUESTIONS = Path(__file__).resolve().parent.parent / "studies" / "real_ct_questions.jsonl"
_TURNED = {
    **{"left": "right", "right": "left", "above": "below", "below": "above", "yes": "no", "no": "yes"},
    **{"behind": "in front of", "in front of": "behind", "in front": "behind"},
}
_SWAPPED = {  # the references that name one of two things
    "abdomen::liver-or-spleen": "The spleen.",
    "chest-crop::heart-or-aorta": "The aorta.",
    "chest-crop::more-left": "The left common carotid artery.",
    "coarse-chest::sides": "On the left side.",
    "abdomen::kidney-level": "At the level of L4.",
}


def swapped(question_id: str, reference: str) -> str:
    """The reference with its sides, directions and yes or no exchanged, and numbers doubled."""
    if question_id in _SWAPPED:
        return _SWAPPED[question_id]
    words = "|".join(sorted(_TURNED, key=len, reverse=True))
    text = re.sub(rf"\b(?:{words})\b", lambda found: _TURNED[found.group().lower()], reference, flags=re.I)
    return re.sub(r"\b\d{3,}\b", lambda found: str(2 * int(found.group())), text)


@pytest.mark.real_data
@pytest.mark.parametrize("case_id", MASKS)
def test_every_reference_is_supported_and_its_opposite_contradicted(case_id: str, real_data: Path) -> None:
    case = CaseGeometry(read_mask(real_data / "ct" / MASKS[case_id]))
    rows = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    asked = [row for row in rows if row["case_id"] == case_id]
    assert len(asked) >= 10
    for row in asked:
        found = check_in_case(row["text"], row["reference"], case)
        assert found.standing == "supported", (row["question_id"], str(found))
        if row["reference"] == "In the midline.":
            continue  # within 10 mm of the plane no side is wrong
        opposite_reply = swapped(row["question_id"], row["reference"])
        wrong = check_in_case(row["text"], opposite_reply, case)
        assert wrong.standing == "contradicted", (row["question_id"], opposite_reply, str(wrong))


# --- sentences ---


@pytest.mark.parametrize("index", range(5))
def test_no_true_sentence_is_contradicted(index: int) -> None:
    phantom = make_patient(index, "tiny")
    mask = AnatomyMask(np.asfortranarray(phantom.labels), phantom.grid, phantom.names)
    case = CaseGeometry(mask, situs_inversus=phantom.facts.situs_inversus)
    sentences = sentences_about(case)
    assert len(sentences) >= 100
    standings = {one: check_in_case(one.question, one.reply, case).standing for one in sentences}
    assert [one for one in sentences if standings[one] == "contradicted"] == []
    assert sum(standing == "supported" for standing in standings.values()) >= 0.85 * len(sentences)
    for one in sentences:
        if one.question.startswith("On which side"):
            turned = re.sub(r"\b(?:left|right)\b", lambda found: _TURNED[found.group()], one.reply)
            assert check_in_case(one.question, turned, case).standing != "supported", turned
