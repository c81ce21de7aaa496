"""The append-only log: each record is on disk before `append` returns."""

from __future__ import annotations

import platform
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from pydantic import JsonValue, ValidationError
from pydantic_core import from_json

from CTSpatialVQALib import __version__
from CTSpatialVQALib.audit.canonical import canonical_text, refuse_depth
from CTSpatialVQALib.audit.chain import EMPTY_HEAD, Head, chained_text_sha256
from CTSpatialVQALib.audit.event_parts import random_uuid, utc_text
from CTSpatialVQALib.audit.events import Entry, signed
from CTSpatialVQALib.audit.signing import PrivateKey
from CTSpatialVQALib.audit.store import (
    MAX_EVENT_BYTES,
    explained_errors,
    open_for_appending,
    opened_log,
    require_schema,
    transaction,
)
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.files import written_whole
from CTSpatialVQALib.records.base import bad_input_from, utc_now
from CTSpatialVQALib.records.event import Actor, Event, EventKind, LogRecord

_PAGE = 1000
_INSERT = "INSERT INTO record (seq, prev_sha256, sha256, event) VALUES (?, ?, ?, ?)"


class _Pending(NamedTuple):
    """An event and its canonical text, before it has a place."""

    event: Event
    text: str


class _ActorText(NamedTuple):
    """An actor and its canonical text, which seldom changes from event to event."""

    actor: Actor
    text: str


