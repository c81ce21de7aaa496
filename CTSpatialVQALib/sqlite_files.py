"""SQLite files of the product: recognised before they are opened, their schema compared object by object.

The audit log and the stores of replies, votes and exchanges are SQLite databases that may come from another
computer. Whatever SQLite program wrote them may have added views, triggers, indices or columns, which change
what a query means. So no query runs on such a file before its schema equals the one that this program
creates.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.errors import BadInput, one_line

# Database file format, https://www.sqlite.org/fileformat2.html#the_database_header
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_USER_VERSION = slice(60, 64)
_APPLICATION_ID = slice(68, 72)

# A database of ours gets its application id in its first transaction; before that is in the file itself, the
# file has a page or two.
_MOST_BYTES_AT_CREATION = 65536

_MOST_OBJECTS = 64  # that are read from a schema; ours have fewer than ten
_MOST_NAMED = 4  # differences that a message names


class SchemaObject(NamedTuple):
    """A row of `sqlite_schema`: table, index, view or trigger, as bytes, for foreign names may be no text."""

    type: bytes
    name: bytes
    tbl_name: bytes
    sql: bytes

    @property
    def described(self) -> str:
        """`trigger record_never_goes`, in one printable line of moderate length."""
        words = (self.type + b" " + self.name).decode("utf-8", "backslashreplace")
        return one_line(words, 80)


class FileIdentity(NamedTuple):
    """What tells one kind of database from another.

    Parameters
    ----------
    application_id, user_version : the two numbers of the file's header; version of the schema
    objects : number of tables, indices, views and triggers (counted up to a limit)
    """

    application_id: int
    user_version: int
    objects: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever created in it; so is the database of a program killed at the start."""
        return self == (0, 0, 0)


def resolved(path: Path) -> Path:
    """`path` without symbolic links: SQLite keeps side files and locks beside the file itself.

    Raises
    ------
    BadInput
        If the links lead in a circle.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError until Python 3.12
        raise BadInput(
            path, expected="a file", came="links that lead in a circle", remedy="Check the path"
        ) from error


def side_file(path: Path, ending: str) -> Path:
    """The file beside the (resolved) database at `path`, e.g. with ending `-wal`."""
    return path.with_name(path.name + ending)


def has_other_names(path: Path) -> bool:
    """Whether the file has hard links: through another name SQLite misses side files and locks."""
    return path.stat().st_nlink > 1


@lru_cache
def created_by(script: str) -> tuple[SchemaObject, ...]:
    """The schema that the statements of `script` create, as this SQLite writes it down."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(script)
        return schema_of(connection)


def schema_of(connection: sqlite3.Connection) -> tuple[SchemaObject, ...]:
    """Every object of the database in a fixed order, up to a limit far above our own number of them."""
    rows = connection.execute(
        "SELECT CAST(type AS BLOB), CAST(name AS BLOB), CAST(tbl_name AS BLOB), CAST(sql AS BLOB)"
        f" FROM sqlite_master LIMIT {_MOST_OBJECTS}"
    ).fetchall()
    return tuple(sorted(SchemaObject(*(cell or b"" for cell in row)) for row in rows))


def schema_differences(connection: sqlite3.Connection, expected: Iterable[SchemaObject]) -> tuple[str, ...]:
    """One short printable line per object that is missing, altered or added; empty for an equal schema.

    An object is equal if its type, its name, the table it belongs to and its whole text are.
    """
    left, ours = list(schema_of(connection)), list(expected)
    missing = []
    for item in ours:
        if item in left:
            left.remove(item)
        else:
            missing.append(item)
    altered = {item.name for item in left} & {item.name for item in missing}
    lines = [
        f"{item.described} {'was altered' if item.name in altered else 'is missing'}" for item in missing
    ]
    lines += [f"{item.described} was added" for item in left if item.name not in altered]
    return tuple(lines)


