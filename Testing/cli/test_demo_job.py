"""The main job with nothing at hand: phantoms, answers, scores, log, pictures, report."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.records.words import ErrorType, LogTrust, Outcome

Command = Callable[..., Any]


def test_demo_leaves_report_log_store_and_study(demo_folder: Path) -> None:
    for name in ("report.html", "audit.sqlite", "run.store", "study/study.toml"):
        assert (demo_folder / name).is_file()


def test_every_backend_has_a_reply_to_every_question(demo_folder: Path) -> None:
    with RunStore(demo_folder / "run.store") as store:
        questions = {question.question_id for question in store.questions()}
        asked = Counter((reply.key.backend, reply.key.question_id) for reply in store.replies())
    assert len(questions) >= 30
    assert set(asked) == {
        (backend, question) for backend in ("anatomy", "prior", "demo-flawed") for question in questions
    }
    assert set(asked.values()) == {1}


def test_log_holds_every_reply_and_is_consistent(demo_folder: Path) -> None:
    found = verify(demo_folder / "audit.sqlite")
    assert found.trust is LogTrust.CONSISTENT
    with RunStore(demo_folder / "run.store") as store:
        replies = {reply.reply_id for reply in store.replies()}
    logged = Counter()
    from CTSpatialVQALib.audit.log import AuditLog
    from CTSpatialVQALib.records.event import Actor, EventKind

    with AuditLog.open(demo_folder / "audit.sqlite", Actor(id="test")) as log:
        for record in log.records():
            if record.event.kind is EventKind.REPLY_RECEIVED:
                logged[record.event.payload["reply"]["reply_id"]] += 1
    assert set(logged) == replies
    assert set(logged.values()) == {1}


def embedded(report: Path) -> dict:
    page = report.read_text("utf-8")
    block = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert block is not None
    return json.loads(block.group(1))


def test_report_shows_a_picture_for_every_question_and_every_error_type(demo_folder: Path) -> None:
    page = (demo_folder / "report.html").read_text("utf-8")
    with RunStore(demo_folder / "run.store") as store:
        questions = list(store.questions())
    assert page.count('class="zoom"') >= len(questions)
    for question in questions:
        assert question.question_id in page
    assert "Research use only" in page
    assert str(demo_folder) not in page


def test_flawed_model_is_caught_and_anatomy_backend_is_right(demo_folder: Path, command: Command) -> None:
    ran = command("run", demo_folder / "study/study.toml", "--out", demo_folder, "--json")
    assert ran.code == 0
    backends = ran.json["backends"]
    assert 0.3 <= backends["demo-flawed"]["accuracy_of_decided"] <= 0.7
    assert backends["anatomy"]["wrong"] == 0
    assert backends["anatomy"]["right"] >= 9
    assert backends["anatomy"]["failed"][Outcome.REFUSED] > 0
    caught = set(backends["demo-flawed"]["errors"])
    assert {ErrorType.LATERALITY_SWAP, ErrorType.WRONG_LEVEL_OR_LOBE, ErrorType.INCOMPLETE} <= caught


def test_a_second_run_asks_nothing_again(demo_folder: Path, command: Command) -> None:
    ran = command("run", demo_folder / "study/study.toml", "--out", demo_folder, "--json")
    assert ran.json["new"] == 0
    assert ran.json["already_there"] == 3 * ran.json["questions"]


DEMO = [sys.executable, "-m", "CTSpatialVQALib.cli.main", "demo", "--size", "tiny", "--out"]
FLAT = {**os.environ, "CTSPATIALVQA_NO_OPENGL": "1"}  # pictures without OpenGL: quicker to make


def test_killed_at_any_moment_the_log_verifies_and_the_demo_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "out"
    started = time.monotonic()
    subprocess.run([*DEMO, str(tmp_path / "whole")], env=FLAT, check=True, capture_output=True)
    whole = time.monotonic() - started
    for share in (0.3, 0.5, 0.65, 0.8, 0.95):
        with subprocess.Popen(
            [*DEMO, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=FLAT
        ) as child:
            time.sleep(share * whole)
            os.kill(child.pid, signal.SIGKILL)
        log = out / "audit.sqlite"
        if log.exists() and log.stat().st_size:
            found = verify(log)
            assert found.holds, found.problem
    subprocess.run([*DEMO, str(out)], env=FLAT, check=True, capture_output=True)
    assert verify(out / "audit.sqlite").trust is LogTrust.CONSISTENT
    assert (out / "report.html").is_file()


def test_without_opengl_the_whole_job_is_done_and_the_report_says_why_there_is_no_3d(tmp_path: Path) -> None:
    ran = subprocess.run([*DEMO, str(tmp_path / "out")], env=FLAT, capture_output=True, text=True, check=True)
    assert "note: pictures have no 3D view: switched off by CTSPATIALVQA_NO_OPENGL" in ran.stderr
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert page.count("data:image/webp;base64,") >= 30
    assert "CTSPATIALVQA_NO_OPENGL" in page


@pytest.mark.parametrize("where", ["file", "file/below"])
def test_an_out_folder_that_cannot_be_made_is_one_line_and_exit_code_1(
    where: str, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    ran = command("demo", "--size", "tiny", "--out", tmp_path / where)
    assert ran.code == 1
    assert ran.err.splitlines()[-1].startswith("ctspatialvqa: ")
