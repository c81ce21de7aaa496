"""A server that fails in a hundred ways: each has its outcome; no answer is lost, doubled or invented."""

from __future__ import annotations

import logging
import tracemalloc
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.words import Outcome, Probe
from Testing.backends.asking import KEY, Waits, ask, backend_at, ended, question
from Testing.backends.faults import FAULTS
from Testing.backends.faultserver import FaultServer

ANSWERED, REFUSED, EMPTY = Outcome.ANSWERED, Outcome.REFUSED, Outcome.EMPTY
TRUNCATED, UNPARSEABLE, TIMEOUT = Outcome.TRUNCATED, Outcome.UNPARSEABLE, Outcome.TIMEOUT
BROKEN, NO_MEMORY = Outcome.TRANSPORT_ERROR, Outcome.OUT_OF_MEMORY
HEARD = "heard: Where is the nodule?"


class Expected(NamedTuple):
    """What becomes of a fault: outcome, requests made, a piece of the detail, the text."""

    outcome: Outcome
    requests: int = 1
    says: str = ""
    text: str = ""


def answered(text: str = HEARD, requests: int = 1) -> Expected:
    return Expected(ANSWERED, requests, "", text)


EXPECTED = {
    "none": answered(),
    # statuses: only what may succeed on another try is tried again
    "wait-seconds": answered(requests=2),
    "wait-until-date": answered(requests=2),
    "wait-nonsense": answered(requests=2),
    "wait-for-ever": Expected(BROKEN, 1, "asks to wait 99999 s"),
    "full-once": answered(requests=2),
    "plain-text-500": Expected(BROKEN, 3, "worker 3 died (tried 3 times)"),
    "cuda-out-of-memory": Expected(NO_MEMORY, 3, "CUDA out of memory"),
    "page-502": Expected(BROKEN, 3, "HTTP 502, the server failed (tried"),
    "status-504": Expected(TIMEOUT, 3, "gateway"),
    "status-408": Expected(TIMEOUT, 3, "gave up waiting"),
    "status-401": Expected(BROKEN, 1, "does not accept the key"),
    "status-403": Expected(BROKEN, 1, "key may not"),
    "status-404": Expected(BROKEN, 1, "nothing answers at this path"),
    "status-413": Expected(BROKEN, 1, "show fewer or smaller slices"),
    "status-103": Expected(BROKEN, 1, "HTTP 103"),
    "unknown-model": Expected(BROKEN, 1, "does not exist"),
    "context-too-long": Expected(BROKEN, 1, "show fewer or smaller slices"),
    "no-pictures": Expected(BROKEN, 1, "takes no pictures"),
    "filtered-prompt": Expected(REFUSED, 1, "filtered"),
    # bodies: what is not a whole reply is asked again another day, what is no chat completion is kept as that
    "half-json": Expected(BROKEN, 1, "not whole"),
    "empty-body": Expected(BROKEN, 1, "not whole"),
    "a-list": Expected(UNPARSEABLE, 1, "a list instead of an object"),
    "a-text": Expected(UNPARSEABLE, 1, "a text instead of an object"),
    "null": Expected(UNPARSEABLE, 1, "null instead of an object"),
    "web-page": Expected(BROKEN, 1, "a web page"),
    "no-choices": Expected(UNPARSEABLE, 1, "no choices"),
    "odd-choices": Expected(UNPARSEABLE, 1, "no choices"),
    "message-is-text": Expected(UNPARSEABLE, 1, "no message"),
    "error-in-200": Expected(BROKEN, 1, "provider gave up"),
    "code-429-in-200-once": answered(requests=2),
    "not-utf8": answered("h\xe9\xff\xferd: Where is the nodule?"),
    "not-a-number": answered(),
    "half-surrogate": answered("heard: \ufffd Where is the nodule?"),
    "nested-deep": Expected(BROKEN, 1, "not whole"),
    "huge-number": answered(),
    "gzipped": answered(),
    "gzip-bomb": Expected(BROKEN, 1, "longer than 8 MB"),
    "gzip-damaged": Expected(BROKEN, 1, "damaged"),
    "packed-otherwise": Expected(BROKEN, 1, "not asked for"),
    # the wire: a broken connection is tried again, a silent server is not
    "hang-before-headers": Expected(TIMEOUT, 1, "silent"),
    "hang-in-headers": Expected(TIMEOUT, 1, "silent"),
    "hang-in-body": Expected(TIMEOUT, 1, "silent"),
    "drip-headers": Expected(TIMEOUT, 1, "within 0.8 s"),
    "drip-body": Expected(TIMEOUT, 1, "within 0.8 s"),
    "drip-until-closed": Expected(TIMEOUT, 1, "within 0.8 s"),
    "continue-for-ever": Expected(TIMEOUT, 1, "within 0.8 s"),
    "reset-at-once": Expected(BROKEN, 3, "broke before the reply was whole (tried 3 times)"),
    "reset-once": answered(requests=2),
    "reset-in-body": Expected(BROKEN, 3, "broke"),
    "closed-at-once": Expected(BROKEN, 3, "broke"),
    "length-too-long": Expected(BROKEN, 3, "broke"),
    "length-too-short": Expected(BROKEN, 1, "not whole"),
    "two-lengths": Expected(BROKEN, 3, "broke"),
    "length-is-no-number": answered(),
    "a-second-reply-behind": answered(),
    "closes-after-each": answered(),
    "chunks-broken": Expected(BROKEN, 3, "broke"),
    "chunks-without-end": Expected(BROKEN, 3, "broke"),
    "chunked": answered(),
    "fifty-mb": Expected(BROKEN, 1, "longer than 8 MB"),
    "fifty-mb-unannounced": Expected(BROKEN, 1, "longer than 8 MB"),
    "fifty-mb-error": Expected(BROKEN, 1, "HTTP 400"),
    "not-http": Expected(BROKEN, 3, "broke"),
    "headers-without-end": Expected(BROKEN, 3, "broke"),
    "header-too-long": Expected(BROKEN, 3, "broke"),
    "sets-a-cookie": answered(),
    "redirect-here": answered(),
    "redirect-in-a-circle": Expected(BROKEN, 4, "in a circle"),
    "redirect-nowhere": Expected(BROKEN, 4, "in a circle"),
    # what models and gateways say
    "null-content": Expected(EMPTY, 1, "no text"),
    "blank-content": Expected(EMPTY, 1, "no text"),
    "refusal": Expected(REFUSED, 1, "the model refused", "I cannot help with medical images."),
    "filtered": Expected(REFUSED, 1, "content filter", "The nod"),
    "cut-off": Expected(TRUNCATED, 1, "token limit was reached in the answer", "The nodule lies in the"),
    "cut-off-while-thinking": Expected(TRUNCATED, 1, "before the answer began"),
    "broken-off": Expected(BROKEN, 1, "broke the reply off", "The nod"),
    "reason-null": answered("left"),
    "reasoning": answered("left"),
    "reasoning-content": answered("left"),
    "reasoning-twice": answered("left"),
    "reasoning-details": answered("left"),
    "think": answered("left"),
    "think-end-only": answered("left"),
    "think-without-end": Expected(EMPTY, 1, "no text"),
    "medgemma-thought": answered("left"),
    "only-thoughts": Expected(EMPTY, 1, "no text"),
    "parts": answered("left"),
    "parts-thinking": answered("left"),
    "tool-call": Expected(UNPARSEABLE, 1, "a call of a tool"),
    "two-choices": answered("left"),
    # what a server does not take is left out, or put otherwise
    "no-max-tokens": answered(requests=2),
    "no-temperature": answered(requests=2),
    "no-seed-422": answered(requests=2),
    "no-seed-text": answered(requests=2),
    "no-system-role": answered(),
    "picky": answered(requests=5),
    "refuses-everything": Expected(BROKEN, 0, "unsupported"),
    # what no log may show
    "key-in-error": Expected(BROKEN, 1, "bad request with Bearer [key]"),
    "key-in-reply": answered("you said Bearer [key]"),
    "key-in-redirect": Expected(BROKEN, 1, "points to https://elsewhere.invalid; nothing was sent there"),
    "key-in-status": Expected(BROKEN, 3, "HTTP 500"),
    "key-in-pieces": answered("[key]"),
    "key-split-in-error": Expected(BROKEN, 1, "HTTP 400"),
    "key-escaped-in-error": Expected(BROKEN, 1, "request: [key]"),
    "key-as-host": Expected(BROKEN, 1, "an address that cannot be read"),
    "key-as-encoding": Expected(BROKEN, 1, "not asked for ('[key]')"),
    "key-in-header-name": Expected(BROKEN, 3, "HTTP 500"),
    "key-as-reason": answered("left"),
    "key-cut-by-server": Expected(BROKEN, 1, "provided: [key]****[key]"),
    # lengths that are none
    **{
        f"chunk-{name}": Expected(BROKEN, 3, "broke before the reply was whole")
        for name in (
            "minus-one minus-five plus 0x underscore space empty huger long-line other-digits".split()
        )
    },
    "chunk-huge": Expected(BROKEN, 1, "longer than 8 MB"),
    "chunk-with-extension": answered(),
    "chunks-much": Expected(BROKEN, 1, "longer than 8 MB"),
    "trailers-for-ever": Expected(TIMEOUT, 1, "within 0.8 s"),
    "chunked-and-length": answered(),
    # redirects to nowhere
    **{
        f"redirect-{name}": Expected(BROKEN, 1, "points to an address that cannot be read; nothing was sent")
        for name in "bracket port port-text file password scheme odd-bytes".split()
    },
    "redirect-nothing": Expected(BROKEN, 4, "in a circle"),
    "redirect-local-name": Expected(BROKEN, 1, "points to http://elsewhere.localhost; nothing was sent"),
    # status lines and headers
    "status-negative": Expected(BROKEN, 3, "broke"),
    "status-huge": Expected(BROKEN, 3, "broke"),
    "status-text": Expected(BROKEN, 3, "broke"),
    "status-nothing": Expected(BROKEN, 3, "broke"),
    "version-nine": Expected(BROKEN, 3, "broke"),
    "nul-bytes": Expected(BROKEN, 3, "broke"),
    "header-without-colon": Expected(UNPARSEABLE, 1, "no choices"),
    "header-nul": Expected(UNPARSEABLE, 1, "no choices"),
    "header-line-ends": Expected(UNPARSEABLE, 1, "no choices"),
    "length-negative": Expected(UNPARSEABLE, 1, "no choices"),
    "length-huge": Expected(BROKEN, 1, "longer than 8 MB"),
    "no-content": Expected(UNPARSEABLE, 1, "null instead of an object"),
    "switching": Expected(BROKEN, 1, "HTTP 101"),
    "retry-after-absurd": Expected(BROKEN, 3, "HTTP 503"),
    "charset-unheard-of": answered(),
    "charset-that-is-none": answered("h\xe9: Where is the nodule?"),
    # packing
    "gzip-two-members": answered(),
    "gzip-many-members": Expected(BROKEN, 1, "damaged"),
    "gzip-twice": answered(),
    "gzip-bomb-in-a-bomb": Expected(BROKEN, 1, "longer than 8 MB"),
    "gzip-bomb-in-members": Expected(BROKEN, 1, "longer than 8 MB"),
    "gzip-rubbish-behind": Expected(BROKEN, 1, "damaged"),
    "deflate-raw": answered(),
    "gzip-error-damaged": Expected(BROKEN, 1, "HTTP 401"),
    # odd but sound
    "byte-order-mark": answered(),
    "utf-16": answered(),
    "latin-1": answered("gr\xf6\xdfer"),
    "infinity": answered(),
    "usage-odd": answered(),
    "nested-in-usage": Expected(BROKEN, 1, "not whole"),
    "many-marks": Expected(EMPTY, 1, "no text"),
    "many-numbers": Expected(UNPARSEABLE, 1, "a list instead of an object"),
    "long-model-name": answered(),
    "second-choice-first": answered("left"),
    "loading-first": answered(requests=2),
    "status-520-once": answered(requests=2),
    "status-529-once": answered(requests=2),
    # streams that nobody asked for
    "streamed": answered("left"),
    "streamed-unnamed": answered("left"),
    "streamed-after-comment": answered("left"),
    "streamed-without-done": answered("left"),
    "streamed-and-open": answered("left"),
    "streamed-crlf": answered("left"),
    "streamed-half": Expected(BROKEN, 1, "its stream broke off"),
    "streamed-broken": Expected(BROKEN, 1, "not whole"),
    "streamed-error": Expected(BROKEN, 1, "worker lost"),
    "streamed-nothing": Expected(BROKEN, 1, "its stream broke off"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer(FAULTS) as running:
        yield running


@pytest.fixture(scope="module")
def case(body: Case) -> CaseData:
    return CaseData(body)


def test_every_fault_has_its_outcome() -> None:
    assert set(EXPECTED) == {*FAULTS, "none"}


def limits_for(fault: str) -> dict[str, float]:
    """Short where the limit is what ends it, so that a busy machine changes no other outcome."""
    if fault.startswith("hang"):
        return {"read_s": 0.3}
    return {"total_s": 0.8} if EXPECTED[fault].outcome is TIMEOUT and "within" in EXPECTED[fault].says else {}


@pytest.mark.parametrize("fault", EXPECTED)
def test_fault(fault: str, server: FaultServer, case: CaseData, caplog: pytest.LogCaptureFixture) -> None:
    expected, waits = EXPECTED[fault], Waits()
    backend = backend_at(server.url(fault), waits=waits, **limits_for(fault))

    with caplog.at_level(logging.DEBUG):
        answer = ended(lambda: ask(backend, case))

    assert (answer.outcome, answer.text) == (expected.outcome, expected.text), answer
    assert expected.says in answer.detail
    assert (answer.detail == "") == (answer.outcome is ANSWERED)
    if expected.requests:
        assert len(server.requests_to(fault)) == expected.requests
    seen = f"{answer}{backend!r}{vars(backend)}{caplog.text}{waits.seconds}"
    assert KEY not in seen
    assert "Bearer sk" not in seen


def test_a_packed_reply_is_unpacked_to_the_limit_only(server: FaultServer, case: CaseData) -> None:
    backend = backend_at(server.url("gzip-bomb"), reply_mb=1)
    ask(backend_at(server.url("none")), case)  # so that the CT is read before
    tracemalloc.start()
    try:
        ask(backend, case)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000  # the bomb unpacks to ten times that


def test_refusing_everything_ends_soon(server: FaultServer, case: CaseData) -> None:
    before = len(server.requests_to("refuses-everything"))

    ask(backend_at(server.url("refuses-everything")), case)

    assert len(server.requests_to("refuses-everything")) - before < 10


def test_waits_are_those_that_the_server_asks_for(case: CaseData) -> None:
    for fault, least in (("wait-seconds", 7), ("wait-until-date", 7)):
        waits = Waits()
        with FaultServer(FAULTS) as fresh:
            ask(backend_at(fresh.url(fault), waits=waits), case)
        assert len(waits.seconds) == 1
        assert least <= waits.seconds[0] < 10


def test_waits_grow(server: FaultServer, case: CaseData) -> None:
    waits = Waits()

    ask(backend_at(server.url("plain-text-500"), waits=waits, attempts=6), case)

    assert waits.seconds == pytest.approx([0.375, 0.75, 1.5, 3.0, 6.0])


def test_the_deadline_ends_the_waiting(server: FaultServer, case: CaseData) -> None:
    waits = Waits()

    answer = ask(backend_at(server.url("plain-text-500"), waits=waits, attempts=50, deadline_s=2), case)

    assert sum(waits.seconds) < 2
    assert "no time is left" in answer.detail


def test_an_early_refusal_of_a_long_reply_reads_little_of_it(case: CaseData) -> None:
    for fault in ("fifty-mb", "fifty-mb-unannounced", "fifty-mb-error"):
        with FaultServer(FAULTS) as fresh:
            ask(backend_at(fresh.url(fault), reply_mb=1), case)
            sent = fresh.sent
        assert sent < 20_000_000  # one megabyte, and what the system's buffers had taken


@pytest.mark.parametrize("fault", ["length-too-short", "a-second-reply-behind", "two-lengths", "half-json"])
def test_the_next_question_gets_its_own_reply(fault: str, case: CaseData) -> None:
    """What a fault leaves on the connection must not be taken for the reply to the next question."""
    with FaultServer({fault: once(fault)}) as fresh:
        backend = backend_at(fresh.url(fault))
        backend.ask(question("first"), case, Probe.FULL)
        texts = [backend.ask(question(f"next {n}"), case, Probe.FULL).text for n in range(5)]

    assert texts == [f"heard: next {n}" for n in range(5)]


def once(fault: str):  # noqa: ANN201
    def does(talk) -> None:  # noqa: ANN001
        if talk.request.nth == 1:
            FAULTS[fault](talk)
        else:
            talk.says()

    return does


def test_connections_are_kept_after_good_replies_only(case: CaseData) -> None:
    with FaultServer(FAULTS) as fresh:
        good, bad = backend_at(fresh.url("none")), backend_at(fresh.url("half-json"))
        for _ in range(4):
            ask(good, case)
        assert fresh.connections == 1
        for _ in range(4):
            ask(bad, case)
        assert fresh.connections == 5


def test_a_dead_connection_costs_no_answer(case: CaseData) -> None:
    with FaultServer(FAULTS) as fresh:
        backend = backend_at(fresh.url("closes-after-each"))
        texts = [ask(backend, case, f"question {n}").text for n in range(6)]

    assert texts == [f"heard: question {n}" for n in range(6)]


def test_no_cookie_is_sent_back(case: CaseData) -> None:
    with FaultServer(FAULTS) as fresh:
        backend = backend_at(fresh.url("sets-a-cookie"))
        ask(backend, case)
        ask(backend, case)
        assert len(fresh.received) == 2
        assert not any("cookie" in one.headers for one in fresh.received)


def test_thoughts_are_kept_apart(server: FaultServer, case: CaseData) -> None:
    for fault in ("reasoning", "reasoning-content", "reasoning-details", "think", "medgemma-thought"):
        assert ask(backend_at(server.url(fault)), case).reasoning == "the liver is right"
    assert ask(backend_at(server.url("reasoning-twice")), case).reasoning == "once"
    assert ask(backend_at(server.url("think-without-end")), case).reasoning == "the liver is right, so left"


def test_what_the_server_said_beside_the_text_is_kept(server: FaultServer, case: CaseData) -> None:
    facts = ask(backend_at(server.url("none")), case).facts

    assert facts["served_model"] == "served-1"
    assert (facts["prompt_tokens"], facts["completion_tokens"]) == (7, 3)
    assert (facts["finish_reason"], facts["requests"]) == ("stop", 1)
    assert facts["request_id"] == server.requests_to("none")[-1].headers["x-request-id"]
