"""The main job: ask a study's questions, keep replies and log, score by rule, tell it in a report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from CTSpatialVQALib.anatomy.forms import question_form
from CTSpatialVQALib.audit.events import Entry, reply_received, scored, session_closed, session_opened
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.backends.base import Backend
from CTSpatialVQALib.backends.runner import Progress as RunProgress
from CTSpatialVQALib.backends.runner import RunResult, run_questions
from CTSpatialVQALib.backends.store import RunStore
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.cli.console import Progress
from CTSpatialVQALib.records.event import Actor, EventKind
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome, Probe
from CTSpatialVQALib.scoring.rules import score_answer

PROGRAM = Actor(id="ctspatialvqa", role="program")


@dataclass(frozen=True)
class RunFolder:
    """Where a run lives."""

    path: Path

    @property
    def store(self) -> Path:
        """The replies."""
        return self.path / "run.store"

    @property
    def log(self) -> Path:
        """The audit log."""
        return self.path / "audit.sqlite"


def with_forms(questions: Iterable[Question]) -> tuple[Question, ...]:
    """The questions, each with its form where the file did not state one."""
    return tuple(
        question
        if question.form is not None
        else question.model_copy(update={"form": question_form(question.text, question.reference)})
        for question in questions
    )


def ask_study(
    study: Study, backends: Sequence[Backend], folder: RunFolder, probes: Sequence[Probe]
) -> RunResult:
    """Ask all questions without a settled reply; every new reply goes to the store, then to the log."""
    questions = {question.question_id: question for question in with_forms(study.questions)}
    folder.path.mkdir(parents=True, exist_ok=True)
    with (
        RunStore(folder.store) as store,
        AuditLog.open(folder.log, PROGRAM) as log,
        Progress("asking") as bar,
    ):
        store.put_questions(questions.values())
        store.describe(_about(study, backends, folder))
        log.append(*session_opened(study.study_id, study.sha256, study.reading.mode))
        _log_what_is_missing(log, store, questions)
        result = run_questions(
            questions.values(),
            study.cases,
            backends,
            store,
            probes=probes,
            keep=lambda replies: _keep(log, replies, questions),
            told=partial(_show, bar),
        )
        log.append(*session_closed(study.study_id))
    return result


def score_replies(questions: Iterable[Question], replies: Iterable[Reply]) -> tuple[Score, ...]:
    """The rule scores of all answers, joined by question id; failures have no score."""
    by_id = {question.question_id: question for question in questions}
    return tuple(
        _score(by_id[reply.key.question_id], reply)
        for reply in replies
        if reply.outcome is Outcome.ANSWERED and reply.key.question_id in by_id
    )


def _score(question: Question, reply: Reply) -> Score:
    return score_answer(
        question.text,
        question.reference,
        reply.answer or "",
        question_id=question.question_id,
        reply_id=reply.reply_id,
    )


def _keep(log: AuditLog, replies: Sequence[Reply], questions: dict[str, Question]) -> None:
    entries: list[Entry] = []
    for reply in replies:
        question = questions.get(reply.key.question_id)
        entries.append(reply_received(reply, question))
        if question is not None and reply.outcome is Outcome.ANSWERED:
            entries.append(scored(_score(question, reply)))
    log.append_many(entries)


def _log_what_is_missing(log: AuditLog, store: RunStore, questions: dict[str, Question]) -> None:
    """After a kill between store and log: bring the log up to the store."""
    logged = set()
    for record in log.records():
        if record.event.kind is EventKind.REPLY_RECEIVED:
            reply = record.event.payload["reply"]
            if isinstance(reply, dict):
                logged.add((reply["reply_id"], reply["started_utc"]))
    missing = [
        reply
        for reply in store.replies()
        if (reply.reply_id, reply.model_dump(mode="json")["started_utc"]) not in logged
    ]
    if missing:
        _keep(log, missing, questions)


def _about(study: Study, backends: Sequence[Backend], folder: RunFolder) -> dict[str, str]:
    return {
        "study_id": study.study_id,
        "study_title": study.title,
        "study_sha256": study.sha256,
        "study_file": _relative(study.path, folder.path),
        **{f"backend:{backend.name}": backend.description for backend in backends},
    }


def _relative(path: Path, folder: Path) -> str:
    """`path` as seen from `folder`, so that both can be moved together."""
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def _show(bar: Progress, progress: RunProgress) -> None:
    bar.show(progress.done, progress.total, progress.case_id)
