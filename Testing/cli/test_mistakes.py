"""Every command refuses the mistakes people make in one line, without a traceback or a false remedy."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.cli.arguments import options_of, subparsers_of
from CTSpatialVQALib.cli.main import parser

Command = Callable[..., Any]

LONG = "x" * 5000
DIGITS = "9" * 5000
CT, MASK = "{demo}/study/ct/phantom-01.nii.gz", "{demo}/study/masks/phantom-01.nii.gz"
OTHER_MASK = "{demo}/study/masks/phantom-02.nii.gz"
STUDY, LOG = "{demo}/study/study.toml", "{demo}/audit.sqlite"
OUT = "{tmp}/out"
# A remedy in words: an option of the command, or a whole other command
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_COMMAND = re.compile(r"(?:ctspatialvqa |`)((?:[a-z]+ )*[a-z]+)")

QUESTION = {"question_id": "c::1", "case_id": "c", "text": "Which side?", "reference": "Left."}
ROW = {"id": "1", "question": "Which side?", "reference": "Left.", "prediction": "Right."}
HEAD = '[study]\nid = "s"\n'
QUESTIONS = '[[questions]]\npath = "q.jsonl"\nadd_cases = true\n'

# file name -> content, all written before each command
FILES: dict[str, bytes] = {
    "q.jsonl": json.dumps(QUESTION).encode(),
    "rows.jsonl": json.dumps(ROW).encode(),
    "empty.jsonl": b"",
    "blank-id.jsonl": json.dumps(ROW | {"id": ""}).encode(),
    "long-id.jsonl": json.dumps(ROW | {"id": LONG}).encode(),
    "digits.jsonl": json.dumps(ROW).replace('"1"', DIGITS).encode(),
    "latin1.jsonl": json.dumps(ROW).encode().replace(b"Left", b"Lef\xe9"),
    "utf16.jsonl": json.dumps(ROW).encode("utf-16"),
    "array.json": b"[]",
    "nul.jsonl": b"\0" * 50,
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "digits.toml": f"{HEAD}seed = {DIGITS}\n{QUESTIONS}".encode(),
    "case-table.toml": f'{HEAD}{QUESTIONS}[cases]\nid = "c"\n'.encode(),
    "study-list.toml": f'[[study]]\nid = "s"\n{QUESTIONS}'.encode(),
    "backslash.toml": f'{HEAD}{QUESTIONS}[[cases]]\nid = "c"\nct = "C:\\users\\c.nii"\n'.encode(),
    "backslash-2.toml": f'{HEAD}{QUESTIONS}[[cases]]\nid = "c"\nct = "D:\\ct\\c.nii"\n'.encode(),
    "home.toml": f'{HEAD}{QUESTIONS}[[cases]]\nid = "c"\nct = "~/no-such.nii.gz"\n'.encode(),
    "nobody.toml": f'{HEAD}{QUESTIONS}[[cases]]\nid = "c"\nct = "~no-such-person/c.nii"\n'.encode(),
    "key.toml": f'{HEAD}{QUESTIONS}[[cases]]\nid = "c"\nmsak = "m.nii"\n'.encode(),
    "table.toml": f'{HEAD}{QUESTIONS}[reeding]\nmode = "open"\n'.encode(),
    "kind.toml": f'{HEAD}{QUESTIONS}[[backends]]\nname = "m"\nkind = "openia"\n'.encode(),
    "no-url.toml": f'{HEAD}{QUESTIONS}[[backends]]\nname = "m"\nkind = "openai"\n'.encode(),
    "long-path.toml": f'{HEAD}{QUESTIONS}[[cases]]\nid = "c"\nct = "{LONG}"\n'.encode(),
    "nul-path.toml": f'{HEAD}{QUESTIONS}[[cases]]\nid = "c"\nct = "a\\u0000b"\n'.encode(),
    "blank-id.toml": b'[study]\nid = ""\n',
    "no-questions.toml": HEAD.encode(),
    "mode.toml": f'{HEAD}{QUESTIONS}[reading]\nmode = "blind"\n'.encode(),
    "empty.toml": b"",
    "utf16.toml": f"{HEAD}{QUESTIONS}".encode("utf-16"),
    "deep.toml": f"{HEAD}x = {'[' * 3000}{']' * 3000}\n".encode(),
    "blank-question.toml": f'{HEAD}[[questions]]\npath = "blank-question.jsonl"\n'.encode(),
    "blank-question.jsonl": json.dumps(QUESTION | {"question_id": ""}).encode(),
}

# arguments -> what the message must say (a part of it), or nothing in particular
MISTAKES: dict[tuple[str, ...], str] = {
    ("rn", STUDY): "Did you mean 'run'?",
    ("--versoin",): "Did you mean '--version'?",
    ("check",): "CT",
    ("check", LONG): "",
    ("check", "{tmp}"): "",
    ("check", "{tmp}/picture.png"): "",
    ("check", CT, "--msak", MASK): "",
    ("check", CT, "--mask", LONG): "File name too long",
    ("check", CT, "--mask", OTHER_MASK): "--resample",
    ("check", CT, "--mask", "{tmp}/picture.png"): "",
    ("measure", CT): "--mask",
    ("measure", CT, "--mask", OTHER_MASK): "--resample",
    ("measure", CT, "--mask", MASK, "--pair", "livr", "spleen"): "Did you mean 'liver'?",
    ("measure", CT, "--mask", MASK, "--pair", "liver"): "",
    ("prepare", CT, "--contract", "merln", "--out", "{tmp}/a.npy"): "Did you mean 'merlin'?",
    ("prepare", CT, "--contract", "merlin", "--out", "{tmp}/a.png"): ".npy",
    ("prepare", CT, "--contract", "merlin", "--out", "{tmp}/a.npy", "--seed", DIGITS): "a whole number",
    ("prepare", CT, "--contract", "merlin", "--out", "{tmp}/a.npy", "--probe", "erased"): "",
    ("prepare", CT, "--contract", "slices", "--out", "{tmp}/a.npy", "--set", "cuont=3"): "",
    ("prepare", CT, "--contract", "merlin", "--out", "{tmp}/a.npy", "--mask", OTHER_MASK): "--resample",
    ("ground",): "TEXT or --jsonl",
    ("ground", "--jsonl", "{tmp}/empty.jsonl"): "at least one row",
    ("ground", "--jsonl", "{tmp}/blank-id.jsonl"): "an id of 1 to 200",
    ("ground", "--jsonl", "{tmp}/latin1.jsonl"): "UTF-8",
    ("ground", "--jsonl", "{tmp}/utf16.jsonl"): "UTF-8",
    ("ground", "--jsonl", "{tmp}/nul.jsonl"): "",
    ("claims",): "TEXT",
    ("contracts", "merln"): "Did you mean 'merlin'?",
    ("contracts", "--ct", CT): "Add --picture",
    ("contracts", "--ct", LONG, "--picture", "{tmp}/a.png"): "",
    **{
        ("run", f"{{tmp}}/{name}.toml", "--out", OUT): part
        for name, part in {
            "digits": "thousands of digits",
            "case-table": "Write [[cases]]",
            "study-list": "Write [study]",
            "backslash": "in single quotes",
            "backslash-2": "in single quotes",
            "home": "",
            "nobody": "a path",
            "key": "Did you mean 'mask'?",
            "table": "Did you mean 'reading'?",
            "kind": "Did you mean 'openai'?",
            "no-url": "model and url for kind 'openai'",
            "long-path": "",
            "nul-path": "",
            "blank-id": "text that is not empty",
            "no-questions": "Add 'questions'",
            "mode": "Did you mean 'blinded'?",
            "empty": "Add 'study'",
            "utf16": "Save it as UTF-8",
            "deep": "",
            "blank-question": "text that is not empty",
            "none": "Check the path",
        }.items()
    },
    ("run", STUDY): "--out",
    ("run", STUDY, "--out", LONG): "File name too long",
    ("run", STUDY, "--out", OUT, "--backend", "antomy"): "Did you mean 'anatomy'?",
    ("run", STUDY, "--out", OUT, "--case", "phantom-1"): "Did you mean 'phantom-01'?",
    ("run", STUDY, "--out", OUT, "--question", "phantom-01::1"): "",
    ("run", STUDY, "--out", OUT, "--probe", "ful"): "Did you mean 'full'?",
    ("run", STUDY, "--out", OUT, "--workers", "many"): "a whole number of at least 1",
    ("run", STUDY, "--out", OUT, "--workers", DIGITS): "a whole number of at least 1",
    ("run", STUDY, "--out", OUT, "--wrkers", "3"): "Did you mean '--workers'?",
    ("run", STUDY, "--out", OUT, "--consent", "http://"): "",
    ("score", "{tmp}/none.jsonl"): "",
    ("score", "{tmp}/empty.jsonl"): "at least one row",
    ("score", "{tmp}/blank-id.jsonl"): "an id of 1 to 200",
    ("score", "{tmp}/long-id.jsonl"): "an id of 1 to 200",
    ("score", "{tmp}/digits.jsonl"): "",
    ("score", "{tmp}/latin1.jsonl"): "UTF-8",
    ("score", "{tmp}/utf16.jsonl"): "UTF-8",
    ("score", "{tmp}"): "",
    ("score", LONG): "File name too long",
    ("score", "{tmp}/rows.jsonl", "--judge", "http://127.0.0.1:1"): "URL#MODEL",
    ("score", "{tmp}/rows.jsonl", "--judge", "a", "--study", STUDY): "",
    ("score", "{tmp}/rows.jsonl", "--judge", "x#m", "--jury", "majorty"): "Did you mean 'majority'?",
    ("score", "{tmp}/rows.jsonl", "--votes", OUT): "--judge",
    ("report", "{tmp}"): "run.store",
    ("report", LONG): "File name too long",
    ("report", "{demo}", "--out", "{tmp}"): "",
    ("report", "{demo}", "--log", "{tmp}/rows.jsonl"): "",
    ("reproduce", "{tmp}/none"): "",
    ("reproduce", "{tmp}"): "",
    ("export", LOG, "--format", "xlsx", "--out", OUT): "one of csv",
    ("export", LOG, "--format", "csv", "--out", LOG): "",
    ("export", LOG, "--format", "csv"): "--out",
    ("export", LOG, "--format", "csv", "--study", STUDY, "--out", OUT): "--study",
    ("export", "{tmp}/rows.jsonl", "--format", "csv", "--out", OUT): "",
    ("export", LOG, "--format", "dicom-sr", "--out", OUT): "",
    ("verify", "{tmp}/none.sqlite"): "Check the path",
    ("verify", LOG, "--anchor", "3f0c"): "64 hexadecimal digits",
    ("verify", LOG, "--key", "{tmp}/rows.jsonl"): "",
    ("verify", LONG): "",
    ("key", "--out", LONG): "File name too long",
    ("key", "--out", "{tmp}"): "",
    ("sign", LOG, "--key", "{tmp}/none", "--as", "r"): "",
    ("sign", "{tmp}/none", "--key", "{tmp}/none", "--as", "r"): "",
    ("merge", LOG): "either --out or --check",
    ("merge", LOG, "--out", LOG): "",
    ("merge", "{tmp}/rows.jsonl", "--out", OUT): "",
    ("merge", "{tmp}/rows.jsonl", "--check"): "",
    ("completion", "bsh"): "Did you mean 'bash'?",
    ("adjudicate", "{tmp}/rows.jsonl"): "",
    ("build",): "STEP",
    ("build", "asses", "{tmp}/q.jsonl"): "Did you mean 'assess'?",
    ("build", "assess", "{tmp}/none.json"): "",
    ("build", "assess", "{tmp}/array.json"): "",
    ("build", "assess", "{tmp}/empty.jsonl"): "at least one question",
    ("build", "assess", "{tmp}/blank-question.jsonl"): "text that is not empty",
    ("build", "assess", "{tmp}/q.jsonl", "--reports", "{tmp}/none"): "",
    ("build", "generate", "{tmp}/none", "--out", OUT): "",
    ("build", "generate", "{tmp}", "--out", OUT, "--url", "http://127.0.0.1:1"): "",
    ("build", "validate", "{tmp}/none", "--out", OUT): "",
    ("build", "validate", "{tmp}/q.jsonl", "--out", OUT, "--exclude", "nonsense"): "",
    ("build", "release", "{tmp}/none", "--out", OUT, "--name", "n", "--release", "1"): "",
    ("build", "audit"): "PART",
    ("build", "audit", "study", "{tmp}/none", "--readers", "a", "--out", OUT): "",
    ("build", "audit", "study", "{tmp}/q.jsonl", "--readers", "a", "a", "--out", OUT): "",
    ("build", "audit", "agree", STUDY, LOG): "",
    ("build", "audit", "published", "{tmp}"): "",
    ("backends", "--study", "{tmp}/none"): "Check the path",
    ("backends", "test", "antomy", "--study", STUDY): "Did you mean 'anatomy'?",
    ("backends", "tset", "anatomy"): "Did you mean 'test'?",
    ("backends", "test", "anatomy"): "--study",
    ("backends", "test", "anatomy", "--study", STUDY, "--consnt", "x"): "Did you mean '--consent'?",
    ("init", "--out", OUT): "Name the file or the DICOM folder",
    ("init", CT): "--out",
    ("init", CT, "--mask", OTHER_MASK, "--out", OUT): "another grid",
    ("init", CT, "--questions", "{tmp}/empty.jsonl", "--out", OUT): "at least one question",
    ("init", CT, "--questions", "{tmp}/q.jsonl", "--out", OUT): "--case",
    ("init", CT, "--out", "{demo}/study"): "Name another folder",
    ("demo", "--size", "huge"): "one of tiny, demo",
    ("demo", "--out", LONG): "File name too long",
    ("demo", "--out", "{tmp}/q.jsonl"): "",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files of people who made mistakes."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def shown(arguments: tuple[str, ...]) -> str:
    return " ".join(arguments).replace(LONG, "LONG").replace(DIGITS, "DIGITS")


@pytest.mark.parametrize("arguments", MISTAKES, ids=shown)
def test_a_mistake_is_refused_in_one_line_with_a_remedy_that_exists(
    arguments: tuple[str, ...], folder: Path, demo_folder: Path, command: Command
) -> None:
    before = sorted(folder.iterdir())

    ran = command(*[word.format(tmp=folder, demo=demo_folder) for word in arguments])

    assert ran.code in (1, 2), ran
    message = ran.err.splitlines()[-1]
    assert message.startswith("ctspatialvqa"), ran.err
    assert "mistake of the program" not in message
    assert "Traceback" not in ran.err
    assert len(message) < 900
    assert MISTAKES[arguments] in message
    assert_remedies_exist(message, arguments)
    assert sorted(folder.iterdir()) == before or arguments[0] in LEAVE_THEIR_STORE


# what they ask is kept from the first question on, so that the work goes on after a stop
LEAVE_THEIR_STORE = {"build"}


def assert_remedies_exist(message: str, arguments: tuple[str, ...]) -> None:
    """Each option that a message names is one of the command's, or of the command that it names."""
    outside = message.replace(LONG, "").replace(DIGITS, "")
    for named in _COMMAND.finditer(outside):
        command_parser(tuple(named[1].split()), must_exist=True)
    own = set(options_of(command_parser(arguments)))
    for other in _COMMAND.finditer(outside):
        own |= set(options_of(command_parser(tuple(other[1].split()))))
    given = {word for word in arguments if word.startswith("--")}
    assert set(_OPTION.findall(outside)) <= own | given, message


