"""One question to a chat server with all its attempts, from the first request to the outcome."""

from __future__ import annotations

import threading
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.backends.backend import Answer
from CTSpatialVQALib.backends.wire.dialect import Dialect, learned
from CTSpatialVQALib.backends.wire.failures import (
    ErrorBody,
    Failure,
    Layer,
    error_value,
    of_status,
)
from CTSpatialVQALib.backends.wire.http_exchange import Exchange, HttpReply
from CTSpatialVQALib.backends.wire.request_body import Message, body
from CTSpatialVQALib.backends.wire.response_reading import answer_of
from CTSpatialVQALib.backends.wire.retrying import RetryPolicy, Timing
from CTSpatialVQALib.backends.wire.secret import Secret
from CTSpatialVQALib.errors import one_line
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.words import Outcome

_OF_THE_DIALECT = frozenset({400, 422})
_MOST_LESSONS = 12


class ChatPrompt(NamedTuple):
    """What one request says.

    Parameters
    ----------
    fields : of the request; those that a server does not take are left out for it
    extra : fields that the user put in himself; never left out
    """

    message: Message
    fields: dict[str, JsonValue]
    extra: dict[str, JsonValue]


class ChatResult(NamedTuple):
    """What became of a prompt: `failure` says why where the model said nothing."""

    answer: Answer
    failure: Failure | None = None


class _Lesson(NamedTuple):
    """The server wants the request in other words."""

    dialect: Dialect


class ChatClient:
    """Asks one server, from any thread.

    Parameters
    ----------
    key : struck from whatever comes back
    """

    def __init__(
        self,
        exchange: Exchange,
        chat_url: str,
        *,
        policy: RetryPolicy,
        timing: Timing,
        deadline_s: float,
        key: Secret | None,
    ) -> None:
        self._exchange = exchange
        self._chat_url = chat_url
        self._policy = policy
        self._timing = timing
        self._deadline_s = deadline_s
        self._key = key
        self._dialect = Dialect()
        self._lock = threading.Lock()

    def ask(self, prompt: ChatPrompt, *, once: bool = False) -> ChatResult:
        """Ask until there is an answer, or a failure that no other try can help; with `once` no other try."""
        clock, requests, attempt, lessons = self._timing.clock, 0, 1, 0
        deadline = clock() + self._deadline_s
        dialect = self._dialect
        while True:
            requests += 1
            left = deadline - clock()
            reply = self._send(prompt, dialect, max(left, 0.001))
            outcome = self._understood(reply, prompt, dialect, lessons)
            if isinstance(outcome, _Lesson):
                dialect, lessons = outcome.dialect, lessons + 1
                continue
            if isinstance(outcome, Answer):
                self._remember(dialect)
                return ChatResult(self._finished(outcome, reply, prompt, dialect, requests))
            decision = self._policy.decision(
                outcome, attempt=attempt, left_s=deadline - clock(), dice=self._timing.dice()
            )
            if once or not decision.retry:
                return self._given_up(outcome, decision.why_not, requests)
            attempt += 1
            if not self._timing.slept(decision.wait_s):
                return self._given_up(
                    Failure(Layer.SERVER, Outcome.CANCELLED, "cancelled while waiting"), "", requests
                )

    def _send(self, prompt: ChatPrompt, dialect: Dialect, seconds: float) -> HttpReply | Failure:
        fields = {**dialect.put(prompt.fields), **prompt.extra}
        return self._exchange.send(
            "POST", self._chat_url, body(fields, prompt.message, dialect), seconds=seconds
        )

    def _understood(
        self, reply: HttpReply | Failure, prompt: ChatPrompt, dialect: Dialect, lessons: int
    ) -> Answer | Failure | _Lesson:
        if isinstance(reply, Failure):
            return reply
        if reply.success:
            return self._answer(reply)
        error = reply.error
        if reply.status in _OF_THE_DIALECT and lessons < _MOST_LESSONS:
            better = learned(dialect, dialect.put(prompt.fields), error)
            if better is not None:
                return _Lesson(better)
        return of_status(reply.status, reply.headers, error, now=utc_now())

    def _remember(self, dialect: Dialect) -> None:
        """What was learned counts once a request put that way was answered."""
        with self._lock:
            self._dialect = self._dialect.with_what(dialect)

    def _finished(
        self, answer: Answer, reply: HttpReply | Failure, prompt: ChatPrompt, dialect: Dialect, requests: int
    ) -> Answer:
        facts: dict[str, JsonValue] = {**answer.facts, "requests": requests}
        if isinstance(reply, HttpReply):
            facts["request_id"] = reply.request_id
        differences = dialect.differences(prompt.fields)
        if differences:
            facts["put_otherwise"] = differences
        return self._without_key(answer._replace(facts=facts))

    def _given_up(self, failure: Failure, why_not: str, requests: int) -> ChatResult:
        detail = one_line(f"{failure.says} ({why_not})" if why_not else failure.says)
        facts: dict[str, JsonValue] = {"requests": requests}
        if failure.status:
            facts["http_status"] = failure.status
        answer = Answer(failure.outcome, detail=detail, facts=facts)
        return ChatResult(answer, failure._replace(says=answer.detail))

    def _without_key(self, answer: Answer) -> Answer:
        """Without the key also where parts of a text, each without it, were put together."""
        if self._key is None:
            return answer
        strike = self._key.struck_from
        return answer._replace(text=strike(answer.text), reasoning=strike(answer.reasoning))

    def _answer(self, reply: HttpReply) -> Answer | Failure:
        value = reply.value
        if isinstance(value, dict) and value.get("error") and not value.get("choices"):
            return _error_in_a_reply(error_value(value, self._key), reply)
        return answer_of(value)


def _error_in_a_reply(error: ErrorBody, reply: HttpReply) -> Failure:
    """Status 200 around an error: gateways pass on what the server behind them said."""
    if error.code.isdecimal() and 400 <= int(error.code[:9]) < 600:
        return of_status(int(error.code), reply.headers, error, now=utc_now())
    says = one_line(f"the server gave an error in place of a reply: {error.text or error.code}")
    return Failure(Layer.SERVER, Outcome.TRANSPORT_ERROR, says, status=reply.status)
