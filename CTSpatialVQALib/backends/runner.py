"""Asking many questions: case by case, each volume read once, resumed by key, failures kept as outcomes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from CTSpatialVQALib.backends.base import Answer, Backend, reply_key
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.store import RunStore
from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.records.words import Outcome, Probe


class Progress(NamedTuple):
    """How far a run is."""

    done: int
    total: int
    case_id: str


class RunResult(NamedTuple):
    """What a run did: new replies by outcome, and how many were there already."""

    outcomes: Counter[Outcome]
    already_there: int


FLUSH_AFTER_S = 0.5

Keep = Callable[[Sequence[Reply]], None]
Told = Callable[[Progress], None]


def run_questions(
    questions: Iterable[Question],
    cases: Mapping[str, Case],
    backends: Sequence[Backend],
    store: RunStore,
    *,
    probes: Sequence[Probe] = (Probe.FULL,),
    keep: Keep | None = None,
    told: Told | None = None,
) -> RunResult:
    """Ask every backend every question under every probe, unless the store has a settled reply.

    Parameters
    ----------
    keep : called with replies after the store has them on disk (for the audit log)
    told : called before each asking

    Raises
    ------
    BadInput
        If a case's CT or mask cannot be read; what was asked before is kept.
    """
    by_case = _by_case(questions)
    total = sum(map(len, by_case.values())) * len(backends) * len(probes)
    settled = store.settled()
    pending = _Pending(store, keep)
    done = 0
    try:
        for case_id, case_questions in by_case.items():
            case = CaseData(cases[case_id])
            for backend, probe, question in product(backends, probes, case_questions):
                if told is not None:
                    told(Progress(done, total, case_id))
                done += 1
                key = reply_key(backend, question, case, probe)
                if key.reply_id not in settled:
                    pending.add(_asked(backend, question, case, key))
    finally:  # also on Ctrl-C and on a case that cannot be read: what was answered is kept
        pending.flush()
    return RunResult(pending.outcomes, total - pending.outcomes.total())


class _Pending:
    """Replies on their way to disk: written at the latest half a second after they came.

    One durable transaction per reply would cost more than most answers of the embedded backends.
    """

    def __init__(self, store: RunStore, keep: Keep | None) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self._store = store
        self._keep = keep
        self._replies: list[Reply] = []
        self._flushed = time.monotonic()

    def add(self, reply: Reply) -> None:
        self._replies.append(reply)
        if time.monotonic() - self._flushed > FLUSH_AFTER_S:
            self.flush()

    def flush(self) -> None:
        if self._replies:
            self._store.put(self._replies)
            if self._keep is not None:
                self._keep(self._replies)
            self.outcomes.update(reply.outcome for reply in self._replies)
            self._replies = []
        self._flushed = time.monotonic()


def _by_case(questions: Iterable[Question]) -> dict[str, list[Question]]:
    grouped: dict[str, list[Question]] = {}
    for question in questions:
        grouped.setdefault(question.case_id, []).append(question)
    return grouped


def _asked(backend: Backend, question: Question, case: CaseData, key: ReplyKey) -> Reply:
    started, clock = utc_now(), time.monotonic()
    answer = _answer(backend, question, case, key.probe)
    return Reply(
        reply_id=key.reply_id,
        key=key,
        case_id=question.case_id,
        outcome=answer.outcome,
        answer=answer.text if answer.outcome is Outcome.ANSWERED else None,
        raw=answer.text,
        detail=answer.detail,
        basis=answer.basis,
        reasoning=answer.reasoning,
        facts=dict(answer.facts),
        started_utc=started,
        duration_s=time.monotonic() - clock,
    )


def _answer(backend: Backend, question: Question, case: CaseData, probe: Probe) -> Answer:
    try:
        return backend.ask(question, case, probe)
    except MemoryError:
        return Answer(Outcome.OUT_OF_MEMORY, detail="the machine ran out of memory")
    except WorkFailed as error:
        return Answer(Outcome.TRANSPORT_ERROR, detail=str(error))
