"""Judge files: votes are joined by what was judged, and lost rows shift nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.benchmark.judges import align_votes, read_judge
from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.question import Question

ASKED = tuple(
    Question(question_id=f"c::{n}", case_id="c", text=f"Question {n}?", reference="left") for n in range(4)
)
PREDICTED = {question.question_id: f"answer {n}" for n, question in enumerate(ASKED)}


def vote(n: int, correct: object) -> dict[str, Any]:
    return {
        "case_id": None,
        "question": ASKED[n].text,
        "answer": "left",
        "prediction": f"answer {n}",
        "is_correct": correct,
    }


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps(rows), "utf-8")
    return path


def test_a_lost_row_shifts_no_other_vote(tmp_path: Path) -> None:
    path = write(tmp_path / "j.json", [vote(0, True), vote(2, False), vote(3, True)])
    aligned = align_votes(read_judge(path), ASKED, PREDICTED, path)
    assert aligned.by_question == {"c::0": True, "c::1": None, "c::2": False, "c::3": True}
    counts = {note.what: note.times for note in aligned.notes}
    assert counts["questions without a vote"] == 1
    assert counts["rows lost from the file"] == 1


def test_null_is_no_vote_and_is_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "j.json", [vote(0, None), vote(1, False)])
    judge = read_judge(path)
    assert align_votes(judge, ASKED[:2], PREDICTED, path).by_question == {"c::0": None, "c::1": False}
    counts = {note.what: note.times for note in judge.notes}
    assert counts == {"votes without a case id": 2, "rows without a vote": 1}


def test_identical_texts_of_two_cases_share_their_votes(tmp_path: Path) -> None:
    twin = ASKED[0].model_copy(update={"question_id": "d::0", "case_id": "d"})
    predicted = {**PREDICTED, "d::0": "answer 0"}
    path = write(tmp_path / "j.json", [vote(0, True), vote(0, False)])
    both = align_votes(read_judge(path), (ASKED[0], twin), predicted, path).by_question
    assert sorted(both.values(), key=str) == [False, True]
    write(path, [vote(0, True)])
    shared = align_votes(read_judge(path), (ASKED[0], twin), predicted, path)
    assert shared.by_question == {"c::0": True, "d::0": True}
    assert ("rows lost from the file", 1) in {(note.what, note.times) for note in shared.notes}


@pytest.mark.parametrize("correct", ["true", 1, 0.5, []])
def test_a_vote_of_another_type_is_refused_not_guessed(correct: object, tmp_path: Path) -> None:
    path = write(tmp_path / "j.json", [vote(0, True), vote(1, correct)])
    with pytest.raises(BadInput, match=r"row 1.*is_correct"):
        read_judge(path)


@pytest.mark.parametrize("content", ["{}", "[]", "[3]", '[{"question": "x"}]', "[{"])
def test_broken_judge_file_gives_one_line(content: str, tmp_path: Path) -> None:
    path = tmp_path / "j.json"
    path.write_text(content, "utf-8")
    with pytest.raises(BadInput, match=r"j\.json"):
        read_judge(path)


@pytest.mark.real_data
@pytest.mark.parametrize(("model", "accuracy"), [("m3d", 0.3123), ("med3dvlm", 0.3231)])
def test_jury_of_published_votes_joined_by_key(model: str, accuracy: float, real_data: Path) -> None:
    """The values are those of an independent re-computation; by position they were .3057 and .3144."""
    benchmark = real_data / "benchmark"
    questions = read_questions(benchmark / "spatial_qa_filtered_full.json").questions
    predicted = read_predictions(benchmark / f"predictions/{model}_predictions_full.jsonl", questions)
    files = sorted((benchmark / "judges").glob(f"{model}_*.json"))
    votes = [align_votes(read_judge(path), questions, predicted.predictions, path) for path in files]
    assert len(votes) == 3
    right = sum(
        sum(bool(vote.by_question[question.question_id]) for vote in votes) >= 2 for question in questions
    )
    assert right / len(questions) == pytest.approx(accuracy, abs=5e-5)
    lost = [note.times for vote in votes for note in vote.notes if note.what == "rows lost from the file"]
    assert lost == [3]
