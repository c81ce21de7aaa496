"""What readers differ on, settled in the terminal: listed, asked, recorded, merged again, exported."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.audit.events import reply_received, session_opened, verdict_given
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.reading.merge import merge_logs, sources_of
from CTSpatialVQALib.reading.study_log import read_study_log
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import ErrorType, ReadingMode, Stage, VerdictValue
from Testing.report.export_samples import question, reply, verdict

Command = Callable[..., Any]


def reader_log(path: Path, reader: str, found: dict[int, VerdictValue]) -> Path:
    with AuditLog.open(path, Actor(id=reader)) as log:
        log.append(*session_opened("study-1", "5" * 64, ReadingMode.OPEN))
        for number, value in found.items():
            asked = question(number, f"Question {number}?")
            answered = reply(asked, f"Answer {number}.")
            log.append(*reply_received(answered, asked))
            wrong = value is VerdictValue.INCORRECT
            log.append(
                *verdict_given(
                    verdict(
                        answered,
                        value,
                        reader=reader,
                        stage=Stage.FINAL,
                        error_type=ErrorType.LATERALITY_SWAP if wrong else None,
                        severity="minor" if wrong else None,
                        comment=f"{reader} on {number}",
                    )
                )
            )
    return path


RIGHT, WRONG = VerdictValue.CORRECT, VerdictValue.INCORRECT


@pytest.fixture
def study_log(tmp_path: Path) -> Path:
    """Two readers who differ on answers 1 and 2 of three."""
    one = reader_log(tmp_path / "one.sqlite", "reader-1", {0: RIGHT, 1: RIGHT, 2: WRONG})
    two = reader_log(tmp_path / "two.sqlite", "reader-2", {0: RIGHT, 1: WRONG, 2: RIGHT})
    merge_logs([one, two], tmp_path / "study.sqlite")
    return tmp_path / "study.sqlite"


def answered(number: int) -> Reply:
    return reply(question(number, f"Question {number}?"), f"Answer {number}.")


def test_the_list_shows_both_readers_with_their_comments(study_log: Path, command: Command) -> None:
    told = command("adjudicate", study_log, "--list")
    assert told.code == 0
    assert "question:  Question 1?" in told.out
    assert 'reader-1: correct: "reader-1 on 1"' in told.out
    assert 'reader-2: incorrect (laterality swap, minor): "reader-2 on 1"' in told.out
    assert "Question 0?" not in told.out
    assert "readers differ on 2 answers, 2 of them not settled" in told.out
    listed = command("adjudicate", study_log, "--json").json["differences"]
    assert [one["answer"] for one in listed] == ["Answer 1.", "Answer 2."]


def test_a_verdict_with_its_reason_becomes_a_further_record(
    study_log: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {key: given.verdict for key, given in read_study_log(study_log).verdicts.items()}
    monkeypatch.setattr("sys.stdin", io.StringIO("2\nAY\nleft on axial 41\n\n"))
    told = command("adjudicate", study_log, "--adjudicator", "reader-9")
    assert told.code == 0
    assert "1 of 2 settled" in told.out
    held = read_study_log(study_log)
    settled = held.adjudicated[answered(1).reply_id]
    assert (settled.value, settled.reader, settled.comment) == (WRONG, "reader-9", "left on axial 41")
    assert answered(2).reply_id not in held.adjudicated
    # the readers' own verdicts stay, and the log's chain holds
    assert {key: given.verdict for key, given in held.verdicts.items()} == before
    assert verify(study_log).holds


@pytest.mark.parametrize("typed", ["q\n", "", "2\nQ\n", "2\nAY\n\n", "7\n"])
def test_without_a_whole_verdict_and_a_reason_nothing_is_recorded(
    study_log: Path, command: Command, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    told = command("adjudicate", study_log, "--adjudicator", "reader-9")
    assert told.code == 0
    assert "0 of 2 settled" in told.out
    assert read_study_log(study_log).adjudicated == {}


def settle(command: Command, log: Path, number: int, keys: str, reason: str) -> Any:
    reply_id = answered(number).reply_id[:10]
    options = ("--reply", reply_id, "--verdict", keys, "--reason", reason)
    return command("adjudicate", log, "--adjudicator", "reader-9", *options)


def test_what_was_settled_is_kept_when_logs_are_merged_again(
    study_log: Path, command: Command, tmp_path: Path
) -> None:
    assert settle(command, study_log, 1, "1", "seen on the coronal view").code == 0
    third = reader_log(tmp_path / "three.sqlite", "reader-3", {0: WRONG})
    again = tmp_path / "again.sqlite"
    assert command("merge", study_log, third, "--out", again).code == 0
    held = read_study_log(again)
    assert held.readers == ("reader-1", "reader-2", "reader-3")
    assert held.adjudicated[answered(1).reply_id].comment == "seen on the coronal view"
    # one more settled in the first log, then both merged: each adjudication once
    assert settle(command, study_log, 2, "2A", "the other side").code == 0
    both = tmp_path / "both.sqlite"
    assert command("merge", again, study_log, "--out", both).code == 0
    assert set(read_study_log(both).adjudicated) == {answered(1).reply_id, answered(2).reply_id}
    assert len(sources_of(both)) == 4
    assert command("merge", both, "--check").code == 0
    assert verify(both).holds


def test_the_settled_verdict_is_the_finding_of_the_readers(
    study_log: Path, command: Command, tmp_path: Path
) -> None:
    settle(command, study_log, 1, "2AZ", "left on axial 41")
    out = tmp_path / "errors"
    assert command("export", study_log, "--errors", "--out", out).code == 0
    text = (out / "errors.jsonl").read_text("utf-8")
    assert text.count('"judged_by": "adjudicated verdict"') == 1
    assert "left on axial 41" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--adjudicator", "reader-9", "--reply", "zz", "--verdict", "1", "--reason", "x"), "0 of them"),
        (("--adjudicator", "reader-9", "--reply", "", "--verdict", "1", "--reason", "x"), "2 of them"),
        (("--reply", "ID", "--verdict", "1", "--reason", "x"), "--adjudicator"),
        (("--adjudicator", "reader-9", "--reply", "ID", "--verdict", "1"), "--reason"),
        (("--adjudicator", "reader-9", "--reply", "ID", "--verdict", "9", "--reason", "x"), "verdict key"),
        ((), "--adjudicator"),
    ],
)
def test_wrong_usage_is_one_line_and_2(
    study_log: Path, command: Command, options: tuple[str, ...], message: str
) -> None:
    named = [answered(1).reply_id[:10] if one == "ID" else one for one in options]
    told = command("adjudicate", study_log, *named)
    assert told.code == 2
    assert message in told.err
    assert read_study_log(study_log).adjudicated == {}
