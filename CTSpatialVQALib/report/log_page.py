"""The page of a log: one HTML file with each judged reply, its verdicts and what they replaced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib import __version__
from CTSpatialVQALib.audit.chain import Head, without_collector
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.words import Outcome
from CTSpatialVQALib.report.deidentified import Pseudonyms
from CTSpatialVQALib.report.exports import read_records
from CTSpatialVQALib.report.log_facts import LogFacts
from CTSpatialVQALib.report.page_data import RESEARCH_NOTE
from CTSpatialVQALib.report.plain_page import write_page
from CTSpatialVQALib.report.verdict_columns import Row
from CTSpatialVQALib.report.verdict_table import EVERYTHING, Entry, TableChoice, VerdictTable

MOST_REPLIES = 2000  # a page of about 5 MB; the table of all stands in the CSV export
_MARKS = {"correct": "right", "incorrect": "wrong", "unsure": "undecided", "question_faulty": "failed"}


@dataclass(frozen=True)
class JudgedReply:
    """One reply with all that readers said of it."""

    row: Row
    verdicts: list[Entry] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether the asking brought no answer."""
        return self.row["outcome"] not in ("", Outcome.ANSWERED)


class ReaderLine(NamedTuple):
    """What one reader did: verdicts that stand, those that were corrected, and when."""

    reader: str
    verdicts: int
    corrected: int
    first_utc: str
    last_utc: str


def export_html(
    log: Path,
    out: Path,
    *,
    identified: bool = False,
    most: int = MOST_REPLIES,
    choice: TableChoice = EVERYTHING,
) -> int:
    """Write the verdicts of `log` as one self-contained HTML file, and return how many verdicts stand in it.

    Parameters
    ----------
    most : so many replies, from the first judged one, are shown; if there are more, the page says so

    Raises
    ------
    BadInput, WorkFailed
        As `exports.export_csv`; also if jinja2 is not installed.
    """
    table, facts = _read(log, identified=identified, choice=choice)
    entries = list(table.verdicts())
    replies = list(_by_reply(entries))
    values = {
        "replies": replies[:most],
        "replies_in_all": len(replies),
        "without_verdict": _without_verdict(table),
        "verdicts": len(entries),
        "readers": _readers(entries),
        "studies": sorted(table.studies),
        "head": table.head,
        "viewings": facts.viewings,
        "signatures": facts.signatures,
        "identified": identified,
        "marks": _MARKS,
        "generated_utc": f"{utc_now():%Y-%m-%d %H:%M} UTC",
        "version": __version__,
        "research_note": RESEARCH_NOTE,
    }
    write_page("log.html.j2", out, values, styles=("report.css", "log.css"))
    return sum(len(reply.verdicts) for reply in replies[:most])


class _LogContent(NamedTuple):
    """What stands in a log: the verdicts joined, and the facts beside them."""

    table: VerdictTable
    facts: LogFacts


def _read(log: Path, *, identified: bool, choice: TableChoice) -> _LogContent:
    """As `exports.read_table`, with the facts that have no column there."""
    table = VerdictTable(str(log), Pseudonyms(identified=identified), choice=choice)
    content = _LogContent(table, LogFacts(str(log)))
    with without_collector():
        for stored in read_records(log):
            content.table.add(stored)
            content.facts.add(stored)
            content.table.head = Head(stored.seq, stored.sha256)
    return content


def _by_reply(entries: Iterable[Entry]) -> Iterable[JudgedReply]:
    replies: dict[str, JudgedReply] = {}
    for entry in entries:
        replies.setdefault(entry.row["reply_id"], JudgedReply(entry.row)).verdicts.append(entry)
    return replies.values()


def _without_verdict(table: VerdictTable) -> int:
    return sum(1 for row in table.by_reply() if not row["verdict"] and row["answered_by"] == "model")


def _readers(entries: Iterable[Entry]) -> list[ReaderLine]:
    by_reader: dict[str, list[Row]] = {}
    for entry in entries:
        by_reader.setdefault(entry.row["reader"], []).append(entry.row)
    return [
        ReaderLine(
            reader,
            len(rows),
            sum(row["corrected"] == "true" for row in rows),
            min(row["given_utc"] for row in rows),
            max(row["given_utc"] for row in rows),
        )
        for reader, rows in by_reader.items()
    ]
