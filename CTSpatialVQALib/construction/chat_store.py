"""Store of requests in words and their replies: SQLite, one row per request, safe to kill anytime."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field, JsonValue

from CTSpatialVQALib.backends.sqlite_store import SqliteStore
from CTSpatialVQALib.records.base import Identifier, Record, Sha256, UtcTime
from CTSpatialVQALib.records.words import Outcome


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


class ChatStore(SqliteStore):
    """Exchanges by the hash of their request. A context manager, used from one thread.

    Raises
    ------
    BadInput
        If the file is no store of exchanges, or was written by a newer version.
    WorkFailed
        If it cannot be written.
    """

    WHAT = "store of exchanges"
    APPLICATION_ID = 0x43544354  # "CTCT"
    SCHEMA_VERSION = 1
    TABLES = """
CREATE TABLE IF NOT EXISTS exchanges (
    request_sha256 TEXT PRIMARY KEY, purpose TEXT NOT NULL, outcome TEXT NOT NULL,
    exchange TEXT NOT NULL) STRICT;"""
    ELSEWHERE = "Name another folder, or use the program's newest version"
    AGAIN = "Restore it from a copy, or ask again into another folder"

    def put(self, exchanges: Iterable[Exchange]) -> None:
        """Keep exchanges in one durable transaction; a settled one is never replaced.

        Raises
        ------
        WorkFailed
            If the disk is full or the file locked; then none of them is kept.
        """
        rows = (
            (exchange.request_sha256, exchange.purpose, exchange.outcome, exchange.to_json())
            for exchange in exchanges
        )
        self._keep("exchanges", rows, "request_sha256", ("outcome", "exchange"))

    def all(self) -> dict[str, Exchange]:
        """Every exchange, by the hash of its request.

        Raises
        ------
        BadInput
            If the file is damaged.
        """
        rows = self._rows("SELECT exchange FROM exchanges")
        exchanges = (Exchange.from_json(text, where=str(self.path)) for (text,) in rows)
        return {exchange.request_sha256: exchange for exchange in exchanges}
