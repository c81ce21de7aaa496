"""Every command of README and docs works as it stands; every option that they name exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from Testing.backends.faultserver import FaultServer
from Testing.docs.documented import Command, blocks, commands, pages

ROOT = Path(__file__).resolve().parents[2]
MARKS = {"sh", "sh server", "text", "toml", "json", "python", "csv"}
SERVER_PORT = 8000
TIMEOUT_S = 120
# what a synopsis line begins with: the command and its action
_SYNOPSIS = re.compile(r"^\s*ctspatialvqa ((?:[a-z]+ ?)+)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def _runnable(page: Path) -> list[Command]:
    return [
        command for block in blocks(ROOT, page) if block.mark.split()[:1] == ["sh"] for command in commands(block)
    ]


PAGES = [page for page in pages(ROOT) if _runnable(page)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `demo-out`, as `make demo` leaves it but with smaller patients."""
    folder = tmp_path_factory.mktemp("documented")
    command = ["ctspatialvqa", "demo", "--out", "demo-out", "--size", "tiny"]
    subprocess.run(command, cwd=folder, env=_environment(), check=True, capture_output=True, timeout=300)
    return folder


def _environment() -> dict[str, str]:
    programs = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": os.pathsep.join([programs, os.environ["PATH"]])}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_the_page_works_as_it_stands(page: Path, demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    shutil.copytree(demo, folder)
    for command in _runnable(page):
        result = subprocess.run(
            ["bash", "-c", command.text],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        where = f"{command.page}:{command.line}: {command.text}"
        assert result.returncode == 0, f"{where}\n{result.stdout[-2000:]}\n{result.stderr[-2000:]}"
        assert "Traceback" not in result.stderr, where
