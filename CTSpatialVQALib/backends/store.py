"""The replies of a run on disk: SQLite in WAL mode, one row per reply id, safe to kill at any moment."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome

APPLICATION_ID = 0x43545352  # "CTSR": tells a run store from any other SQLite file
SCHEMA_VERSION = 1

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS replies (
    reply_id TEXT PRIMARY KEY, question_id TEXT NOT NULL, backend TEXT NOT NULL,
    outcome TEXT NOT NULL, reply TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS questions (
    question_id TEXT PRIMARY KEY, question TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""


class RunStore:
    """Replies by id. A context manager.

    Raises
    ------
    BadInput
        If the file is not a run store, or was written by a newer version.
    WorkFailed
        If it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():  # replies are for the owner only, like the log
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._prepare()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if isinstance(error, sqlite3.OperationalError):
                raise WorkFailed(f"{path}: the run store cannot be opened: {error}") from error
            raise self._not_ours(str(error)) from error
        except OSError as error:
            raise WorkFailed(f"{path}: the run store cannot be opened: {error.strerror}") from error

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
            expected=f"a run store of schema version {SCHEMA_VERSION} or earlier",
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

    def settled(self) -> frozenset[str]:
        """Ids of the replies that a resumed run does not ask again."""
        again = [str(outcome) for outcome in Outcome if outcome.asked_again]
        marks = ",".join("?" * len(again))
        rows = self._rows(f"SELECT reply_id FROM replies WHERE outcome NOT IN ({marks})", again)
        return frozenset(row[0] for row in rows)

    def put(self, replies: Iterable[Reply]) -> None:
        """Keep replies in one durable transaction; a settled reply is never replaced.

        Raises
        ------
        WorkFailed
            If the disk is full or the file locked; then none of them is kept.
        """
        again = {outcome for outcome in Outcome if outcome.asked_again}
        with self._transaction("replies"):
            for reply in replies:
                known = self._db.execute(
                    "SELECT outcome FROM replies WHERE reply_id = ?", (reply.reply_id,)
                ).fetchone()
                if known is None or Outcome(known[0]) in again:
                    self._db.execute(
                        "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?)",
                        (
                            reply.reply_id,
                            reply.key.question_id,
                            reply.key.backend,
                            reply.outcome,
                            reply.to_json(),
                        ),
                    )

    def reply(self, reply_id: str) -> Reply | None:
        """One reply, or None."""
        rows = list(self._rows("SELECT reply FROM replies WHERE reply_id = ?", [reply_id]))
        return Reply.from_json(rows[0][0], where=str(self.path)) if rows else None

    def replies(self) -> Iterator[Reply]:
        """All replies, by question and backend."""
        rows = self._rows("SELECT reply FROM replies ORDER BY question_id, backend, reply_id")
        for (text,) in rows:
            yield Reply.from_json(text, where=str(self.path))

    def put_questions(self, questions: Iterable[Question]) -> None:
        """Keep the questions beside their replies, so that a run can be told without its study.

        Raises
        ------
        BadInput
            If the store holds another text under the same id: it belongs to another version of the study.
        """
        known = {question.question_id: question.question_sha256 for question in self.questions()}
        fresh = []
        for question in questions:
            sha256 = known.get(question.question_id, question.question_sha256)
            if sha256 != question.question_sha256:
                raise BadInput(
                    f"{self.path}: {question.question_id}",
                    expected="the text that was asked before",
                    came="another text or reference answer under the same id",
                    remedy="Name another --out folder for the changed study",
                )
            if question.question_id not in known:
                fresh.append((question.question_id, question.to_json()))
        with self._transaction("questions"):
            self._db.executemany("INSERT INTO questions VALUES (?, ?)", fresh)

    def questions(self) -> Iterator[Question]:
        """All questions of the run."""
        for (text,) in self._rows("SELECT question FROM questions ORDER BY rowid"):
            yield Question.from_json(text, where=str(self.path))

    def describe(self, values: dict[str, str]) -> None:
        """Keep facts about the run: study, hashes, descriptions of the backends."""
        with self._transaction("facts about the run"):
            self._db.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", values.items())

    def undescribe(self, beginning: str) -> None:
        """Forget the facts whose names begin so: what an earlier run said and this one says anew."""
        with self._transaction("facts about the run"):
            self._db.execute("DELETE FROM about WHERE substr(key, 1, ?) = ?", (len(beginning), beginning))

    def description(self) -> dict[str, str]:
        """What `describe` kept."""
        return {key: value for key, value in self._rows("SELECT key, value FROM about")}

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
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            # the second: a damaged name in SQLite's message, which Python decodes strictly
            raise BadInput(
                self.path,
                expected="a whole run store",
                came=f"a damaged one ({error})",
                remedy="Restore it from a copy, or ask again with another --out folder",
            ) from error
