"""A verifier in another language, written from docs/log.md alone, says of every log what `verify` says."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import JsonValue

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.report.exports import export_jsonl
from Testing.audit.logbook import READER, forging, note
from Testing.audit.tamperings import Tampering, row_tamperings, text_tamperings
from Testing.audit.test_canonical import VALUES

NODE = shutil.which("node") or shutil.which("nodejs")
pytestmark = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")


class Verdict(NamedTuple):
    """What the foreign verifier says; `said` is the anchor or the reason."""

    holds: bool
    said: str


def foreign(root: Path, lines: Path, *anchor: str) -> Verdict:
    command = [str(NODE), str(root / "docs" / "verify-log.mjs"), str(lines), *anchor]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    assert ended.returncode in (0, 1)
    return Verdict(ended.returncode == 0, ended.stdout.strip())


def lines_of(log: Path, lines: Path) -> Path:
    """The lines as `export` writes them, also of a log that it refuses."""
    with closing(sqlite3.connect(log)) as connection:
        connection.text_factory = bytes
        rows = connection.execute(
            "SELECT event, prev_sha256, seq, sha256 FROM record ORDER BY seq"
        ).fetchall()
    text = b"".join(b'{"event":%b,"prev_sha256":"%b","seq":%d,"sha256":"%b"}\n' % row for row in rows)
    lines.write_bytes(text)
    return lines


@pytest.fixture
def twelve_records(log_path: Path) -> Path:
    with AuditLog.open(log_path, READER) as log:
        log.append_many([note(number) for number in range(1, 13)])
    return log_path


def test_lines_are_those_of_the_export(twelve_records: Path, tmp_path: Path) -> None:
    export_jsonl(twelve_records, tmp_path / "a.jsonl")
    assert lines_of(twelve_records, tmp_path / "b.jsonl").read_bytes() == (tmp_path / "a.jsonl").read_bytes()


STRANGE: list[JsonValue] = [
    *(0.0, -0.0, 1.0, 1e-4, 9.9e-5, 1e-5, 1.5e-7, 1e15, 1e16, 123456789012345680.0, 1e21, 1e22, 5e-324, 0.1),
    *(2**53, 2**53 + 1, -(2**63), 2**64, 10**40, 0, 1.7976931348623157e308, 2.5, 100.0, 1 / 3),
    *("\x7f\x80\u2028", '"\\/\b\f\n\r\t\x00\x1f', "ä", "\ufffd", "\U0001f9e0", "e\u0301", "é"),
    {"\ue000": 1, "\U0001f9e0": 2, "\uffff": 3, "z": 4, "": 5, "a": 6, "aa": 7, "A": 8, "\x00": 9},
    [[], {}, [None, True, False], {"a": {"b": [{}]}}],
]


def test_strange_values_are_written_as_the_document_says(log_path: Path, root: Path, tmp_path: Path) -> None:
    with AuditLog.open(log_path, READER) as log:
        for value in STRANGE:
            log.append(EventKind.REVEALED, {"value": value})
        anchor = log.anchor_text
    export_jsonl(log_path, tmp_path / "log.jsonl")
    assert foreign(root, tmp_path / "log.jsonl", anchor) == Verdict(True, anchor)
    assert foreign(root, tmp_path / "log.jsonl", anchor.replace(":", ":0")[:-1]).holds is False


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(VALUES)
def test_whatever_is_recorded_both_read(
    root: Path, tmp_path_factory: pytest.TempPathFactory, value: JsonValue
) -> None:
    folder = tmp_path_factory.mktemp("values")
    with AuditLog.open(folder / "audit.sqlite", READER) as log:
        log.append(EventKind.REVEALED, {"value": value})
        anchor = log.anchor_text
    export_jsonl(folder / "audit.sqlite", folder / "log.jsonl")
    assert foreign(root, folder / "log.jsonl", anchor) == Verdict(True, anchor)


def test_ten_thousand_floats_are_spelt_alike(log_path: Path, root: Path, tmp_path: Path) -> None:
    seeded = random.Random(3)
    floats = [seeded.uniform(-1, 1) * 10.0 ** seeded.randrange(-320, 308) for _ in range(5000)]
    floats += [round(seeded.uniform(-1000, 1000), seeded.randrange(0, 6)) for _ in range(5000)]
    with AuditLog.open(log_path, READER) as log:
        log.append(EventKind.REVEALED, {"values": list(floats)})
        anchor = log.anchor_text
    assert foreign(root, lines_of(log_path, tmp_path / "log.jsonl")) == Verdict(True, anchor)


# which kinds of event there are, the foreign verifier does not know
TAMPERINGS = [one for one in (*row_tamperings(), *text_tamperings()) if "another kind" not in one.name]


@pytest.mark.parametrize("tampering", TAMPERINGS[::3], ids=lambda one: one.name)
def test_both_find_the_same_tampering(
    twelve_records: Path, root: Path, tmp_path: Path, tampering: Tampering
) -> None:
    with forging(twelve_records) as connection:
        tampering.change(connection)
    assert not verify(twelve_records).holds
    verdict = foreign(root, lines_of(twelve_records, tmp_path / "log.jsonl"))
    assert not verdict.holds, verdict


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"monotonic_s":1.5', '"monotonic_s":1.50'),
        ('"monotonic_s":1.5', '"monotonic_s":15e-1'),
        ('"a":1,"b":2', '"b":2,"a":1'),
        ('"a":1,"b":2', '"a":1, "b":2'),
        ('"a":1,"b":2', '"a":1,"a":2'),
        ('"text":"ä"', '"text":"\\u00e4"'),
        ('"text":"ä"', '"text":"a\u0308"'),
        ('"a":1', '"a":1.0'),
        ('"a":1', '"a":-0'),
    ],
)
def test_another_spelling_is_found_by_both(
    log_path: Path, root: Path, tmp_path: Path, old: str, new: str
) -> None:
    with AuditLog.open(log_path, READER, monotonic=lambda: 1.5) as log:
        log.append(EventKind.REVEALED, {"a": 1, "b": 2, "text": "ä"})
    lines = tmp_path / "log.jsonl"
    export_jsonl(log_path, lines)
    text = lines.read_text("utf-8")
    assert old in text
    lines.write_text(text.replace(old, new), "utf-8")
    assert foreign(root, lines).said == "broken at record 1: its hash does not fit"
    assert json.loads(lines.read_text("utf-8"))["seq"] == 1
