"""What have the stores of replies, votes and exchanges in common? One private SQLite file, safe to kill."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.records.words import Outcome
from CTSpatialVQALib.sqlite_files import DAMAGE, SQLITE_ERRORS, connect_to_read, primary_code


class SqliteStore:
    """A file of one kind, in WAL mode, each commit on disk, for its owner only. A context manager.

    A subclass says what it is in the class variables.

    Parameters
    ----------
    read_only : never write, so that a store on read-only media can be read; it must exist
    WHAT : what it calls itself in messages, e.g. 'run store'
    APPLICATION_ID : tells its files from any other SQLite file
    SCHEMA_VERSION, TABLES : the statements that create its tables, and their version
    ELSEWHERE, AGAIN : what to do about a file of another kind, and about a damaged one

    Raises
    ------
    BadInput
        If the file is another kind of file, or was written by a newer version.
    WorkFailed
        If it cannot be written.
    """

    WHAT: ClassVar[str]
    APPLICATION_ID: ClassVar[int]
    SCHEMA_VERSION: ClassVar[int]
    TABLES: ClassVar[str]
    ELSEWHERE: ClassVar[str]
    AGAIN: ClassVar[str]

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        try:
            if read_only:
                self._db = connect_to_read(path)
                self._require_ours()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
                self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
                self._prepare()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if isinstance(error, sqlite3.OperationalError):
                raise WorkFailed(f"{path}: the {self.WHAT} cannot be opened: {error}") from error
            raise self._not_ours(str(error)) from error
        except OSError as error:
            raise WorkFailed(f"{path}: the {self.WHAT} cannot be opened: {error.strerror}") from error

    def _prepare(self) -> None:
        tables = self._require_ours()
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if not tables:
            self._db.executescript(
                f"BEGIN IMMEDIATE;\n{self.TABLES}\nPRAGMA application_id = {self.APPLICATION_ID};\n"
                f"PRAGMA user_version = {self.SCHEMA_VERSION};\nCOMMIT;"
            )

    def _require_ours(self) -> int:
        """Refuse another kind of file; the number of its tables, 0 for one that was just made."""
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        application = self._db.execute("PRAGMA application_id").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if tables and (application != self.APPLICATION_ID or version > self.SCHEMA_VERSION):
            self._db.close()
            raise self._not_ours(f"application id {application:#x}, schema version {version}")
        return int(tables)

    def _not_ours(self, came: str) -> BadInput:
        return BadInput(
            self.path,
            expected=f"a {self.WHAT} of schema version {self.SCHEMA_VERSION} or earlier",
            came=came,
            remedy=self.ELSEWHERE,
        )

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._db.close()

    def _keep(self, table: str, rows: Iterable[tuple[str, ...]], key: str, changing: Sequence[str]) -> None:
        """Keep rows in one durable transaction; a row whose outcome is settled is never replaced.

        Parameters
        ----------
        key : name of the column by which a row is known
        changing : names of the columns that a later row replaces; one of them is `outcome`
        """
        again = [str(outcome) for outcome in Outcome if outcome.asked_again]
        change = ", ".join(f"{column} = excluded.{column}" for column in changing)
        unsettled = f"{table}.outcome IN ({','.join('?' * len(again))})"
        with self._transaction(table):
            for row in rows:
                marks = ",".join("?" * len(row))
                self._db.execute(
                    f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT ({key})"
                    f" DO UPDATE SET {change} WHERE {unsettled}",
                    (*row, *again),
                )

    @contextmanager
    def _transaction(self, what: str) -> Iterator[None]:
        """All or nothing, also when Ctrl-C comes in between."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise WorkFailed(f"{self.path}: {what} could not be kept: {error}") from error
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _rows(self, query: str, values: Iterable[str] = ()) -> Iterator[tuple[str, ...]]:
        try:
            yield from self._db.execute(query, tuple(values))
        except SQLITE_ERRORS as error:
            if primary_code(error) not in DAMAGE:  # it is read no longer (Ctrl-C), locked, or full
                raise WorkFailed(f"{self.path}: the {self.WHAT} could not be read: {error}") from error
            raise BadInput(
                self.path, expected=f"a whole {self.WHAT}", came=f"a damaged one ({error})", remedy=self.AGAIN
            ) from error