def listed(differences: Iterable[str]) -> str:
    """Differences in one text, the first few by name."""
    lines = list(differences)
    more = len(lines) - _MOST_NAMED
    return "; ".join(lines[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")


def identity_of(connection: sqlite3.Connection) -> FileIdentity:
    """Ask an open database; in one statement, because another process may be creating it between two."""
    row = connection.execute(
        "SELECT application_id, user_version,"
        f" (SELECT count(*) FROM (SELECT 1 FROM sqlite_master LIMIT {_MOST_OBJECTS}))"
        " FROM pragma_application_id, pragma_user_version"
    ).fetchone()
    return FileIdentity(*row)


def identity_at(path: Path) -> FileIdentity:
    """Tell what the file at the resolved `path` is, leaving it and its folder as they are.

    A small database whose first tables may still lie in its `-wal` (its program was killed) is looked at in a
    copy. Where another process creates it at this moment it may seem empty: ask again once it is open.

    Raises
    ------
    sqlite3.DatabaseError
        If the file is no SQLite database.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as stream:
        header = stream.read(_HEADER_BYTES)
    if not header and not _has_content(side_file(path, "-wal")):
        return FileIdentity(0, 0, 0)
    if header and not header.startswith(_MAGIC):
        error = sqlite3.DatabaseError("file is not a database")
        error.sqlite_errorcode = sqlite3.SQLITE_NOTADB
        raise error
    application_id = int.from_bytes(header[_APPLICATION_ID], "big")
    if application_id:  # it is set in the transaction that creates the tables
        return FileIdentity(application_id, int.from_bytes(header[_USER_VERSION], "big"), 1)
    if not _has_content(side_file(path, "-wal")) or path.stat().st_size > _MOST_BYTES_AT_CREATION:
        return _identity_of_unopened(path)
    return _identity_of_copy(path)


@contextmanager
def opened_to_read(path: Path, *, longest_bytes: int) -> Iterator[sqlite3.Connection]:
    """A connection to the resolved `path` that cannot write; text comes as bytes, values up to a length.

    It works in a folder without write permission too, and leaves no side file that was not there.

    Parameters
    ----------
    longest_bytes : a longer value raises SQLITE_TOOBIG instead of filling the memory
    """
    with closing(_connected_to_read(path)) as connection:
        connection.text_factory = bytes
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, longest_bytes)
        connection.execute("PRAGMA trusted_schema=OFF")
        yield connection


def primary_code(error: Exception) -> int | None:
    """SQLite's primary result code; None for an error that the Python module itself raised."""
    if isinstance(error, UnicodeDecodeError):
        return sqlite3.SQLITE_CORRUPT
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def create_private(path: Path) -> None:
    """Make an empty file at `path`, readable by its owner only (0600), unless there is one."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _connected_to_read(path: Path) -> sqlite3.Connection:
    address = path.as_uri()
    # A connection that may not write leaves an empty -wal and a -shm behind, one that may removes them.
    # Where there are such files already, they may hold records of a crashed program: nothing is touched.
    mode = "ro" if any(side_file(path, ending).exists() for ending in ("-wal", "-journal")) else "rw"
    connection = sqlite3.connect(f"{address}?mode={mode}", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        unusable = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if primary_code(error) not in unusable or _has_content(side_file(path, "-wal")):
            raise
        # SQLite needs side files for a WAL database even to read it. Where they cannot be made, nobody
        # can be writing either, and without a -wal the file itself holds everything.
        return _connected_unopened(path)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _connected_unopened(path: Path) -> sqlite3.Connection:
    """A connection that looks at the file alone: no lock, no side file."""
    return sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True, isolation_level=None)


def _identity_of_unopened(path: Path) -> FileIdentity:
    with closing(_connected_unopened(path)) as connection:
        return identity_of(connection)


def _identity_of_copy(path: Path) -> FileIdentity:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.sqlite"
        try:
            shutil.copyfile(path, copy)
            shutil.copyfile(side_file(path, "-wal"), side_file(copy, "-wal"))
        except FileNotFoundError:  # the program that writes it has just closed it
            return FileIdentity(0, 0, 0)
        with closing(sqlite3.connect(copy)) as connection:
            return identity_of(connection)


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0
