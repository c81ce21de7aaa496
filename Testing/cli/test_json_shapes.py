"""The shapes that docs/cli-json.md promises are those that the commands print."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.cli.arguments import options_of, subparsers_of
from CTSpatialVQALib.cli.main import parser

Command = Callable[..., Any]
ROW = re.compile(r"^\| `([a-z]+)` \| ([^|]+) \| (.+) \|$", re.MULTILINE)
KEY = re.compile(r"`([a-z_0-9]+)`")
# how each is run on the demo, and which of the documented keys are then those of another use
RUNS: dict[str, tuple[list[str], set[str]]] = {
    "check": (["{ct}", "--mask", "{mask}"], set()),
    "measure": (["{ct}", "--mask", "{mask}"], set()),
    "prepare": (["{ct}", "--contract", "merlin", "--out", "{tmp}/a.npy"], set()),
    "contracts": (["merlin"], set()),
    "claims": (["A nodule in the left lower lobe."], set()),
    "score": (["{demo}"], set()),
    "verify": (["{demo}/audit.sqlite"], set()),
    "export": (
        ["{demo}/audit.sqlite", "--format", "csv", "--out", "{tmp}/x.csv"],
        {"records", "verdicts", "scores", "errors"},
    ),
    "key": (["--out", "{tmp}/a.key"], set()),
    "backends": ([], {"declared", "backend", "ok", "layers", "test"}),
    "init": (["{ct}", "--out", "{tmp}/study", "--no-servers"], set()),
    "merge": (["{demo}/audit.sqlite", "--out", "{tmp}/m.sqlite"], set()),
}


@pytest.fixture(scope="module")
def documented(root: Path) -> dict[str, set[str]]:
    text = (root / "docs/cli-json.md").read_text(encoding="utf-8").partition("## Errors")[0]
    return {match[1]: set(KEY.findall(match[3])) for match in ROW.finditer(text)}


def test_every_command_with_json_is_documented(documented: dict[str, set[str]]) -> None:
    commands = subparsers_of(parser())
    with_json = {name for name, own in commands.items() if "--json" in options_of(own) or name == "build"}

    assert with_json == set(documented)
    assert set(commands) - with_json == {"completion"}


@pytest.mark.parametrize("name", RUNS)
def test_documented_keys_are_printed(
    name: str, documented: dict[str, set[str]], demo_folder: Path, tmp_path: Path, command: Command
) -> None:
    words, of_another_use = RUNS[name]
    study = demo_folder / "study"
    places = {
        "ct": study / "ct/phantom-01.nii.gz",
        "mask": study / "masks/phantom-01.nii.gz",
        "demo": demo_folder,
        "tmp": tmp_path,
    }

    ran = command(name, *[word.format(**places) for word in words], "--json")

    assert ran.code == 0, ran.err
    first = json.loads(ran.out.splitlines()[0])
    document = first[0] if isinstance(first, list) else first
    assert documented[name] - of_another_use <= set(document)
