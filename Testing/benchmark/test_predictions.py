"""Prediction files are joined by key, whatever their order, and say what they lack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.benchmark.alignment import case_id_of_image
from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.question import Question


def question(question_id: str, case_id: str, text: str) -> Question:
    return Question(question_id=question_id, case_id=case_id, text=text, reference="left")


ASKED = (
    question("a.nii.gz::0", "a.nii.gz", "Where is the heart?"),
    question("a.nii.gz::1", "a.nii.gz", "Where is the liver?"),
    question("b.nii.gz::0", "b.nii.gz", "Where is the heart?"),
)


def row(asked: Question, prediction: str, **changed: object) -> dict[str, Any]:
    return {
        "image_path": f"/data/{asked.case_id.removesuffix('.nii.gz')}.npy",
        "question": asked.text,
        "answer": asked.reference,
        "prediction": prediction,
        **changed,
    }


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(one) for one in rows), "utf-8")
    return path


def test_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    rows = [row(asked, f"to {asked.question_id}") for asked in ASKED]
    path = write(tmp_path / "p.jsonl", *reversed(rows))
    found = read_predictions(path, ASKED)
    assert found.predictions == {asked.question_id: f"to {asked.question_id}" for asked in ASKED}


def test_a_lost_row_leaves_its_own_question_without_prediction_and_no_other(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", row(ASKED[0], "zero"), row(ASKED[2], "two"))
    found = read_predictions(path, ASKED)
    assert found.predictions == {ASKED[0].question_id: "zero", ASKED[2].question_id: "two"}
    assert ("questions without a prediction", 1) in {(note.what, note.times) for note in found.notes}


def test_white_space_and_case_of_texts_do_not_hinder_the_join(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", row(ASKED[0], "x", question="  where is the  HEART? "))
    assert read_predictions(path, ASKED).predictions == {ASKED[0].question_id: "x"}


def test_own_rows_are_joined_by_id_and_checked_by_hash(tmp_path: Path) -> None:
    good = {
        "question_id": ASKED[1].question_id,
        "question_sha256": ASKED[1].question_sha256,
        "prediction": "x",
    }
    path = write(tmp_path / "p.jsonl", good)
    assert read_predictions(path, ASKED).predictions == {ASKED[1].question_id: "x"}
    write(path, {**good, "question_sha256": ASKED[0].question_sha256})
    with pytest.raises(BadInput, match=r"a\.nii\.gz::1"):
        read_predictions(path, ASKED)


def test_two_questions_with_the_same_text_in_one_case_cannot_be_told_apart_without_ids(
    tmp_path: Path,
) -> None:
    twins = (question("1", "a.nii.gz", "Where?"), question("2", "a.nii.gz", "Where?"), *ASKED)
    path = write(tmp_path / "p.jsonl", row(twins[0], "x"), row(ASKED[0], "y"))
    found = read_predictions(path, twins)
    assert found.predictions == {ASKED[0].question_id: "y"}
    assert ("rows about questions that are not asked", 1) in {(n.what, n.times) for n in found.notes}


def test_same_prediction_twice_is_one_and_two_different_ones_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", row(ASKED[0], "x"), row(ASKED[0], "x"))
    assert read_predictions(path, ASKED).predictions == {ASKED[0].question_id: "x"}
    write(path, row(ASKED[0], "x"), row(ASKED[0], "y"))
    with pytest.raises(BadInput, match="line 2"):
        read_predictions(path, ASKED)


@pytest.mark.parametrize(
    "changed", [{"prediction": None}, {"prediction": 3}, {"image_path": 1}, {"answer": []}]
)
def test_column_of_another_type_is_refused_with_its_line(changed: dict[str, Any], tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", row(ASKED[0], "x"), {**row(ASKED[1], "x"), **changed})
    with pytest.raises(BadInput, match=f"line 2.*'{next(iter(changed))}'"):
        read_predictions(path, ASKED)


def test_predictions_of_another_study_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", row(question("z::0", "z", "What?"), "x"))
    with pytest.raises(BadInput, match="none that fits"):
        read_predictions(path, ASKED)


@pytest.mark.parametrize(
    ("image_path", "case_id"),
    [
        ("/data/x/valid_1_a_1.npy", "valid_1_a_1.nii.gz"),
        ("valid_1_a_1.npz", "valid_1_a_1.nii.gz"),
        ("C:\\data\\valid_1_a_1.nii.gz", "valid_1_a_1.nii.gz"),
    ],
)
def test_case_id_in_an_image_path(image_path: str, case_id: str) -> None:
    assert case_id_of_image(image_path) == case_id


@pytest.mark.real_data
@pytest.mark.parametrize(("model", "empty"), [("m3d", 32), ("med3dvlm", 0)])
def test_published_predictions_fit_every_question(model: str, empty: int, real_data: Path) -> None:
    questions = read_questions(real_data / "benchmark/spatial_qa_filtered_full.json").questions
    found = read_predictions(real_data / f"benchmark/predictions/{model}_predictions_full.jsonl", questions)
    assert len(found.predictions) == 9077
    assert sum(not text.strip() for text in found.predictions.values()) == empty
    counts = {note.what: note.times for note in found.notes}
    assert counts["case ids taken from the image path"] == 9077
