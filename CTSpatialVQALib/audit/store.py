"""The SQLite file of a log: its schema, opening it to append or to read, and what its errors mean."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.files import kind_of_file
from CTSpatialVQALib.records.event import GENESIS
from CTSpatialVQALib.sqlite_files import (
    FileIdentity,
    SchemaObject,
    create_private,
    created_by,
    has_other_names,
    identity_at,
    identity_of,
    listed,
    opened_to_read,
    primary_code,
    resolved,
    schema_differences,
    schema_of,
)

APPLICATION_ID = 0x43545651  # "CTVQ", so that file(1) and verify tell a log from any other database
SCHEMA_VERSION = 2

# What makes a log of that version one of the next, inside one transaction. No step touches a record: what was
# chained stays byte by byte, so an anchor or a signature of an older version goes on to hold.
# 1 -> 2: nothing but the number. Version 2 knows more kinds of event; a program that does not know them would
# call such a log broken, and by the number it says "newer version" instead.
MIGRATIONS: dict[int, tuple[str, ...]] = {1: ()}

MAX_EVENT_BYTES = 16 * 1024 * 1024
_LONGEST_VALUE_BYTES = 2 * MAX_EVENT_BYTES  # merging adds the place that a record had in its own log

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


def kind_of(identity: FileIdentity) -> FileKind:
    """Tell a log from an empty (never completely created) database, a newer log and a foreign file."""
    if identity.application_id == APPLICATION_ID and identity.user_version >= 1:
        return FileKind.LOG if identity.user_version <= SCHEMA_VERSION else FileKind.NEWER
    return FileKind.EMPTY if identity.is_empty else FileKind.FOREIGN


def log_schema() -> tuple[SchemaObject, ...]:
    """The objects of a log, as SQLite lists them."""
    return created_by(";\n".join(SCHEMA.values()))


def altered_schema(connection: sqlite3.Connection) -> tuple[str, ...]:
    """One printable line per table, index, view or trigger that is not as this program creates it.

    Nothing of the product adds objects to a log, and neither does SQLite by itself. A program that does
    (ANALYZE, an index of a database browser) changes how the records are read.
    """
    return schema_differences(connection, log_schema())


def has_record_table(connection: sqlite3.Connection) -> bool:
    """Whether `record` is the very table that this program creates, so that reading it runs nothing else."""
    (table,) = (item for item in log_schema() if item.type == b"table")
    return table in schema_of(connection)


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


def require_schema(path: Path, connection: sqlite3.Connection) -> None:
    """Refuse a log with any object added, altered or missing.

    Raises
    ------
    BadInput
        Naming the first few of them.
    """
    if differences := altered_schema(connection):
        raise BadInput(
            path,
            expected="a log with its append-only rules and nothing else",
            came=listed(differences),
            remedy="Keep the file as it is, run 'verify' on it and begin a new log",
        )


def open_for_appending(path: Path, timeout_s: float) -> sqlite3.Connection:
    """Open the log at `path`, or create it readable by its owner only (0600).

    A file that a crash left half-created is empty to SQLite and is completed here. A file that is refused is
    left as it is, and no side file is left beside it.

    Raises
    ------
    BadInput
        If the folder does not exist, or the file is no log, is damaged, altered or of a newer version, or has
        a second name (hard link).
    WorkFailed
        If the file cannot be written to, or another program holds it for longer than `timeout_s`.
    """
    target = resolved(path)
    _create_private(path, target)
    with explained_errors(path):
        kind = kind_of(identity_at(target))
        if kind is not FileKind.EMPTY:
            require_log(path, kind)
            _require_whole_schema(path, target)
        connection = sqlite3.connect(target, timeout=timeout_s, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path, time.monotonic() + timeout_s)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write and gives text as bytes; also from a folder without write permission.

    What the file is was not looked at yet. Everything that is read through it is of one moment. SQLite's own
    errors come through: `explained_errors` explains them to a user, `verify` makes them findings.

    Raises
    ------
    BadInput
        If there is no such file, or it is no regular one.
    """
    target = resolved(path)
    if (kind := kind_of_file(target)) != "a file":
        raise BadInput(path, expected="an audit log", came=kind, remedy="Check the path")
    with opened_to_read(target, longest_bytes=_LONGEST_VALUE_BYTES) as connection:
        # the schema that is compared shall be the one that the records are read with
        connection.execute("BEGIN")
        yield connection


@contextmanager
def opened_log(path: Path) -> Iterator[sqlite3.Connection]:
    """`reading` for whoever wants the records: a file that `verify` would refuse by its schema is refused.

    Raises
    ------
    BadInput
        If there is no such file, or it is no log, or its schema is not exactly a log's.
    WorkFailed
        If it cannot be read.
    """
    with explained_errors(path), reading(path) as connection:
        require_log(path, kind_of(identity_of(connection)))
        require_schema(path, connection)
        yield connection


@contextmanager
def explained_errors(path: Path) -> Iterator[None]:
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


# The Python module decodes SQLite's messages strictly; those about a damaged file may quote bytes of it.
SQLITE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_TOOBIG})


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


def _create_private(path: Path, target: Path) -> None:
    if not target.parent.is_dir():
        raise BadInput(
            path, expected="a log in an existing folder", came="no such folder", remedy="Create the folder"
        )
    if (kind := kind_of_file(target)) not in ("a file", "nothing"):
        raise BadInput(path, expected="a file", came=kind, remedy="Give the path of the log itself")
    try:
        create_private(target)
        linked = has_other_names(target)
    except OSError as error:
        raise WorkFailed(f"{path}: the log cannot be written to: {error.strerror or error}.") from error
    if linked:
        raise BadInput(
            path,
            expected="a log with one name",
            came="a file with several (hard links), under which programs would not see each other's records",
            remedy="Copy it to a file of its own and go on there",
        )


def _require_whole_schema(path: Path, target: Path) -> None:
    """Refuse an altered log before it is opened for writing, which may leave side files beside it."""
    with opened_to_read(target, longest_bytes=_LONGEST_VALUE_BYTES) as connection:
        require_schema(path, connection)


def _prepare(connection: sqlite3.Connection, path: Path, deadline: float) -> None:
    kind = kind_of(identity_of(connection))
    if kind is not FileKind.EMPTY:  # asked before anything is written, so a foreign file stays as it is
        require_log(path, kind)
    _use_wal(connection, deadline)
    # FULL: fsync at every commit, which is what an acknowledged record rests on.
    # fullfsync: on macOS a plain fsync leaves the data in the drive's cache.
    for setting in ("synchronous=FULL", "fullfsync=ON"):
        connection.execute(f"PRAGMA {setting}")
    if kind is FileKind.EMPTY:
        _create_schema(connection)
    require_schema(path, connection)
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
        if kind_of(identity_of(connection)) is FileKind.LOG:  # another process was faster
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
