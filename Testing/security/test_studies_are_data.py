"""A study that wants to run, open and send things: the command does nothing of it without the user's yes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.cli.demo_job import PROGRAM
from CTSpatialVQALib.processes import ChildProcess, library_environment, python_command
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.scene.opengl import probe
from Testing.backends.faultserver import FaultServer
from Testing.security.forked_commands import Starter, Told

QUESTION = '{"id": "q1", "case_id": "c1", "question": "On which side is it?", "answer": "left"}\n'
SECRET = "sk-live-0123456789-nobody-granted"
COMMANDS = ("run", "backends test", "score")


def command_of(kind: str, study: Path, folder: Path) -> list[str]:
    if kind == "run":
        return ["run", str(study), "--out", str(folder / "run"), "--backend", "b", "--probe", "text_only"]
    if kind == "backends test":
        return ["backends", "test", "b", "--study", str(study)]
    rows = folder / "rows.jsonl"
    rows.write_text('{"id": "r1", "question": "On which side?", "reference": "left", "prediction": "left"}\n')
    return ["score", str(rows), "--judge", "b", "--study", str(study)]


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    with Starter(tmp_path_factory.mktemp("starter")) as running:
        yield running


Ran = Callable[..., Told]


@pytest.fixture
def ran(starter: Starter, tmp_path: Path) -> Ran:
    """Run a command with no settings of this user, and a secret in the environment."""

    def run(arguments: list[str], **environment: str) -> Told:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.lower().endswith(("_proxy", "_python"))
        }
        own = {"CTSPATIALVQA_GRANTS": str(tmp_path / "grants.json"), "EVERYDAY_SECRET": SECRET}
        return starter.run(arguments, kept | own | environment)

    return run


def study_with(folder: Path, backend: str) -> Path:
    (folder / "questions.jsonl").write_text(QUESTION)
    study = folder / "study.toml"
    study.write_text(
        '[study]\nid = "foreign"\n[[questions]]\npath = "questions.jsonl"\nadd_cases = true\n'
        f'[[backends]]\nname = "b"\n{backend}'
    )
    return study


def program(folder: Path) -> Path:
    """A program that leaves a mark when it runs."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\ntouch '{folder}/it-ran'\n")
    path.chmod(0o755)
    return path


def model_with_code(folder: Path) -> Path:
    model = folder / "model"
    model.mkdir()
    (model / "config.json").write_text(
        json.dumps(
            {"model_type": "x", "auto_map": {"AutoModelForCausalLM": "code.Model", "AutoConfig": "code.C"}}
        )
    )
    (model / "code.py").write_text(f"open({str(folder / 'it-ran')!r}, 'w')\n")
    return model


