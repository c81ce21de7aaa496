"""SQLite files of ours: opening one to read, and what the errors of SQLite mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path

# The Python module decodes SQLite's messages strictly; those about a damaged file may quote bytes of it.
SQLITE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def primary_code(error: Exception) -> int | None:
    """SQLite's primary result code; None for an error that the Python module itself raised."""
    if isinstance(error, UnicodeDecodeError):
        return sqlite3.SQLITE_CORRUPT
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; also to a file in a folder without write permission.

    Raises
    ------
    sqlite3.Error
        If SQLite cannot read the file.
    """
    address = path.resolve().as_uri()
    # A connection that may not write leaves an empty -wal and a -shm behind, one that may removes them.
    # Where there are such files already, they may hold records of a crashed program: nothing is touched.
    mode = "ro" if any(_beside(path, end).exists() for end in ("-wal", "-journal")) else "rw"
    connection = sqlite3.connect(f"{address}?mode={mode}", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if primary_code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) or _has_wal(path):
            raise
        # SQLite needs side files for a WAL database even to read it. Where they cannot be made, nobody
        # can be writing either, and without a -wal the file itself holds everything.
        return sqlite3.connect(f"{address}?immutable=1", uri=True, isolation_level=None)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _has_wal(path: Path) -> bool:
    wal = _beside(path, "-wal")
    return wal.exists() and wal.stat().st_size > 0


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
