"""Judgements of pairs by another model against the whole report: one pair a request, its id echoed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.backends.text_chat import ChatModel, ChatRequest
from CTSpatialVQALib.construction.candidate_pairs import Candidate
from CTSpatialVQALib.construction.chat_store import ChatStore, Exchange
from CTSpatialVQALib.construction.json_replies import Unreadable, exactly, object_in
from CTSpatialVQALib.construction.pair_flaws import Finding, Flaw
from CTSpatialVQALib.construction.prompts import Prompt, report_as_material
from CTSpatialVQALib.construction.reports import Report
from CTSpatialVQALib.construction.text_requests import Progress, PromptedRequest, Spent, ask_all, spent
from CTSpatialVQALib.errors import one_line
from CTSpatialVQALib.judging.placeholders import is_placeholder
from CTSpatialVQALib.judging.prompt import MOST_REASON, quoted
from CTSpatialVQALib.records.words import Outcome

PLACES = ("report", "pair")
_ASPECTS = ("supported", "spatial", "ambiguous", "wordy")
_KEYS = frozenset({"id", "reason", *_ASPECTS})
_MAX_TOKENS = 300


class PairJudgement(NamedTuple):
    """What the judging model says of one pair."""

    supported: bool
    spatial: bool
    ambiguous: bool
    wordy: bool
    reason: str


class JudgedPairs(NamedTuple):
    """What came of the judging.

    findings : by pair id, also `not_judged` for a pair without a usable judgement
    outcomes : of all pairs; asked_now, cached : distinct requests
    """

    judgements: Mapping[str, PairJudgement]
    findings: Mapping[str, tuple[Finding, ...]]
    outcomes: Mapping[str, int]
    asked_now: int
    cached: int
    spent: Spent


def judge_pairs(
    candidates: Sequence[Candidate],
    reports: Mapping[str, Report],
    model: ChatModel,
    prompt: Prompt,
    store: ChatStore,
    *,
    on_progress: Callable[[Progress], None] | None = None,
) -> JudgedPairs:
    """Have every pair whose case has a report judged.

    The report stands first in each request, so that a server with a prefix cache reads it once.

    Raises
    ------
    BadInput
        Without consent to the model's host.
    WorkFailed
        If the model fails again and again; what came before is kept.
    """
    judged = [candidate for candidate in candidates if candidate.question.case_id in reports]
    requests = {
        candidate.pair_id: _request(candidate, reports[candidate.question.case_id], prompt)
        for candidate in judged
    }
    answered = ask_all(requests, model, store, purpose="validate", on_progress=on_progress)
    judgements: dict[str, PairJudgement] = {}
    findings: dict[str, tuple[Finding, ...]] = {}
    outcomes: Counter[str] = Counter()
    for pair in judged:
        read = _read(pair, answered.exchanges.get(pair.pair_id))
        outcomes[read.outcome] += 1
        if read.judgement is None:
            why = one_line(f"{read.outcome}: {read.detail}", 200)
            findings[pair.pair_id] = (Finding(Flaw.NOT_JUDGED, why),)
        else:
            judgements[pair.pair_id] = read.judgement
            findings[pair.pair_id] = tuple(_findings(read.judgement))
    return JudgedPairs(
        judgements,
        findings,
        dict(outcomes),
        sum(answered.outcomes.values()),
        answered.cached,
        spent(answered.exchanges),
    )


class _Read(NamedTuple):
    """What became of one request; a judgement only with the outcome `answered`."""

    outcome: Outcome
    detail: str
    judgement: PairJudgement | None = None


def _read(candidate: Candidate, exchange: Exchange | None) -> _Read:
    if exchange is None:
        return _Read(Outcome.CANCELLED, "not asked")
    if exchange.outcome is not Outcome.ANSWERED:
        return _Read(exchange.outcome, exchange.detail)
    try:
        return _Read(Outcome.ANSWERED, exchange.detail, read_judgement(exchange, candidate))
    except Unreadable as error:
        return _Read(Outcome.UNPARSEABLE, str(error))


def reply_schema(pair_id: str) -> dict[str, JsonValue]:
    """JSON Schema of a reply; the reason stands first, so that it is not made up for the judgement."""
    aspects: dict[str, JsonValue] = {name: {"type": "boolean"} for name in _ASPECTS}
    properties: dict[str, JsonValue] = {
        "id": {"type": "string", "enum": [pair_id]},
        "reason": {"type": "string", "maxLength": MOST_REASON},
        **aspects,
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def read_judgement(exchange: Exchange, candidate: Candidate) -> PairJudgement:
    """The judgement in a reply about `candidate`.

    Raises
    ------
    Unreadable
        If the reply is not exactly the object asked for, or names another pair.
    """
    values = exactly(object_in(exchange.text), _KEYS)
    if values["id"] != candidate.pair_id:
        raise Unreadable("a judgement of another pair")
    if not isinstance(values["reason"], str):
        raise Unreadable("'reason' is no text")
    if is_placeholder(values["reason"]):
        raise Unreadable("'reason' is the placeholder of the prompt")
    for name in _ASPECTS:
        if not isinstance(values[name], bool):
            raise Unreadable(f"'{name}' is neither true nor false")
    aspects = {name: values[name] for name in _ASPECTS}
    return PairJudgement(**aspects, reason=one_line(values["reason"], 300))


def _request(candidate: Candidate, report: Report, prompt: Prompt) -> PromptedRequest:
    pair = (
        f'{{"id": {quoted(candidate.pair_id)}, "question": {quoted(candidate.question.text)},'
        f' "answer": {quoted(candidate.question.reference)}}}'
    )
    request = ChatRequest(
        system=prompt.system,
        user=prompt.filled(report=report_as_material(report), pair=pair),
        schema=reply_schema(candidate.pair_id),
        max_tokens=_MAX_TOKENS,
    )
    return PromptedRequest(request, prompt.sha256)


def _findings(judgement: PairJudgement) -> Iterator[Finding]:
    for flaw, holds in (
        (Flaw.JUDGED_UNSUPPORTED, not judgement.supported),
        (Flaw.JUDGED_NOT_SPATIAL, not judgement.spatial),
        (Flaw.JUDGED_AMBIGUOUS, judgement.ambiguous),
        (Flaw.JUDGED_WORDY, judgement.wordy),
    ):
        if holds:
            yield Finding(flaw, judgement.reason)
