"""A server takes what it takes: what it refuses is left out or put otherwise, remembered, and told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.text_chat import ChatRequest
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.words import Outcome
from Testing.backends.asking import FEW_SLICES, ask, backend_at
from Testing.backends.faults import FAULTS
from Testing.backends.faultserver import FaultServer, Talk

SYSTEM = replace(FEW_SLICES, prompt=FEW_SLICES.prompt._replace(system="Answer briefly."))


@pytest.fixture(scope="module")
def case(body: Case) -> CaseData:
    return CaseData(body)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(FAULTS) as running:
        yield running


def test_what_was_learned_is_remembered_and_told(server: FaultServer, case: CaseData) -> None:
    backend = backend_at(server.url("picky"))
    before = dict(backend.parameters)

    first, second = ask(backend, case), ask(backend, case)

    assert (first.facts["requests"], second.facts["requests"]) == (5, 1)
    told = {"left_out": ["max_tokens", "seed", "temperature"]}
    assert first.facts["put_otherwise"] == second.facts["put_otherwise"] == told
    assert backend.parameters == before  # the key of a reply is what was asked for


def test_tokens_go_under_the_name_that_the_server_takes(server: FaultServer, case: CaseData) -> None:
    backend = backend_at(server.url("no-max-tokens"), max_tokens=77)

    answer = ask(backend, case)

    sent = server.received[-1].json
    assert (sent["max_completion_tokens"], "max_tokens" in sent) == (77, False)
    assert "put_otherwise" not in answer.facts  # the same limit under another name


def test_a_system_text_moves_into_the_message(server: FaultServer, case: CaseData) -> None:
    answer = ask(backend_at(server.url("no-system-role"), contract=SYSTEM), case)

    assert [one["role"] for one in server.received[-1].json["messages"]] == ["user"]
    assert server.received[-1].json["messages"][0]["content"][0] == {
        "type": "text",
        "text": "Answer briefly.\n\n",
    }
    assert answer.facts["put_otherwise"] == {"system_text": "in the user's message"}


def test_what_helped_nothing_is_not_remembered(server: FaultServer, case: CaseData) -> None:
    backend = backend_at(server.url("refuses-everything"))
    ask(backend, case)
    requests = len(server.received)
    ask(backend, case)

    assert server.received[requests].body == server.received[0].body


def test_what_the_user_put_in_himself_is_never_left_out(case: CaseData) -> None:
    def refuses(talk: Talk) -> None:
        talk.reply(400, {"error": {"message": "Unknown parameter: 'top_k'.", "param": "top_k"}})

    with FaultServer({"no-top-k": refuses}) as server:
        answer = ask(backend_at(server.url("no-top-k"), extra={"top_k": 1}), case)

    assert answer.outcome is Outcome.TRANSPORT_ERROR
    assert "top_k" in answer.detail


# --- in words alone


def test_a_judge_is_asked_in_words(server: FaultServer) -> None:
    schema = {"type": "object", "properties": {"correct": {"type": "boolean"}}}
    backend = backend_at(server.url("none"), contract=None)

    answer = backend.chat(ChatRequest("You judge.", "Is it?", schema, max_tokens=40))

    sent = server.received[0].json
    assert backend.parameters == {"temperature": 0, "seed": 0}
    assert answer.text == "heard: Is it?"
    assert sent["messages"] == [
        {"role": "system", "content": "You judge."},
        {"role": "user", "content": "Is it?"},
    ]
    assert sent["max_tokens"] == 40
    assert sent["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "reply", "schema": schema},
    }


def test_a_format_that_the_server_does_not_know_is_asked_for_less_strictly() -> None:
    def takes_objects_only(talk: Talk) -> None:
        kind = talk.request.json.get("response_format", {}).get("type")
        if kind == "json_schema":
            talk.reply(400, {"error": {"message": "response_format 'json_schema' is not supported"}})
        else:
            talk.says({"content": f"asked for {kind}"})

    def takes_none(talk: Talk) -> None:
        if "response_format" in talk.request.json:
            talk.reply(422, {"detail": "Unexpected fields in the request: {'response_format'}"})
        else:
            talk.says({"content": "asked for nothing"})

    with FaultServer({"objects": takes_objects_only, "none": takes_none}) as server:
        request = ChatRequest("", "Is it?", {"type": "object"})
        for fault, text in (("objects", "asked for json_object"), ("none", "asked for nothing")):
            answer = backend_at(server.url(fault), contract=None).chat(request)
            assert answer.text == text
            assert "put_otherwise" in answer.facts
