"""The worked example: the question that shows most, the same one every time, with the report's own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from CTSpatialVQALib.language.propositions import parse_claims
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.report.page import render_report
from CTSpatialVQALib.report.page_data import AnswerShown, ReportData, ReportItem, StructureChip
from CTSpatialVQALib.report.worked_example import WorkedExample, claim_words, worked_example

REPORT = (
    "The heart is of normal size. In the right upper lobe there is a nodule of 8 mm.\n"
    "The liver is normal. No nodule in the left lung."
)


def _item(name: str, *right: bool, png: bytes | None = None) -> ReportItem:
    answers = tuple(
        AnswerShown(f"m{at}", "answered", "In the right upper lobe.", one) for at, one in enumerate(right)
    )
    chips = (StructureChip("right upper lobe", "#288c28"),) if png else ()
    return ReportItem(
        name, "c", "Where is it?", "x", answers=answers, structures=chips, picture_png=png, picture_note=""
    )


def _question(name: str) -> Question:
    return Question(
        question_id=name,
        case_id="c",
        text="In which lobe is the nodule?",
        reference="In the right upper lobe.",
    )


def _example(*items: ReportItem, report: str = REPORT) -> WorkedExample | None:
    cases = {"c": Case(case_id="c", patient_id="c", report_text=report)}
    return worked_example(items, {item.question_id: _question(item.question_id) for item in items}, cases)


def test_a_picture_and_two_opinions_are_preferred(ct_like_png: bytes) -> None:
    items = (
        _item("a", True, False),
        _item("b", True, True, png=ct_like_png),
        _item("d", True, False, png=ct_like_png),
        _item("c", False, True, png=ct_like_png),
    )
    for order in (items, items[::-1]):
        found = _example(*order)
        assert found is not None
        assert found.item.question_id == "c"


def test_the_excerpt_holds_the_sentences_that_name_the_anatomy() -> None:
    found = _example(_item("a", True))
    assert found is not None
    assert found.excerpt == "In the right upper lobe there is a nodule of 8 mm."


def test_without_a_report_there_is_no_excerpt_and_without_items_no_example() -> None:
    found = _example(_item("a", True), report="")
    assert found is not None
    assert found.excerpt == ""
    assert _example() is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("In the right upper lobe.", "lung upper lobe right; right; upper; within"),
        ("No nodule in the left lung.", "denied: "),
        ("Yes.", "nothing about place"),
        ("A cyst of 12 mm.", "12 mm"),
    ],
)
def test_claims_are_told_in_one_line(text: str, said: str) -> None:
    (claim,) = parse_claims(text)
    assert claim_words(claim).startswith(said)


def test_the_page_shows_it_from_question_to_score(tmp_path: Path, ct_like_png: bytes) -> None:
    item = _item("a", True, False, png=ct_like_png)
    data = ReportData("t", "s", "2026", "0.1", items=(item,), example=_example(item))
    render_report(data, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    example = page[page.index('<section id="example"') : page.index('<section id="questions"')]
    for part in ("Where is it?", "data:image/", "a nodule of 8 mm", "Reference answer", "Wrong", "Right"):
        assert part in example
