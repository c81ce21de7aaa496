"""The cards' contents: every answer with its score, every verdict with its answer, worst cards first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.words import ErrorType, Outcome, QuestionForm, Severity, Stage, VerdictValue
from CTSpatialVQALib.report.items import Items, Picture, build_items, chips
from CTSpatialVQALib.report.page_data import ReportItem, Standing, StructureChip
from CTSpatialVQALib.scene.colours import display_colours
from Testing.report.story import Story


def _items(story: Story, **more: Any) -> Items:
    return build_items(story.questions.values(), story.replies, story.scores, **more)


def test_an_item_brings_together_what_was_said_about_one_question(story: Story, ct_like_png: bytes) -> None:
    story.question("a", form=QuestionForm.LEVEL_LOBE)
    story.question("never asked")
    story.reply("a", "model-b", correct=False, error_type=ErrorType.WRONG_DEPTH, answer="Behind it.")
    story.reply("a", "model-a", correct=True)
    (item,) = _items(
        story, structures_of={"a": ("liver", "unheard_of")}, pictures={"a": Picture(ct_like_png, "axial")}
    )
    assert [(one.backend, one.standing, one.text, one.error_type) for one in item.answers] == [
        ("model-b", Standing.WRONG, "Behind it.", "wrong_depth"),
        ("model-a", Standing.RIGHT, "In the liver.", None),
    ]
    assert item.answers[0].reason == "compared side and organ (rules-1)"
    assert [chip.name for chip in item.structures] == ["liver"]
    assert item.picture_size == (720, 400)
    assert (item.form, item.picture_note) == ("level or lobe", "axial")


def test_a_failure_shows_its_detail_and_no_answer(story: Story) -> None:
    story.question("a")
    story.reply("a", outcome=Outcome.TIMEOUT)
    ((answer,),) = (item.answers for item in _items(story))
    assert (answer.standing, answer.outcome, answer.reason) == (Standing.FAILED, "timeout", "it did not come")


def test_a_verdict_stands_beside_the_answer_it_judges(story: Story) -> None:
    story.question("a")
    reply = story.reply("a", correct=False)
    verdict = Verdict(
        reader="reader-1",
        reply_id=reply.reply_id,
        question_id="a",
        question_sha256=reply.key.question_sha256,
        stage=Stage.FINAL,
        value=VerdictValue.INCORRECT,
        aided=True,
        error_type=ErrorType.LATERALITY_SWAP,
        severity=Severity.CRITICAL,
        comment="other kidney",
        given_utc=datetime(2026, 1, 2, tzinfo=UTC),
    )
    stray = verdict.model_copy(update={"reply_id": "f" * 64})
    (item,) = _items(story, verdicts=[verdict, stray])
    (shown,) = item.verdicts
    assert (shown.reader, shown.backend, shown.value) == ("reader-1", "model-a", "incorrect")
    assert shown.detail == "laterality swap, critical; other kidney"


def test_worst_cards_come_first_and_equals_keep_their_order(story: Story) -> None:
    for name in ("right", "failed", "undecided", "wrong-1", "wrong-2"):
        story.question(name)
    story.reply("right", correct=True)
    story.reply("failed", outcome=Outcome.EMPTY)
    story.reply("undecided", correct=None)
    story.reply("wrong-1", correct=False)
    story.reply("wrong-2", correct=False)
    ordered = [item.question_id for item in _items(story).worst_first()]
    assert ordered == ["wrong-1", "wrong-2", "failed", "undecided", "right"]


def test_chips_keep_the_order_given() -> None:
    assert [chip.name for chip in chips(["spleen", "liver", "spleen"])] == ["spleen", "liver"]


def test_chips_have_the_colours_of_the_picture() -> None:
    kidneys = ("kidney_right", "kidney_left")
    red, green, blue = display_colours(kidneys)["kidney_left"]
    of_picture = f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"
    assert chips(kidneys)[1].colour == of_picture
    assert chips(("liver", *kidneys), drawn=kidneys)[2].colour == of_picture


def test_a_structure_that_is_not_drawn_has_no_colour() -> None:
    assert [chip.colour is None for chip in chips(["liver", "spleen"], drawn=["spleen"])] == [True, False]


def test_a_picture_that_is_no_png_is_refused() -> None:
    with pytest.raises(BadInput, match="picture of question a: expected a PNG file"):
        ReportItem("a", "case", "Where?", "There.", picture_png=b"<svg onload=alert(1)>")


@pytest.mark.parametrize("colour", ["red", "#12345", '#123456"', "#123456\n"])
def test_a_colour_that_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        StructureChip("liver", colour)
