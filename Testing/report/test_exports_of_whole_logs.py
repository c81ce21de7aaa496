"""Lossless JSON Lines, and what both exports refuse and never say."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.events import Entry, reply_received, session_opened, verdict_given
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.store import SCHEMA
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.records.event import EventKind, LogRecord
from CTSpatialVQALib.records.words import ReadingMode
from CTSpatialVQALib.report.exports import export_csv, export_jsonl, import_jsonl
from Testing.report.export_samples import READER, log_of, question, reply, verdict


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "audit.sqlite"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out" / "table.csv"


@pytest.fixture
def a_full_log(log_path: Path) -> Path:
    odd = reply(question(0, 'Wo? "où" \\ \x7f \u2028 \U0001f9e0'), "=1+1\r\n\t\0")
    return log_of(
        log_path,
        session_opened("study", "a" * 64, ReadingMode.OPEN),
        reply_received(odd, question(0, 'Wo? "où" \\ \x7f \u2028 \U0001f9e0')),
        verdict_given(verdict(odd, comment="-")),
        Entry(EventKind.REVEALED, {"numbers": [1e22, 1e-7, -0.0, 1.0, 10**30], "none": None}),
    )


def test_json_lines_hold_every_record_and_make_the_same_log_again(a_full_log: Path, tmp_path: Path) -> None:
    lines, again = tmp_path / "log.jsonl", tmp_path / "again.sqlite"
    assert export_jsonl(a_full_log, lines) == 4
    assert import_jsonl(lines, again) == verify(a_full_log).head
    assert verify(again, verify(a_full_log).head.anchor).holds
    with AuditLog.open(a_full_log, READER) as first, AuditLog.open(again, READER) as second:
        assert tuple(first.records()) == tuple(second.records())
    export_jsonl(again, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == lines.read_bytes()


def test_a_line_is_the_canonical_json_of_its_record(a_full_log: Path, tmp_path: Path) -> None:
    export_jsonl(a_full_log, tmp_path / "log.jsonl")
    with AuditLog.open(a_full_log, READER) as log:
        expected = [record.to_json() for record in log.records()]
    assert (tmp_path / "log.jsonl").read_text(encoding="utf-8").split("\n") == [*expected, ""]
    assert LogRecord.from_json(expected[0]).seq == 1


def changed(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace("Wo?", "Wer?"), *lines[2:]]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (changed, "line 2: LogRecord: expected a sha256 that fits the record"),
        (lambda lines: [*lines[:1], *lines[2:]], "record 3: expected record 2"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "record 2: expected record 1"),
        (lambda lines: [*lines, lines[0]], "record 1: expected record 5"),
        (lambda lines: [*lines, ""], "line 5"),
        (lambda lines: [*lines, '{"seq": 5'], "line 5"),
        (lambda lines: ["x" * (17 * 1024 * 1024)], "line 1: expected at most"),
    ],
    ids=["changed", "removed", "swapped", "repeated", "blank", "cut", "endless"],
)
def test_damaged_json_lines_are_refused_and_leave_no_log(
    a_full_log: Path, tmp_path: Path, damage: object, message: str
) -> None:
    lines, again = tmp_path / "log.jsonl", tmp_path / "again" / "again.sqlite"
    export_jsonl(a_full_log, lines)
    whole = lines.read_text(encoding="utf-8").split("\n")[:-1]
    lines.write_text("\n".join(damage(whole)) + "\n", encoding="utf-8", newline="\n")  # type: ignore[operator]
    with pytest.raises(BadInput, match=message):
        import_jsonl(lines, again)
    assert not again.exists()
    assert list(again.parent.glob("*")) == []


def test_an_import_never_replaces_a_log(a_full_log: Path, tmp_path: Path) -> None:
    export_jsonl(a_full_log, tmp_path / "log.jsonl")
    with pytest.raises(BadInput, match="expected a new file"):
        import_jsonl(tmp_path / "log.jsonl", a_full_log)


@pytest.mark.parametrize("export", [export_csv, export_jsonl])
def test_a_broken_log_is_not_exported(a_full_log: Path, out: Path, export: object) -> None:
    with closing(sqlite3.connect(a_full_log)) as connection:
        connection.execute("DROP TRIGGER record_never_changes")
        connection.execute("UPDATE record SET event = replace(event, 'Wo?', 'Wer?')")
        connection.execute(SCHEMA["record_never_changes"])
        connection.commit()
    with pytest.raises(WorkFailed, match="record 2: it was changed"):
        export(a_full_log, out)  # type: ignore[operator]
    assert not out.exists()


@pytest.mark.parametrize("export", [export_csv, export_jsonl])
def test_what_is_no_log_is_not_exported(tmp_path: Path, out: Path, export: object) -> None:
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    for path, came in ((other, "another program's database"), (tmp_path / "absent", "nothing")):
        with pytest.raises(BadInput, match=came):
            export(path, out)  # type: ignore[operator]
    (tmp_path / "text").write_text("not a database " * 100)
    with pytest.raises(BadInput, match="not a database"):
        export(tmp_path / "text", out)  # type: ignore[operator]


def test_exports_name_no_place_on_this_computer(a_full_log: Path, tmp_path: Path, out: Path) -> None:
    export_csv(a_full_log, out)
    export_jsonl(a_full_log, tmp_path / "log.jsonl")
    for file in (out, tmp_path / "log.jsonl"):
        assert str(tmp_path).encode() not in file.read_bytes()
    assert json.loads((tmp_path / "log.jsonl").read_text().splitlines()[0])["event"]["software"].keys() == {
        "CTSpatialVQA",
        "python",
    }
