"""The votes of judges on disk: SQLite in WAL mode, one row per vote, safe to kill at any moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from pydantic import Field, JsonValue, StrictBool, model_validator

from CTSpatialVQALib.backends.sqlite_store import SqliteStore
from CTSpatialVQALib.records.base import Identifier, Record, Sha256, UtcTime, sha256_of
from CTSpatialVQALib.records.words import ErrorType, Outcome


class JudgedAs(Record):
    """Everything that makes two judgings the same judging; its hash is the `vote_id`.

    Parameters
    ----------
    question_sha256 : of question and reference answer; answer_sha256 : of the answer as the judge saw it
    prompt_sha256 : of the words around the items
    batch : items per request; asked together, answers may sway each other
    """

    question_id: Identifier
    question_sha256: Sha256
    answer_sha256: Sha256
    judge: Identifier
    judge_version: str
    parameters: dict[str, JsonValue] = {}
    prompt_version: str
    prompt_sha256: Sha256
    batch: int = Field(ge=1)

    @property
    def vote_id(self) -> str:
        """Hash of all of it."""
        return sha256_of(self.model_dump(mode="json"))


class JudgeVote(Record):
    """One judge's vote on one answer, or why there is none.

    Parameters
    ----------
    outcome : what became of the request; `unparseable` where a reply came without a verdict on this item
    raw : the whole reply
    facts : what the server said beside it
    """

    vote_id: Sha256
    key: JudgedAs
    outcome: Outcome
    correct: StrictBool | None
    error_type: ErrorType | None = None
    reason: str
    raw: str = ""
    facts: dict[str, JsonValue] = {}
    started_utc: UtcTime
    duration_s: float = Field(ge=0)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.vote_id != self.key.vote_id:
            raise ValueError("a vote_id that is the hash of its key")
        if self.correct is not None and self.outcome is not Outcome.ANSWERED:
            raise ValueError("a vote with the outcome 'answered' only")
        if self.error_type is not None and self.correct is not False:
            raise ValueError("an error type only with correct = false")
        return self


class JudgeStore(SqliteStore):
    """Votes by id. A context manager.

    Raises
    ------
    BadInput
        If the file is no store of votes, or was written by a newer version.
    WorkFailed
        If it cannot be written.
    """

    WHAT = "store of judges' votes"
    APPLICATION_ID = 0x43544A53  # "CTJS"
    SCHEMA_VERSION = 1
    TABLES = """
CREATE TABLE IF NOT EXISTS votes (
    vote_id TEXT PRIMARY KEY, question_id TEXT NOT NULL, judge TEXT NOT NULL, outcome TEXT NOT NULL,
    vote TEXT NOT NULL) STRICT;"""
    ELSEWHERE = "Name another file for the votes"
    AGAIN = "Restore it from a copy, or judge again into another file"

    def put(self, votes: Iterable[JudgeVote]) -> None:
        """Keep votes in one durable transaction; a settled one is never replaced.

        Raises
        ------
        WorkFailed
            If the disk is full or the file locked; then none of them is kept.
        """
        rows = (
            (vote.vote_id, vote.key.question_id, vote.key.judge, vote.outcome, vote.to_json())
            for vote in votes
        )
        self._keep("votes", rows, "vote_id", ("outcome", "vote"))

    def votes(self) -> Iterator[JudgeVote]:
        """All votes, by question and judge.

        Raises
        ------
        BadInput
            If the file is damaged.
        """
        for (text,) in self._rows("SELECT vote FROM votes ORDER BY question_id, judge, vote_id"):
            yield JudgeVote.from_json(text, where=str(self.path))
