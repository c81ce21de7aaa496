"""Refusing a run's log that two programs wrote at once: the same reply in it with two answers."""

from __future__ import annotations

from pathlib import Path

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.words import Outcome
from CTSpatialVQALib.report.exports import read_records

_SETTLED = frozenset(str(outcome) for outcome in Outcome if not outcome.asked_again)


def require_one_writer(log: Path) -> None:
    """A settled reply is never asked for again, so it stands in a log once.

    Raises
    ------
    BadInput
        Naming a reply that stands there twice, with different times.
    """
    began: dict[str, str] = {}
    for stored in read_records(log):
        reply = stored.event["payload"].get("reply")
        is_reply = stored.event["kind"] == EventKind.REPLY_RECEIVED and isinstance(reply, dict)
        if not is_reply or reply.get("outcome") not in _SETTLED:
            continue
        reply_id, started = str(reply.get("reply_id")), str(reply.get("started_utc"))
        if began.setdefault(reply_id, started) != started:
            raise BadInput(
                f"{log}: record {stored.seq}",
                expected="each settled reply once",
                came=f"another one with the id {shown(reply_id, 20)}: two programs wrote at once",
                remedy="Ask again into another folder; what these two did cannot be told apart",
            )
