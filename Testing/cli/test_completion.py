"""Completion in a real shell, the overview, and --quiet."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.cli.arguments import subparsers_of
from CTSpatialVQALib.cli.main import parser

Command = Callable[..., Any]
ASK = """
source "$1"
COMP_WORDS=("${@:2}"); COMP_CWORD=$(($# - 2)); COMP_LINE="${*:2}"; COMP_POINT=${#COMP_LINE}
_shtab_ctspatialvqa
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def script(tmp_path: Path, command: Command) -> Path:
    path = tmp_path / "ctspatialvqa.bash"
    path.write_text(command("completion", "bash").out, "utf-8")
    return path


def completed(script: Path, *words: str) -> set[str]:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    done = subprocess.run(
        [bash, "-c", ASK, "bash", script, "ctspatialvqa", *words], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_bash_completes_commands_options_and_choices(script: Path) -> None:
    assert {"report", "reproduce"} <= completed(script, "re")
    assert "--workers" in completed(script, "run", "--w")
    assert completed(script, "demo", "--size", "t") == {"tiny"}


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_get_a_script_too(shell: str, command: Command) -> None:
    ran = command("completion", shell)
    assert ran.code == 0
    assert "reproduce" in ran.out


def test_without_a_command_every_command_is_shown_in_groups(command: Command) -> None:
    ran = command()
    assert ran.code == 0
    lines = ran.out.splitlines()
    named = {line.split()[0] for line in lines if line.startswith("  ")}
    assert named == set(subparsers_of(parser()))
    assert "More" not in lines


def test_quiet_leaves_results_and_errors(demo_folder: Path, tmp_path: Path, command: Command) -> None:
    study = demo_folder / "study/study.toml"
    loud = command("run", study, "--out", tmp_path / "a")
    quiet = command("run", study, "--out", tmp_path / "b", "--quiet")
    refused = command("run", study, "--out", tmp_path / "c", "--backend", "none", "--quiet")
    assert loud.err != ""
    assert (quiet.code, quiet.err) == (0, "")
    assert quiet.out.splitlines()[:-1] == loud.out.splitlines()[:-1]
    assert "ctspatialvqa: " in refused.err
