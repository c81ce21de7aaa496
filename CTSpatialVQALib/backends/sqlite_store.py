"""Base of the stores of replies, votes and exchanges: one private SQLite file, safe to kill."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.files import kind_of_file
from CTSpatialVQALib.records.words import Outcome
from CTSpatialVQALib.sqlite_files import (
    FileIdentity,
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
)

_DAMAGE = frozenset(
    {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_ERROR}
)
_LONGEST_VALUE_BYTES = 64 * 1024 * 1024  # a reply has a limit of its own far below


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
        If the file is another kind of file, was altered by another program, or was written by a newer
        version. It stays as it is, and no side file is left beside it.
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
        self._closing = ExitStack()
        target = resolved(path)
        try:
            if read_only:
                self._db = self._opened_to_read(target)
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            self._require_single_file(target)
            create_private(target)
            self._require_ours(target)
            self._db = sqlite3.connect(target, isolation_level=None, timeout=30)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if isinstance(error, sqlite3.OperationalError):
                raise WorkFailed(f"{path}: the {self.WHAT} cannot be opened: {error}") from error
            raise self._not_ours(str(error)) from error
        except OSError as error:
            raise WorkFailed(f"{path}: the {self.WHAT} cannot be opened: {error.strerror}") from error

    def _opened_to_read(self, target: Path) -> sqlite3.Connection:
        self._require_ours(target)
        connection = self._closing.enter_context(opened_to_read(target, longest_bytes=_LONGEST_VALUE_BYTES))
        connection.text_factory = str
        return connection

    def _require_single_file(self, target: Path) -> None:
        """Refuse pipes, folders and files with a second name, under which side files would be missed."""
        kind = kind_of_file(target)
        if kind == "a file" and has_other_names(target):
            kind = "a file with several names (hard links)"
        if kind not in ("a file", "nothing"):
            raise self._not_ours(kind)

    def _require_ours(self, target: Path) -> None:
        """Refuse a file of another kind before it is opened, which may leave side files beside it."""
        identity = identity_at(target)
        if not identity.is_empty:
            self._require_known(identity)
            with opened_to_read(target, longest_bytes=_LONGEST_VALUE_BYTES) as connection:
                self._require_whole_schema(connection)

    def _require_known(self, identity: FileIdentity) -> None:
        application_id, version, _ = identity
        if application_id != self.APPLICATION_ID or not 1 <= version <= self.SCHEMA_VERSION:
            raise self._not_ours(f"application id {application_id:#x}, schema version {version}")

    def _require_whole_schema(self, connection: sqlite3.Connection) -> None:
        if differences := schema_differences(connection, created_by(self.TABLES)):
            raise self._not_ours(f"one that another program altered ({listed(differences)})")

    def _prepare(self) -> None:
        identity = identity_of(self._db)
        if not identity.is_empty:
            self._require_known(identity)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if identity.is_empty:
            self._db.executescript(
                f"BEGIN IMMEDIATE;\n{self.TABLES}\nPRAGMA application_id = {self.APPLICATION_ID};\n"
                f"PRAGMA user_version = {self.SCHEMA_VERSION};\nCOMMIT;"
            )
        self._require_whole_schema(self._db)

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
        self._closing.close()

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
        except (sqlite3.Error, UnicodeDecodeError) as error:
            # the second: a damaged name in SQLite's message, which Python decodes strictly
            if primary_code(error) not in _DAMAGE:  # closed by Ctrl-C, locked or full: not the file's fault
                raise WorkFailed(f"{self.path}: the {self.WHAT} could not be read: {error}") from error
            raise BadInput(
                self.path, expected=f"a whole {self.WHAT}", came=f"a damaged one ({error})", remedy=self.AGAIN
            ) from error
