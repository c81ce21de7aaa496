"""What was a model asked in words, and what did it say? SQLite, one row per request, safe to kill anytime."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import Field, JsonValue

from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.records.base import Identifier, Record, Sha256, UtcTime
from CTSpatialVQALib.records.words import Outcome

APPLICATION_ID = 0x43544354  # "CTCT": tells it from any other SQLite file
SCHEMA_VERSION = 1

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS exchanges (
    request_sha256 TEXT PRIMARY KEY, purpose TEXT NOT NULL, outcome TEXT NOT NULL,
    exchange TEXT NOT NULL) STRICT;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""


class Exchange(Record):
    """One request and what became of it.

    Parameters
    ----------
    request_sha256 : of model, version, parameters, both messages, schema and limit
    purpose : generate or validate
    text : the whole reply, as it came
    facts : what the server said beside it: tokens used, served model, attempts
    """

    request_sha256: Sha256
    purpose: str
    model: Identifier
    model_version: str
    prompt_sha256: Sha256
    outcome: Outcome
    text: str = ""
    detail: str = ""
    facts: dict[str, JsonValue] = {}
    started_utc: UtcTime
    duration_s: float = Field(ge=0)


class ChatStore:
    """Exchanges by the hash of their request. A context manager, used from one thread.

    Raises
    ------
    BadInput
        If the file is no store of exchanges, or was written by a newer version.
    WorkFailed
        If it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():  # it holds words of reports: for the owner only
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._prepare()
        except sqlite3.OperationalError as error:
            raise WorkFailed(f"{path}: the exchanges cannot be opened: {error}") from error
        except sqlite3.DatabaseError as error:
            raise self._not_ours(str(error)) from error
        except OSError as error:
            raise WorkFailed(f"{path}: the exchanges cannot be opened: {error.strerror}") from error

    def _prepare(self) -> None:
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        application = self._db.execute("PRAGMA application_id").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if tables and (application != APPLICATION_ID or version > SCHEMA_VERSION):
            self._db.close()
            raise self._not_ours(f"application id {application:#x}, schema version {version}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if not tables:
            self._db.executescript(_SCHEMA)

    def _not_ours(self, came: str) -> BadInput:
        return BadInput(
            self.path,
            expected=f"a store of exchanges of schema version {SCHEMA_VERSION} or earlier",
            came=came,
            remedy="Name another --out folder, or use the program's newest version",
        )

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._db.close()

    def put(self, exchanges: Iterable[Exchange]) -> None:
        """Keep exchanges in one durable transaction; a settled one is never replaced.

        Raises
        ------
        WorkFailed
            If the disk is full or the file locked; then none of them is kept.
        """
        again = [str(outcome) for outcome in Outcome if outcome.asked_again]
        marks = ",".join("?" * len(again))
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for one in exchanges:
                self._db.execute(
                    "INSERT INTO exchanges VALUES (?, ?, ?, ?) ON CONFLICT (request_sha256) DO UPDATE"
                    " SET outcome = excluded.outcome, exchange = excluded.exchange"
                    f" WHERE exchanges.outcome IN ({marks})",
                    (one.request_sha256, one.purpose, one.outcome, one.to_json(), *again),
                )
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise WorkFailed(f"{self.path}: exchanges could not be kept: {error}") from error

    def all(self) -> dict[str, Exchange]:
        """Every exchange, by the hash of its request.

        Raises
        ------
        BadInput
            If the file is damaged.
        """
        try:
            rows = self._db.execute("SELECT exchange FROM exchanges").fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise BadInput(
                self.path,
                expected="a whole store of exchanges",
                came=f"a damaged one ({error})",
                remedy="Restore it from a copy, or ask again with another --out folder",
            ) from error
        found = (Exchange.from_json(text, where=str(self.path)) for (text,) in rows)
        return {one.request_sha256: one for one in found}
