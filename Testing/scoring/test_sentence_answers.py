"""Sentence-length answers: the labelled corpus, and answers of kinds that people reported."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.scoring.rules import score_answer
from Testing.language.labelled import public_items

LANGUAGE = Path(__file__).parents[1] / "language"


def corpus(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LANGUAGE / name).read_text(encoding="utf-8").splitlines()]


def scored(row: dict[str, Any], question: str, reference: str) -> Score:
    """Answers that repeat a public text hold a mark in its place: no such text is in the repository."""
    prediction = row["prediction"]
    for mark, text in (
        ("{question}", question),
        ("{question_words}", question.rstrip("?")),
        ("{reference}", reference),
        ("{reference_words}", reference.rstrip(".")),
    ):
        prediction = prediction.replace(mark, text)
    return score_answer(question, reference, prediction, question_id="case::0")


def called(score: Score) -> str:
    if score.no_answer is not None:
        return "no_answer"
    return {True: "correct", False: "incorrect", None: "undecided"}[score.correct]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "rows", "decided"),
    [("sentence_answers_dev.jsonl", 350, 0.95), ("sentence_answers_dev2.jsonl", 225, 0.91)],
)
def test_the_rules_agree_with_two_readers_on_sentences(
    real_data: Path, name: str, rows: int, decided: float
) -> None:
    """The parts of the corpus that were looked at while the reader was built: no fair test, but a floor."""
    items = public_items(real_data)
    counts: Counter[str] = Counter()
    for row in corpus(name):
        if row["label_a"]["label"] != row["label_b"]["label"] or not row["prediction"].strip():
            continue
        if row["source"] == "public":
            question, reference = items[row["question_id"]]
        else:
            question, reference = row["question"], row["reference"]
        ours = called(scored(row, question, reference))
        label = row["label_a"]["label"]
        counts["all"] += 1
        counts["decided"] += ours != "undecided"
        counts["same"] += ours == label
        counts["falsely right"] += ours == "correct" != label
    assert counts["all"] > rows
    assert counts["falsely right"] <= 0.005 * counts["all"]
    assert counts["decided"] >= decided * counts["all"]
    assert counts["same"] >= 0.95 * counts["decided"]


@pytest.mark.real_data
def test_answers_of_kinds_that_people_reported(real_data: Path) -> None:
    lines = (real_data / "reported" / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    other = []
    for row in map(json.loads, lines):
        judged = scored(row, row["question"], row["reference"]).correct
        fits = {
            "right": judged is True,
            "wrong": judged is False,
            "undecided": judged is None,
            "never right": judged is not True,
        }[row["expected"]]
        if not fits:
            other.append(row["id"])
    assert other == []


NEVER_RIGHT = [
    (row["question"], row["reference"], prediction)
    for row in map(json.loads, Path(__file__).with_name("never_right.jsonl").read_text("utf-8").splitlines())
    for prediction in row["predictions"]
]


@pytest.mark.parametrize(("question", "reference", "prediction"), NEVER_RIGHT)
def test_a_wrong_or_unclear_sentence_is_never_right(question: str, reference: str, prediction: str) -> None:
    """Turned, bounded, dated, foreign and relational statements that hold the reference's own words."""
    judged = score_answer(question, reference, prediction, question_id="case::0")
    assert judged.correct is not True, judged.reason


SIBLINGS = [
    pytest.param(row["question"], row["reference"], prediction, row["expected"], id=f"{row['kind']}-{at}")
    for row in map(
        json.loads, Path(__file__).with_name("sentence_siblings.jsonl").read_text("utf-8").splitlines()
    )
    for at, prediction in enumerate(row["predictions"])
]


@pytest.mark.parametrize(("question", "reference", "prediction", "expected"), SIBLINGS)
def test_kinds_of_sentences_that_were_misread(
    question: str, reference: str, prediction: str, expected: str
) -> None:
    """Three sentences for each kind, written before any of them was tried."""
    score = score_answer(question, reference, prediction, question_id="case::0")
    fits = {
        "right": score.correct is True,
        "wrong": score.correct is False,
        "never right": score.correct is not True,
        "no answer": score.no_answer is not None,
        "not wrong": score.correct is not False,
    }
    assert fits[expected], (called(score), score.reason)
