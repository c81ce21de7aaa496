"""Every scorer keeps its own column, and whose judgement counts is chosen by name."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.audit.events import adjudicated, reply_received, scored, verdict_given
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import ErrorType, VerdictValue
from CTSpatialVQALib.report.score_choice import ScoreChoice, jury_of, majority, score_choice
from Testing.report.export_samples import log_of, question, reply, verdict

Command = Callable[..., Any]
RULES, FIRST, SECOND, THIRD = "rules-3", "judge a 1 (p)", "judge b 1 (p)", "judge c 1 (p)"


def score(about: Reply, by: str, correct: bool | None) -> Score:
    error = ErrorType.OTHER if correct is False else None
    return Score(
        question_id=about.key.question_id,
        reply_id=about.reply_id,
        correct=correct,
        error_type=error,
        by=by,
        reason=f"by {by}",
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two models; the rules find everything wrong, judge a says nothing, b and c find model-1 right."""
    asked = [question(0), question(1)]
    one, two = reply(asked[0], backend="model-1"), reply(asked[1], backend="model-2")
    entries = [reply_received(one, asked[0]), reply_received(two, asked[1])]
    entries += [scored(score(about, RULES, False)) for about in (one, two)]
    for judge, found in ((FIRST, (None, None)), (SECOND, (True, False)), (THIRD, (True, None))):
        entries += [scored(score(about, judge, vote)) for about, vote in zip((one, two), found, strict=True)]
    entries.append(verdict_given(verdict(one, VerdictValue.CORRECT, reader="reader-1")))
    entries.append(verdict_given(verdict(one, VerdictValue.CORRECT, reader="reader-2")))
    entries.append(
        verdict_given(
            verdict(
                one, VerdictValue.INCORRECT, reader="reader-3", error_type=ErrorType.OTHER, severity="minor"
            )
        )
    )
    return log_of(tmp_path / "log.sqlite", *entries)


def rows(command: Command, log: Path, *options: str) -> list[dict[str, str]]:
    out = log.with_name("out.csv")
    assert command("export", log, "--format", "csv", "--out", out, *options).code == 0
    with out.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_no_scorer_replaces_another(log: Path, command: Command) -> None:
    found = {row["backend"]: row for row in rows(command, log)}
    columns = {name: found["model-1"][f"correct by {name}"] for name in (RULES, FIRST, SECOND, THIRD)}
    assert columns == {RULES: "false", FIRST: "", SECOND: "true", THIRD: "true"}
    # a judge that was asked last and said nothing leaves the rules' finding where it is
    assert (found["model-1"]["score_by"], found["model-1"]["score_correct"]) == (RULES, "false")


@pytest.mark.parametrize(
    ("options", "by", "correct"),
    [
        ((), RULES, "false"),
        (("--score-by", "judge", "b"), SECOND, "true"),
        (("--score-by", "judge", "a"), FIRST, ""),
        (("--score-by", "jury"), "jury majority of a 1, b 1, c 1", "true"),
        (("--score-by", "readers"), "readers", "true"),
    ],
)
def test_the_chosen_scorer_stands_in_the_score_columns(
    log: Path, command: Command, options: Sequence[str], by: str, correct: str
) -> None:
    row = next(row for row in rows(command, log, *options) if row["backend"] == "model-1")
    assert (row["score_by"], row["score_correct"]) == (by, correct)


def test_a_maker_receives_the_own_errors_only(log: Path, command: Command, tmp_path: Path) -> None:
    out = tmp_path / "errors"
    assert command("export", log, "--errors", "--out", out, "--backend", "model-2").code == 0
    (record,) = [json.loads(line) for line in (out / "errors.jsonl").read_text("utf-8").splitlines()]
    assert (record["backend"], record["score_by"]) == ("model-2", RULES)


@pytest.mark.parametrize(
    "options",
    [
        ("--backend", "model-3"),
        ("--probe", "mirrored"),
        ("--score-by", "judge", "d"),
        ("--score-by", "everyone"),
        ("--score-by", "judge"),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(
    log: Path, command: Command, tmp_path: Path, options: Sequence[str]
) -> None:
    told = command("export", log, "--format", "csv", "--out", tmp_path / "x.csv", *options)
    assert told.code == 2
    assert "expected" in told.err
    assert not (tmp_path / "x.csv").exists()


def test_an_adjudicated_verdict_counts_before_the_majority(tmp_path: Path, command: Command) -> None:
    asked = question(0)
    about = reply(asked)
    log = log_of(
        tmp_path / "log.sqlite",
        reply_received(about, asked),
        *(verdict_given(verdict(about, reader=f"reader-{n}")) for n in (1, 2)),
        adjudicated(
            verdict(
                about, VerdictValue.INCORRECT, reader="reader-9", error_type=ErrorType.OTHER, severity="minor"
            ),
            ["an-event"],
        ),
    )
    found = rows(command, log, "--score-by", "readers")
    assert {(row["score_by"], row["score_correct"]) for row in found} == {("readers, adjudicated", "false")}


def test_what_is_typed_becomes_a_choice() -> None:
    assert score_choice(None) == ScoreChoice("rules")
    assert score_choice(["judge", "a b"]) == score_choice(["judge a b"]) == ScoreChoice("judge", "a b")
    with pytest.raises(BadInput, match="rules, jury, readers"):
        score_choice(["rules", "run1"])


def test_a_jury_decides_only_what_missing_votes_leave_settled() -> None:
    assert majority([True, None, None]) is None
    assert majority([True, True, None]) is True
    assert majority([True, False]) is None
    assert jury_of({"a": {"r": True}}) == {}
    assert jury_of({"a": {"r": True}, "b": {"r": True}, "c": {}}) == {"r": True}
