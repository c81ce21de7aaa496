"""What is asked of a chat server, and nothing beside it: the request, the key, the settings, many at once."""

from __future__ import annotations

import base64
import json
import random
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from CTSpatialVQALib.backends.backend import reply_key
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.wire import request_body as wire_body
from CTSpatialVQALib.backends.wire.reply_values import clean_value
from CTSpatialVQALib.backends.wire.secret import Secret
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract_catalogue import contract_named
from CTSpatialVQALib.imaging.png import as_pngs
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.words import Outcome, Probe
from Testing.backends.asking import FEW_SLICES, KEY, ask, backend_at, question
from Testing.backends.faults import FAULTS
from Testing.backends.faultserver import FaultServer, Received, Talk

SYSTEM = replace(FEW_SLICES, prompt=FEW_SLICES.prompt._replace(system="Answer briefly."))


@pytest.fixture(scope="module")
def case(body: Case) -> CaseData:
    return CaseData(body)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(FAULTS) as running:
        yield running


def content(request: Received) -> list[dict[str, Any]]:
    return request.json["messages"][-1]["content"]


def pictures(request: Received) -> list[bytes]:
    urls = [part["image_url"]["url"] for part in content(request) if part["type"] == "image_url"]
    assert all(url.startswith("data:image/png;base64,") for url in urls)
    return [base64.b64decode(url.partition(",")[2], validate=True) for url in urls]


def chunks(png: bytes) -> list[bytes]:
    names, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        names.append(png[at + 4 : at + 8])
        at += 12 + length
    return names


# --- the request


def test_the_pictures_stand_in_order_with_their_texts(
    server: FaultServer, case: CaseData, tmp_path: Path
) -> None:
    ask(backend_at(server.url("none"), contract=SYSTEM), case)

    request = server.received[0]
    prepared = case.shown(SYSTEM, Probe.FULL, question())
    kinds = [part["type"] for part in content(request)]
    assert kinds == ["text", *["image_url", "text"] * 4, "text"]
    assert len(set(pictures(request))) == 3  # the two of air are alike
    assert request.json["messages"][0] == {"role": "system", "content": "Answer briefly."}
    assert content(request)[-1] == {"type": "text", "text": "Where is the nodule?"}
    assert content(request)[2] == {"type": "text", "text": "axial slice 1, mediastinum window\n"}
    for png, shown in zip(pictures(request), prepared.array, strict=True):
        path = tmp_path / "picture.png"
        path.write_bytes(png)
        with Image.open(path) as image:
            assert (np.asarray(image) == shown).all()


def test_a_question_s_odd_signs_arrive(server: FaultServer, case: CaseData) -> None:
    text = 'Is it "left"\\ or\nright? \u00e9 \u2028 \U0001f600 {question} </think> \x00'

    answer = ask(backend_at(server.url("none")), case, text)

    assert server.received[0].said == text
    assert answer.outcome is Outcome.ANSWERED


def test_settings_go_with_it(server: FaultServer, case: CaseData) -> None:
    backend = backend_at(server.url("none"), temperature=0.5, seed=7, max_tokens=99, extra={"top_k": 1})

    ask(backend, case)

    sent = server.received[0].json
    assert {name: sent[name] for name in ("model", "temperature", "seed", "max_tokens", "top_k")} == {
        "model": "m",
        "temperature": 0.5,
        "seed": 7,
        "max_tokens": 99,
        "top_k": 1,
    }
    assert backend.parameters == {"temperature": 0.5, "seed": 7, "max_tokens": 99, "top_k": 1}


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        ("slices", {"temperature": 0, "seed": 0, "max_tokens": 512}),
        ("vila-m3", {"temperature": 0, "seed": 0, "max_tokens": 1024}),
        ("medgemma", {"temperature": 0, "seed": 0, "max_tokens": 2000}),
        (
            "medgemma@published",
            {"temperature": 0, "seed": 0, "max_tokens": 512, "not_sent": ["min_new_tokens"]},
        ),
    ],
)
def test_without_settings_the_contract_s_own_count(contract: str, expected: dict[str, object]) -> None:
    assert backend_at("127.0.0.1:1", contract=contract_named(contract)).parameters == expected


