"""Studies, replies and readings that the tests of the reading start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.reading.plan import ReadingPlan, plan_reading
from CTSpatialVQALib.reading.session import Reading
from CTSpatialVQALib.records.base import sha256_of
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.records.study import AssignmentRules, ReadingRules
from CTSpatialVQALib.records.words import Outcome, Probe, ReadingMode

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REFERENCE = "The secret reference."
REPORT = "The secret report."
MODELS = ("secret-model-a", "secret-model-b")


def question(case: int, number: int) -> Question:
    return Question(
        question_id=f"case-{case}::{number}",
        case_id=f"case-{case}",
        text=f"Where is thing {number}?",
        reference=REFERENCE,
    )


def study(
    mode: ReadingMode,
    *,
    cases: int = 3,
    questions: int = 2,
    seed: int = 1,
    assignment: AssignmentRules | None = None,
    **rules: object,
) -> Study:
    return Study(
        path=Path("study.toml"),
        study_id="pilot",
        title="Pilot",
        sha256=sha256_of("study file"),
        cases={
            f"case-{n}": Case(case_id=f"case-{n}", patient_id=f"p-{n}", report_text=REPORT)
            for n in range(cases)
        },
        questions=tuple(question(case, number) for case in range(cases) for number in range(questions)),
        backends=(),
        backend_files={},
        reading=ReadingRules(mode=mode, seed=seed, assignment=assignment, **rules),  # type: ignore[arg-type]
        notes=(),
    )


def reply(
    to: Question, model: str, *, outcome: Outcome = Outcome.ANSWERED, probe: Probe = Probe.FULL
) -> Reply:
    key = ReplyKey(
        question_id=to.question_id,
        question_sha256=to.question_sha256,
        backend=model,
        backend_version="1",
        contract="none",
        probe=probe,
        presentation_sha256=sha256_of("nothing"),
        prompt_sha256=sha256_of(to.text),
    )
    return Reply(
        reply_id=key.reply_id,
        key=key,
        case_id=to.case_id,
        outcome=outcome,
        answer=f"On the left, says {key.reply_id[:4]}." if outcome is Outcome.ANSWERED else None,
        started_utc=NOON,
        duration_s=0.1,
    )


def replies(of: Study, *models: str) -> list[Reply]:
    return [reply(one, model) for model in models for one in of.questions]


def plan(
    mode: ReadingMode,
    *,
    reader: str = "reader-1",
    models: tuple[str, ...] = MODELS,
    cases: int = 3,
    questions: int = 2,
    repeats: float = 0.0,
    **rules: object,
) -> ReadingPlan:
    assignment = AssignmentRules(readers=("reader-1", "reader-2"), repeats=repeats) if repeats else None
    made = study(mode, cases=cases, questions=questions, assignment=assignment, **rules)  # type: ignore[arg-type]
    return plan_reading(made, replies(made, *models), reader)


class Clock:
    """A wall clock that goes on by a second at every look."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@contextmanager
def reading(path: Path, of: ReadingPlan, *, reader: str | None = None) -> Iterator[Reading]:
    clock = Clock()
    with (
        AuditLog.open(path, Actor(id=reader or of.reader), now=clock) as log,
        Reading.open(of, log, now=clock) as opened,
    ):
        yield opened
