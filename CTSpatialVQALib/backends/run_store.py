"""The replies of a run on disk: SQLite in WAL mode, one row per reply id, safe to kill at any moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from CTSpatialVQALib.backends.sqlite_store import SqliteStore
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome


class RunStore(SqliteStore):
    """Replies by id. A context manager.

    Raises
    ------
    BadInput
        If the file is not a run store, or was written by a newer version.
    WorkFailed
        If it cannot be written.
    """

    WHAT = "run store"
    APPLICATION_ID = 0x43545352  # "CTSR"
    SCHEMA_VERSION = 1
    TABLES = """
CREATE TABLE IF NOT EXISTS replies (
    reply_id TEXT PRIMARY KEY, question_id TEXT NOT NULL, backend TEXT NOT NULL,
    outcome TEXT NOT NULL, reply TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS questions (
    question_id TEXT PRIMARY KEY, question TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"""
    ELSEWHERE = "Name another folder, or use the program's newest version"
    AGAIN = "Restore it from a copy, or ask again into another folder"

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
                kept = self._db.execute(
                    "SELECT outcome FROM replies WHERE reply_id = ?", (reply.reply_id,)
                ).fetchone()
                if kept is None or Outcome(kept[0]) in again:
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
        kept = {question.question_id: question.question_sha256 for question in self.questions()}
        fresh = []
        for question in questions:
            sha256 = kept.get(question.question_id, question.question_sha256)
            if sha256 != question.question_sha256:
                raise BadInput(
                    f"{self.path}: {question.question_id}",
                    expected="the text that was asked before",
                    came="another text or reference answer under the same id",
                    remedy="Name another folder for the changed study",
                )
            if question.question_id not in kept:
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