def test_every_setting_that_changes_replies_changes_the_key(case: CaseData) -> None:
    def key(**options: object) -> str:
        model = options.pop("model", "m")
        return reply_key(
            backend_at("127.0.0.1:1", model=model, **options), question(), case, Probe.FULL
        ).reply_id

    changed = [{"temperature": 1}, {"seed": 1}, {"seed": None}, {"max_tokens": 5}, {"extra": {"top_k": 1}}]
    unchanged = [{"in_flight": 3}, {"attempts": 1}, {"read_s": 5}]
    assert len({key(), key(model="n"), *(key(**one) for one in changed)}) == 7
    assert {key(**one) for one in unchanged} == {key()}


def test_text_only_sends_no_picture(server: FaultServer, case: CaseData) -> None:
    backend_at(server.url("none")).ask(question(), case, Probe.TEXT_ONLY)

    assert server.received[0].json["messages"] == [{"role": "user", "content": "Where is the nodule?"}]


def test_a_volume_contract_is_refused() -> None:
    with pytest.raises(BadInput, match="one array of the volume"):
        backend_at("127.0.0.1:1", contract=contract_named("merlin"))


# --- what leaves


def test_nothing_leaves_but_pixels_question_and_a_random_id(server: FaultServer, case: CaseData) -> None:
    backend = backend_at(server.url("none"), key=None)
    ask(backend, case)
    ask(backend, case)

    first, second = server.received
    assert set(first.headers) == {
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "content-type",
        "content-length",
        "x-request-id",
    }
    assert first.headers["user-agent"].startswith("ctspatialvqa/")
    assert set(first.json) == {"messages", "stream", "model", "temperature", "max_tokens", "seed"}
    assert first.json["stream"] is False
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    for png in pictures(first):
        assert set(chunks(png)) == {b"IHDR", b"IDAT", b"IEND"}
    words = first.body.decode() + str(first.headers) + first.path
    for hidden in ("body", "ct.nii", "q0", "asked", str(case.case.ct)):
        assert hidden not in words.replace("max_tokens", "").replace('"image_url"', "")


