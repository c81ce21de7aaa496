"""Pipes and devices in place of files are refused at once, by every command and in a study from elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from CTSpatialVQALib.cli.main import main
from CTSpatialVQALib.demo.study import write_demo_study
from Testing.audit.logbook import Child

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes are no files there")
MOST_SECONDS = 20

COMMANDS = {
    "check CT": ["check", "BAD.nii.gz"],
    "check NRRD": ["check", "BAD.nrrd"],
    "check MetaImage": ["check", "BAD.mha"],
    "check DICOM": ["check", "BAD.dcm"],
    "check no ending": ["check", "BAD"],
    "check mask": ["check", "CT", "--mask", "BAD.nii.gz"],
    "check SEG": ["check", "CT", "--mask", "BAD.seg.nrrd"],
    "check DICOM SEG": ["check", "CT", "--mask", "BAD.dcm"],
    "measure": ["measure", "BAD.nii.gz", "--mask", "CT"],
    "measure mask": ["measure", "CT", "--mask", "BAD.nii.gz"],
    "prepare": ["prepare", "BAD.nii.gz", "--contract", "m3d", "--out", "OUT.npy"],
    "ground": ["ground", "--jsonl", "BAD.jsonl"],
    "score": ["score", "BAD.jsonl"],
    "score votes": ["score", "ROWS", "--judge", "http://127.0.0.1:9/v1#m", "--votes", "BAD.sqlite"],
    "score prompt": ["score", "ROWS", "--judge", "http://127.0.0.1:9/v1#m", "--prompt", "BAD.toml"],
    "score study": ["score", "ROWS", "--judge", "j", "--study", "BAD.toml"],
    "run": ["run", "BAD.toml", "--out", "OUT"],
    "verify": ["verify", "BAD.sqlite"],
    "verify key": ["verify", "LOG", "--key", "BAD.pub"],
    "sign": ["sign", "LOG", "--key", "BAD.key", "--as", "reader-1"],
    "export": ["export", "BAD.sqlite", "--format", "csv", "--out", "OUT.csv"],
    "export study": ["export", "LOG", "--errors", "--study", "BAD.toml", "--out", "OUT"],
    "merge": ["merge", "BAD.sqlite", "--out", "OUT.sqlite"],
    "report log": ["report", "RUN", "--log", "BAD.sqlite"],
    "backends": ["backends", "--study", "BAD.toml"],
}
SOUND = {
    "CT": "study/ct/phantom-01.nii.gz",
    "ROWS": "rows.jsonl",
    "LOG": "run/audit.sqlite",
    "RUN": "run",
}
# file of the study or run -> the command that would read it
PIECES = {
    "ct": ("study/ct/phantom-01.nii.gz", ["run", "study/study.toml", "--backend", "anatomy"]),
    "mask": ("study/masks/phantom-01.nii.gz", ["run", "study/study.toml", "--backend", "anatomy"]),
    "questions": ("study/questions.jsonl", ["run", "study/study.toml"]),
    "store": ("run/run.store", ["report", "run"]),
    "log": ("run/audit.sqlite", ["report", "run"]),
}
KINDS = ("a named pipe", "a device")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study, a finished run of it, and a file of rows to score."""
    folder = tmp_path_factory.mktemp("sound")
    study = write_demo_study(folder / "study", "tiny")
    assert main(["run", str(study), "--out", str(folder / "run"), "--backend", "demo-flawed"]) == 0
    row = {"id": "1", "question": "Which lung?", "reference": "The left.", "prediction": "The left lung."}
    (folder / "rows.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    return folder


def put(kind: str, path: Path) -> None:
    path.unlink(missing_ok=True)
    if kind == "a named pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")


def refused(capfd: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    """The line with which the command refuses; it runs in a fork, so that it can be killed if it hangs."""
    capfd.readouterr()

    def work(tell: Callable[[object], None]) -> None:
        tell(main(arguments))

    child = Child(work)
    ended = threading.Timer(MOST_SECONDS, os.kill, (child.pid, signal.SIGKILL))
    ended.start()
    codes = list(child.heard())
    died = child.end()
    ended.cancel()
    err = capfd.readouterr().err
    assert (died, codes) == (0, [2]), err
    lines = [line for line in err.splitlines() if line.startswith("ctspatialvqa: ")]
    assert len(lines) == 1, err
    return lines[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_refuses_what_is_no_file(
    sound: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, kind: str
) -> None:
    arguments = []
    for argument in COMMANDS[name]:
        if argument.startswith("BAD"):
            bad = tmp_path / argument.lower()
            put(kind, bad)
            arguments.append(str(bad))
        elif argument.startswith("OUT"):
            arguments.append(str(tmp_path / argument.lower()))
        else:
            arguments.append(str(sound / SOUND[argument]) if argument in SOUND else argument)
    line = refused(capfd, arguments)
    assert kind in line
    assert "bad" in line


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PIECES)
def test_a_study_or_run_with_a_pipe_in_it_is_refused(
    sound: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, kind: str
) -> None:
    piece, arguments = PIECES[name]
    shutil.copytree(sound, tmp_path / "copy")
    put(kind, tmp_path / "copy" / piece)
    command, *rest = arguments
    placed = [str(tmp_path / "copy" / one) if one.startswith(("study/", "run")) else one for one in rest]
    line = refused(capfd, [command, *placed, "--out", str(tmp_path / "out")])
    assert piece.rpartition("/")[2] in line
