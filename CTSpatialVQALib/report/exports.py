"""Exports of a log: CSV for people and statistics, JSON lines for other programs.

An export holds what the log's events hold, and events hold no path and no patient data beside what the
study's own texts say. The caller records the export in the log (`audit.events.export_made`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from CTSpatialVQALib.audit.chain import Head, Stored, walk, without_collector
from CTSpatialVQALib.audit.log import write_copy
from CTSpatialVQALib.audit.store import MAX_EVENT_BYTES, opened_log
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import require_regular_file, written_whole
from CTSpatialVQALib.records.event import EventKind, LogRecord
from CTSpatialVQALib.report.deidentified import Pseudonyms, is_pseudonym
from CTSpatialVQALib.report.spreadsheet import csv_line, safe_row
from CTSpatialVQALib.report.verdict_columns import CSV_COLUMNS
from CTSpatialVQALib.report.verdict_table import EVERYTHING, TableChoice, VerdictTable

_BUFFER = 1 << 20
_MAX_LINE_BYTES = MAX_EVENT_BYTES + 1024  # the event, its place and its two hashes


def export_csv(log: Path, out: Path, *, identified: bool = False, choice: TableChoice = EVERYTHING) -> int:
    """Write one row per verdict to `out`, with the columns of `CSV_COLUMNS`, and return how many.

    Behind them stands one column per scorer of the log, `correct by` and its name, so that no scorer hides
    another.

    Of several verdicts of one reader on one reply at one stage the latest stands and is marked `corrected`.
    A reply without any verdict has a row with empty verdict columns, so no reply is lost. Rows are joined by
    `reply_id`. UTF-8 with a byte order mark, without which Excel reads umlauts wrongly (in Python:
    `encoding="utf-8-sig"`); text that a spreadsheet would compute gets an apostrophe in front, so the exact
    text of an answer is in the JSON lines. Readers stand under pseudonyms (`report.deidentified`), unless
    `identified`.

    Raises
    ------
    BadInput
        If `log` is no audit log, or holds a verdict that does not belong to its reply.
    WorkFailed
        If its chain is broken (the message names the record), or `out` cannot be written.
    """
    count = 0
    # the collector would walk over all rows again and again
    with without_collector(), written_whole(out) as temporary:
        table = read_table(log, identified=identified, choice=choice)
        with temporary.open("w", encoding="utf-8-sig", newline="", buffering=_BUFFER) as stream:
            own = [f"correct by {by}" for by in table.scorers]
            stream.write(",".join(CSV_COLUMNS) + ("," + csv_line(safe_row(own)) if own else "\r\n"))
            for row in table.rows_with_scorers():
                stream.write(csv_line(safe_row(row)))
                count += 1
    return count


def read_table(log: Path, *, identified: bool = False, choice: TableChoice = EVERYTHING) -> VerdictTable:
    """All replies, scores and verdicts of `log`, joined; every record is checked on the way.

    Raises
    ------
    BadInput, WorkFailed
        As `export_csv`.
    """
    table = VerdictTable(str(log), Pseudonyms(identified=identified), choice=choice)
    stored: Stored | None = None
    with without_collector():
        for stored in read_records(log):
            table.add(stored)
    if stored is not None:
        table.head = Head(stored.seq, stored.sha256)
    return table


def export_jsonl(log: Path, out: Path, *, identified: bool = False) -> int:
    """Write every record of `log` to `out`, one canonical `LogRecord` per line, and return how many.

    The lines are the log itself, hash by hash, so nothing in them can be replaced by a pseudonym.

    Raises
    ------
    BadInput
        If `log` is no audit log; or if it names a reader by what is no pseudonym, unless `identified`.
    WorkFailed
        If its chain is broken (the message names the record), or `out` cannot be written.
    """
    count = 0
    with written_whole(out) as temporary, temporary.open("wb") as stream:
        for stored in read_records(log):
            if not identified:
                _refuse_names(log, stored)
            stream.write(_line(stored))
            count += 1
    return count


def import_jsonl(lines: Path, out_log: Path) -> Head:
    """Write the log that `lines` was exported from to the new file `out_log`: same records, same hashes.

    Raises
    ------
    BadInput
        If a line is not a record that fits its hash and follows the one before, naming the line; or if there
        is a file at `out_log`.
    WorkFailed
        If `lines` cannot be read or `out_log` not be written; then there is no file at `out_log`.
    """
    return write_copy(_records(lines), out_log)


def read_records(log: Path) -> Iterator[Stored]:
    """Every record of `log`, each checked before it is given out. Errors as in `export_jsonl`."""
    with opened_log(log) as connection:
        yield from walk(connection, str(log))


def _refuse_names(log: Path, stored: Stored) -> None:
    """Names of readers are seldom, so this looks at the actor first and at the payload only by its kind."""
    event = stored.event
    actor, payload = event["actor"], event["payload"]
    named = [] if actor["role"] == "program" else [actor["id"]]
    if isinstance(verdict := payload.get("verdict"), dict):
        named.append(verdict.get("reader", ""))
    if event["kind"] == EventKind.READER_ANSWERED:
        named.append(payload["reply"]["key"]["backend"])
    if not all(type(reader_id) is str and is_pseudonym(reader_id) for reader_id in named):
        raise BadInput(
            f"{log}: record {stored.seq}",
            expected="pseudonyms like 'reader-1', because lossless lines hold readers' ids as they are",
            came="another id of a reader",
            remedy="Add --identified if they may leave, or export csv, which puts pseudonyms in their place",
        )


def _line(stored: Stored) -> bytes:
    # the canonical JSON of the LogRecord, from the event's text as it is stored
    place = f'"prev_sha256":"{stored.prev_sha256}","seq":{stored.seq},"sha256":"{stored.sha256}"'
    return b'{"event":' + stored.text + b"," + place.encode() + b"}\n"


def _records(lines: Path) -> Iterator[LogRecord]:
    require_regular_file(lines, expected="a file of JSON lines")
    with lines.open("rb") as stream:
        number = 0
        while line := stream.readline(_MAX_LINE_BYTES + 1):
            number += 1
            where = f"{lines}: line {number}"
            if len(line) > _MAX_LINE_BYTES:
                raise BadInput(
                    where,
                    expected=f"at most {_MAX_LINE_BYTES} bytes",
                    came="more",
                    remedy="Give a file that was exported as jsonl",
                )
            yield LogRecord.from_json(line, where=where)
