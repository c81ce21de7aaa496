"""The chain of a log, checked in one pass over the stored text, without building records."""

from __future__ import annotations

import gc
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from CTSpatialVQALib.audit.canonical import NotCanonical, canonical_value
from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.records.event import GENESIS, Event, EventKind

_FIELDS = frozenset(Event.model_fields)
_KINDS = frozenset(kind.value for kind in EventKind)


class Head(NamedTuple):
    """The last record of a log; place 0 and 64 zeros for a log without records."""

    seq: int
    sha256: str

    @property
    def anchor(self) -> str:
        """`seq:sha256`: kept elsewhere, it later shows a rebuilt chain or a cut tail."""
        return f"{self.seq}:{self.sha256}"


EMPTY_HEAD = Head(0, GENESIS)


class Stored(NamedTuple):
    """A record as it lies in the file: `text` is the canonical JSON of `event`, in UTF-8."""

    seq: int
    prev_sha256: str
    sha256: str
    text: bytes
    event: dict[str, Any]


class ChainBroken(WorkFailed):
    """The chain does not hold at `seq`, for the reason `why`."""

    def __init__(self, where: str, seq: int, why: str) -> None:
        self.seq = seq
        self.why = why
        super().__init__(f"{where}: record {seq}: {why}. Run 'verify' on the log.")


def chained_text_sha256(seq: int, prev_sha256: str, event_text: str) -> str:
    """`records.event.chained_sha256` from the event's canonical text: the same bytes, not built twice."""
    return hashlib.sha256(f'[{seq},"{prev_sha256}",{event_text}]'.encode()).hexdigest()


@contextmanager
def without_collector() -> Iterator[None]:
    """For a pass over many records: parsing makes no cycles, the collector takes a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def walk(connection: sqlite3.Connection, where: str) -> Iterator[Stored]:
    """Every record from the first to the last, each checked before it is given out.

    Whoever reads records reads them here, so that nothing uses a record that `verify` would refuse.

    Parameters
    ----------
    connection : from `store.opened_log`, which gives text as bytes

    Raises
    ------
    ChainBroken
        At the first record that was changed, removed, inserted or moved, that repeats an event, or whose text
        is not the canonical JSON of an event (with a key twice, say, readers would differ in what it means).
    """
    head = GENESIS.encode()
    places: dict[str, int] = {}
    # NOT INDEXED: an index of somebody else's could hold other texts than the table
    rows = connection.execute("SELECT seq, prev_sha256, sha256, event FROM record NOT INDEXED ORDER BY seq")
    for seq, row in enumerate(rows, start=1):
        why = _fault(row, seq, head)
        if why is not None:
            raise ChainBroken(where, seq, why)
        _, prev_sha256, head, data = row
        try:
            event = canonical_value(data)
            if not _is_event(event):
                raise NotCanonical
        except NotCanonical as error:
            raise ChainBroken(where, seq, "its text is not the canonical JSON of an event") from error
        except ValueError as error:
            raise ChainBroken(where, seq, f"it is not readable ({error})") from error
        earlier = places.setdefault(event["event_id"], seq)
        if earlier != seq:
            raise ChainBroken(where, seq, f"its event is in the log already, as record {earlier}")
        yield Stored(seq, prev_sha256.decode(), head.decode(), data, event)


def _fault(row: tuple[Any, ...], seq: int, head: bytes) -> str | None:
    place, prev_sha256, sha256, data = row
    if place != seq:
        return f"it is missing (the next record there is {place})"
    if not type(prev_sha256) is type(sha256) is type(data) is bytes:
        return "it is not readable (a column is of the wrong type)"
    # the bytes of chained_text_sha256, whatever they hold
    if sha256 != hashlib.sha256(b'[%d,"%b",%b]' % (seq, prev_sha256, data)).hexdigest().encode():
        return "it was changed: its content does not fit its hash"
    if prev_sha256 != head:
        return "it does not continue the record before it: a record was removed, inserted, moved or replaced"
    return None


def _is_event(event: Any) -> bool:  # noqa: ANN401 - whatever JSON holds
    if type(event) is not dict or event.keys() != _FIELDS:
        return False
    event_id, kind = event["event_id"], event["kind"]
    return type(event_id) is type(kind) is str and kind in _KINDS
