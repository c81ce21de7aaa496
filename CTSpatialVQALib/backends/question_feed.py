"""The questions of a run in order: case by case, each volume read once, prepared before it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

from CTSpatialVQALib.backends.backend import Backend, reply_key
from CTSpatialVQALib.backends.case_data import CaseData, HeldCase, ProbeDoesNotApply
from CTSpatialVQALib.backends.concurrency_limits import Task, Traffic
from CTSpatialVQALib.backends.other_case import OtherPatients
from CTSpatialVQALib.backends.request_threads import Broken, RequestThreads
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Probe
from CTSpatialVQALib.volumes.check_finding import Finding


@dataclass(frozen=True)
class CaseBegun:
    """The next case is being opened."""

    case_id: str


@dataclass(frozen=True)
class CaseChecked:
    """What reading and checking the files of a case found; warnings and errors only."""

    case_id: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class AlreadySettled:
    """A question that has a settled reply."""

    reply_id: str


@dataclass(frozen=True)
class Unasked:
    """A question that could not be asked.

    Parameters
    ----------
    because_of_probe : the probe does not apply to it
    because_of_backend : its server or model does not answer at all; with neither, its case cannot be shown
    """

    backend: str
    probe: Probe
    case_id: str
    reason: str
    because_of_probe: bool
    because_of_backend: bool = False


@dataclass(frozen=True)
class Fed:
    """All has been handed out, or the feeding was stopped."""


Event = CaseBegun | CaseChecked | AlreadySettled | Unasked | Fed | Broken


@dataclass(frozen=True)
class Order:
    """What a run is asked to do.

    Parameters
    ----------
    settled : ids of the replies that are not asked for again
    """

    questions: Mapping[str, Sequence[Question]]
    cases: Mapping[str, Case]
    backends: Sequence[Backend]
    probes: Sequence[Probe]
    settled: frozenset[str]
    others: OtherPatients

    @property
    def total(self) -> int:
        """Askings in all."""
        return sum(map(len, self.questions.values())) * len(self.backends) * len(self.probes)

    def wants(self, reply: Reply) -> bool:
        """Whether a reply that is there already is one of a backend and probe of this run."""
        names = {backend.name for backend in self.backends}
        return reply.key.backend in names and reply.key.probe in self.probes


class Feeder(threading.Thread):
    """Prepares askings and hands them to the threads, as fast as `traffic` lets it."""

    def __init__(
        self,
        order: Order,
        traffic: Traffic,
        threads: Mapping[str, RequestThreads],
        tell: Callable[[Event], None],
    ) -> None:
        super().__init__(name="preparing", daemon=True)
        self._order = order
        self._traffic = traffic
        self._threads = threads
        self._tell = tell

    def run(self) -> None:
        """Feed until everything is handed out or the traffic is closed."""
        try:
            for case_id, questions in self._order.questions.items():
                if not self._traffic.next_case():
                    break
                self._tell(CaseBegun(case_id))
                self._feed_case(case_id, questions)
        except BaseException as error:  # noqa: BLE001 nobody sees what a thread dies of: it is passed on
            self._tell(Broken(error))
        self._tell(Fed())

    def _feed_case(self, case_id: str, questions: Sequence[Question]) -> None:
        case = CaseData(self._order.cases[case_id], partial(self._other_patient, case_id))
        for probe in self._order.probes:
            # question by question, so that a slow backend does not let the others wait for its last answer
            for question, backend in product(questions, self._order.backends):
                if self._traffic.closed:
                    return
                self._feed(backend, question, case, probe)
            case.forget_shown(probe)  # requests on their way hold what they need
        serious = case.serious_findings()
        if serious:
            self._tell(CaseChecked(case_id, serious))
        case.forget_volume()

    def _other_patient(self, case_id: str) -> CaseData | None:
        case = self._order.others.of(case_id)
        return None if case is None else CaseData(case)

    def _feed(self, backend: Backend, question: Question, case: CaseData, probe: Probe) -> None:
        held = HeldCase(case)
        unasked = partial(Unasked, backend.name, probe, question.case_id)
        try:
            key = reply_key(backend, question, held, probe)
        except BadInput as error:
            self._tell(unasked(str(error), isinstance(error, ProbeDoesNotApply)))
            return
        except WorkFailed as error:  # the other backends of the run are asked all the same
            self._tell(unasked(str(error), False, because_of_backend=True))
            return
        except MemoryError:
            self._tell(unasked(f"case {question.case_id}: there is not enough memory to show it", False))
            return
        if key.reply_id in self._order.settled:
            self._tell(AlreadySettled(key.reply_id))
            return
        task = Task(backend, question, held, key)
        if self._traffic.enter(task):
            self._threads[backend.name].ask(task)


def by_case(questions: Iterable[Question]) -> dict[str, list[Question]]:
    """The questions of each case, in the order of their first questions."""
    grouped: dict[str, list[Question]] = {}
    for question in questions:
        grouped.setdefault(question.case_id, []).append(question)
    return grouped
