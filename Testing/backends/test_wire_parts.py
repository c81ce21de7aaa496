"""The small parts of asking a server: addresses as people type them, thoughts in texts, waits, dialects."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.backends.wire.addresses import chat_address, origin_of
from CTSpatialVQALib.backends.wire.dialect import Dialect, learned
from CTSpatialVQALib.backends.wire.failures import (
    ErrorBody,
    Failure,
    Layer,
    error_body,
    of_status,
    retry_after,
)
from CTSpatialVQALib.backends.wire.peers import is_loopback
from CTSpatialVQALib.backends.wire.reply_values import text_of
from CTSpatialVQALib.backends.wire.response_reading import answer_of
from CTSpatialVQALib.backends.wire.retrying import RetryPolicy
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.language.reasoning_marks import apart
from CTSpatialVQALib.records.words import Outcome

HERE = "http://127.0.0.1:8000/v1/chat/completions"
NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)

# --- addresses


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("127.0.0.1:8000", HERE),
        ("http://127.0.0.1:8000", HERE),
        ("http://127.0.0.1:8000/", HERE),
        ("http://127.0.0.1:8000/v1", HERE),
        ("http://127.0.0.1:8000/v1/", HERE),
        ("  http://127.0.0.1:8000//v1//  ", HERE),
        ('"http://127.0.0.1:8000/v1"', HERE),
        ("<http://127.0.0.1:8000/v1>", HERE),
        ("http://0.0.0.0:8000/v1/", HERE),
        ("HTTP://127.0.0.1:8000/v1/chat/completions", HERE),
        ("http://127.0.0.1:8000/v1/chat/completions/", HERE),
        ("http://127.0.0.1:8000/v1/models", HERE),
        ("http://127.0.0.1:8000/v1/completions", HERE),
        ("127.0.0.1:8000/api", HERE),
        ("127.0.0.1:8000/api/chat", HERE),
        ("//127.0.0.1:8000", HERE),
        ("localhost:11434", "http://localhost:11434/v1/chat/completions"),
        ("[::1]:8000", "http://[::1]:8000/v1/chat/completions"),
        ("[::]:8000", "http://[::1]:8000/v1/chat/completions"),
        ("gpu-box", "http://gpu-box/v1/chat/completions"),
        ("10.1.2.3", "http://10.1.2.3/v1/chat/completions"),
        ("vlm.hospital.example:8000", "http://vlm.hospital.example:8000/v1/chat/completions"),
        ("vlm.hospital.example:443", "https://vlm.hospital.example/v1/chat/completions"),
        ("api.openai.com", "https://api.openai.com/v1/chat/completions"),
        ("https://api.openai.com:443/v1", "https://api.openai.com/v1/chat/completions"),
        ("https://a.example/llm", "https://a.example/llm/v1/chat/completions"),
        ("https://a.example/llm/v1", "https://a.example/llm/v1/chat/completions"),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        ),
        (
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
            "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions",
        ),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1/chat/completions"),
        ("https://x.openai.azure.com/openai/v1/", "https://x.openai.azure.com/openai/v1/chat/completions"),
        (
            "x.openai.azure.com",
            "https://x.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21",
        ),
        (
            "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2025-01-01",
            "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2025-01-01",
        ),
        (
            "https://gateway.example/azure/openai/deployments/d",
            "https://gateway.example/azure/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
    ],
)
def test_address_as_typed(typed: str, asked: str) -> None:
    assert chat_address(typed, model="m").chat_url == asked


def test_the_dated_interface_of_azure_is_asked_as_the_option_says() -> None:
    found = chat_address("x.openai.azure.com/openai/deployments/d", model="d", api_version="2025-01-01")
    assert found.chat_url.endswith("/openai/deployments/d/chat/completions?api-version=2025-01-01")
    assert (
        chat_address("x.openai.azure.com", model="a/b ?c").chat_url.count("/deployments/a%2Fb%20%3Fc/") == 1
    )


def test_models_stand_beside_the_chat() -> None:
    assert chat_address("127.0.0.1:8000").models_url == "http://127.0.0.1:8000/v1/models"
    assert chat_address("x.openai.azure.com", model="m").models_url == ""


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "http://",
        "ftp://127.0.0.1/v1",
        "file:///etc/passwd",
        "http://a b/v1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://127.0.0.1:port",
        "http://-bad-/v1",
        "http://a..b/v1",
        "http://[::1/v1",
        "http://host/v1\nHost: elsewhere",
        "http://127.0.0.1:8000/v1?key=sk-secret",
        "http://user:sk-secret@127.0.0.1:8000/v1",
        "http://127.0.0.1:sk-secret@elsewhere.example:80x/v1",
    ],
)
def test_what_is_no_address_is_refused_and_no_secret_shown(typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        chat_address(typed)
    assert "sk-secret" not in str(refused.value)


@given(st.text(max_size=40) | st.from_regex(r"\A(https?://)?[a-z0-9.:@/\[\]?=-]{0,40}\Z"))
def test_any_text_is_an_address_or_bad_input(typed: str) -> None:
    try:
        found = chat_address(typed)
    except BadInput:
        return
    assert found.chat_url.startswith(("http://", "https://"))
    assert origin_of(found.chat_url).origin == found.origin
    assert "@" not in found.origin


@pytest.mark.parametrize("name", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_loopback(name: str) -> None:
    assert is_loopback(name)


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "127.1",
        "2130706433",
        "0x7f.1",
        "localhost.example",
        "10.0.0.1",
        "::ffff:10.0.0.1",
        "gpu-box",
        "",
    ],
)
def test_in_doubt_it_is_another_machine(name: str) -> None:
    assert not is_loopback(name)


def test_the_host_is_told_with_a_port_of_its_own_only() -> None:
    assert chat_address("https://Api.Example.com:443/v1").origin == "https://api.example.com"
    assert chat_address("http://api.example.com:8000").origin == "http://api.example.com:8000"


# --- thoughts


@pytest.mark.parametrize(
    ("text", "said", "thought"),
    [
        ("left", "left", ""),
        ("<think>a</think>left", "left", "a"),
        ("<THINK>\na\n</THINK>\n\n left ", "left", "a"),
        ("<think>a</think>left<think>b</think>", "left", "a\nb"),
        ("a</think>left", "left", "a"),
        ("<think>a", "", "a"),
        ("left <think>a", "left", "a"),
        ("<unused94>thought\na<unused95>left", "left", "a"),
        ("<thinking>a</thinking>left", "left", "a"),
        ("HU < 20 and > 5", "HU < 20 and > 5", ""),
        ("<think></think>", "", ""),
        ("", "", ""),
    ],
)
def test_thoughts_are_taken_out(text: str, said: str, thought: str) -> None:
    assert tuple(apart(text)) == (said, thought)


MARKS = st.sampled_from(["<think>", "</think>", "<unused94>thought", "<unused95>", "left", "\n", " liver "])


@given(st.lists(MARKS, max_size=12).map("".join))
def test_no_mark_of_a_thought_stays_in_an_answer(text: str) -> None:
    said = apart(text).text
    assert not any(mark in said for mark in ("<think>", "</think>", "<unused94>", "<unused95>"))
    assert apart(said).text == said


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "finish_reason", "refusal", "text", "type", "usage"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSONS)
def test_whatever_json_comes_has_an_outcome_and_only_text_is_an_answer(value: object) -> None:
    answer = answer_of(value)  # type: ignore[arg-type]
    assert (answer.outcome is Outcome.ANSWERED) <= bool(answer.text.strip())
    assert (answer.outcome is Outcome.ANSWERED) == (answer.detail == "")


# --- waits


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("1.5", 1.5),
        ("Tue, 01 Jan 2030 12:00:30 GMT", 30),
        ("Tue, 01 Jan 2030 13:00:30 +0100", 30),
        ("Tue, 01 Jan 2030 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("nan", None),
        ("1e9", None),
        ("\u0667", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, now=NOW) == seconds


def test_only_what_may_pass_is_tried_again() -> None:
    for status in range(300, 600):
        failure = of_status(status, {"Retry-After": "3"}, ErrorBody("x"), now=NOW)
        assert failure.retry == (status in {408, 429, 500, 502, 503, 504, 520, 529})
        assert failure.after_s == (3 if failure.retry else None)
        assert failure.outcome.asked_again


BUSY = Failure(Layer.CAPACITY, Outcome.TRANSPORT_ERROR, "busy", retry=True)


@given(attempt=st.integers(1, 10**6), left=st.floats(0, 1e6), dice=st.floats(0, 1))
def test_no_wait_is_over_its_cap_or_the_deadline(attempt: int, left: float, dice: float) -> None:
    policy = RetryPolicy(attempts=10**7)
    decision = policy.decision(BUSY, attempt=attempt, left_s=left, dice=dice)
    if decision.retry:
        assert 0 <= decision.wait_s <= min(policy.cap_s, left)
    else:
        assert decision.why_not


@given(after=st.floats(0, 1e6), dice=st.floats(0, 1))
def test_a_server_is_never_asked_sooner_than_it_wants(after: float, dice: float) -> None:
    decision = RetryPolicy().decision(BUSY._replace(after_s=after), attempt=1, left_s=2000, dice=dice)
    assert not decision.retry or decision.wait_s >= after


# --- error bodies and dialects


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error":{"message":"m","param":"p","code":"c","type":"t"}}', ErrorBody("m", "p", "c")),
        (b'{"error":{"message":"m","param":null,"code":null,"type":"t"}}', ErrorBody("m", "", "t")),
        (b'{"error":"m"}', ErrorBody("m")),
        (b'{"detail":"m"}', ErrorBody("m")),
        (b'{"message":"m","code":404}', ErrorBody("m", "", "404")),
        (b"plain text", ErrorBody("plain text")),
        (b"<html><body>no</body></html>", ErrorBody()),
        (b"", ErrorBody()),
        (b"[1]", ErrorBody("[1]")),
        (b"\xe9t\xe9", ErrorBody("été")),
        (
            b'{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra"}]}',
            ErrorBody("body.seed: Extra", "seed", "extra_forbidden"),
        ),
    ],
)
def test_error_bodies_as_servers_write_them(body: bytes, expected: ErrorBody) -> None:
    assert error_body(text_of(body)) == expected


@given(st.binary(max_size=60) | JSONS.map(str).map(str.encode))
def test_any_error_body_is_read(body: bytes) -> None:
    text = error_body(text_of(body)).text
    assert text.isprintable()
    assert len(text) <= 300


FIELDS: dict[str, object] = {"model": "m", "temperature": 0, "max_tokens": 5, "seed": 0}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ErrorBody("Unrecognized request argument supplied: seed"), Dialect(without=frozenset({"seed"}))),
        (ErrorBody("temperature is deprecated for this model"), Dialect(without=frozenset({"temperature"}))),
        (ErrorBody("no such thing", "temperature"), Dialect(without=frozenset({"temperature"}))),
        (ErrorBody("use max_completion_tokens, max_tokens unsupported"), Dialect("max_completion_tokens")),
        (ErrorBody("System role not supported"), Dialect(system_message=False)),
        (
            ErrorBody("Unsupported value: 'messages[0].role' does not support 'system'", "messages[0].role"),
            Dialect(system_message=False),
        ),
        (ErrorBody("max_tokens is too large: 5. This model supports at most 4"), None),
        (ErrorBody("maximum context length exceeded, max_tokens unsupported"), None),
        (ErrorBody("unsupported image"), None),
        (ErrorBody("The model m does not exist", "model"), None),
        (ErrorBody("seed"), None),
        (ErrorBody("unknown field 'seedling'"), None),
    ],
)
def test_lesson(error: ErrorBody, expected: Dialect | None) -> None:
    assert learned(Dialect(), dict(FIELDS), error) == expected  # type: ignore[arg-type]


def test_two_askings_add_what_they_learned() -> None:
    one, other = Dialect(without=frozenset({"seed"})), Dialect("max_completion_tokens", system_message=False)
    both = Dialect("max_completion_tokens", frozenset({"seed"}), system_message=False)
    assert one.with_what(other) == other.with_what(one) == both