def command_parser(words: tuple[str, ...], *, must_exist: bool = False) -> argparse.ArgumentParser:
    """The parser of the command, step and part that these words begin with."""
    found: argparse.ArgumentParser = parser()
    for number, word in enumerate(words):
        below = subparsers_of(found)
        if word not in below:
            assert number or not must_exist, f"there is no command {word}"
            break
        found = below[word]
    return found


def all_commands() -> Iterator[tuple[str, ...]]:
    def below(path: tuple[str, ...], at: argparse.ArgumentParser) -> Iterator[tuple[str, ...]]:
        parts = subparsers_of(at)
        if not parts or path == ("backends",):
            yield path
        for name, part in parts.items():
            yield from below((*path, name), part)

    yield from below((), parser())


def test_every_command_is_among_the_mistakes() -> None:
    tried = {arguments[:length] for arguments in MISTAKES for length in (1, 2, 3)}
    interactive = {("build", "audit", "read"), ("backends", "serve")}

    assert set(all_commands()) - tried <= interactive


def test_a_remedy_with_an_option_of_another_command_would_be_found() -> None:
    with pytest.raises(AssertionError):
        assert_remedies_exist("ctspatialvqa: Add --resample.", ("verify", LOG))
    with pytest.raises(AssertionError):
        assert_remedies_exist("run: ctspatialvqa chekk x", ("verify", LOG))


@pytest.mark.parametrize("arguments", list(MISTAKES)[::4], ids=shown)
def test_with_json_an_error_is_json_too(
    arguments: tuple[str, ...], folder: Path, demo_folder: Path, command: Command
) -> None:
    ran = command(*[word.format(tmp=folder, demo=demo_folder) for word in arguments], "--json")

    assert ran.out == ""
    error = json.loads(ran.err.splitlines()[-1])["error"]
    assert error["exit_code"] == ran.code
    assert error["kind"] in {"wrong_usage", "bad_input", "work_failed"}
    assert error["message"]
    if error["kind"] == "bad_input" and "where" in error:
        assert error["remedy"] in error["message"] or len(error["message"]) >= 600
