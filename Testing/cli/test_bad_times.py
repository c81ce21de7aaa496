"""The command line where it cannot write, is interrupted, or writes to a pipe of another encoding."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Done = subprocess.CompletedProcess[bytes]
MAIN = [sys.executable, "-m", "CTSpatialVQALib.cli.main"]
_DROP_FROM_BOUNDING_SET, _MAY_WRITE_ANYWHERE = 24, 1  # prctl(2): PR_CAPBSET_DROP, CAP_DAC_OVERRIDE


def as_anybody() -> None:
    """Root gives up writing where permissions forbid it; takes effect with the next program."""
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDING_SET, _MAY_WRITE_ANYWHERE, 0, 0, 0):
        os._exit(99)


def ran(*arguments: object, preexec: Callable[[], None] | None = None, **environment: str) -> Done:
    done = subprocess.run(
        [*MAIN, *map(str, arguments)],
        env=os.environ | {"CTSPATIALVQA_NO_OPENGL": "1"} | environment,
        preexec_fn=preexec,
        capture_output=True,
        check=False,
    )
    if done.returncode == 99:
        pytest.skip("this process may not give up its rights")
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert b"mistake of the program" not in done.stderr, done.stderr.decode()
    return done


def last_line(done: Done) -> str:
    return done.stderr.decode().splitlines()[-1]


@pytest.fixture
def read_only_run(demo_folder: Path, tmp_path: Path) -> Path:
    """A finished run, in a folder in which nothing may be written."""
    run = tmp_path / "run"
    run.mkdir()
    for name in ("run.store", "audit.sqlite"):
        shutil.copy(demo_folder / name, run / name)
        (run / name).chmod(0o444)
    run.chmod(0o555)
    return run


def test_a_read_only_run_is_verified_scored_and_reported_elsewhere(
    read_only_run: Path, tmp_path: Path
) -> None:
    before = sorted(path.name for path in read_only_run.iterdir())
    assert ran("verify", read_only_run / "audit.sqlite", preexec=as_anybody).returncode == 0
    assert ran("score", read_only_run, preexec=as_anybody).returncode == 0
    report = ran("report", read_only_run, "--out", tmp_path / "r.html", preexec=as_anybody)
    assert report.returncode == 0, report.stderr
    assert b"this report is not recorded in the run's log" in report.stderr
    assert (tmp_path / "r.html").stat().st_size > 100_000
    assert sorted(path.name for path in read_only_run.iterdir()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "{run}"),
        ("run", "{study}", "--out", "{run}/sub"),
        ("run", "{study}", "--out", "{run}"),
        ("export", "{run}/audit.sqlite", "--format", "csv", "--out", "{tmp}/x.csv"),
        ("key", "--out", "{run}/key.pem"),
        ("demo", "--size", "tiny", "--out", "{run}/demo"),
    ],
    ids=" ".join,
)
def test_where_nothing_may_be_written_one_line_says_so(
    arguments: tuple[str, ...], read_only_run: Path, demo_folder: Path, tmp_path: Path
) -> None:
    places = {"run": read_only_run, "tmp": tmp_path, "study": demo_folder / "study/study.toml"}
    done = ran(*[word.format(**places) for word in arguments], preexec=as_anybody)
    assert done.returncode == 1
    assert "ermission denied" in last_line(done) or "read" in last_line(done)


def test_ctrl_c_while_scoring_does_not_speak_of_damage(demo_folder: Path) -> None:
    for delay in (0.8, 1.4):
        with subprocess.Popen(
            [*MAIN, "score", str(demo_folder)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as child:
            time.sleep(delay)
            child.send_signal(signal.SIGINT)
            _, said = child.communicate(timeout=60)
        text = said.decode()
        assert "damaged" not in text
        assert "mistake of the program" not in text
        if child.returncode == 1 and "ctspatialvqa" in text:
            assert text.splitlines()[-1].startswith("ctspatialvqa: stopped")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_any_alphabet_passes_a_pipe_of_any_encoding(encoding: str, tmp_path: Path) -> None:
    text = "Где печень? 肝臓 𝄞 liver"
    plain = ran("ground", text, PYTHONIOENCODING=encoding)
    as_json = ran("ground", text, "--json", PYTHONIOENCODING=encoding)
    refused = ran("check", f"{tmp_path}/печень.nii.gz", "--json", PYTHONIOENCODING=encoding)
    assert (plain.returncode, as_json.returncode, refused.returncode) == (0, 0, 2)
    assert b"liver" in plain.stdout
    assert json.loads(as_json.stdout.decode(encoding))[0]["structures"] == ["liver"]
    assert "печень" in json.loads(refused.stderr.decode(encoding).splitlines()[-1])["error"]["where"]


def test_a_full_disk_leaves_no_half_mask(tmp_path: Path) -> None:
    def little_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = ran("demo", "--size", "tiny", "--out", tmp_path / "demo", preexec=little_space)
    assert done.returncode == 1
    assert "could not be written" in last_line(done)
    assert not [path for path in (tmp_path / "demo").rglob("*.nii.gz") if path.stat().st_size >= 20_000]
    assert not list((tmp_path / "demo").rglob(".writing-*"))


def test_the_demo_twice_into_one_folder_and_then_in_another_size(demo_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    shutil.copytree(demo_folder, out)
    assert ran("demo", "--size", "tiny", "--out", out).returncode == 0
    other = ran("demo", "--size", "demo", "--out", out)
    assert other.returncode == 2
    assert "or go on with --size tiny" in last_line(other)
