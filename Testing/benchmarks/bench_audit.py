"""How fast is the log? Prints ratios and rates; run it as `python Testing/benchmarks/bench_audit.py`.

Goals: an append costs at most 1.5 bare SQLite inserts that wait for the disk as well; at least 50,000 records
verified per second; a log of 100,000 events opened in less than 1 s; 100,000 verdicts exported to CSV in less
than 5 s.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.audit.chain import Head
from CTSpatialVQALib.audit.events import Entry, reply_received, verdict_given
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.records.words import ErrorType, Outcome, Stage, VerdictValue
from CTSpatialVQALib.report.exports import export_csv

READER = Actor(id="reader-1")
NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
SENTENCE = "The opacity lies in the posterior basal segment of the right lower lobe, next to the pleura."
TURN = 20
INSERT = "INSERT INTO record (event) VALUES (?)"


class Pair(NamedTuple):
    """A reply and a verdict on it."""

    reply: Entry
    verdict: Entry


def pair(number: int) -> Pair:
    question = Question(
        question_id=f"case-{number // 6}::{number % 6}",
        case_id=f"case-{number // 6}",
        text=SENTENCE,
        reference=SENTENCE,
    )
    key = ReplyKey(
        question_id=question.question_id,
        question_sha256=question.question_sha256,
        backend="model",
        backend_version="1",
        contract="slices",
        presentation_sha256="1" * 64,
        prompt_sha256="2" * 64,
        parameters={"temperature": 0.0, "max_tokens": 256},
    )
    reply = Reply(
        reply_id=key.reply_id,
        key=key,
        case_id=question.case_id,
        outcome=Outcome.ANSWERED,
        answer=SENTENCE,
        raw=SENTENCE,
        started_utc=NOW,
        duration_s=0.123,
    )
    verdict = Verdict(
        reader="reader-1",
        reply_id=reply.reply_id,
        question_id=question.question_id,
        question_sha256=question.question_sha256,
        stage=Stage.FINAL,
        value=VerdictValue.INCORRECT,
        aided=True,
        error_type=ErrorType.LATERALITY_SWAP,
        comment="other side",
        shown_utc=NOW,
        given_utc=NOW,
    )
    return Pair(reply_received(reply, question), verdict_given(verdict))


class Spent(NamedTuple):
    """Seconds by the clock, and seconds of processor time, which a busy machine does not stretch as much."""

    wall_s: float
    processor_s: float


def spent_on(work: Callable[[], object]) -> Spent:
    begin, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - begin, time.process_time() - processor)


def bare(folder: Path, turn: int, mode: str) -> sqlite3.Connection:
    """The plainest table for the same text, with as durable a commit, in one of SQLite's journal modes."""
    connection = sqlite3.connect(folder / f"bare-{mode}-{turn}.sqlite", isolation_level=None)
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE record (seq INTEGER PRIMARY KEY, event TEXT)")
    return connection


def bench_append(folder: Path, rounds: int) -> Iterator[str]:
    """Take turns of a few appends, because the disk's mood changes from second to second; compare medians.

    After each other singly, or in turns of `TURN` as here: singly, the processor's caches are cold for each
    of the three in turn, which costs the most where most is done in Python; both figures are printed.
    """
    for turn in (TURN, 1):
        yield from _appends(folder, rounds, turn)


def _appends(folder: Path, rounds: int, turn: int) -> Iterator[str]:
    entry = pair(0).verdict
    with (
        AuditLog.open(folder / f"append-{turn}.sqlite", READER) as log,
        closing(bare(folder, turn, "wal")) as wal,
        closing(bare(folder, turn, "delete")) as delete,
    ):
        text = log.append(*entry).event.to_json()
        works: dict[str, Callable[[], object]] = {
            "append": lambda: log.append(*entry),
            "wal": lambda: wal.execute(INSERT, (text,)),
            "journal": lambda: delete.execute(INSERT, (text,)),
        }
        taken: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(rounds // turn):
            # in any order: who comes after a long wait finds the processor's caches cold
            for name in random.sample(list(works), len(works)):
                taken[name].extend(spent_on(works[name]).wall_s for _ in range(turn))
    append, in_wal, in_journal = (statistics.median(taken[name]) for name in works)
    yield f"append in turns of {turn}: {append * 1e3:.3f} ms"
    yield f"        {append / in_wal:.2f} x a bare insert in WAL mode ({in_wal * 1e3:.3f} ms)"
    yield f"        {append / in_journal:.2f} x one in SQLite's default mode ({in_journal * 1e3:.3f} ms)"


def head_of(path: Path) -> Head:
    with AuditLog.open(path, READER) as log:
        return log.head


def bench_reading(folder: Path, verdicts: int) -> Iterator[str]:
    """One reply and one verdict each: the most records that so many verdicts can need."""
    path = folder / "big.sqlite"
    with AuditLog.open(path, READER) as log:
        for begin in range(0, verdicts, 5000):
            pairs = (pair(number) for number in range(begin, min(begin + 5000, verdicts)))
            log.append_many([entry for both in pairs for entry in both])
    records = 2 * verdicts
    size = path.stat().st_size / records
    spent = spent_on(lambda: verify(path))
    yield f"verify: {records / spent.wall_s:,.0f} records/s ({records:,} records of {size:.0f} bytes)"
    yield f"        {records / spent.processor_s:,.0f} per second of processor time"
    spent = spent_on(lambda: head_of(path))
    yield f"open:   {spent.wall_s * 1e3:.1f} ms to open it and read its head"
    spent = spent_on(lambda: export_csv(path, folder / "verdicts.csv"))
    yield f"export: {verdicts:,} verdicts to CSV in {spent.wall_s:.2f} s ({spent.processor_s:.2f} s CPU)"


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verdicts", type=int, default=100_000)
    parser.add_argument("--appends", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="on the disk to measure; default: the temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for line in bench_append(Path(folder), arguments.appends):
            print(line)
        for line in bench_reading(Path(folder), arguments.verdicts):
            print(line)


if __name__ == "__main__":
    main()
