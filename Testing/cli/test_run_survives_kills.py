"""A run killed at any moment and started again answers every question exactly once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.backends.concurrency_limits import permits
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.cli.demo_job import PROGRAM
from CTSpatialVQALib.demo.study import write_demo_study
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.words import Outcome
from Testing.backends.volume_servers import Server, serving

KILLS, WORKERS, QUESTIONS = 20, 4, 320
STUDY = """
[study]
id = "kills"
title = "A study that is killed"

[[cases]]
id = "phantom-01"
ct = "ct/phantom-01.nii.gz"

[[cases]]
id = "phantom-02"
ct = "ct/phantom-02.nii.gz"

[[questions]]
path = "many.jsonl"

[[backends]]
name = "sided"
kind = "volume-server"
url = "{url}"
contract = "vila-m3"
"""

# One process imports the program; each run is a fork of it, so a process of its own that begins at once.
STARTER = """
import json, os, sys
import CTSpatialVQALib.backends.volume_backend
from CTSpatialVQALib.cli.main import main
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os._exit(main(json.loads(line)))
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Starter:
    """Starts runs that can be killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        assert self._out.readline() == "ready\n"

    def start(self, arguments: list[str]) -> int:
        self._in.write(json.dumps(arguments) + "\n")
        self._in.flush()
        return int(self._out.readline())

    def exit_code(self) -> int:
        return int(self._out.readline())


@pytest.fixture(scope="module")
def starter() -> Iterator[Starter]:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Starter(process)
        finally:
            process.kill()


class Life(NamedTuple):
    """What was on disk when a run was killed, and how many questions the server had been asked by then."""

    answered: frozenset[str]
    asked: int


def write_study(folder: Path, url: str) -> Path:
    write_demo_study(folder, "tiny")
    rows = [
        {
            "id": f"q{n:03}",
            "case_id": f"phantom-0{1 + n % 2}",
            "question": f"Number q{n:03}, where is it?",
            "answer": "On the left.",
        }
        for n in range(QUESTIONS)
    ]
    (folder / "many.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    study = folder / "kills.toml"
    study.write_text(STUDY.format(url=url), "utf-8")
    return study


def killed_after(starter: Starter, arguments: list[str], server: Server, asked: int, pause_s: float) -> None:
    """Kill a run `pause_s` after it has asked so many questions more, or when it has ended."""
    until = len(server.prompts) + asked
    child = starter.start(arguments)
    while asked and len(server.prompts) < until and alive(child):
        time.sleep(0.005)
    time.sleep(pause_s)
    if alive(child):
        os.kill(child, signal.SIGKILL)
    starter.exit_code()


def alive(child: int) -> bool:
    try:
        os.kill(child, 0)
    except ProcessLookupError:
        return False
    return True


def answered(run: Path) -> frozenset[str]:
    if not (run / "run.store").exists():
        return frozenset()
    with RunStore(run / "run.store") as store:
        return frozenset(
            reply.key.question_id for reply in store.replies() if reply.outcome is Outcome.ANSWERED
        )


def number_of(prompt: str) -> str:
    return prompt.split("Number ")[1][:4]


def test_killed_twenty_times_every_question_is_answered_once_and_no_answered_one_asked_again(
    starter: Starter, tmp_path: Path
) -> None:
    dice = random.Random(20)
    with serving(tmp_path, "--contract", "vila-m3", "--at-once", "4", delay_s=0.01) as server:
        study, run = write_study(tmp_path / "study", server.url), tmp_path / "run"
        arguments = ["run", str(study), "--out", str(run), "--workers", str(WORKERS)]
        lives = []
        for life in range(KILLS):
            more = dice.randint(1, 20) if life % 4 else 0  # each fourth one before or while it begins
            killed_after(starter, arguments, server, more, dice.uniform(0, 0.03 if more else 0.3))
            lives.append(Life(answered(run), len(server.prompts)))
        starter.start(arguments)
        assert starter.exit_code() == 0
        asked = [number_of(prompt) for prompt in server.prompts]

    assert 0 < len(lives[3].answered) < len(lives[-1].answered) < QUESTIONS
    with RunStore(run / "run.store") as store:
        replies = list(store.replies())
    assert len(replies) == QUESTIONS == len({reply.key.question_id for reply in replies})
    assert {reply.outcome for reply in replies} == {Outcome.ANSWERED}

    for life in lives:
        assert not life.answered & set(asked[life.asked :])
    lost = sum(count - 1 for count in Counter(asked).values())
    assert lost <= KILLS * permits(WORKERS)

    assert verify(run / "audit.sqlite").records > QUESTIONS
    with AuditLog.open(run / "audit.sqlite", PROGRAM) as log:
        logged = [
            record.event.payload["reply"]
            for record in log.records()
            if record.event.kind is EventKind.REPLY_RECEIVED
        ]
    assert {reply["reply_id"] for reply in logged} == {reply.reply_id for reply in replies}  # type: ignore[call-overload,index]
    assert len(logged) == QUESTIONS
