"""Scoring from the command line: by rule, by judges behind a real server, resumed, logged in the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.cli.demo_job import PROGRAM
from CTSpatialVQALib.records.event import EventKind
from Testing.judging.judge_server import Judge, serving

Command = Callable[..., Any]
ROWS = {
    "right": ("left", "Left."),
    "wrong": ("left", "Right."),
    "run-on": ("left", "Left.</s> Question: really? Answer: left or right, who knows"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.jsonl"
    rows = [
        {"id": name, "question": "On which side is it?", "reference": reference, "prediction": said}
        for name, (reference, said) in {**ROWS, "blank": ("left", " ")}.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def asked_run(tmp_path: Path, command: Command) -> Path:
    """A run of recorded answers, one of them blank; its study lies beside it."""
    folder = tmp_path / "study"
    folder.mkdir()
    questions, predictions = [], []
    for name, (reference, said) in {**ROWS, "blank": ("left", "")}.items():
        key = {"question_id": f"c::{name}"}
        questions.append({**key, "case_id": "c", "text": "On which side is it?", "reference": reference})
        predictions.append({**key, "prediction": said})
    for file, rows in (("q.jsonl", questions), ("p.jsonl", predictions)):
        (folder / file).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    study = "[study]\nid = 's'\n[[questions]]\npath = 'q.jsonl'\nadd_cases = true\n"
    recorded = "[[backends]]\nname = 'm'\nkind = 'recorded'\npath = 'p.jsonl'\n"
    (folder / "study.toml").write_text(study + recorded, "utf-8")
    assert command("run", folder / "study.toml", "--out", tmp_path / "run").code == 0
    return tmp_path / "run"


def judge(server: str, manner: str, name: str) -> str:
    return f"{Judge(server, manner).url}#{name}"


def test_blank_answers_are_counted_by_name_and_never_scored(answers: Path, command: Command) -> None:
    told = command("score", answers, "--json")
    assert [row["id"] for row in told.lines] == list(ROWS)
    assert "1 replies are no answers (empty)" in told.err


def test_clean_up_can_be_switched_off(answers: Path, command: Command) -> None:
    cleaned, as_is = (
        {row["id"]: row for row in command("score", answers, "--json", *more).lines}
        for more in ((), ("--as-is",))
    )
    assert cleaned["run-on"]["correct"] is True
    assert "run-on dialogue" in cleaned["run-on"]["reason"]
    assert as_is["run-on"]["correct"] is not True
    assert "cut" not in as_is["run-on"]["reason"]


def test_judges_and_their_jury_are_told_one_by_one(server: str, answers: Path, command: Command) -> None:
    judges = [
        part
        for manner, name in (("honest", "a"), ("strict", "b"), ("silent", "c"))
        for part in ("--judge", judge(server, manner, name))
    ]
    told = command("score", answers, *judges, "--json")
    assert told.code == 0
    by = {(row["id"], row["by"].split(" (")[0]): row["correct"] for row in told.lines}
    assert by["right", "judge a a"] is True
    assert by["right", "judge b b"] is False
    assert by["right", "judge c c"] is None
    assert by["right", "jury majority of a, b, c"] is None
    assert by["wrong", "jury majority of a, b, c"] is False
    text = command("score", answers, *judges, "--jury", "any").out
    assert "jury unanimous: 0 right, 3 wrong, 0 undecided" in text
    assert "kappa of a and b" in text
    assert "never the image" in text
    assert "3 answers have no vote" in text


@pytest.mark.parametrize("manner", ["prose", "silent"])
def test_missing_votes_are_said_on_stderr_and_a_judge_without_any_is_no_success(
    server: str, answers: Path, command: Command, manner: str
) -> None:
    told = command("score", answers, "--judge", judge(server, manner, "j"), "--json")
    assert told.code == 1
    assert "j: 3 of 3 answers without a vote; most often: no vote" in told.err
    assert {row["correct"] for row in told.lines} == {None}


def test_votes_are_kept_beside_the_file_and_not_asked_for_again(
    server: str, answers: Path, command: Command
) -> None:
    asked = Judge(server, "honest")
    first = command("score", answers, "--judge", f"{asked.url}#a", "--json").out
    assert answers.with_name("answers.jsonl.votes.sqlite").is_file()
    assert command("score", answers, "--judge", f"{asked.url}#a", "--json").out == first
    assert len(asked.seen().asked) == 3


def test_a_judge_from_a_study_is_asked_with_its_key_and_its_votes_go_into_the_log(
    server: str, asked_run: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, study = Judge(server, "honest"), asked_run.with_name("study") / "study.toml"
    backend = f"\n[[backends]]\nname = 'j'\nkind = 'openai'\nurl = '{asked.url}'\nmodel = 'tiny'\n"
    study.write_text(study.read_text("utf-8") + backend + "key_variable = 'JUDGE_KEY'\n", "utf-8")
    arguments = ("score", asked_run, "--judge", "j", "--study", study, "--batch", 2, "--json")
    refused = command(*arguments)
    assert (refused.code, "--key-variable JUDGE_KEY=" in refused.err) == (2, True)
    arguments = (*arguments, "--key-variable", "JUDGE_KEY")
    refused = command(*arguments)
    assert (refused.code, "a key in the environment variable JUDGE_KEY" in refused.err) == (2, True)
    monkeypatch.setenv("JUDGE_KEY", "sk-secret")
    told = command(*arguments)
    assert told.code == 0
    assert {row["question_id"]: row["correct"] for row in told.lines} == {
        "c::right": True,
        "c::wrong": False,
        "c::run-on": True,
    }
    assert (told.lines[0]["backend"], told.lines[0]["probe"]) == ("m", "full")
    assert "1 replies are no answers (empty)" in told.err
    assert len(asked.seen().asked) == 2
    assert command(*arguments).out == told.out
    assert len(asked.seen().asked) == 2
    with AuditLog.open(asked_run / "audit.sqlite", PROGRAM) as log:
        scores = [
            record.event.payload["score"] for record in log.records() if record.event.kind is EventKind.SCORED
        ]
    judged = [one for one in scores if isinstance(one, dict) and str(one["by"]).startswith("judge j tiny")]
    assert sorted(str(one["reply_id"]) for one in judged) == sorted(row["id"] for row in told.lines)
    assert verify(asked_run / "audit.sqlite").holds
    assert not any(b"sk-secret" in file.read_bytes() for file in asked_run.rglob("*") if file.is_file())


def test_votes_of_a_judging_that_was_killed_before_it_logged_them_are_logged_by_the_next_one(
    server: str, asked_run: Path, command: Command
) -> None:
    arguments = ("score", asked_run, "--judge", judge(server, "honest", "a"))
    log = asked_run / "audit.sqlite"
    before = log.read_bytes()
    assert command(*arguments).code == 0
    log.write_bytes(before)
    for _ in range(2):  # the second time nothing is new
        assert command(*arguments).code == 0
        with AuditLog.open(log, PROGRAM) as opened:
            scores = [one.event.payload.get("score") for one in opened.records()]
        assert sum(isinstance(one, dict) and str(one["by"]).startswith("judge a") for one in scores) == 3


def test_nothing_goes_to_another_host_without_consent(answers: Path, command: Command) -> None:
    told = command("score", answers, "--judge", "https://judge.example.org/v1#m")
    assert told.code == 2
    assert "--consent https://judge.example.org" in told.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--judge", "nobody"), "URL#MODEL"),
        (("--judge", "http://127.0.0.1:1/v1#"), "one without the other"),
        (("--judge", "http://127.0.0.1:1#m", "--judge", "http://127.0.0.1:2#m"), "m twice"),
        (("--judge", "http://127.0.0.1:1#m", "--batch", "0"), "--batch"),
        (("--judge", "http://127.0.0.1:1#m", "--workers", "0"), "--workers"),
        (("--votes", "x"), "a judge"),
        (("--judge", "http://127.0.0.1:1#m", "--prompt", "/nowhere.toml"), "prompt"),
    ],
)
def test_wrong_usage_is_one_line_and_2(
    answers: Path, command: Command, arguments: tuple[str, ...], told: str
) -> None:
    found = command("score", answers, *arguments)
    assert found.code == 2
    assert told in found.err
    assert len(found.err.splitlines()) == 1


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "right", "question": "Q?", "reference": "r", "prediction": "p"}',
        '{"id": "n", "question": "Q?", "reference": "r"}',
        '{"id": "n", "question": "Q?", "reference": "r", "prediction": NaN}',
        '{"id": "n", "question": "Q?", "reference": "r", "prediction": 5}',
        '{"id": 7, "question": "Q?", "reference": "r", "prediction": "p"}',
        "[]",
        "{",
    ],
)
def test_a_row_that_is_none_is_refused_with_its_line(answers: Path, command: Command, line: str) -> None:
    answers.write_text(answers.read_text("utf-8") + line + "\n", "utf-8")
    found = command("score", answers, "--json")
    assert (found.code, found.out) == (2, "")
    assert "line 5" in found.err


def test_a_folder_without_a_run_is_refused(tmp_path: Path, command: Command) -> None:
    found = command("score", tmp_path)
    assert (found.code, "run.store" in found.err) == (2, True)