LOCAL = 'kind = "local"\nmodel = "model"\ncontract = "slices"\n'


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_study_names_a_program_and_nothing_runs(kind: str, tmp_path: Path, ran: Ran) -> None:
    model_with_code(tmp_path)
    study = study_with(tmp_path, f'{LOCAL}options = {{ python = "{program(tmp_path)}" }}\n')
    told = ran(command_of(kind, study, tmp_path))
    assert told.code == 2
    assert f"Grant it with --python b={tmp_path}/python" in told.last
    assert not (tmp_path / "it-ran").exists()
    assert not (tmp_path / "run").exists()

    ran([*command_of(kind, study, tmp_path), "--python", f"b={tmp_path}/python"])
    assert (tmp_path / "it-ran").exists()  # the yes is what was missing


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_study_says_yes_to_code_in_its_own_folder_and_nothing_runs(
    kind: str, tmp_path: Path, ran: Ran
) -> None:
    from CTSpatialVQALib.backends.local_files import folder_version

    version = folder_version(model_with_code(tmp_path))
    study = study_with(tmp_path, f'{LOCAL}options = {{ trust_remote_code = "model@{version}" }}\n')
    told = ran(command_of(kind, study, tmp_path))
    assert told.code == 2
    assert f"Grant it with --trust-code {tmp_path}/model@{version}" in told.last
    assert not (tmp_path / "it-ran").exists()


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_study_goes_online_for_a_model_only_with_consent_to_the_hub(
    kind: str, tmp_path: Path, ran: Ran
) -> None:
    backend = 'kind = "local"\nmodel = "someone/model"\ncontract = "slices"\noptions = { offline = false }\n'
    study = study_with(tmp_path, backend)
    with FaultServer() as hub:
        elsewhere = f"http://hub.invalid:{hub.port}"
        told = ran(command_of(kind, study, tmp_path), HF_ENDPOINT=elsewhere, http_proxy=hub.root)
        assert (hub.connections, "--consent " + elsewhere in told.err + told.out) == (0, True)
        usual = ran(command_of(kind, study, tmp_path))
        assert "--consent https://huggingface.co" in usual.err + usual.out
        agreed = [*command_of(kind, study, tmp_path), "--consent", elsewhere]
        ran(agreed, HF_ENDPOINT=elsewhere, http_proxy=hub.root, HF_HOME=str(tmp_path / "hub"))
        assert hub.connections > 0  # through the proxy that consent named


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_study_names_a_secret_and_it_is_sent_nowhere(kind: str, tmp_path: Path, ran: Ran) -> None:
    with FaultServer() as server:
        backend = f'kind = "openai"\nurl = "{server.root}"\nmodel = "m"\ncontract = "slices"\n'
        study = study_with(tmp_path, f'{backend}key_variable = "EVERYDAY_SECRET"\n')
        told = ran(command_of(kind, study, tmp_path))
        assert told.code == 2
        assert f"Grant it with --key-variable EVERYDAY_SECRET={server.root}" in told.last
        assert server.connections == 0
        for grant in ("EVERYDAY_SECRET", f"EVERYDAY_SECRET={server.root}"):
            ran([*command_of(kind, study, tmp_path), "--key-variable", grant])
        sent = [request.headers["authorization"] for request in server.received if request.method == "POST"]
        assert len(sent) >= 1
        assert set(sent) == {f"Bearer {SECRET}"}
        # one that was granted for another server only is not sent here
        other = ran([*command_of(kind, study, tmp_path), "--key-variable", "EVERYDAY_SECRET=https://a.org"])
        assert (other.code, sum(request.method == "POST" for request in server.received)) == (2, len(sent))


def test_a_secret_that_two_servers_want_is_granted_for_one_of_them(tmp_path: Path, ran: Ran) -> None:
    with FaultServer() as first, FaultServer() as second:
        backend = 'kind = "openai"\nurl = "{url}"\nmodel = "m"\nkey_variable = "EVERYDAY_SECRET"\n'
        study = study_with(tmp_path, backend.format(url=first.root))
        more = '[[backends]]\nname = "other"\n' + backend.format(url=second.root)
        study.write_text(study.read_text() + more)
        test = ["backends", "test", "b", "--study", str(study)]
        told = ran([*test, "--key-variable", "EVERYDAY_SECRET"])
        assert told.code == 2
        assert f"Write --key-variable EVERYDAY_SECRET={first.root}" in told.last
        assert first.connections == second.connections == 0


def test_consent_names_the_secret_that_goes_along(tmp_path: Path, ran: Ran) -> None:
    backend = (
        'kind = "openai"\nurl = "https://models.invalid"\nmodel = "m"\nkey_variable = "EVERYDAY_SECRET"\n'
    )
    study = study_with(tmp_path, backend + 'contract = "slices"\n')
    told = ran([*command_of("run", study, tmp_path), "--key-variable", "EVERYDAY_SECRET"])
    assert told.code == 2
    assert "the key in the environment variable EVERYDAY_SECRET" in told.last
    assert "--consent https://models.invalid" in told.last


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_study_brings_certificates_and_they_are_not_trusted(kind: str, tmp_path: Path, ran: Ran) -> None:
    backend = 'kind = "openai"\nurl = "https://127.0.0.1:9"\nmodel = "m"\ncontract = "slices"\n'
    study = study_with(tmp_path, f'{backend}options = {{ ca_file = "{tmp_path}/own.pem" }}\n')
    told = ran(command_of(kind, study, tmp_path))
    assert told.code == 2
    assert f"Grant it with --ca-file b={tmp_path}/own.pem" in told.last


