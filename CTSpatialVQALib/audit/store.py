"""Where does the log lie? The SQLite file: its schema, who may open it, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import Enum
from pathlib import Path

from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.records.event import GENESIS
from CTSpatialVQALib.sqlite_files import DAMAGE, SQLITE_ERRORS, connect_to_read, primary_code

APPLICATION_ID = 0x43545651  # "CTVQ", so that file(1) and verify tell a log from any other database
SCHEMA_VERSION = 2

# What makes a log of that version one of the next, inside one transaction. No step touches a record: what was
# chained stays byte by byte, so an anchor or a signature of an older version goes on to hold.
# 1 -> 2: nothing but the number. Version 2 knows more kinds of event; a program that does not know them would
# call such a log broken, and by the number it says "newer version" instead.
MIGRATIONS: dict[int, tuple[str, ...]] = {1: ()}

_HEX64 = "length({0}) = 64 AND {0} NOT GLOB '*[^0-9a-f]*'"

# The rules stand in the file itself, so that any SQLite program that appends has to keep them.
SCHEMA: dict[str, str] = {
    "record": f"""CREATE TABLE record (
    seq INTEGER PRIMARY KEY CHECK (seq >= 1),
    prev_sha256 TEXT NOT NULL CHECK ({_HEX64.format("prev_sha256")}),
    sha256 TEXT NOT NULL CHECK ({_HEX64.format("sha256")}),
    event TEXT NOT NULL CHECK (json_valid(event))
) STRICT""",
    "record_follows_head": f"""CREATE TRIGGER record_follows_head BEFORE INSERT ON record
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM record)
  OR NEW.prev_sha256 IS NOT
     coalesce((SELECT sha256 FROM record ORDER BY seq DESC LIMIT 1), '{GENESIS}')
BEGIN SELECT RAISE(ABORT, 'a record must follow the head of the log'); END""",
    "record_never_changes": """CREATE TRIGGER record_never_changes BEFORE UPDATE ON record
BEGIN SELECT RAISE(ABORT, 'the log is append-only: a record never changes'); END""",
    "record_never_goes": """CREATE TRIGGER record_never_goes BEFORE DELETE ON record
