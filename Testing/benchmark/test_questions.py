"""Question files: the official formats, our own, and everything that can be wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.benchmark.jsonfiles import MAX_LINE_CHARACTERS
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Category

PAIR = {"question": "On which side is the spleen?", "answer": "On the left."}


def official(path: Path, **cases: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps({name: {"qa_pairs": pairs} for name, pairs in cases.items()}), "utf-8")
    return path


def test_ids_of_official_questions_are_case_and_index(tmp_path: Path) -> None:
    path = official(tmp_path / "q.json", a=[PAIR, {**PAIR, "question": "Where is the liver?"}], b=[PAIR])
    assert [question.question_id for question in read_questions(path).questions] == ["a::0", "a::1", "b::0"]


def test_flat_form_gives_the_same_questions(tmp_path: Path) -> None:
    nested = official(tmp_path / "q.json", a=[PAIR, {**PAIR, "question": "Where is the liver?"}], b=[PAIR])
    rows = [
        {"case_id": "a", **PAIR},
        {"case_id": "b", **PAIR},
        {"case_id": "a", **PAIR, "question": "Where is the liver?"},
    ]
    flat = tmp_path / "q.jsonl"
    flat.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    assert set(read_questions(flat).questions) == set(read_questions(nested).questions)


def test_categories_are_read_in_both_spellings_and_counted(tmp_path: Path) -> None:
    labels = ["Medial-Lateral Orientation", "Adjacency & Containment"]
    path = official(
        tmp_path / "q.json", a=[{**PAIR, "category": labels}, {**PAIR, "question": "?", "category": []}]
    )
    found = read_questions(path)
    assert found.questions[0].categories == (Category.CENTRICITY, Category.ADJACENCY)
    assert {(note.what, note.times) for note in found.notes} == {
        ("pairs without a category", 1),
        ("categories in another spelling", 1),
    }


def test_own_questions_keep_their_ids_and_round_trip(tmp_path: Path) -> None:
    question = Question(question_id="p1::liver", case_id="p1", text="Where?", reference="Right.")
    path = tmp_path / "own.jsonl"
    path.write_text(question.to_json() + "\n\n", "utf-8")
    assert read_questions(path).questions == (question,)


BROKEN: dict[str, tuple[str, bytes, str]] = {
    "truncated JSON": ("q.json", b'{"a": {"qa_pairs": [{"question": "W', "line 1"),
    "not a dict": ("q.json", b"[]", "object of case ids"),
    "no pairs": ("q.json", b'{"a": {"pairs": []}}', "qa_pairs"),
    "no question at all": ("q.json", b"{}", "at least one question"),
    "case twice": ("q.json", b'{"a": {"qa_pairs": []}, "a": {"qa_pairs": []}}', "twice"),
    "missing answer": ("q.json", b'{"a": {"qa_pairs": [{"question": "W?"}]}}', "'answer'"),
    "unknown category": (
        "q.json",
        b'{"a": {"qa_pairs": [{"question": "W?", "answer": "x", "category": ["Colour"]}]}}',
        "Colour",
    ),
    "category is a word": (
        "q.json",
        b'{"a": {"qa_pairs": [{"question": "W?", "answer": "x", "category": "Depth"}]}}',
        "list of categories",
    ),
    "latin-1": ("q.json", '{"a": "Röntgen"}'.encode("latin-1"), "UTF-8"),
    "latin-1 line": ("q.jsonl", '{"a": "Röntgen"}'.encode("latin-1"), "line 1"),
    "deep nesting": ("q.json", b"[" * 200_000, "q.json"),
    "NaN": ("q.jsonl", b'{"case_id": NaN}', "line 1"),
    "line of a list": ("q.jsonl", b'{"case_id": "a", "question": "W?", "answer": "x"}\n[1]', "line 2"),
    "huge line": ("q.jsonl", b'{"text": "' + b"x" * MAX_LINE_CHARACTERS + b'"}', "line 1"),
    "id twice": (
        "q.jsonl",
        b'{"question_id": "1", "case_id": "a", "text": "W?", "reference": "x"}\n' * 2,
        "1 twice",
    ),
    "empty text": ("q.jsonl", b'{"question_id": "1", "case_id": "a", "text": "", "reference": "x"}', "text"),
    "foreign hash": (
        "q.jsonl",
        b'{"question_id": "1", "case_id": "a", "text": "W?", "reference": "x", "question_sha256": "'
        + b"0" * 64
        + b'"}',
        "question_sha256",
    ),
    "id with a line break": (
        "q.jsonl",
        b'{"question_id": "1\\n2", "case_id": "a", "text": "W?", "reference": "x"}',
        "question_id",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_gives_one_line_with_file_and_place(name: str, tmp_path: Path) -> None:
    filename, content, expected = BROKEN[name]
    path = tmp_path / filename
    path.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        read_questions(path)
    assert filename in str(refused.value)
    assert expected in str(refused.value)
    assert "\n" not in str(refused.value)


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(BadInput, match="expected a file"):
            read_questions(path)


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name",
    [
        "spatial_qa_filtered_full.json",
        "spatial_qa_filtered_full_with_categories.json",
        "spatial_qa_filtered_full_nifti.jsonl",
    ],
)
def test_public_questions_are_all_there_in_each_format(name: str, real_data: Path) -> None:
    questions = read_questions(real_data / "benchmark" / name).questions
    assert len(questions) == 9077
    assert len({question.case_id for question in questions}) == 1601
    flat = read_questions(real_data / "benchmark/spatial_qa_filtered_full_nifti.jsonl").questions
    hashes = {question.question_id: question.question_sha256 for question in flat}
    assert {question.question_id: question.question_sha256 for question in questions} == hashes


@pytest.mark.real_data
def test_irregular_categories_of_the_public_file_are_counted(real_data: Path) -> None:
    found = read_questions(real_data / "benchmark/spatial_qa_filtered_full_with_categories.json")
    assert {(note.what, note.times) for note in found.notes} == {
        ("pairs without a category", 9),
        ("categories in another spelling", 2),
    }
    labels = [len(question.categories) for question in found.questions]
    assert sum(labels) / len(labels) == pytest.approx(2.26, abs=0.005)