def test_no_password_from_the_user_s_netrc_is_sent(
    server: FaultServer, case: CaseData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password hidden-word\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    ask(backend_at(server.url("none"), key=None), case)
    ask(backend_at(server.url("none")), case)

    assert "authorization" not in server.received[0].headers
    assert server.received[1].headers["authorization"] == f"Bearer {KEY}"


# --- the key


@pytest.mark.parametrize(
    ("url", "auth", "header", "value"),
    [
        ("http://127.0.0.1:1/v1", "auto", "Authorization", f"Bearer {KEY}"),
        ("http://127.0.0.1:1/v1", "api-key", "api-key", KEY),
        ("http://127.0.0.1:1/openai/deployments/d", "auto", "api-key", KEY),
        ("http://127.0.0.1:1/openai/deployments/d", "bearer", "Authorization", f"Bearer {KEY}"),
    ],
)
def test_the_key_goes_into_the_header_that_the_server_wants(
    url: str, auth: str, header: str, value: str, server: FaultServer, case: CaseData
) -> None:
    ask(backend_at(url.replace("http://127.0.0.1:1", server.root), auth=auth), case)

    headers = server.received[0].headers
    assert headers[header.lower()] == value
    assert ("authorization" in headers) != ("api-key" in headers)


@pytest.mark.parametrize("key", ["", "  ", "two words-and-more", "line\nbreak-and-more", "k\u00e9y-and-more"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(BadInput) as refused:
        backend_at("127.0.0.1:1", key=key)
    assert "and-more" not in str(refused.value)


def test_white_space_around_a_key_is_dropped(server: FaultServer, case: CaseData) -> None:
    ask(backend_at(server.url("none"), key=f" {KEY}\r\n"), case)
    assert server.received[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_secret_shows_itself_nowhere() -> None:
    import copy
    import pickle  # noqa: TID251

    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {[secret]} {secret.struck_from('a ' + KEY)}"
    assert clean_value({KEY: [KEY, 1]}, secret) == {"[key]": ["[key]", 1]}
    for leak in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            leak(secret)


def test_a_placeholder_key_defaces_no_answer(case: CaseData) -> None:
    with FaultServer({"says": lambda talk: talk.says({"content": "none of the lobes"})}) as server:
        assert ask(backend_at(server.url("says"), key="none"), case).text == "none of the lobes"


# --- options


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"heat": 0}, "heat"),
        ({"temperature": "warm"}, "temperature"),
        ({"in_flight": 0}, "in_flight"),
        ({"auth": "basic"}, "auth"),
        ({"extra": {"messages": []}}, "messages"),
        ({"extra": {"stream": True}}, "stream"),
        ({"api_version": "2024/../x"}, "api_version"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        backend_at("127.0.0.1:1", **options)


# --- pictures once


def test_pictures_are_encoded_once_for_all_questions(
    server: FaultServer, body: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded = Counter[str]()
    lock = threading.Lock()

    def counted(prepared: Any) -> list[bytes]:
        with lock:
            encoded[prepared.presentation.content_sha256] += 1
        return as_pngs(prepared)

    monkeypatch.setattr(wire_body, "as_pngs", counted)
    case, backend = CaseData(body), backend_at(server.url("none"))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: ask(backend, case, f"question {n}"), range(40)))
        list(pool.map(lambda n: backend.ask(question(f"{n}"), case, Probe.MIRRORED), range(10)))

    assert sorted(encoded.values()) == [1, 1]
    assert len({tuple(pictures(one)) for one in server.received}) == 2


def test_few_encoded_presentations_are_kept(case: CaseData) -> None:
    openings = wire_body.Openings(most=2, most_bytes=10**9)
    small = wire_body.Openings(most=9, most_bytes=1)
    for number in range(6):
        prepared = case.shown(FEW_SLICES, Probe.FULL, question())
        parts = [*prepared.parts("q")[:-1], prepared.parts(str(number))[-1]]
        for kept in (openings, small):
            kept.of(prepared, parts)
    assert (openings.count, small.count) == (2, 1)


# --- many at once


def test_among_many_at_once_every_question_gets_its_own_answer(case: CaseData) -> None:
    """One reply in three fails in a way that passes; none is lost, doubled or given to another question."""
    dice, lock = random.Random(3), threading.Lock()
    passing = ["reset-at-once", "reset-in-body", "closed-at-once", "page-502", "length-too-long"]

    def does(talk: Talk) -> None:
        with lock:
            fault = dice.choice(passing) if dice.random() < 0.33 else None
        FAULTS.get(fault or "", Talk.says)(talk)

    with FaultServer({"often": does}) as server:
        backend = backend_at(server.url("often"), in_flight=12, attempts=30)
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda n: ask(backend, case, f"question {n}"), range(150)))

    assert [one.text for one in answers] == [f"heard: question {n}" for n in range(150)]


def test_no_more_at_once_than_the_option_says(case: CaseData) -> None:
    now, most, lock = 0, 0, threading.Lock()

    def counts(talk: Talk) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        talk.server.down.wait(0.02)
        with lock:
            now -= 1
        talk.says()

    with FaultServer({"counts": counts}) as server:
        backend = backend_at(server.url("counts"), in_flight=3)
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(lambda _: ask(backend, case), range(20)))

    assert (most, backend.in_flight) == (3, 3)


# --- without pictures


def test_without_a_contract_pictures_cannot_be_asked_about(case: CaseData) -> None:
    backend = backend_at("127.0.0.1:1", contract=None)
    with pytest.raises(BadInput, match="a contract"):
        backend.presentation(question(), case, Probe.FULL)
    assert "words alone" in backend.description


def test_the_prompt_holds_what_stands_around_the_pictures() -> None:
    prompt = backend_at("127.0.0.1:1", contract=SYSTEM).prompt(question())
    assert prompt.startswith("Answer briefly.\nThese are slices")
    assert prompt.endswith("[picture]\nWhere is the nodule?")
    assert json.dumps(prompt)