class AuditLog:
    """The log of one study or reader, open for appending; use it as a context manager.

    Threads and processes may append to the same log: each append takes the write lock, reads the head
    again and only then chains its records.

    Parameters
    ----------
    connection : from `store.open_for_appending`; use `AuditLog.open`
    actor : who acts where `append` is not told otherwise
    software : name -> version of what is running, beside CTSpatialVQA and Python
    now, monotonic : the wall clock, and a clock in seconds that never goes back; the order of records
        rests on neither

    Examples
    --------
    >>> from pathlib import Path
    >>> from CTSpatialVQALib.audit.events import flagged
    >>> from CTSpatialVQALib.records.event import Actor
    >>> with AuditLog.open(Path("mine.sqlite"), Actor(id="reader-1")) as log:
    ...     record = log.append(*flagged("phantom-01::nodule-lobe", reason="two nodules"))
    ...     log
    Audit log mine.sqlite: 1 records, reader-1 appends
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        actor: Actor,
        *,
        software: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self.actor = actor
        self._connection = connection
        self._software = {
            "CTSpatialVQA": __version__,
            "python": platform.python_version(),
            **(software or {}),
        }
        self._software_text = canonical_text(self._software)
        self._last_actor = _ActorText(actor, actor.to_json())
        self._now = now
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._schema_version: int | None = None  # the last one that was compared
        self._last: Head | None = None  # the head after our own last append, if nobody else came after it

    @classmethod
    def open(
        cls,
        path: Path,
        actor: Actor,
        *,
        software: Mapping[str, str] | None = None,
        timeout_s: float = 10.0,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Open the log at `path`, or create it with permissions 0600.

        The file must lie on a local disk: SQLite's write-ahead log does not work over a network share.

        Raises
        ------
        BadInput
            If the folder does not exist, or the file is no log, is damaged, of a newer version, or has lost
            its append-only rules.
        WorkFailed
            If it cannot be written to, or another program holds it for longer than `timeout_s` seconds.
        """
        connection = open_for_appending(path, timeout_s)
        return cls(path, connection, actor, software=software, now=now, monotonic=monotonic)

    def append(
        self, kind: EventKind, payload: Mapping[str, JsonValue], *, actor: Actor | None = None
    ) -> LogRecord:
        """Record one event; when this returns, it is on disk.

        Raises
        ------
        BadInput
            If the payload is not JSON (NaN, half of a surrogate pair, nested too deeply, over 16 MiB).
        WorkFailed
            If it could not be written; then nothing was recorded.
        """
        return self.append_many([Entry(kind, dict(payload))], actor=actor)[0]

    def append_many(self, entries: Iterable[Entry], *, actor: Actor | None = None) -> tuple[LogRecord, ...]:
        """Record several events in one transaction: all of them or none. Errors as in `append`."""
        pending = [self._pending(entry, actor or self.actor) for entry in entries]
        with self._lock, explained_errors(self.path):
            if len(pending) == 1 and self._last is not None:
                record = self._insert_after(self._last, pending[0])
                if record is not None:
                    return (record,)
            with transaction(self._connection):
                records = self._insert(pending)
            if records:  # only now, for only now is it sure
                self._last = Head(records[-1].seq, records[-1].sha256)
            return records

    def sign(self, key: PrivateKey, *, actor: Actor | None = None) -> LogRecord:
        """Vouch with `key` for every record there is now; the signature becomes the next record.

        Raises
        ------
        BadInput
            If there is no record to vouch for.
        WorkFailed
            If it could not be written; then nothing was recorded.
        """
        with self._lock, explained_errors(self.path), transaction(self._connection):
            head = self._head()
            if head == EMPTY_HEAD:
                raise BadInput(
                    self.path, expected="records to sign", came="none", remedy="Sign when there are some"
                )
            signed_utc = utc_text(self._now().astimezone(UTC))
            entry = signed(*head, signed_utc, public_key=key.public.hex, signature=key.sign(head, signed_utc))
            return self._insert([self._pending(entry, actor or self.actor)])[0]

    @property
    def head(self) -> Head:
        """Place and hash of the last record, of whichever process wrote it."""
        with self._lock, explained_errors(self.path):
            return self._head()

    @property
    def anchor_text(self) -> str:
        """The head as an anchor for `verify`, see `Head.anchor`."""
        return self.head.anchor

    def records(self, *, after: int = 0) -> Iterator[LogRecord]:
        """The records with `seq > after`, in order, each with its own hash checked.

        Read page by page, so that appending goes on meanwhile.

        Raises
        ------
        BadInput
            At a record that does not fit its hash.
        """
        while page := self._page(after):
            for seq, prev_sha256, sha256, text in page:
                where = f"{self.path}: record {seq}"
                event = Event.from_json(text, where=where)
                try:
                    yield LogRecord(seq=seq, prev_sha256=prev_sha256, sha256=sha256, event=event)
                except ValidationError as error:
                    raise bad_input_from(error, where, "LogRecord") from error
                after = seq

    def __repr__(self) -> str:
        try:
            count = f"{self.head.seq} records"
        except sqlite3.ProgrammingError:
            count = "closed"
        return f"Audit log {self.path}: {count}, {self.actor.id} appends"

    def close(self) -> None:
        """Let go of the file. What was appended is on disk already."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _insert_after(self, head: Head, pending: _Pending) -> LogRecord | None:
        """The record, on disk, or None if `head` is the head no longer.

        A statement by itself is a transaction, and saves a reader the time for three more statements. It
        cannot fork the chain: `seq` is the primary key, and who else appended has taken it.
        """
        self._last = None
        try:
            record = self._insert_one(head, pending)
        except sqlite3.IntegrityError:
            return None
        self._last = Head(record.seq, record.sha256)
        return record

    def _insert(self, pending: Iterable[_Pending]) -> tuple[LogRecord, ...]:
        head = self._head()
        records = []
        for entry in pending:
            record = self._insert_one(head, entry)
            head = Head(record.seq, record.sha256)
            records.append(record)
        return tuple(records)

    def _insert_one(self, head: Head, pending: _Pending) -> LogRecord:
        seq, prev_sha256 = head.seq + 1, head.sha256
        sha256 = chained_text_sha256(seq, prev_sha256, pending.text)
        self._inserted((seq, prev_sha256, sha256, pending.text))
        # not validated: that would compute the hash twice more, in the time a reader waits for
        return LogRecord.model_construct(seq=seq, prev_sha256=prev_sha256, sha256=sha256, event=pending.event)

    def _inserted(self, row: tuple[int, str, str, str]) -> None:
        """Insert one row, and make sure that just this happened.

        Another program may add a trigger to the log while it is open here: one that lets the row vanish, or
        changes others. The first shows in the rows that the statement inserted, the second in those that
        changed in all.
        """
        self._require_own_schema()
        before = self._connection.total_changes
        inserted = self._connection.execute(_INSERT, row).rowcount
        if (inserted, self._connection.total_changes - before) != (1, 1):
            raise WorkFailed(
                f"{self.path}: record {row[0]} was not taken as it is: another program altered the log. "
                "Keep the file, run 'verify' on it and begin a new log."
            )

    def _require_own_schema(self) -> None:
        """Compare the schema again if SQLite's number of it changed since it was last compared."""
        (version,) = self._connection.execute("PRAGMA schema_version").fetchone()
        if version != self._schema_version:
            require_schema(self.path, self._connection)
            self._schema_version = version

    def _head(self) -> Head:
        row = self._connection.execute("SELECT seq, sha256 FROM record ORDER BY seq DESC LIMIT 1").fetchone()
        return EMPTY_HEAD if row is None else Head(*row)

    def _page(self, after: int) -> list[tuple[int, str, str, str]]:
        with self._lock, explained_errors(self.path):
            return self._connection.execute(
                "SELECT seq, prev_sha256, sha256, event FROM record WHERE seq > ? ORDER BY seq LIMIT ?",
                (after, _PAGE),
            ).fetchall()

    def _pending(self, entry: Entry, actor: Actor) -> _Pending:
        where = f"event '{entry.kind}'"
        event_id, at_utc = random_uuid(), self._now().astimezone(UTC)
        monotonic_s = float(self._monotonic())
        try:
            payload_text = canonical_text(entry.payload)
            # the canonical JSON of the event, put together from its parts in the order of their names
            text = (
                f'{{"actor":{self._text_of(actor)},"at_utc":"{utc_text(at_utc)}","event_id":"{event_id}",'
                f'"kind":"{entry.kind}","monotonic_s":{monotonic_s!r},'
                f'"payload":{payload_text},"software":{self._software_text}}}'
            )
            data = text.encode("utf-8")  # UnicodeEncodeError is a ValueError
            refuse_depth(data)
            # read back from the text, so that nothing gets into the log that cannot be got out of it
            payload = from_json(text, allow_inf_nan=False)["payload"]
        except (TypeError, ValueError, RecursionError) as error:
            raise _not_json(where, str(error)) from error
        if len(data) > MAX_EVENT_BYTES:
            raise _not_json(where, f"{len(data)} bytes of it, more than {MAX_EVENT_BYTES}")
        if payload != entry.payload:
            raise _not_json(where, "a tuple, a key that is no text, or another value JSON does not hold")
        # not validated again: what is not the payload was made here from records
        event = Event.model_construct(
            event_id=event_id,
            kind=EventKind(entry.kind),
            at_utc=at_utc,
            monotonic_s=monotonic_s,
            actor=actor,
            software=dict(self._software),
            payload=payload,
        )
        return _Pending(event, text)

    def _text_of(self, actor: Actor) -> str:
        last = self._last_actor
        if actor is not last.actor:
            self._last_actor = last = _ActorText(actor, actor.to_json())
        return last.text


