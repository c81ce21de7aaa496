"""Logs that earlier versions wrote: one per schema version, made by the code of its time, never renewed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.store import MIGRATIONS, SCHEMA_VERSION
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.event import LogRecord
from CTSpatialVQALib.records.words import LogTrust
from CTSpatialVQALib.report.exports import export_csv, export_jsonl
from Testing.audit.logbook import READER, Child, note


class Golden(NamedTuple):
    """A log of an earlier version, and the anchor that was noted when it was made."""

    version: int
    anchor: str


GOLDEN = (Golden(1, "11:5af234ee94f63d1a10d77129211ac4afdf6206cab9615451874f58c437ab8b04"),)


@pytest.fixture(params=GOLDEN, ids=lambda golden: f"version {golden.version}")
def golden(request: pytest.FixtureRequest) -> Golden:
    one: Golden = request.param
    return one


@pytest.fixture
def older(golden: Golden, log_path: Path, root: Path) -> Path:
    shutil.copy(root / f"Testing/audit/golden/v{golden.version}.sqlite", log_path)
    log_path.chmod(0o600)  # a checkout gives the permissions of its own
    return log_path


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return int(version)


def rows_of(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM record ORDER BY seq").fetchall()


def test_every_earlier_version_has_a_log_and_a_way_to_this_one() -> None:
    earlier = list(range(1, SCHEMA_VERSION))
    assert [golden.version for golden in GOLDEN] == earlier
    assert list(MIGRATIONS) == earlier


def test_an_older_log_is_verified_as_it_is(older: Path, golden: Golden) -> None:
    assert version_of(older) == golden.version
    before = older.read_bytes()
    found = verify(older, golden.anchor)
    assert (found.trust, found.after_anchor, found.notes) == (LogTrust.ANCHORED, 0, ())
    assert older.read_bytes() == before


def test_an_older_log_is_exported_as_it_is(older: Path, golden: Golden, tmp_path: Path) -> None:
    assert export_jsonl(older, tmp_path / "log.jsonl") == int(golden.anchor.partition(":")[0])
    assert export_csv(older, tmp_path / "log.csv") == 1
    assert version_of(older) == golden.version


def test_opening_an_older_log_makes_it_one_of_this_version_and_changes_no_record(
    older: Path, golden: Golden
) -> None:
    before = rows_of(older)
    with AuditLog.open(older, READER) as log:
        assert log.anchor_text == golden.anchor
        assert all(isinstance(record, LogRecord) for record in log.records())
        assert log.append(*note(1)).seq == len(before) + 1
    assert version_of(older) == SCHEMA_VERSION
    assert rows_of(older)[:-1] == before
    found = verify(older, golden.anchor)
    assert (found.trust, found.after_anchor, found.notes) == (LogTrust.ANCHORED, 1, ())


def test_several_programs_open_an_older_log_at_the_same_moment(older: Path) -> None:
    before = len(rows_of(older))

    def append(_: Callable[[object], None]) -> None:
        with AuditLog.open(older, READER) as log:
            log.append(*note(1))

    children = [Child(append) for _ in range(5)]
    assert [child.end() for child in children] == [0] * 5
    assert verify(older).records == before + 5


def test_an_older_log_whose_rules_were_altered_is_refused_and_not_migrated(
    older: Path, golden: Golden
) -> None:
    with closing(sqlite3.connect(older)) as connection:
        connection.execute("DROP TRIGGER record_never_changes")
    with pytest.raises(BadInput, match="record_never_changes is missing"):
        AuditLog.open(older, READER)
    assert version_of(older) == golden.version
