"""Scores in the form that Inspect's `precomputed_scores` reads: one line per sample id, failures left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.events import reply_received, scored, verdict_given
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.report.inspect_export import export_inspect
from Testing.report.export_samples import log_of, question, reply, verdict
from Testing.report.reading_samples import HEART, HOSTILE, KIDNEY, ODD, read_log


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


def files_by_judge(folder: Path) -> dict[str, list[dict[str, object]]]:
    index = json.loads((folder / "index.json").read_text("utf-8"))
    return {one["judge"]: lines_of(folder / one["file"]) for one in index["files"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "inspect"
    assert export_inspect(read_log(tmp_path / "audit.sqlite").path, out) == 3 + 2 + 1 + 1 + 1
    return out


def test_each_judge_of_a_model_has_a_file_and_each_sample_at_most_one_line(folder: Path) -> None:
    files = files_by_judge(folder)
    assert {judge.split(",")[1] for judge in files if "reader" in judge} == {" final", " blind"}
    assert "reader-9, final, adjudicated" in files
    for lines in files.values():
        assert len({line["id"] for line in lines}) == len(lines)
        assert all(line["value"] in ("C", "I") for line in lines)
        assert all(set(line) == {"id", "value", "answer", "explanation", "metadata"} for line in lines)


def test_what_was_not_decided_has_no_score(folder: Path) -> None:
    of_reader_2 = files_by_judge(folder)["reader-2, final"]
    assert [(line["id"], line["value"]) for line in of_reader_2] == [(KIDNEY.question_id, "I")]


def test_texts_are_exact_and_samples_have_the_ids_of_the_scores(folder: Path) -> None:
    samples = {sample["id"]: sample for sample in lines_of(folder / "samples.jsonl")}
    assert set(samples) == {KIDNEY.question_id, HEART.question_id, ODD.question_id}
    assert samples[ODD.question_id]["input"] == HOSTILE
    assert samples[HEART.question_id]["target"] == HEART.reference
    by_rule = {line["id"]: line for line in files_by_judge(folder)["rules-1"]}
    assert by_rule[ODD.question_id]["answer"] == HOSTILE
    assert by_rule.keys() == samples.keys()


def test_a_failure_has_no_score_even_if_someone_gave_one(tmp_path: Path) -> None:
    failed = reply(question(0), None)
    given = Score(
        question_id="case-1::0", reply_id=failed.reply_id, correct=False, by="other", reason="nothing came"
    )
    log = log_of(tmp_path / "a.sqlite", reply_received(failed), scored(given), verdict_given(verdict(failed)))
    assert export_inspect(log, tmp_path / "out") == 0


def test_two_replies_of_one_model_to_one_question_are_refused(tmp_path: Path) -> None:
    one = reply(question(0))
    key = one.key.model_copy(update={"prompt_sha256": "3" * 64})
    two = one.model_copy(update={"key": key, "reply_id": key.reply_id})
    log = log_of(
        tmp_path / "a.sqlite",
        *(reply_received(each) for each in (one, two)),
        *(verdict_given(verdict(each)) for each in (one, two)),
    )
    with pytest.raises(BadInput, match="case-1::0: expected one reply of model 2"):
        export_inspect(log, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_existing_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    log = read_log(tmp_path / "audit.sqlite").path
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(BadInput, match="expected a new folder, but found a folder that is not empty"):
        export_inspect(log, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]
