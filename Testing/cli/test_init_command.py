"""`ctspatialvqa init`: a study of one's own that runs, and the servers of this computer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.cli.init_study import StudyMaterial, write_study
from CTSpatialVQALib.cli.local_servers import LocalServer, local_servers

Command = Callable[..., Any]


@pytest.fixture
def ct(demo_folder: Path) -> Path:
    return demo_folder / "study/ct/phantom-01.nii.gz"


@pytest.fixture
def mask(demo_folder: Path) -> Path:
    return demo_folder / "study/masks/phantom-01.nii.gz"


def test_a_study_of_ones_own_is_made_and_runs(ct: Path, mask: Path, tmp_path: Path, command: Command) -> None:
    questions, answers = tmp_path / "my questions.csv", tmp_path / "my-model.csv"
    questions.write_text("id;question;answer\n1;On which side is the spleen?;On the left.\n", "cp1252")
    answers.write_text("id;prediction\n1;On the right side.\n", "utf-8")
    out = tmp_path / "study"
    files = ("--questions", questions, "--predictions", answers, "--mask", mask)

    made = command("init", ct, *files, "--out", out, "--no-servers", "--json")
    ran = command("run", out / "study.toml", "--out", out / "run1", "--json")

    assert (made.code, made.json["questions"], made.json["cases"]) == (0, 1, ["phantom-01"])
    assert ran.code == 0, ran.err
    assert ran.lines[-1]["backends"]["anatomy"]["right"] == 1
    assert ran.lines[-1]["backends"]["my-model"]["wrong"] == 1
    assert load_study(out / "study.toml").reading.backends == ("my-model",)
    assert (out / "study.toml").stat().st_mode & 0o077 == 0


def test_without_questions_an_example_shows_the_columns(ct: Path, tmp_path: Path, command: Command) -> None:
    made = command("init", ct, "--out", tmp_path / "s", "--no-servers")
    assert made.code == 0
    assert "questions.csv" in made.out
    lines = (tmp_path / "s/questions.csv").read_text("utf-8").splitlines()
    assert lines[0] == "question_id,case_id,question,reference"
    assert len(load_study(tmp_path / "s/study.toml").questions) == 1


def test_the_study_file_lists_contracts_and_categories(ct: Path, tmp_path: Path, command: Command) -> None:
    command("init", ct, "--out", tmp_path / "s", "--no-servers")
    text = (tmp_path / "s/study.toml").read_text("utf-8")
    for name in ("merlin", "medgemma", "slices", "Laterality & Bilateral Symmetry"):
        assert name in text


class _Models(BaseHTTPRequestHandler):
    answer = json.dumps({"data": [{"id": "medgemma-4b"}, {"id": 'a"b\\c'}, {"id": 7}, "x"]}).encode()

    def do_GET(self) -> None:
        known = self.path == "/v1/models"
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(self.answer if known else b"")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Quiet."""


class _NoJson(_Models):
    answer = b"<html>hello</html>"


@pytest.fixture(params=[_Models])
def server(request: pytest.FixtureRequest) -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), request.param) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield http.server_port
        http.shutdown()


def test_servers_on_this_computer_are_found_with_their_models(server: int) -> None:
    assert local_servers([1, server]) == (
        LocalServer(f"http://127.0.0.1:{server}/v1", "a server", ("medgemma-4b", 'a"b\\c')),
    )


@pytest.mark.parametrize("server", [_NoJson], indirect=True)
def test_what_is_no_model_server_is_passed_over(server: int) -> None:
    assert local_servers([server]) == ()


def test_a_server_that_was_found_is_declared_with_the_contract_of_its_model(
    ct: Path, server: int, tmp_path: Path
) -> None:
    material = StudyMaterial("c", ct, None, None, None, local_servers([server]))
    study = load_study(write_study(tmp_path / "s", "mine", material))
    (found,) = [backend for backend in study.backends if backend.kind == "openai"]
    assert (found.name, found.contract) == ("medgemma-4b", "medgemma")
    assert study.reading.backends == ("medgemma-4b",)
