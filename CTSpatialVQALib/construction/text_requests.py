"""Many requests to a model in words: cached by their hash, resumed, several at once, failures as outcomes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.backends.backend import Answer
from CTSpatialVQALib.backends.text_chat import ChatModel, ChatRequest
from CTSpatialVQALib.construction.chat_store import ChatStore, Exchange
from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.records.base import sha256_of, utc_now
from CTSpatialVQALib.records.words import Outcome

FLUSH_AFTER_S = 0.5
# a server that went away would otherwise be waited for once per request
FAILURES_IN_A_ROW = 8


class PromptedRequest(NamedTuple):
    """One request, with the hash of the prompt that it was made from."""

    request: ChatRequest
    prompt_sha256: str


class Progress(NamedTuple):
    """How far the asking is, in requests."""

    done: int
    total: int


class Spent(NamedTuple):
    """What replies cost, as far as the server told it; `priced` is how many of them told."""

    prompt_tokens: int
    completion_tokens: int
    priced: int
    seconds: float


class AskedAll(NamedTuple):
    """What came of the requests.

    exchanges : key -> exchange; a key is missing where the asking was stopped before it
    outcomes : of what was asked now; cached : requests that were settled before
    """

    exchanges: Mapping[str, Exchange]
    outcomes: Counter[Outcome]
    cached: int


def request_sha256(model: ChatModel, request: ChatRequest) -> str:
    """Hash of everything that makes two askings the same."""
    return sha256_of(
        [
            model.name,
            model.version,
            dict(model.parameters),
            request.system,
            request.user,
            None if request.schema is None else dict(request.schema),
            request.max_tokens,
        ]
    )


def ask_all(
    requests: Mapping[str, PromptedRequest],
    model: ChatModel,
    store: ChatStore,
    *,
    purpose: str,
    on_progress: Callable[[Progress], None] | None = None,
) -> AskedAll:
    """Ask what is not settled in `store`, `model.in_flight` requests at a time.

    Two keys with one and the same request (a report that two cases share) are asked once.

    Parameters
    ----------
    requests : any key -> request

    Raises
    ------
    WorkFailed
        If eight requests fail in a row, or an exchange cannot be kept; what came before is kept.
    BadInput
        What the model raises, for example where nobody consented to its host.
    """
    hashes = {key: request_sha256(model, request.request) for key, request in requests.items()}
    settled = {
        sha256: exchange for sha256, exchange in store.all().items() if not exchange.outcome.asked_again
    }
    waiting = {hashes[key]: request for key, request in requests.items() if hashes[key] not in settled}
    fresh = _Fresh(store, len(set(hashes.values())), len(set(hashes.values()) & settled.keys()), on_progress)
    try:
        for exchange in _exchanges(waiting, model, purpose):
            fresh.take(exchange)
    finally:
        fresh.flush()
    settled |= fresh.exchanges
    return AskedAll(
        {key: settled[sha256] for key, sha256 in hashes.items() if sha256 in settled},
        Counter(exchange.outcome for exchange in fresh.exchanges.values()),
        len(set(hashes.values())) - len(waiting),
    )


def spent(exchanges: Mapping[str, Exchange]) -> Spent:
    """Tokens and seconds of these exchanges, each request counted once."""
    once = {exchange.request_sha256: exchange for exchange in exchanges.values()}.values()
    sent, came = (
        [_tokens(exchange.facts, name) for exchange in once]
        for name in ("prompt_tokens", "completion_tokens")
    )
    return Spent(
        sum(value or 0 for value in sent),
        sum(value or 0 for value in came),
        sum(value is not None for value in came),
        sum(exchange.duration_s for exchange in once),
    )


def _tokens(facts: Mapping[str, JsonValue], name: str) -> int | None:
    value = facts.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class _Fresh:
    """Exchanges on their way to disk, at the latest half a second after they came."""

    def __init__(
        self, store: ChatStore, total: int, done: int, on_progress: Callable[[Progress], None] | None
    ) -> None:
        self.exchanges: dict[str, Exchange] = {}
        self._store, self._total, self._done, self._on_progress = store, total, done, on_progress
        self._pending: list[Exchange] = []
        self._since = time.monotonic()
        self._failures = 0

    def take(self, exchange: Exchange) -> None:
        """Keep an exchange; give up where request after request fails."""
        self._pending.append(exchange)
        self.exchanges[exchange.request_sha256] = exchange
        if time.monotonic() - self._since > FLUSH_AFTER_S:
            self.flush()
        if self._on_progress is not None:
            self._on_progress(Progress(self._done + len(self.exchanges), self._total))
        self._failures = self._failures + 1 if exchange.outcome.asked_again else 0
        if self._failures >= FAILURES_IN_A_ROW:
            raise WorkFailed(
                f"model {exchange.model} failed {self._failures} times in a row"
                f" ({exchange.outcome}: {exchange.detail}); run again to go on"
            )

    def flush(self) -> None:
        """Write what is pending."""
        pending, self._pending = self._pending, []
        self._since = time.monotonic()
        if pending:
            self._store.put(pending)


def _exchanges(waiting: Mapping[str, PromptedRequest], model: ChatModel, purpose: str) -> Iterator[Exchange]:
    """The exchanges as they come back; never more requests under way than the model bears."""
    left = iter(waiting.items())
    most = max(1, model.in_flight)
    with ThreadPoolExecutor(max_workers=most) as pool:
        under_way: set[Future[Exchange]] = set()
        try:
            while True:
                room = islice(left, most - len(under_way))
                under_way |= {pool.submit(_ask, request, key, model, purpose) for key, request in room}
                if not under_way:
                    return
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _ask(request: PromptedRequest, key: str, model: ChatModel, purpose: str) -> Exchange:
    started, clock = utc_now(), time.monotonic()
    try:
        answer = model.chat(request.request)
    except MemoryError:
        answer = Answer(Outcome.OUT_OF_MEMORY, detail="the machine ran out of memory")
    except WorkFailed as error:
        answer = Answer(Outcome.TRANSPORT_ERROR, detail=str(error))
    return Exchange(
        request_sha256=key,
        purpose=purpose,
        model=model.name,
        model_version=model.version,
        prompt_sha256=request.prompt_sha256,
        outcome=answer.outcome,
        text=answer.text,
        detail=answer.detail,
        facts=dict(answer.facts),
        started_utc=started,
        duration_s=time.monotonic() - clock,
    )