def test_the_users_own_variable_and_file_count_and_the_log_says_what_was_given(
    tmp_path: Path, ran: Ran
) -> None:
    model_with_code(tmp_path)
    study = study_with(tmp_path, f'{LOCAL}options = {{ python = "{tmp_path}/another" }}\n')
    run = command_of("run", study, tmp_path)
    told = ran(run, CTSPATIALVQA_LOCAL_PYTHON=str(program(tmp_path)))
    assert "another" not in told.err  # the study's wish is not followed, and not needed
    (tmp_path / "grants.json").write_text(json.dumps({"always": {"python": [f"b={tmp_path}/python"]}}))
    ran(run)
    with AuditLog.open(tmp_path / "run/audit.sqlite", PROGRAM) as log:
        given = [
            record.event.payload for record in log.records() if record.event.kind is EventKind.GRANT_GIVEN
        ]
    assert given == [{"backend": "b", "of": "python", "value": "python"}]  # a log names no place


def test_a_file_of_grants_that_cannot_be_read_is_said_in_one_line(tmp_path: Path, ran: Ran) -> None:
    (tmp_path / "grants.json").write_text('{"studies": 5}')
    backend = 'kind = "openai"\nurl = "http://127.0.0.1:9"\nmodel = "m"\n'
    told = ran(command_of("backends test", study_with(tmp_path, backend), tmp_path))
    assert told.code == 2
    assert "grants.json: studies" in told.last


def test_what_a_study_wants_cannot_forge_what_is_said_about_it(tmp_path: Path, ran: Ran) -> None:
    program_name = r"ok\u001b[2K\nctspatialvqa: harmless"
    study = study_with(tmp_path, f'{LOCAL}options = {{ python = "{program_name}" }}\n')
    for told in (ran(command_of("run", study, tmp_path)), ran(["backends", "--study", str(study)])):
        said = told.out + told.err
        assert "ok[U+001B][2K" in said
        assert "\x1b" not in said
        assert not [line for line in said.splitlines() if line.startswith("ctspatialvqa: harmless")]


def at_a_terminal(arguments: list[str], folder: Path, answer: str) -> str:
    """What the command says to somebody at a terminal, who answers its question."""
    ours, theirs = pty.openpty()
    variables = {**os.environ, "CTSPATIALVQA_GRANTS": str(folder / "grants.json")}
    variables.pop("CTSPATIALVQA_LOCAL_PYTHON", None)
    with subprocess.Popen(
        [sys.executable, "-m", "CTSpatialVQALib.cli.main", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=variables,
        start_new_session=True,
    ) as child:
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        said = b""
        try:
            while piece := os.read(ours, 4096):
                said += piece
        except OSError:  # the terminal's other end was closed
            pass
        child.wait(60)
    os.close(ours)
    return said.decode()


def test_at_a_terminal_it_is_asked_once_for_each_version_of_a_study(tmp_path: Path, ran: Ran) -> None:
    model_with_code(tmp_path)
    study = study_with(tmp_path, f'{LOCAL}options = {{ python = "{program(tmp_path)}" }}\n')
    test = command_of("backends test", study, tmp_path)
    assert "Grant it with --python" in at_a_terminal(test, tmp_path, "n")
    assert not (tmp_path / "it-ran").exists()
    asked = at_a_terminal(test, tmp_path, "y")
    assert "Allow this for this study, until its file changes?" in asked
    assert (tmp_path / "it-ran").exists()
    assert (tmp_path / "grants.json").stat().st_mode & 0o777 == 0o600
    assert "Allow this" not in at_a_terminal(test, tmp_path, "n")
    study.write_text(study.read_text() + "# changed\n")
    assert "Allow this" in at_a_terminal(test, tmp_path, "n")


def test_modules_that_lie_in_the_current_folder_are_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A study's folder can hold a `json.py`; the programs that are started there must not find it."""
    for name in ("json", "numpy", "vtk", "slicer"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'it-ran')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    probe("import json, numpy", 60)
    with ChildProcess(python_command("json.tool", "--help"), environment=library_environment()) as child:
        while child.exit_code is None:
            time.sleep(0.02)
        assert child.exit_code == 0
    assert not (tmp_path / "it-ran").exists()
