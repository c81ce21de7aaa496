"""From reports to candidate pairs: the requests that are made, and what becomes of the replies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.backends.text_chat import ChatModel, ChatRequest
from CTSpatialVQALib.construction.candidate_pairs import Candidate, Origin
from CTSpatialVQALib.construction.chat_store import ChatStore, Exchange
from CTSpatialVQALib.construction.json_replies import Unreadable
from CTSpatialVQALib.construction.prompts import Prompt, report_as_material
from CTSpatialVQALib.construction.proposals import Refused, read_proposals, reply_schema
from CTSpatialVQALib.construction.reports import Report
from CTSpatialVQALib.construction.text_requests import Progress, PromptedRequest, Spent, ask_all, spent
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.words import Outcome

PLACES = ("report", "least", "most")
_TOKENS_A_PAIR = 200
_TOKENS_BESIDE = 400


class PairsPerReport(NamedTuple):
    """How many pairs are asked for per report."""

    least: int = 7
    most: int = 10


USUAL = PairsPerReport()


class Failure(NamedTuple):
    """A report that brought no pairs: what became of the asking, in one line."""

    case_id: str
    report_id: str
    outcome: Outcome
    detail: str


class RefusedPair(NamedTuple):
    """A proposed pair that is no candidate."""

    case_id: str
    why: str
    proposed: str


@dataclass(frozen=True)
class Generated:
    """What came of all reports.

    Parameters
    ----------
    outcomes : of all reports; `unparseable` where a reply was not what was asked for
    asked_now, cached : distinct requests
    fewer : reports with fewer candidates than asked for
    """

    candidates: tuple[Candidate, ...]
    failures: tuple[Failure, ...]
    refused: tuple[RefusedPair, ...]
    outcomes: Mapping[str, int]
    asked_now: int
    cached: int
    fewer: int
    spent: Spent

    def summary(self) -> dict[str, JsonValue]:
        """Counts as plain values."""
        return {
            "pairs": len(self.candidates),
            "reports": sum(self.outcomes.values()),
            "outcomes": dict(self.outcomes),
            "requests_asked_now": self.asked_now,
            "requests_cached": self.cached,
            "reports_with_fewer_pairs": self.fewer,
            "pairs_refused": dict(Counter(refusal.why.split(":")[0] for refusal in self.refused)),
            **self.spent._asdict(),
        }


def generate(
    reports: Iterable[Report],
    model: ChatModel,
    prompt: Prompt,
    store: ChatStore,
    *,
    amount: PairsPerReport = USUAL,
    on_progress: Callable[[Progress], None] | None = None,
) -> Generated:
    """Ask for the pairs of each report that has no settled reply in `store`, and read all replies.

    Raises
    ------
    BadInput
        If `amount` is not a range, or without consent to the model's host.
    WorkFailed
        If the model fails again and again; what came before is kept.
    """
    if not 1 <= amount.least <= amount.most:
        raise BadInput(
            "pairs per report", expected="1 <= least <= most", came=f"{amount}", remedy="Correct them"
        )
    by_case = {report.case_id: report for report in reports}
    requests = {case_id: _request(report, prompt, amount) for case_id, report in by_case.items()}
    answered = ask_all(requests, model, store, purpose="generate", on_progress=on_progress)
    reading = _Reading(prompt, amount)
    for case_id, report in by_case.items():
        if case_id in answered.exchanges:
            reading.take(report, answered.exchanges[case_id])
    return Generated(
        candidates=tuple(reading.candidates),
        failures=tuple(reading.failures),
        refused=tuple(reading.refused),
        outcomes={str(outcome): count for outcome, count in reading.outcomes.items()},
        asked_now=sum(answered.outcomes.values()),
        cached=answered.cached,
        fewer=reading.fewer,
        spent=spent(answered.exchanges),
    )


class _Reading:
    """Gathers what the replies hold."""

    def __init__(self, prompt: Prompt, amount: PairsPerReport) -> None:
        self._prompt, self._amount = prompt, amount
        self.candidates: list[Candidate] = []
        self.failures: list[Failure] = []
        self.refused: list[RefusedPair] = []
        self.outcomes: Counter[Outcome] = Counter()
        self.fewer = 0

    def take(self, report: Report, exchange: Exchange) -> None:
        """Read one reply; what cannot be read is a failure and no pair."""
        outcome, detail = exchange.outcome, exchange.detail
        if outcome is Outcome.ANSWERED:
            try:
                self._pairs(report, exchange)
            except Unreadable as error:
                outcome, detail = Outcome.UNPARSEABLE, str(error)
        self.outcomes[outcome] += 1
        if outcome is not Outcome.ANSWERED:
            self.failures.append(Failure(report.case_id, report.report_id, outcome, detail))

    def _pairs(self, report: Report, exchange: Exchange) -> None:
        proposals = read_proposals(
            exchange.text, report, _origin(exchange, self._prompt), most=self._amount.most
        )
        self.candidates += proposals.candidates
        self.refused += [_refused(report, refusal) for refusal in proposals.refused]
        self.fewer += len(proposals.candidates) < self._amount.least


def _request(report: Report, prompt: Prompt, amount: PairsPerReport) -> PromptedRequest:
    request = ChatRequest(
        system=prompt.system,
        user=prompt.filled(report=report_as_material(report), least=str(amount.least), most=str(amount.most)),
        schema=reply_schema(amount.most),
        max_tokens=_TOKENS_BESIDE + _TOKENS_A_PAIR * amount.most,
    )
    return PromptedRequest(request, prompt.sha256)


def _origin(exchange: Exchange, prompt: Prompt) -> Origin:
    return Origin(
        model=exchange.model,
        model_version=exchange.model_version,
        prompt=prompt.version,
        prompt_sha256=exchange.prompt_sha256,
        request_sha256=exchange.request_sha256,
    )


def _refused(report: Report, refusal: Refused) -> RefusedPair:
    return RefusedPair(report.case_id, refusal.why, refusal.proposed)
