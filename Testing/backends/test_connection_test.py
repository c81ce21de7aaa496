"""The connection test names the layer that fails."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from CTSpatialVQALib.backends.consent import Destination
from CTSpatialVQALib.backends.wire import connection_test as connection
from CTSpatialVQALib.backends.wire.connection_test import ConnectionReport
from CTSpatialVQALib.errors import BadInput
from Testing.backends.asking import FEW_SLICES, KEY, Waits, backend_at
from Testing.backends.certificates import Authority
from Testing.backends.faults import FAULTS
from Testing.backends.faultserver import FaultServer, Talk


def everybody(_: Destination) -> bool:
    return True


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(FAULTS) as running:
        yield running


def report(url: str, **options: Any) -> ConnectionReport:
    return connection.run_connection_test(backend_at(url, waits=Waits(), read_s=1, **options))


def failing(found: ConnectionReport) -> str:
    assert not found.ok
    assert [layer.ok for layer in found.layers] == [True] * (len(found.layers) - 1) + [False]
    assert KEY not in str(found)
    return f"{found.layers[-1].name}: {found.layers[-1].says}"


def test_a_good_server_passes_layer_by_layer(server: FaultServer) -> None:
    found = report(server.url("none"))

    assert found.ok
    assert [layer.name for layer in found.layers] == (
        "name port server path key model capacity request reply pictures".split()
    )
    assert "by served-1" in found.layers[-2].says


def test_nothing_of_a_patient_is_sent(server: FaultServer) -> None:
    report(server.url("none"))

    assert len(server.received) == 2
    assert "without any patient" in server.received[1].said
    assert report(server.url("none"), contract=None).layers[-1].name == "reply"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("status-401", "key: HTTP 401"),
        ("status-403", "key: HTTP 403"),
        ("status-404", "path: HTTP 404"),
        ("web-page", "path: a web page"),
        ("redirect-in-a-circle", "path: the server redirects"),
        ("unknown-model", "model: the server has no model m; it names other-1, other-2"),
        ("wait-for-ever", "capacity: HTTP 429"),
        ("full-once", "capacity: HTTP 503, the server is full or still loading its model"),
        ("plain-text-500", "server: HTTP 500"),
        ("hang-before-headers", "server: the server was silent"),
        ("not-http", "server: the connection broke"),
        ("null-content", "reply: the reply has no text"),
        ("half-json", "reply: the reply is not whole"),
        ("a-list", "reply: the reply is not a chat completion"),
        ("context-too-long", "request: HTTP 400"),
    ],
)
def test_failing_layer(fault: str, expected: str, server: FaultServer) -> None:
    assert failing(report(server.url(fault))).startswith(expected)
    posts = [one for one in server.received if one.method == "POST"]
    assert len(posts) <= (4 if "circle" in fault else 1)  # each once, so that a failure shows at once


def test_a_model_without_eyes(server: FaultServer) -> None:
    def blind(talk: Talk) -> None:
        does = FAULTS["no-pictures"] if b"image_url" in talk.request.body else Talk.says
        does(talk)

    server.faults = {"blind": blind}
    assert failing(report(server.url("blind"))).startswith("pictures: HTTP 400")


def test_the_name_the_port_and_tls_fail_first(tmp_path_factory: pytest.TempPathFactory) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert failing(report(f"127.0.0.1:{port}")).startswith("port: nothing listens")
    assert failing(report("http://server.invalid:8000", consent=everybody)).startswith("name: ")
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with FaultServer(tls=authority.server(days=(-5, -1))) as expired:
        found = report(expired.url("none"), ca_file=str(authority.file))
    assert failing(found).startswith("tls: the server's certificate is not trusted: certificate has expired")
    assert [layer.name for layer in found.layers] == ["name", "port", "tls"]


def test_without_consent_nothing_is_tested() -> None:
    with pytest.raises(BadInput, match=r"--consent http://server\.invalid:8000"):
        report("http://server.invalid:8000", contract=FEW_SLICES)