BEGIN SELECT RAISE(ABORT, 'the log is append-only: a record is never removed'); END""",
}


class FileKind(Enum):
    """What a SQLite file turned out to be."""

    EMPTY = "an empty database"
    LOG = "an audit log"  # of this version or of an older one, which holds the same records
    NEWER = "an audit log of a newer version"
    FOREIGN = "another program's database"


def kind_of(connection: sqlite3.Connection) -> FileKind:
    """Tell a log from an empty (never completely created) database, a newer log and a foreign file."""
    # one statement, because another process may be creating the log between two
    application_id, version, objects = connection.execute(
        "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)"
        " FROM pragma_application_id, pragma_user_version"
    ).fetchone()
    if application_id == APPLICATION_ID and 1 <= version <= SCHEMA_VERSION:
        return FileKind.LOG
    if application_id == APPLICATION_ID and version > SCHEMA_VERSION:
        return FileKind.NEWER
    return FileKind.EMPTY if application_id == version == objects == 0 else FileKind.FOREIGN


def schema_differences(connection: sqlite3.Connection) -> tuple[str, ...]:
    """One line per table, index or trigger that is not as this program creates it."""
    rows = connection.execute("SELECT CAST(name AS BLOB), CAST(sql AS BLOB) FROM sqlite_master")
    found = {_text(name): _text(sql) for name, sql in rows}
    changed = [
        f"{name} is missing" if name not in found else f"{name} was altered"
        for name, sql in SCHEMA.items()
        if found.get(name) != sql
    ]
    # sqlite_stat1 and the like come from ANALYZE and carry no rule
    added = [f"{name} was added" for name in found if name not in SCHEMA and not name.startswith("sqlite_")]
    return (*changed, *added)


def require_log(path: Path, kind: FileKind) -> None:
    """Refuse anything that is not a log of this version or an older one.

    Raises
    ------
    BadInput
        Naming the file, what it is, and what to do.
    """
    if kind is FileKind.LOG:
        return
    remedy = "Give the audit log of a study (audit.sqlite)"
    if kind is FileKind.NEWER:
        remedy = "Update CTSpatialVQA"
    raise BadInput(path, expected=f"an audit log of version {SCHEMA_VERSION}", came=kind.value, remedy=remedy)


def open_for_appending(path: Path, timeout_s: float) -> sqlite3.Connection:
    """Open the log at `path`, or create it readable by its owner only (0600).

    A file that a crash left half-created is empty to SQLite and is completed here.

    Raises
    ------
    BadInput
        If the folder does not exist, or the file is no log, is damaged or of a newer version.
    WorkFailed
        If the file cannot be written to, or another program holds it for longer than `timeout_s`.
    """
    _create_private(path)
    with told(path):
        connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path, time.monotonic() + timeout_s)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write and gives text as bytes; also from a folder without write permission.

    SQLite's own errors come through: `told` explains them to a user, `verify` makes them findings.

    Raises
    ------
    BadInput
        If there is no such file.
    """
    if not path.is_file():
        came = "a folder" if path.is_dir() else "nothing"
        raise BadInput(path, expected="an audit log", came=came, remedy="Check the path")
    with closing(connect_to_read(path)) as connection:
        connection.text_factory = bytes
        connection.execute("PRAGMA trusted_schema=OFF")
        yield connection


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into the two kinds that the product knows."""
    try:
        yield
    except SQLITE_ERRORS as error:
        raise explained(path, error) from error


def explained(path: Path, error: Exception) -> BadInput | WorkFailed:
    """What `error` means for someone who wanted to use the log at `path`."""
    code = primary_code(error)
    if code in DAMAGE:
        return BadInput(
            path,
            expected="an audit log",
            came=f"a damaged or foreign file ({error})",
            remedy="Restore it from a copy; if it is a log, 'verify' tells how far it can be read",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return WorkFailed(f"{path}: another program holds the log. Close it there, then try again.")
    if code == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR:
        return WorkFailed(f"{path}: the disk is full or failing ({error}). Free some space, then try again.")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return WorkFailed(
            f"{path}: the log or its folder cannot be used ({error}). Check its permissions, and keep a "
            "'-wal' file that lies beside it together with it."
        )
    return WorkFailed(f"{path}: the log could not be used: {error}.")


def _create_private(path: Path) -> None:
    if not path.parent.is_dir():
        raise BadInput(
            path, expected="a log in an existing folder", came="no such folder", remedy="Create the folder"
        )
    if path.is_dir():
        raise BadInput(path, expected="a file", came="a folder", remedy="Give the path of the log itself")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise WorkFailed(f"{path}: the log cannot be written to: {error.strerror or error}.") from error


def _prepare(connection: sqlite3.Connection, path: Path, deadline: float) -> None:
    kind = kind_of(connection)
    if kind is not FileKind.EMPTY:  # asked before anything is written, so a foreign file stays as it is
        require_log(path, kind)
    _use_wal(connection, deadline)
    # FULL: fsync at every commit, which is what an acknowledged record rests on.
    # fullfsync: on macOS a plain fsync leaves the data in the drive's cache.
    for setting in ("synchronous=FULL", "fullfsync=ON"):
        connection.execute(f"PRAGMA {setting}")
    if kind is FileKind.EMPTY:
        _create_schema(connection)
    differences = schema_differences(connection)
    if differences:
        raise BadInput(
            path,
            expected="a log with its append-only rules",
            came="; ".join(differences),
            remedy="Keep the file as it is, run 'verify' on it and begin a new log",
        )
    _migrate(connection)


def _use_wal(connection: sqlite3.Connection, deadline: float) -> None:
    """Switch to write-ahead logging; SQLite does not wait for others here, so we do."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
            return
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _create_schema(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        if kind_of(connection) is FileKind.LOG:  # another process was faster
            return
        for statement in SCHEMA.values():
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _migrate(connection: sqlite3.Connection) -> None:
    if _version(connection) == SCHEMA_VERSION:
        return
    with transaction(connection):
        # asked again: with the write lock held no other process migrates at the same time
        for version in range(_version(connection), SCHEMA_VERSION):
            for statement in MIGRATIONS[version]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={version + 1}")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, with the write lock from the first statement on."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")
