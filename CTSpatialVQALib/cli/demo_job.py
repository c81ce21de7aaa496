"""The main job: ask a study's questions, keep replies and log, score by rule, tell it in a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.audit.events import (
    Entry,
    case_checked,
    consent_given,
    consent_withdrawn,
    reply_received,
    scored,
    session_closed,
    session_opened,
)
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.backends import runner
from CTSpatialVQALib.backends.backend import Backend
from CTSpatialVQALib.backends.backend_lifecycle import close_all
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.backends.runner import RunResult
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.cli.console import Progress
from CTSpatialVQALib.cli.interrupts import stopped_by_signal
from CTSpatialVQALib.cli.one_writer import require_one_writer
from CTSpatialVQALib.cli.run_messages import Teller
from CTSpatialVQALib.errors import BadInput, did_you_mean, shown
from CTSpatialVQALib.exclusive_lock import store_lock
from CTSpatialVQALib.language.question_forms import question_form
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


class QuestionSelection(NamedTuple):
    """Which of a study's questions are asked: all, or those named by case or by question."""

    cases: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    def of(self, study: Study) -> tuple[Question, ...]:
        """The questions.

        Raises
        ------
        BadInput
            If the study has no such case or question.
        """
        question_ids = {question.question_id for question in study.questions}
        for named, ids, option in (
            (self.cases, study.cases.keys(), "case"),
            (self.questions, question_ids, "question"),
        ):
            unknown = [name for name in named if name not in ids]
            if unknown:
                raise BadInput(
                    f"--{option}",
                    expected=f"a {option} of {study.path}",
                    came=shown(unknown[0]),
                    remedy=did_you_mean(unknown[0], ids) or "Correct it",
                )
        return tuple(
            question
            for question in study.questions
            if (not self.cases or question.case_id in self.cases)
            and (not self.questions or question.question_id in self.questions)
        )


class AskOptions(NamedTuple):
    """How a study is asked.

    Parameters
    ----------
    workers : parallel requests, see `run_questions`
    consented : hosts that the user agreed to send to, for this run: the log says so before anything is sent,
        and that it no longer holds at the end
    granted : entries of the log about what the user gave of what the study wishes
    heard : gets every reply once it is in store and log
    on_earlier_reply : gets the replies that were there already
    """

    selection: QuestionSelection = QuestionSelection()
    workers: int | None = None
    consented: tuple[str, ...] = ()
    granted: tuple[Entry, ...] = ()
    heard: Callable[[Reply], None] = lambda reply: None
    on_earlier_reply: Callable[[Reply], None] | None = None


AS_USUAL = AskOptions()
_STOPPING = (
    f"stopping: waiting up to {runner.GRACE_S:.0f} s for the questions that are being asked;"
    " Ctrl-C again to leave them"
)


def ask_study(
    study: Study,
    backends: Sequence[Backend],
    folder: RunFolder,
    probes: Sequence[Probe],
    options: AskOptions = AS_USUAL,
) -> RunResult:
    """Ask the questions without a settled reply; every new reply goes to the store, then to the log.

    Raises
    ------
    BadInput
        If the study has not what is wanted of it, or two programs wrote to this run at once before.
    WorkFailed
        If another program is writing to this run, or it cannot be written.
    """
    questions = {question.question_id: question for question in with_forms(study.questions)}
    selected = [questions[question.question_id] for question in options.selection.of(study)]
    folder.path.mkdir(parents=True, exist_ok=True)
    with (
        store_lock(folder.store),
        RunStore(folder.store) as store,
        AuditLog.open(folder.log, PROGRAM) as log,
        Progress("asking") as bar,
        stopped_by_signal(_STOPPING) as stop,
    ):
        require_one_writer(folder.log)
        store.put_questions(questions.values())
        store.describe(_about(study, backends))
        log.append(*session_opened(study.study_id, study.sha256, study.reading.mode))
        log.append_many([*options.granted, *(consent_given(host) for host in options.consented)])
        _log_what_is_missing(log, store, questions)
        teller = Teller(store, bar, options.on_earlier_reply)
        watchers = teller.watchers(
            lambda replies: _keep_and_tell(log, replies, questions, options.heard),
            lambda case_id, findings: log.append(
                *case_checked(case_id, [(finding.code, finding.severity) for finding in findings])
            ),
        )
        try:
            result = runner.run_questions(
                selected,
                study.cases,
                backends,
                store,
                probes=probes,
                workers=options.workers,
                seed=study.reading.seed,
                watchers=watchers,
                stop=stop,
            )
        finally:
            close_all(backends)
            log.append_many([consent_withdrawn(host) for host in options.consented])
        teller.describe(result)
        log.append(*session_closed(study.study_id))
    return result


def score_replies(questions: Iterable[Question], replies: Iterable[Reply]) -> tuple[Score, ...]:
    """The rule scores of all answers, joined by question id; failures have no score."""
    return tuple(iter_scores(questions, replies))


def iter_scores(questions: Iterable[Question], replies: Iterable[Reply]) -> Iterator[Score]:
    """`score_replies`, one score after the other."""
    by_id = {question.question_id: question for question in questions}
    for reply in replies:
        if reply.outcome is Outcome.ANSWERED and reply.key.question_id in by_id:
            yield _score(by_id[reply.key.question_id], reply)


def _score(question: Question, reply: Reply) -> Score:
    return score_answer(
        question.text,
        question.reference,
        reply.answer or "",
        question_id=question.question_id,
        reply_id=reply.reply_id,
    )


def _keep_and_tell(
    log: AuditLog,
    replies: Sequence[Reply],
    questions: dict[str, Question],
    heard: Callable[[Reply], None],
) -> None:
    _keep(log, replies, questions)
    for reply in replies:
        heard(reply)


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


def _about(study: Study, backends: Sequence[Backend]) -> dict[str, str]:
    return {
        "study_id": study.study_id,
        "study_title": study.title,
        "study_sha256": study.sha256,
        "study_file": study.path.name,  # no folder: a run may be passed on
        **{f"backend:{backend.name}": backend.description for backend in backends},
    }
