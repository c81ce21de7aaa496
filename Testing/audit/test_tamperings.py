"""Every tampering is found by `verify`, and refused by whatever else reads or continues a log; none hangs."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

import pytest
from pydantic import JsonValue

from CTSpatialVQALib.audit.canonical import MAX_DEPTH
from CTSpatialVQALib.audit.events import session_opened
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.cli.main import main
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.words import ReadingMode
from CTSpatialVQALib.report.exports import import_jsonl
from Testing.audit.logbook import READER, forging, note
from Testing.audit.tamperings import RECORDS, Tampering, all_tamperings

TAMPERINGS = all_tamperings()
MOST_SECONDS = 20
# altered; of another application; of a later version of this one
REFUSALS = ("BROKEN", "not a log: ", "made by a newer version: ")


@contextmanager
def ending_in_time() -> Iterator[None]:
    """A hanging query fails instead of holding the suite."""

    def late(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {MOST_SECONDS} s")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(MOST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def sound_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "audit.sqlite"
    with AuditLog.open(path, READER) as log:
        log.append(*session_opened("pilot", "a" * 64, ReadingMode.OPEN))
        log.append_many([note(number) for number in range(2, RECORDS + 1)])
    return path


def tampered(sound_log: Path, folder: Path, tampering: Tampering) -> Path:
    path = folder / "audit.sqlite"
    shutil.copy(sound_log, path)
    if tampering.of_schema:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            tampering.change(connection)
    else:
        with forging(path) as connection:
            tampering.change(connection)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main([str(one) for one in arguments])
    return code, *capsys.readouterr()


def test_there_are_as_many_tamperings_as_promised() -> None:
    assert len({one.name for one in TAMPERINGS}) == len(TAMPERINGS) >= 200


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda one: one.name.encode("unicode_escape").decode())
def test_a_tampering_is_found_and_refused_everywhere(
    sound_log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], tampering: Tampering
) -> None:
    log = tampered(sound_log, tmp_path, tampering)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    out = tmp_path / "out"
    with ending_in_time():
        code, said, _ = run(capsys, "verify", log)
        assert code == 1
        assert said.count("\n") == 1
        assert said.startswith(tuple(f"{log}: {word}" for word in REFUSALS))
        assert said.rstrip("\n").isprintable()
        assert len(said) < 1000
        for made in ("csv", "jsonl", "html"):
            code, _, told = run(capsys, "export", log, "--format", made, "--out", out, "--no-record")
            assert code in (1, 2)
            assert told.count("\n") == 1
        code, _, told = run(capsys, "merge", log, "--out", out)
        assert (code, told.count("\n")) == (2, 1)
        if tampering.of_schema:
            with pytest.raises((BadInput, WorkFailed)):
                AuditLog.open(log, READER)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "name", ["trigger ''", "view 'sqlite_x'", "in place of record: an endless view of the same name"]
)
def test_the_real_command_finds_it_too(sound_log: Path, tmp_path: Path, name: str) -> None:
    (tampering,) = (one for one in TAMPERINGS if one.name == name)
    log = tampered(sound_log, tmp_path, tampering)
    command = [sys.executable, "-m", "CTSpatialVQALib.cli.main", "verify", str(log)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert ended.stdout.startswith(f"{log}: BROKEN: the ")


def test_the_verdict_on_the_terminal_is_not_forged_by_a_name(
    sound_log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tampering,) = (one for one in TAMPERINGS if one.name.startswith("view 'x"))
    log = tampered(sound_log, tmp_path, tampering)
    code, said, _ = run(capsys, "verify", log)
    assert (code, said.count("\n")) == (1, 1)
    assert "view x audit.sqlite: signed, 99 records[U+001B][1A[U+001B][2K[U+009B]31m" in said
    code, said, _ = run(capsys, "verify", "--json", log)
    assert code == 1
    assert said.rstrip("\n").isprintable()
    with pytest.raises(BadInput) as refused:
        AuditLog.open(log, READER)
    assert str(refused.value).isprintable()


def test_text_as_deep_as_the_program_writes_it_is_read_everywhere(
    sound_log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "audit.sqlite"
    shutil.copy(sound_log, log)
    refused_from = None
    # the event itself is one level, the empty object another
    with AuditLog.open(log, READER) as opened:
        for depth in range(150, 230):
            payload: dict[str, JsonValue] = {}
            for _ in range(depth):
                payload = {"a": payload}
            try:
                opened.append(EventKind.REVEALED, payload)
            except BadInput:
                refused_from = depth
                break
    assert refused_from == MAX_DEPTH - 1
    assert run(capsys, "verify", log)[0] == 0
    for made in ("csv", "jsonl", "html"):
        assert run(capsys, "export", log, "--format", made, "--out", tmp_path / made, "--no-record")[0] == 0
    import_jsonl(tmp_path / "jsonl", tmp_path / "again.sqlite")
    assert run(capsys, "merge", log, tmp_path / "again.sqlite", "--out", tmp_path / "merged.sqlite")[0] == 0
    assert run(capsys, "verify", tmp_path / "merged.sqlite")[0] == 0


SWALLOWING = {
    "the row vanishes": "CREATE TRIGGER a BEFORE INSERT ON record BEGIN SELECT RAISE(IGNORE); END",
    "it is removed again": (
        "DROP TRIGGER record_never_goes;"
        "CREATE TRIGGER a AFTER INSERT ON record BEGIN DELETE FROM record WHERE seq = NEW.seq; END"
    ),
    "it is copied elsewhere": (
        "CREATE TABLE b (x);"
        "CREATE TRIGGER a AFTER INSERT ON record BEGIN INSERT INTO b VALUES (NEW.event); END"
    ),
}


@pytest.mark.parametrize("way", SWALLOWING)
@pytest.mark.parametrize("before", [0, 1])
def test_no_append_is_acknowledged_once_somebody_altered_the_open_log(
    sound_log: Path, tmp_path: Path, way: str, before: int
) -> None:
    log = tmp_path / "audit.sqlite"
    shutil.copy(sound_log, log)
    with AuditLog.open(log, READER) as opened:
        opened.append_many([note(number) for number in range(before)])
        with closing(sqlite3.connect(log, isolation_level=None)) as connection:
            connection.executescript(SWALLOWING[way])
        for entries in ([note(98)], [note(98), note(99)]):
            with pytest.raises(BadInput, match="was added"):
                opened.append_many(entries)
    assert not verify(log).holds


@pytest.mark.parametrize("way", SWALLOWING)
def test_a_row_that_vanishes_in_the_insert_itself_is_missed(
    sound_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The alteration comes between the comparison of the schema and the insert: its count shows it."""
    log = tmp_path / "audit.sqlite"
    shutil.copy(sound_log, log)
    monkeypatch.setattr(AuditLog, "_require_own_schema", lambda self: None)
    with AuditLog.open(log, READER) as opened:
        with closing(sqlite3.connect(log, isolation_level=None)) as connection:
            connection.executescript(SWALLOWING[way])
        with pytest.raises(WorkFailed, match="was not taken as it is"):
            opened.append(*note(99))
