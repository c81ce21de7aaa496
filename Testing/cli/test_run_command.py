"""`run` as its users see it: what is asked, what is said meanwhile, what leaves, and how it is stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.cli.demo_job import PROGRAM, RunFolder
from CTSpatialVQALib.cli.report_from_runs import gather
from CTSpatialVQALib.demo.study import write_demo_study
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome, Probe
from Testing.backends.volume_servers import Server, serving

Command = Callable[..., Any]

DECLARED = """
[[backends]]
name = "sided"
kind = "volume-server"
url = "{url}"
contract = "vila-m3"
options = {{ attempts = 1 }}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), "--contract", "vila-m3") as one:
        yield one


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo study, of coarse phantoms."""
    return write_demo_study(tmp_path_factory.mktemp("phantoms") / "study", "tiny").parent


@pytest.fixture
def study(phantoms: Path, tmp_path: Path, server: Server) -> Path:
    """The demo study with a volume server beside its backends."""
    shutil.copytree(phantoms, tmp_path / "study")
    return declared(tmp_path / "study", server.url)


def declared(folder: Path, url: str, more: str = "") -> Path:
    file = folder / "study.toml"
    file.write_text(file.read_text("utf-8") + DECLARED.format(url=url) + more, "utf-8")
    return file


def replies_in(run: Path) -> list[Reply]:
    with RunStore(run / "run.store") as store:
        return list(store.replies())


def test_probes_cases_and_questions_are_chosen_and_told_line_by_line(
    study: Path, tmp_path: Path, command: Command
) -> None:
    out = tmp_path / "run"
    chosen = ("--backend", "sided", "--probe", "full", "--probe", "mirrored", "--case", "phantom-02")
    ran = command("run", study, "--out", out, *chosen, "--workers", "3", "--json")
    assert ran.code == 0
    *lines, summary = ran.lines
    told = [Reply.model_validate(line["reply"]) for line in lines]
    assert {reply.case_id for reply in told} == {"phantom-02"}
    assert {reply.key.probe for reply in told} == {Probe.FULL, Probe.MIRRORED}
    assert {reply.reply_id for reply in told} == {reply.reply_id for reply in replies_in(out)}
    assert summary["new"] == len(told)
    assert (summary["stopped"], summary["not_asked"]) == (False, [])
    full, mirrored = (
        {reply.answer for reply in told if reply.key.probe is probe} for probe in (Probe.FULL, Probe.MIRRORED)
    )
    assert not full & mirrored

    one = told[0].key.question_id
    again = command("run", study, "--out", out, "--backend", "sided", "--question", one, "--json")
    reply, last = again.lines
    assert reply["reply"]["reply_id"] == next(
        each.reply_id for each in told if each.key.question_id == one and each.key.probe is Probe.FULL
    )
    assert (last["new"], last["already_there"]) == (0, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        ("--case", "nobody"),
        ("--question", "nothing"),
        ("--probe", "upside_down"),
        ("--workers", "0"),
        ("--consent", "http://"),
    ],
    ids=" ".join,
)
def test_a_wrong_choice_is_refused_before_anything_is_made(
    wrong: tuple[str, str], study: Path, tmp_path: Path, command: Command
) -> None:
    ran = command("run", study, "--out", tmp_path / "run", "--backend", "sided", *wrong)
    assert ran.code == 2
    assert not (tmp_path / "run").exists()


def test_without_consent_nothing_is_sent_and_with_it_the_log_says_so_first(
    phantoms: Path, tmp_path: Path, command: Command
) -> None:
    shutil.copytree(phantoms, tmp_path / "study")
    study = declared(tmp_path / "study", "http://models.invalid:8100")
    run = ("run", study, "--out", tmp_path / "run", "--backend", "sided", "--case", "phantom-01")
    refused = command(*run)
    assert refused.code == 2
    assert "--consent http://models.invalid:8100" in refused.err
    assert not (tmp_path / "run").exists()
    other = command(*run, "--consent", "http://another.invalid:8100")
    assert other.code == 2
    bare = command(*run, "--consent", "models.invalid")
    assert (bare.code, "Write --consent http://models.invalid:8100" in bare.err) == (2, True)
    for otherwise in ("https://models.invalid:8100", "http://models.invalid", "http://models.invalid:81"):
        assert command(*run, "--consent", otherwise).code == 2
    assert not (tmp_path / "run").exists()
    agreed = command(*run, "--consent", "http://models.invalid:8100/v1")
    assert agreed.code == 1  # there is no such host
    assert "name" in agreed.err
    with AuditLog.open(tmp_path / "run/audit.sqlite", PROGRAM) as log:
        events = [record.event for record in log.records()]
    assert [(event.kind, event.payload.get("host")) for event in events[:2]] == [
        (EventKind.SESSION_OPENED, None),
        (EventKind.CONSENT_GIVEN, "http://models.invalid:8100"),
    ]
    withdrawn = [event.payload for event in events if event.kind is EventKind.CONSENT_WITHDRAWN]
    assert withdrawn == [{"host": "http://models.invalid:8100"}], "a consent holds for one command"


def test_a_ct_that_cannot_be_read_is_named_and_the_other_cases_are_asked(
    study: Path, tmp_path: Path, command: Command
) -> None:
    broken = study.parent / "ct/phantom-02.nii.gz"
    broken.write_bytes(b"no CT at all")
    out = tmp_path / "run"
    ran = command("run", study, "--out", out, "--backend", "sided", "--backend", "prior", "--json")
    assert ran.code == 2
    assert ran.err.splitlines()[-1].startswith("ctspatialvqa: ")
    assert str(broken) in ran.err.splitlines()[-1]
    summary = ran.lines[-1]
    (left_out,) = summary["not_asked"]
    assert (left_out["backend"], left_out["case_id"]) == ("sided", "phantom-02")
    asked = {reply.case_id for reply in replies_in(out) if reply.key.backend == "sided"}
    assert asked == {"phantom-01", "phantom-03", "phantom-04", "phantom-05"}
    notes = gather([RunFolder(out)]).notes
    assert sum("about case phantom-02 were not asked of sided" in note for note in notes) == 1
    assert not [note for note in notes if str(tmp_path) in note]


def test_a_key_comes_from_the_environment_and_appears_nowhere(
    phantoms: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "a-token-nobody-may-see"
    shutil.copytree(phantoms, tmp_path / "study")
    with serving(tmp_path, "--contract", "vila-m3", token=token) as server:
        study = declared(tmp_path / "study", server.url, 'key_variable = "SIDED_TOKEN"\n')
        run = (
            "run",
            study,
            "--out",
            tmp_path / "run",
            "--backend",
            "sided",
            "--case",
            "phantom-01",
            "--json",
        )
        ungranted = command(*run)
        assert ungranted.code == 2
        assert f"--key-variable SIDED_TOKEN={server.url}" in ungranted.err
        assert not server.prompts
        run = (*run, "--key-variable", "SIDED_TOKEN")
        lacking = command(*run)
        assert lacking.code == 2
        assert "SIDED_TOKEN" in lacking.err
        monkeypatch.setenv("SIDED_TOKEN", token + "-but-wrong")
        wrong = command(*run)
        assert wrong.code == 1
        assert "key" in wrong.err
        monkeypatch.setenv("SIDED_TOKEN", token)
        ran = command(*run)
    assert ran.code == 0
    said = "".join((lacking.out, lacking.err, wrong.out, wrong.err, ran.out, ran.err))
    assert token not in said
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or token.encode() not in file.read_bytes(), file


def test_alarms_are_said_and_kept_for_the_report(study: Path, tmp_path: Path, command: Command) -> None:
    answers = study.parent / "same.jsonl"
    questions = (study.parent / "questions.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(line) for line in questions]
    rows = [
        {
            "question_id": one["question_id"],
            "question_sha256": one["question_sha256"],
            "prediction": "On the left side.",
        }
        for one in asked
    ]
    answers.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    more = '\n[[backends]]\nname = "same"\nkind = "recorded"\npath = "same.jsonl"\n'
    study.write_text(study.read_text("utf-8") + more, "utf-8")
    ran = command("run", study, "--out", tmp_path / "run", "--backend", "same", "--json")
    assert ran.code == 0
    assert "alarm: same, probe full: " in ran.err
    assert ran.lines[-1]["alarms"]
    assert any("Alarm: same, probe full: " in note for note in gather([RunFolder(tmp_path / "run")]).notes)
    again = command("run", study, "--out", tmp_path / "run", "--backend", "same", "--json")
    assert again.lines[-1]["alarms"] == ran.lines[-1]["alarms"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal_it_keeps_what_came_and_says_how_to_go_on(
    number: int, study: Path, tmp_path: Path, command: Command
) -> None:
    with serving(tmp_path, "--contract", "vila-m3", delay_s=0.1) as slow:
        text = study.read_text("utf-8")
        study.write_text(text[: text.rindex("[[backends]]")] + DECLARED.format(url=slow.url), "utf-8")
        arguments = ["run", str(study), "--out", str(tmp_path / "run"), "--backend", "sided"]
        with subprocess.Popen(
            [sys.executable, "-m", "CTSpatialVQALib.cli.main", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            while len(slow.prompts) < 3 and child.poll() is None:
                time.sleep(0.02)
            os.kill(child.pid, number)
            _, err = child.communicate(timeout=60)
        assert child.returncode == 1
        assert "run the same command again to go on" in err.splitlines()[-1]
        assert "Traceback" not in err
        kept = replies_in(tmp_path / "run")
        assert 0 < len(kept) < 40
        assert {reply.outcome for reply in kept} <= {Outcome.ANSWERED, Outcome.CANCELLED}
        answered = sum(reply.outcome is Outcome.ANSWERED for reply in kept)
        assert verify(tmp_path / "run/audit.sqlite").records > len(kept)
        again = command(*arguments, "--workers", "8", "--json")
    assert again.code == 0
    assert again.lines[-1]["already_there"] == answered
    assert {reply.outcome for reply in replies_in(tmp_path / "run")} == {Outcome.ANSWERED}


def test_connection_test_names_the_layer_that_fails(study: Path, server: Server, command: Command) -> None:
    test = ("backends", "test", "sided", "--study", study, "--json")
    good = command(*test)
    assert good.code == 0
    assert [layer["name"] for layer in good.json["layers"]] == ["server", "model", "contract", "upload"]
    text = study.read_text("utf-8")
    study.write_text(text.replace('contract = "vila-m3"', 'contract = "radfm"'), "utf-8")
    assert command(*test).json["layers"][-1]["name"] == "contract"
    study.write_text(text.replace(server.url, "http://127.0.0.1:9"), "utf-8")
    gone = command(*test)
    assert (gone.code, gone.json["layers"][-1]["name"]) == (1, "port")
    study.write_text(text.replace(server.url, "http://models.invalid"), "utf-8")
    assert command(*test).code == 2
    assert command(*test, "--consent", "http://models.invalid").json["layers"][-1]["name"] == "name"


def test_what_a_study_declares_is_listed(study: Path, command: Command) -> None:
    ran = command("backends", "--study", study)
    assert ran.code == 0
    assert "volume-server at http://127.0.0.1" in ran.out
    study.write_text(study.read_text("utf-8") + 'key_variable = "SIDED_TOKEN"\n', "utf-8")
    wants = command("backends", "--study", study).out
    assert (
        "wants your yes to send what the environment variable SIDED_TOKEN holds to http://127.0.0.1" in wants
    )
    assert command("backends", "--study", study, "--json").json["declared"]["sided"]["contract"] == "vila-m3"


def test_a_server_that_is_down_costs_its_own_questions_only(
    study: Path, tmp_path: Path, command: Command
) -> None:
    down = '\n[[backends]]\nname = "down"\nkind = "volume-server"\nurl = "http://127.0.0.1:9"\n'
    study.write_text(
        study.read_text("utf-8") + down + 'contract = "m3d"\noptions = { attempts = 1 }\n', "utf-8"
    )
    chosen = ("--backend", "down", "--backend", "sided", "--case", "phantom-01")
    ran = command("run", study, "--out", tmp_path / "run", *chosen, "--json")
    assert ran.code == 1
    assert "backend down: port: nothing listens at the server's port" in ran.err
    assert {reply.key.backend for reply in replies_in(tmp_path / "run")} == {"sided"}
    notes = gather([RunFolder(tmp_path / "run")]).notes
    assert any("were not asked of down, probe full: the backend did not answer" in note for note in notes)
    alone = command("run", study, "--out", tmp_path / "alone", "--backend", "down", "--case", "phantom-01")
    assert alone.code == 1
