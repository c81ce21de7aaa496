"""Every command of README and docs works as it stands; every option that they name exists."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from CTSpatialVQALib.cli.main import parser
from Testing.docs.documented import Command, blocks, commands, pages

ROOT = Path(__file__).resolve().parents[2]
MARKS = {"sh", "text", "toml", "json", "python", "csv", "ini", "yaml"}
TIMEOUT_S = 300
# A line of a synopsis or an example: the command, and its actions if it has any.
_SYNOPSIS = re.compile(r"^\s*ctspatialvqa((?: [a-z]+)+)\b(.*)$", re.MULTILINE)
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def _runnable(page: Path) -> list[Command]:
    return [command for block in blocks(ROOT, page) if block.mark == "sh" for command in commands(block)]


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


def test_every_block_says_what_it_is() -> None:
    unknown = [
        f"{block.where}: {block.mark!r}"
        for page in pages(ROOT)
        for block in blocks(ROOT, page)
        if block.mark not in MARKS
    ]
    assert not unknown


def test_every_option_that_a_page_names_exists() -> None:
    absent = []
    for page in pages(ROOT):
        for block in blocks(ROOT, page):
            for words, others in _SYNOPSIS.findall(block.text):
                command = _parser_of(words.split())
                if command is None:
                    absent.append(f"{block.where}: there is no command {words.strip()!r}")
                    continue
                # what stands behind two blanks and a number sign is a comment
                options = _OPTION.findall(re.sub(r"\s+#\s.*$", "", others))
                strings = {string for action in command._actions for string in action.option_strings}
                absent += [
                    f"{block.where}: {words.strip()} {option}" for option in options if option not in strings
                ]
    assert not absent


def _parser_of(words: list[str]) -> argparse.ArgumentParser | None:
    """The parser of a command and the actions that follow it."""
    current = parser()
    for number, word in enumerate(words):
        groups = [action for action in current._actions if isinstance(action, argparse._SubParsersAction)]
        if not groups:
            return current
        if word not in groups[0].choices:
            return current if number else None
        current = groups[0].choices[word]
    return current
