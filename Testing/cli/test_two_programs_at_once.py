"""Two commands on one folder at once: the second is refused by name, and so is what two have done."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.cli.demo_job import PROGRAM
from CTSpatialVQALib.records.event import EventKind
from Testing.backends.volume_servers import Server, serving
from Testing.cli.conftest import Command
from Testing.cli.test_run_survives_kills import write_study


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), "--contract", "vila-m3", delay_s=0.5) as server:
        yield server


def started(study: Path, run: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "CTSpatialVQALib.cli.main", "run", str(study), "--out", str(run)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until_it_asks(server: Server, before: int, child: subprocess.Popen[str]) -> None:
    while len(server.prompts) <= before and child.poll() is None:
        time.sleep(0.02)


def until_it_has_an_answer(run: Path, child: subprocess.Popen[str]) -> None:
    while child.poll() is None:
        with RunStore(run / "run.store") as store:
            if any(reply.answer for reply in store.replies()):
                return
        time.sleep(0.1)


def test_the_second_run_on_a_folder_is_refused_and_a_killed_one_leaves_no_lock(
    slow: Server, tmp_path: Path, command: Command
) -> None:
    study, run = write_study(tmp_path / "study", slow.url), tmp_path / "run"
    (tmp_path / "link").symlink_to(run)
    first = started(study, run)
    until_it_asks(slow, 0, first)
    for other_way in (run, tmp_path / "link"):
        second = command("run", study, "--out", other_way)
        assert second.code == 1
        assert f"{other_way}/run.store: another program is writing to it" in second.err
    until_it_has_an_answer(run, first)  # without one there is nothing to score, whoever writes
    scoring = command("score", run, "--judge", "http://127.0.0.1:9/v1#m")
    assert scoring.code == 1
    assert "another program is writing to it" in scoring.err, scoring.err
    assert command("report", run, "--out", tmp_path / "report.html").code == 0  # who reads is let in

    os.kill(first.pid, signal.SIGKILL)
    first.communicate(timeout=60)
    again = started(study, run)
    until_it_asks(slow, len(slow.prompts), again)
    again.send_signal(signal.SIGTERM)
    assert "another program" not in again.communicate(timeout=60)[1]
    with AuditLog.open(run / "audit.sqlite", PROGRAM) as log:
        replies = [
            r.event.payload["reply"] for r in log.records() if r.event.kind is EventKind.REPLY_RECEIVED
        ]
    settled = [reply["reply_id"] for reply in replies if reply["outcome"] == "answered"]  # type: ignore[call-overload,index]
    assert len(settled) == len(set(settled)) > 0


def test_a_run_that_two_programs_wrote_is_refused_by_name(
    demo_folder: Path, tmp_path: Path, command: Command
) -> None:
    """As two runs without a lock left it: the second one's replies in the log, beside those of the first."""
    run = tmp_path / "run"
    shutil.copytree(demo_folder, run)
    with RunStore(run / "run.store") as store:
        reply = next(reply for reply in store.replies() if reply.answer)
    again = json.loads(reply.to_json()) | {
        "answer": "On the other side.",
        "started_utc": "2031-01-01T00:00:00Z",
    }
    with AuditLog.open(run / "audit.sqlite", PROGRAM) as log:
        log.append(EventKind.REPLY_RECEIVED, {"reply": again})
    study = run / "study/study.toml"
    for arguments in (("run", study, "--out", run), ("report", run, "--out", tmp_path / "r.html")):
        told = command(*arguments)
        assert told.code == 2
        assert "audit.sqlite: record " in told.err
        assert "two programs wrote at once" in told.err


@pytest.mark.parametrize("kind", ["text", "pipe", "folder"])
def test_what_lies_in_place_of_the_lock_is_named(
    kind: str, demo_folder: Path, tmp_path: Path, command: Command
) -> None:
    run = tmp_path / "run"
    shutil.copytree(demo_folder, run)
    lock = run / "run.store-in-use"
    lock.unlink(missing_ok=True)
    {"text": lambda: lock.write_text("x" * 5000), "pipe": lambda: os.mkfifo(lock), "folder": lock.mkdir}[
        kind
    ]()
    told = command("run", run / "study/study.toml", "--out", run)
    assert told.code == 1
    assert "run.store-in-use: this" in told.err
