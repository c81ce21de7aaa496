"""Stores of replies, votes and exchanges that are not what they must be: refused, and left as they are."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.backends.sqlite_store import SqliteStore
from CTSpatialVQALib.construction.chat_store import ChatStore
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.judging.vote_store import JudgeStore
from CTSpatialVQALib.records.event import Actor

STORES = pytest.mark.parametrize("store", [RunStore, JudgeStore, ChatStore])
Store = type[SqliteStore]
_SHOP = "PRAGMA journal_mode=WAL; CREATE TABLE sold (what TEXT); INSERT INTO sold VALUES ('a lamp')"


def _shop(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(_SHOP)


def _killed_shop(path: Path) -> None:
    """Everything but the first page is still in the side file."""
    other = path.with_name("open.sqlite")
    with closing(sqlite3.connect(other)) as connection:
        connection.executescript(_SHOP)
        for ending in ("", "-wal"):
            shutil.copy(f"{other}{ending}", f"{path}{ending}")
    other.unlink()


def _log(path: Path) -> None:
    AuditLog.open(path, Actor(id="reader-1")).close()


def _text(path: Path) -> None:
    path.write_text("question,answer\n" * 100)


def _newer(path: Path) -> None:
    with RunStore(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=99")


@STORES
@pytest.mark.parametrize("make", [_shop, _killed_shop, _log, _text, _newer])
def test_a_refused_store_is_left_as_it_is(store: Store, tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "run.store"
    make(path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(BadInput, match=store.WHAT):
        store(path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


ALTERATIONS = {
    "a trigger that swallows": "CREATE TRIGGER a BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END",
    "an index": "CREATE INDEX a ON {table} (outcome)",
    "a view": "CREATE VIEW a AS SELECT * FROM {table}",
    "another table": "CREATE TABLE a (x)",
    "another column": "ALTER TABLE {table} ADD COLUMN x TEXT",
    "a view in its place": "ALTER TABLE {table} RENAME TO a; CREATE VIEW {table} AS SELECT * FROM a",
    "an endless view in its place": (
        "ALTER TABLE {table} RENAME TO a; CREATE VIEW {table} AS"
        " WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT x FROM n"
    ),
    "no table": "DROP TABLE {table}",
}
TABLES = {RunStore: "replies", JudgeStore: "votes", ChatStore: "exchanges"}


@STORES
@pytest.mark.parametrize("way", ALTERATIONS)
def test_an_altered_store_is_refused_by_name_and_left(store: Store, tmp_path: Path, way: str) -> None:
    path = tmp_path / "run.store"
    with store(path):
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(ALTERATIONS[way].format(table=TABLES[store]))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(BadInput, match="another program altered"):
        store(path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@STORES
@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes")
def test_pipes_and_second_names_are_refused_and_links_are_followed(store: Store, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.store"
    os.mkfifo(pipe)
    with pytest.raises(BadInput, match="a named pipe"):
        store(pipe)
    (tmp_path / "link.store").symlink_to(tmp_path / "run.store")
    with store(tmp_path / "link.store"):
        assert (tmp_path / "run.store").stat().st_mode & 0o777 == 0o600
        assert not list(tmp_path.glob("link.store-*"))
    (tmp_path / "second.store").hardlink_to(tmp_path / "run.store")
    with pytest.raises(BadInput, match="hard links"):
        store(tmp_path / "second.store")
