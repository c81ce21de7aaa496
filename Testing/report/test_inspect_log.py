"""Logs that `inspect view` opens: every scorer's finding, the reply, the picture; read back by inspect_ai."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.events import reply_received, scored, verdict_given
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.report.inspect_export import export_inspect
from CTSpatialVQALib.report.inspect_log import available
from CTSpatialVQALib.report.verdict_table import TableChoice
from Testing.report.export_samples import log_of, question, reply, verdict


@pytest.fixture
def log(tmp_path: Path) -> Path:
    asked = question(0)
    one, other = reply(asked, "Left."), reply(asked, "Right.", backend="other")
    scores = [
        Score(question_id=asked.question_id, reply_id=one.reply_id, correct=correct, by=by, reason=f"by {by}")
        for by, correct in (("rules-3", True), ("judge a 1 (p)", None), ("judge b 1 (p)", True))
    ]
    return log_of(
        tmp_path / "log.sqlite",
        reply_received(one, asked),
        reply_received(other, asked),
        *map(scored, scores),
        verdict_given(verdict(one, comment="as on the axial slice")),
    )


def test_every_scorer_has_a_scores_file_and_no_vote_has_no_line(log: Path, tmp_path: Path) -> None:
    export_inspect(log, tmp_path / "out", choice=TableChoice(backends=("model",)))
    index = json.loads((tmp_path / "out" / "index.json").read_text("utf-8"))
    assert {one["judge"] for one in index["files"]} == {"rules-3", "judge b 1 (p)", "reader-1, blind"}
    assert bool(index["logs"]) is available()
    assert bool(index["logs_note"]) is not available()


def test_the_log_is_one_that_inspect_reads(log: Path, tmp_path: Path) -> None:
    inspect_log = pytest.importorskip(
        "inspect_ai.log", reason="inspect_ai is not installed (extra `inspect`)"
    )
    export_inspect(log, tmp_path / "out")
    index = json.loads((tmp_path / "out" / "index.json").read_text("utf-8"))
    assert [one["samples"] for one in index["logs"]] == [1, 1]
    read = inspect_log.read_eval_log(str(tmp_path / "out" / index["logs"][0]["file"]))
    assert read.status == "success"
    (sample,) = read.samples
    assert {by: score.value for by, score in sample.scores.items()} == {
        "rules-3": "C",
        "judge a 1 (p)": "N",
        "judge b 1 (p)": "C",
        "reader-1, blind": "C",
    }
    assert sample.scores["reader-1, blind"].explanation == "as on the axial slice"
    assert sample.output.completion == "Left."
    assert sample.target == "Left."
    assert {score.name for score in read.results.scores} == set(sample.scores)