def read_head(path: Path) -> Head:
    """Place and hash of the last record of the log at `path`, which is not written to.

    Raises
    ------
    BadInput
        If there is no such file, it is no log, or its database was altered.
    WorkFailed
        If it cannot be read.
    """
    with opened_log(path) as connection:
        row = connection.execute("SELECT seq, sha256 FROM record ORDER BY seq DESC LIMIT 1").fetchone()
        return EMPTY_HEAD if row is None else Head(row[0], bytes(row[1]).decode("ascii"))


def write_copy(records: Iterable[LogRecord], target: Path) -> Head:
    """Write a new log that holds `records` with the places and hashes they have; its head is returned.

    Raises
    ------
    BadInput
        If there is a file at `target`, or a record does not follow the one before.
    WorkFailed
        If it could not be written; then there is no file at `target`.
    """
    if target.exists():
        raise BadInput(target, expected="a new file", came="an existing one", remedy="Give another path")
    head = EMPTY_HEAD
    with written_whole(target, private=True) as temporary:
        connection = open_for_appending(temporary, timeout_s=0)
        try:
            with explained_errors(target), transaction(connection):
                for record in records:
                    _require_next(record, head)
                    row = (record.seq, record.prev_sha256, record.sha256, record.event.to_json())
                    connection.execute(_INSERT, row)
                    head = Head(record.seq, record.sha256)
        finally:
            connection.close()
    return head


def _require_next(record: LogRecord, head: Head) -> None:
    if (record.seq, record.prev_sha256) != (head.seq + 1, head.sha256):
        raise BadInput(
            f"record {record.seq}",
            expected=f"record {head.seq + 1} that continues the hash of the one before",
            came=f"record {record.seq}",
            remedy="Give the records of one log, complete and in order",
        )


def _not_json(where: str, came: str) -> BadInput:
    return BadInput(where, expected="a payload that is JSON", came=came, remedy="Correct the payload")
