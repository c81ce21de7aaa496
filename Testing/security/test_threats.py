"""The threats of docs/security.md that no other test stands for."""

from __future__ import annotations

import ast
import gzip
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from CTSpatialVQALib.audit.events import consent_given, draft_kept
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.report.exports import export_csv, import_jsonl
from Testing.fuzz.targets import AFFINE, STUDY
from Testing.fuzz.worker import Worker
from Testing.volumes.small_volumes import nifti_bytes

READER = Actor(id="reader-1")
UNPICKLING = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
EVALUATING = {"eval", "exec", "compile", "__import__"}
PRIVATE_KEY = re.compile(r"BEGIN [A-Z ]*PRIVATE " + "KEY")
TEST_NAME = re.compile(r"`(Testing/[\w/]+\.py)::(test_\w+)`")


@pytest.fixture
def worker() -> Iterator[Worker]:
    with Worker() as one:
        yield one


def library(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for folder in ("CTSpatialVQALib", "CTSpatialVQA", "scripts"):
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def names_in(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]}
    return set()


def test_nothing_is_unpickled(root: Path) -> None:
    trees = list(library(root))
    assert len(trees) > 100
    assert not [
        (name, node.lineno)
        for name, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and names_in(node) & UNPICKLING
    ]
    allowing = [
        (name, node.lineno)
        for name, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword)
        and (node.arg, getattr(node.value, "value", None))
        in {("allow_pickle", True), ("weights_only", False)}
    ]
    assert not allowing


def test_no_text_is_run_as_a_program(root: Path) -> None:
    found = [
        (name, node.lineno, ast.unparse(node.func))
        for name, tree in library(root)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in EVALUATING)
            or any(
                one.arg == "shell" and getattr(one.value, "value", None) is not False for one in node.keywords
            )
        )
    ]
    assert not found


def test_no_key_lies_in_the_repository(root: Path) -> None:
    places = ("CTSpatialVQALib", "CTSpatialVQA", "Resources", "Testing", "docs", "scripts")
    files = [path for place in places for path in (root / place).rglob("*") if path.is_file()]
    assert len(files) > 200
    assert not [path for path in files if PRIVATE_KEY.search(path.read_bytes().decode("latin-1"))]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "report.txt").write_text("No finding.", encoding="utf-8")
    row = {"question_id": "c1::0", "case_id": "c1", "text": "Where?", "reference": "Left."}
    (folder / "questions.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (folder / "study.toml").write_bytes(STUDY)
    return folder / "study.toml"


def test_a_symbolic_link_does_not_lead_out_of_a_study(study: Path, tmp_path: Path) -> None:
    assert load_study(study).cases["c1"].report_text == "No finding."
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    (study.parent / "report.txt").unlink()
    (study.parent / "report.txt").symlink_to(secret)
    with pytest.raises(BadInput, match=r"report: expected a path in the study's folder"):
        load_study(study)


@pytest.mark.parametrize("root_of_it", ["c1.nii.gz", "report.txt"])
def test_a_case_id_is_never_a_path(study: Path, root_of_it: str) -> None:
    text = study.read_text(encoding="utf-8").replace('id = "c1"', f'id = "../../{root_of_it}"')
    study.write_text(text, encoding="utf-8")
    assert not load_study(study).cases[f"../../{root_of_it}"].ct


def test_writing_replaces_a_link_and_not_what_it_leads_to(tmp_path: Path) -> None:
    precious, link = tmp_path / "precious", tmp_path / "out.csv"
    precious.write_text("kept", encoding="utf-8")
    link.symlink_to(precious)
    write_text(link, "new")
    assert precious.read_text(encoding="utf-8") == "kept"
    assert not link.is_symlink()


SQL = "'); DROP TABLE record; DELETE FROM record; --"


def test_sql_in_a_text_stays_a_text(tmp_path: Path) -> None:
    path = tmp_path / f"{SQL.replace('/', '')}.sqlite"
    with AuditLog.open(path, Actor(id=SQL)) as log:
        log.append(*draft_kept(SQL, None, SQL))
        log.append(*consent_given(SQL))
        assert [record.event.payload for record in log.records()][1] == {"host": SQL}
    assert verify(path).records == 2
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM record").fetchone() == (2,)


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path, worker: Worker) -> None:
    """2 GiB of zeros behind a small volume, and a small file that claims 16 GiB; 1 GiB may be used."""
    volume = nifti_bytes(np.zeros((9, 7, 5), "i2"), AFFINE)
    zeros = gzip.compress(bytes(64 << 20), 9)
    (tmp_path / "v.nii.gz").write_bytes(gzip.compress(volume, 1) + zeros * 32)
    assert worker.fault("packed nifti", tmp_path) is None
    claims = bytearray(volume)
    claims[42:48] = (2048).to_bytes(2, "little") * 3
    (tmp_path / "v.nii.gz").write_bytes(gzip.compress(bytes(claims), 1) + zeros * 32)
    assert worker.fault("packed nifti", tmp_path) is None


def test_an_oversize_line_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_bytes(b'{"text": "' + b"x" * (5 << 20) + b'"}')
    with pytest.raises(BadInput, match=r"line 1: expected at most"):
        read_questions(questions)
    lines = tmp_path / "log.jsonl"
    lines.write_bytes(b" " * (17 << 20))
    with pytest.raises(BadInput, match=r"line 1: expected at most"):
        import_jsonl(lines, tmp_path / "new.sqlite")
    assert not (tmp_path / "new.sqlite").exists()


def test_an_export_leaves_nothing_behind_it_where_it_fails(tmp_path: Path) -> None:
    """A half-written table beside the log could be taken for the whole."""
    (tmp_path / "audit.sqlite").write_bytes(b"no log at all" * 100)
    with pytest.raises(BadInput):
        export_csv(tmp_path / "audit.sqlite", tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["audit.sqlite"]


def test_every_test_that_the_threat_list_names_exists(root: Path) -> None:
    named = TEST_NAME.findall((root / "docs/security.md").read_text(encoding="utf-8"))
    assert len(named) >= 20
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (root / file).is_file()
        or not re.search(rf"^ *def {test}\(", (root / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert not missing


def test_there_is_one_way_to_other_machines(root: Path) -> None:
    """Whoever opens a connection of his own passes by consent, limits and the striking of keys."""
    connecting = {
        "requests",
        "urllib3",
        "httpx",
        "aiohttp",
        "http",
        "socket",
        "websockets",
        "ftplib",
        "smtplib",
    }
    own = {
        f"CTSpatialVQALib/backends/{name}.py"
        for name in (
            "wire/connection_pool",
            "wire/deadline_watch",
            "wire/failures",
            "wire/http_exchange",
            "wire/peers",
            "volume_server",  # the other side: it listens
        )
    }
    opening = {
        name
        for name, tree in library(root)
        for node in ast.walk(tree)
        if names_in(node) & connecting or "urllib.request" in ast.unparse(node)[:60]
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert opening - own == set()
