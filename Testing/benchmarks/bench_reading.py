"""How long until a reader goes on where he stopped? Run it as `python Testing/benchmarks/bench_reading.py`.

Goal: a study with a log of 100,000 events is opened, and its reading resumed, in less than 1 s. The floor is
reading the same rows from SQLite and hashing them, which no resume that checks its log can go below.
"""

from __future__ import annotations

import argparse
import hashlib
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.audit.events import session_opened
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.reading.plan import Item, ReadingPlan, plan_reading
from CTSpatialVQALib.reading.session import Reading
from CTSpatialVQALib.reading.steps import Drafted, Judged, Shown, entry_of
from CTSpatialVQALib.records.base import sha256_of, utc_now
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.records.study import ReadingRules
from CTSpatialVQALib.records.words import Outcome, Stage, VerdictValue

READER = Actor(id="reader-1", role="reader")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUESTIONS_PER_CASE = 6
EVENTS_PER_ITEM = 4  # its reply, shown, a comment, a verdict
SENTENCE = "The opacity lies in the posterior basal segment of the right lower lobe, next to the pleura."


class Spent(NamedTuple):
    """Seconds by the clock and of processor time."""

    wall_s: float
    processor_s: float


def spent_on(work: Callable[[], object]) -> Spent:
    begin, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - begin, time.process_time() - processor)


def question(number: int) -> Question:
    case_id = f"case-{number // QUESTIONS_PER_CASE}"
    return Question(
        question_id=f"{case_id}::{number % QUESTIONS_PER_CASE}",
        case_id=case_id,
        text=f"Where is thing {number}?",
        reference=SENTENCE,
    )


def reply(to: Question) -> Reply:
    key = ReplyKey(
        question_id=to.question_id,
        question_sha256=to.question_sha256,
        backend="model",
        backend_version="1",
        contract="slices",
        presentation_sha256="1" * 64,
        prompt_sha256="2" * 64,
    )
    return Reply(
        reply_id=key.reply_id,
        key=key,
        case_id=to.case_id,
        outcome=Outcome.ANSWERED,
        answer=SENTENCE,
        raw=SENTENCE,
        started_utc=NOW,
        duration_s=0.1,
    )


def plan_of(items: int) -> ReadingPlan:
    questions = tuple(question(number) for number in range(items))
    study = Study(
        path=Path("study.toml"),
        study_id="big",
        title="Big",
        sha256=sha256_of("study file"),
        cases={one.case_id: Case(case_id=one.case_id, patient_id=one.case_id) for one in questions},
        questions=questions,
        backends=(),
        backend_files={},
        reading=ReadingRules(),
        notes=(),
    )
    return plan_reading(study, map(reply, questions), READER.id)


def write_log(path: Path, plan: ReadingPlan) -> None:
    """The log of a reader who looked at every item, typed a comment and gave a verdict."""
    with AuditLog.open(path, READER) as log:
        log.append(*session_opened(plan.study_id, plan.study_sha256, plan.rules.mode))
        for begin in range(0, len(plan.items), 2000):
            some = plan.items[begin : begin + 2000]
            log.append_many([entry for item in some for entry in entries_of(item)])


def entries_of(item: Item) -> list[tuple[object, dict[str, object]]]:
    verdict = Verdict(
        reader=READER.id,
        reply_id=item.key.reply_id or "",
        question_id=item.question.question_id,
        question_sha256=item.question.question_sha256,
        stage=Stage.FINAL,
        value=VerdictValue.CORRECT,
        aided=True,
        comment="as typed",
        shown_utc=NOW,
        given_utc=NOW,
    )
    steps = (Shown(item.key, Stage.FINAL, NOW), Drafted(item.key, "as typed"), Judged("", verdict))
    return [entry_of(step, item) for step in steps]  # type: ignore[misc]


def floor(path: Path) -> int:
    """Fetch every row and hash its text."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        rows = connection.execute("SELECT seq, prev_sha256, sha256, event FROM record ORDER BY seq")
        return sum(len(hashlib.sha256(row[3]).digest()) for row in rows)


def resume(path: Path, plan: ReadingPlan) -> None:
    with AuditLog.open(path, READER) as log:
        reading = Reading.open(plan, log, now=utc_now)
        assert reading.progress.done == len(plan.items)
        reading.close()


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    arguments = parser.parse_args()
    plan = plan_of(arguments.events // EVENTS_PER_ITEM)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reader-1.sqlite"
        write_log(path, plan)
        first = spent_on(lambda: resume(path, plan))  # no resume yet: it takes the replies into the log
        least = min((spent_on(lambda: floor(path)) for _ in range(3)), key=lambda one: one.processor_s)
        took = min((spent_on(lambda: resume(path, plan)) for _ in range(3)), key=lambda one: one.processor_s)
    print(f"resume: {took.wall_s:.2f} s, {took.processor_s:.2f} s CPU ({len(plan.items):,} items)")
    print(f"        {took.processor_s / least.processor_s:.1f} x fetching and hashing the rows")
    print(f"first opening, which takes all replies in: {first.wall_s:.2f} s, {first.processor_s:.2f} s CPU")


if __name__ == "__main__":
    main()
