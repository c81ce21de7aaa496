"""A run folder can be passed on: its store names no folder, and its study is found again where it may be."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.cli.demo_job import RunFolder
from CTSpatialVQALib.cli.run_folders import gather

Command = Callable[..., Any]
SECRET = "Mueller-Anna-1950"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / SECRET / "studies"
    folder.mkdir(parents=True)
    (folder / "questions.jsonl").write_text(
        '{"case_id": "c1", "question": "Where is the heart?", "answer": "On the left."}\n'
    )
    (folder / "answers.jsonl").write_text('{"question_id": "c1::0", "prediction": "On the left side."}\n')
    path = folder / "pilot.toml"
    path.write_text(
        '[study]\nid = "pilot"\ntitle = "Pilot"\n[[cases]]\nid = "c1"\n'
        '[[questions]]\npath = "questions.jsonl"\n'
        '[[backends]]\nname = "kept"\nkind = "recorded"\npath = "answers.jsonl"\n'
    )
    return path


def the_run(command: Command, study: Path, out: Path) -> Path:
    ran = command("run", study, "--out", out)
    assert ran.code == 0, ran.err
    return out


def has_study(run: Path, *studies: Path) -> bool:
    return "c1" in gather([RunFolder(run)], studies).cases


@pytest.mark.parametrize("place", ["runs/one", f"home/{SECRET}/studies/run", f"home/{SECRET}/run"])
def test_no_file_of_a_run_names_a_folder(study: Path, tmp_path: Path, command: Command, place: str) -> None:
    run = the_run(command, study, tmp_path / place)
    with RunStore(run / "run.store") as store:
        assert store.description()["study_file"] == "pilot.toml"
    for file in run.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            for name in (SECRET, "studies", tmp_path.name):
                assert name.encode() not in data, (file.name, name)


@pytest.mark.parametrize("place", [".", "run", "one/run", "../run", "../runs/one"])
def test_a_study_near_its_run_is_found_again(
    study: Path, tmp_path: Path, command: Command, place: str
) -> None:
    run = the_run(command, study, study.parent / place)
    near = place not in ("../runs/one",)
    assert has_study(run) is near
    assert has_study(run, study)


def test_a_moved_run_finds_its_study_by_name_and_hash(study: Path, tmp_path: Path, command: Command) -> None:
    run = the_run(command, study, tmp_path / "runs" / "one")
    passed_on = tmp_path / "elsewhere" / "one"
    shutil.copytree(run, passed_on)
    assert not has_study(passed_on)
    shutil.copytree(study.parent, tmp_path / "elsewhere" / "study")
    assert has_study(passed_on)


def test_another_study_of_that_name_is_not_taken(study: Path, tmp_path: Path, command: Command) -> None:
    run = the_run(command, study, tmp_path / "runs" / "one")
    study.rename(tmp_path / "gone.toml")
    other = tmp_path / "runs" / "pilot.toml"
    shutil.copytree(study.parent, tmp_path / "runs", dirs_exist_ok=True)
    other.write_text((tmp_path / "gone.toml").read_text().replace('id = "pilot"', 'id = "another"'))
    assert not has_study(run)


def test_a_study_that_was_changed_is_taken_and_told(study: Path, tmp_path: Path, command: Command) -> None:
    run = the_run(command, study, study.parent / "run")
    study.write_text(study.read_text().replace("Pilot", "Pilot, second version"))
    told = gather([RunFolder(run)])
    assert "c1" in told.cases
    assert "The study file was changed after the run." in told.notes


def test_report_names_the_option_and_takes_it(study: Path, tmp_path: Path, command: Command) -> None:
    run = the_run(command, study, tmp_path / "runs" / "deep" / "one")
    ran = command("report", run)
    assert ran.code == 0
    assert re.search(r"no pictures.*--study", ran.err)
    ran = command("report", run, "--study", study)
    assert (ran.code, ran.err) == (0, "")


def test_runs_of_earlier_versions_name_a_path_of_which_the_file_name_counts(
    study: Path, tmp_path: Path, command: Command
) -> None:
    run = the_run(command, study, study.parent / "run")
    with RunStore(run / "run.store") as store:
        store.describe({"study_file": "../../somewhere/else/pilot.toml"})
    assert has_study(run)
