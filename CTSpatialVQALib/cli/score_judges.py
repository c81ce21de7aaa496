"""Judging models of the command line: from `--judge` to votes on disk and in the run's log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from CTSpatialVQALib.audit.events import Entry, consent_given, consent_withdrawn, scored
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.backends.backend_lifecycle import Cancellable, Closable
from CTSpatialVQALib.backends.text_chat import ChatModel
from CTSpatialVQALib.backends.wire.server_slots import local_slots
from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.cli.backend_factory import chat_model_of
from CTSpatialVQALib.cli.consent_options import GivenConsent, Sender
from CTSpatialVQALib.cli.console import Progress
from CTSpatialVQALib.cli.demo_job import PROGRAM, RunFolder
from CTSpatialVQALib.cli.grants import Grants, settled
from CTSpatialVQALib.cli.score_rows import Row, Rows
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.exclusive_lock import store_lock
from CTSpatialVQALib.judging.ask_judges import Progress as Judging
from CTSpatialVQALib.judging.ask_judges import judge_answers, score_of
from CTSpatialVQALib.judging.panel import Panel
from CTSpatialVQALib.judging.prompt import JudgePrompt
from CTSpatialVQALib.judging.vote_store import JudgeStore, JudgeVote
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.study import StudyBackend
from CTSpatialVQALib.report.exports import read_records


class JudgesWanted(NamedTuple):
    """Who is to judge, and how.

    Parameters
    ----------
    names : backends that the study declares, or `URL#MODEL`
    study : declares them
    grants : what the user gives of what the study wishes, and the variable with the key of judges by URL
    may_ask : whether the user may be asked at the terminal for what is missing
    workers : requests at once; None: as the judge's own options say
    """

    names: Sequence[str]
    study: Path | None
    grants: Grants
    may_ask: bool
    consent: Sequence[str]
    workers: int | None
    batch: int
    prompt: JudgePrompt
    votes: Path
    clean: bool


def judged(rows: Rows, request: JudgesWanted) -> Panel:
    """The votes of all wanted judges; those not yet in the store are asked for now.

    New votes on a run's replies also go into its log.

    Raises
    ------
    BadInput
        If a judge is not declared, cannot be asked in words, stands twice, or has no consent for its host.
    WorkFailed
        If a judge fails again and again, or another program writes to these votes or this run. What came
        before is kept.
    """
    consent = GivenConsent(request.consent)
    judges = _declared(request)
    granted = judges.granted
    with (
        _models(judges.declared, consent) as models,
        nullcontext() if rows.run is None else store_lock(rows.run.store),
        store_lock(request.votes),
        JudgeStore(request.votes) as store,
    ):
        for model in models:
            if isinstance(model, Sender):
                model.require_consent()
        _log_consents(rows.run, [*granted, *(consent_given(host) for host in consent.used)])
        items = [row.judged_text(clean=request.clean) for row in rows.rows]
        votes: dict[str, Mapping[str, JudgeVote]] = {}
        for model in models:
            with Progress(f"judging by {model.name}") as bar:
                judgement = judge_answers(
                    items,
                    model,
                    request.prompt,
                    store,
                    batch=request.batch,
                    on_progress=partial(_show, bar),
                )
            votes[model.name] = judgement.votes
            _log(rows.run, rows.rows, judgement.votes)
        _log_consents(rows.run, [consent_withdrawn(host) for host in consent.used])
        return Panel(items, votes, {row.row_id: row.patient for row in rows.rows})


def _show(bar: Progress, progress: Judging) -> None:
    bar.show(progress.done, progress.total)


def _log(run: RunFolder | None, rows: Sequence[Row], votes: Mapping[str, JudgeVote]) -> None:
    """Add the votes that the log does not have yet: those of a judging that was stopped are among them."""
    if run is None:
        return
    scores = [score_of(votes[row.row_id], row.question_id, row.reply_id) for row in rows]
    logged = {
        _what_it_says(stored.event["payload"]["score"])
        for stored in read_records(run.log)
        if stored.event["kind"] == EventKind.SCORED
    }
    fresh = [score for score in scores if _what_it_says(score.model_dump(mode="json")) not in logged]
    if fresh:
        with AuditLog.open(run.log, PROGRAM) as log:
            log.append_many(scored(score) for score in fresh)


def _what_it_says(score: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(score.get(name) for name in ("by", "reply_id", "question_id", "correct", "reason"))


def _log_consents(run: RunFolder | None, entries: list[Entry]) -> None:
    if run is not None and entries:
        with AuditLog.open(run.log, PROGRAM) as log:
            log.append_many(entries)


@contextmanager
def _models(judges: Sequence[StudyBackend], consent: GivenConsent) -> Iterator[list[ChatModel]]:
    """The judges; whatever is under way when the block ends is cancelled."""
    models = [chat_model_of(judge, consent=consent) for judge in judges]
    try:
        yield models
    finally:
        for model in models:
            if isinstance(model, Cancellable):
                model.cancel()
            if isinstance(model, Closable):
                model.close()


class _Judges(NamedTuple):
    declared: list[StudyBackend]
    granted: list[Entry]  # for the log: what the user gave of what the study wishes


def _declared(judges: JudgesWanted) -> _Judges:
    study = None if judges.study is None else load_study(judges.study)
    by_name = {} if study is None else {backend.name: backend for backend in study.backends}
    named = [by_name[name] for name in judges.names if name in by_name]
    grants = judges.grants
    if study is not None:
        grants = settled(study, named, grants, may_ask=judges.may_ask)
        by_name |= {backend.name: grants.applied(study, backend) for backend in named}
    declared_judges: dict[str, StudyBackend] = {}
    for name in judges.names:
        declared = _by_url(name, judges) if "#" in name else by_name.get(name)
        if declared is None:
            raise BadInput(
                f"--judge {shown(name)}",
                expected=f"one of {', '.join(sorted(by_name))}"
                if by_name
                else "URL#MODEL, or a name with --study",
                came=shown(name),
                remedy="Declare it under [[backends]] in the study file, or give URL#MODEL",
            )
        if declared.name in declared_judges:
            raise BadInput(
                f"--judge {shown(name)}",
                expected="each judge once",
                came=f"{declared.name} twice",
                remedy="Name one of them in a study file, under another name",
            )
        declared_judges[declared.name] = _with_workers(declared, judges.workers)
    return _Judges(list(declared_judges.values()), grants.used)


def _by_url(text: str, judges: JudgesWanted) -> StudyBackend:
    url, _, model = text.rpartition("#")
    if not url or not model.strip():
        raise BadInput(
            f"--judge {shown(text)}",
            expected="URL#MODEL",
            came="one without the other",
            remedy="For example http://127.0.0.1:8000/v1#qwen3",
        )
    key_variable = judges.grants.key_variable(url) or judges.grants.plain_key_variable()
    return StudyBackend(
        name=model.strip(), kind="openai", url=url, model=model.strip(), key_variable=key_variable
    )


def _with_workers(declared: StudyBackend, workers: int | None) -> StudyBackend:
    """With as many requests at once as were asked for, or as a server on this machine has slots."""
    if declared.kind != "openai":
        return declared
    at_once = workers
    if at_once is None and "in_flight" not in declared.options:
        at_once = local_slots(declared.url or "")
    if at_once is None:
        return declared
    return declared.model_copy(update={"options": {**declared.options, "in_flight": at_once}})
