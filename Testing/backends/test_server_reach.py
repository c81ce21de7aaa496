"""How a server is reached, and what never reaches another one: TLS, redirects, proxies, names, cancelling."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.consent import Destination, nobody_consented
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.words import Outcome
from Testing.backends.asking import KEY, Waits, ask, backend_at, ended
from Testing.backends.certificates import Authority
from Testing.backends.faults import FAULTS
from Testing.backends.faultserver import FaultServer, Talk

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def everybody(_: Destination) -> bool:
    return True


@pytest.fixture(scope="module")
def case(body: Case) -> CaseData:
    return CaseData(body)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def elsewhere() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


# --- TLS


def test_a_trusted_certificate_is_accepted(authority: Authority, case: CaseData) -> None:
    with FaultServer(tls=authority.server()) as server:
        answer = ask(backend_at(server.url("none"), ca_file=str(authority.file)), case)
    assert answer.outcome is Outcome.ANSWERED, answer


def test_the_system_s_variable_names_certificates(
    authority: Authority, case: CaseData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    with FaultServer(tls=authority.server()) as server:
        assert ask(backend_at(server.url("none")), case).outcome is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ({"days": (-5, -1)}, "expired"),
        ({"days": (1, 5)}, "not yet valid"),
        ({"self_signed": True}, "self-signed"),
        ({"address": "127.0.0.2"}, "mismatch"),
    ],
)
def test_a_bad_certificate_ends_it_before_anything_is_sent(
    made: dict[str, object], says: str, authority: Authority, case: CaseData
) -> None:
    with FaultServer(tls=authority.server(**made)) as server:  # type: ignore[arg-type]
        answer = ask(backend_at(server.url("none"), ca_file=str(authority.file)), case)

        assert answer.outcome is Outcome.TRANSPORT_ERROR
        assert "certificate is not trusted" in answer.detail
        assert says in answer.detail
        assert server.received == []
        assert server.connections == 1  # no other try can help


def test_an_unknown_authority_is_not_trusted(authority: Authority, case: CaseData) -> None:
    with FaultServer(tls=authority.server()) as server:
        answer = ask(backend_at(server.url("none")), case)
    assert "certificate is not trusted" in answer.detail


def test_https_to_a_server_that_speaks_http(case: CaseData) -> None:
    with FaultServer() as server:
        answer = ask(backend_at(server.url("none").replace("http:", "https:")), case)
        assert "perhaps the server speaks http://" in answer.detail
        assert server.received == []


def test_a_handshake_that_never_ends(case: CaseData) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/v1"
        answer = ended(lambda: ask(backend_at(url, connect_s=0.3), case))
    assert answer.outcome is Outcome.TIMEOUT


# --- redirects


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_neither_key_nor_pixels_follow_to_another_server(
    status: int, elsewhere: FaultServer, case: CaseData
) -> None:
    def away(talk: Talk) -> None:
        talk.reply(status, b"", f"Location: {elsewhere.url('none')}/chat/completions")

    with FaultServer({"away": away}) as server:
        answer = ask(backend_at(server.url("away")), case)

    assert answer.outcome is Outcome.TRANSPORT_ERROR
    assert f"points to {elsewhere.root}" in answer.detail
    assert elsewhere.connections == 0


# --- names, ports, proxies


def test_nothing_listens(case: CaseData) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    waits = Waits()

    answer = ask(backend_at(f"127.0.0.1:{port}", waits=waits), case)

    assert (answer.outcome, len(waits.seconds)) == (Outcome.TRANSPORT_ERROR, 2)
    assert "nothing listens" in answer.detail


def test_a_name_that_is_not_known(case: CaseData) -> None:
    answer = ended(lambda: ask(backend_at("http://server.invalid:8000", consent=everybody), case))

    assert answer.outcome is Outcome.TRANSPORT_ERROR
    assert "name is not known" in answer.detail


def test_what_stays_on_this_machine_goes_to_no_proxy(
    elsewhere: FaultServer, case: CaseData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", elsewhere.root)
    monkeypatch.setenv("http_proxy", elsewhere.root)
    with FaultServer() as server:
        answer = ask(backend_at(server.url("none")), case)
    assert answer.outcome is Outcome.ANSWERED
    assert elsewhere.connections == 0


def test_the_system_s_proxy_is_used_for_other_machines_and_named(
    elsewhere: FaultServer, case: CaseData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", elsewhere.root.replace("://", "://user:secret@"))
    backend = backend_at("http://server.invalid:8000/none", consent=everybody)

    answer = ask(backend, case)

    assert answer.outcome is Outcome.ANSWERED, answer
    assert elsewhere.received[0].path.startswith("http://server.invalid:8000/none/v1/")
    assert f"through the proxy 127.0.0.1:{elsewhere.port}" in str(backend.destination)
    assert "secret" not in str(backend.destination)


def test_a_proxy_that_lets_nothing_through(case: CaseData, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(talk: Talk) -> None:
        talk.head("407 Proxy Authentication Required", "Content-Length: 0")

    with FaultServer({"": refuses}) as proxy:
        monkeypatch.setenv("https_proxy", proxy.root)
        answer = ask(backend_at("https://server.invalid", consent=everybody), case)

    assert answer.outcome is Outcome.TRANSPORT_ERROR
    assert "proxy" in answer.detail
    assert "407" in answer.detail


# --- consent


def test_nothing_leaves_without_consent(elsewhere: FaultServer, case: CaseData) -> None:
    backend = backend_at("http://server.invalid:8000", consent=nobody_consented)

    with pytest.raises(BadInput, match=r"--consent http://server\.invalid:8000") as refused:
        ask(backend, case)

    assert "pixels of the slices that contract slices chooses" in str(refused.value)
    assert "the question's text" in str(refused.value)
    assert KEY not in str(refused.value)


def test_consent_is_asked_once(case: CaseData) -> None:
    asked: list[Destination] = []

    def once(destination: Destination) -> bool:
        asked.append(destination)
        return True

    backend = backend_at("http://server.invalid:8000", consent=once, attempts=1)
    ask(backend, case)
    ask(backend, case)

    assert [destination.origin for destination in asked] == ["http://server.invalid:8000"]


def test_this_machine_needs_none(case: CaseData) -> None:
    with FaultServer() as server:
        assert ask(backend_at(server.url("none")), case).outcome is Outcome.ANSWERED


# --- cancelling


@pytest.mark.parametrize("fault", ["hang-before-headers", "drip-body", "drip-until-closed"])
def test_cancelling_ends_a_request_that_is_under_way(fault: str, case: CaseData) -> None:
    with FaultServer(FAULTS) as server:
        backend = backend_at(server.url(fault), read_s=600, total_s=600)
        canceller = threading.Thread(target=lambda: (_until(server), backend.cancel()))
        canceller.start()
        answer = ended(lambda: ask(backend, case))
        canceller.join()
    assert answer.outcome is Outcome.CANCELLED


def _until(server: FaultServer) -> None:
    while not server.received:
        server.down.wait(0.01)


def test_nothing_is_asked_after_cancelling(case: CaseData) -> None:
    with FaultServer() as server:
        backend = backend_at(server.url("none"))
        backend.cancel()
        assert ask(backend, case).outcome is Outcome.CANCELLED
        assert server.received == []


def test_cancelling_ends_a_wait(case: CaseData) -> None:
    with FaultServer(FAULTS) as server:
        answer = ask(backend_at(server.url("plain-text-500"), waits=Waits(cancelled_in=True)), case)
        assert (answer.outcome, len(server.received)) == (Outcome.CANCELLED, 1)


def test_a_file_without_certificates_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    for path in (tmp_path / "none.pem", text):
        with pytest.raises(BadInput, match="ca_file"):
            backend_at("https://127.0.0.1", ca_file=str(path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(text))
    with pytest.raises(BadInput, match="REQUESTS_CA_BUNDLE"):
        backend_at("https://127.0.0.1")
    backend_at("http://127.0.0.1")  # nothing to check there


# --- whose machine it is


def leads_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let names lead where a hosts file could let them lead; the names that were looked up."""
    names: list[str] = []
    real = socket.getaddrinfo

    def looked_up(name: object, port: object, *arguments: object, **named: object) -> object:
        names.append(str(name))
        if not str(name).endswith("localhost"):
            return real(name, port, *arguments, **named)  # type: ignore[arg-type]
        kinds = {True: socket.AF_INET6, False: socket.AF_INET}
        return [
            (kinds[":" in address], socket.SOCK_STREAM, 6, "", (address, port or 0)) for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return names


@pytest.mark.parametrize("name", ["localhost", "models.localhost"])
def test_a_local_name_that_leads_elsewhere_needs_consent(
    name: str, case: CaseData, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads_to(monkeypatch, "127.0.0.1", "192.0.2.7")
    connected: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: connected.append(address))
    with pytest.raises(BadInput, match=rf"--consent http://{name}:8000"):
        ask(backend_at(f"http://{name}:8000"), case)
    assert connected == []


@pytest.mark.parametrize("name", ["localhost", "models.localhost"])
def test_a_local_name_that_leads_here_needs_none(
    name: str, case: CaseData, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads_to(monkeypatch, "127.0.0.1")
    with FaultServer() as server:
        answer = ask(backend_at(f"http://{name}:{server.port}/none"), case)
    assert answer.outcome is Outcome.ANSWERED, answer


def test_the_address_that_a_connection_has_counts_and_not_the_one_looked_up(
    case: CaseData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that led here when consent was looked at, and to another machine when it was connected."""
    leads_to(monkeypatch, "127.0.0.1")
    with FaultServer() as server:
        monkeypatch.setattr(socket.socket, "getpeername", lambda _self: ("192.0.2.7", 8000))
        answer = ask(backend_at(f"http://localhost:{server.port}/none"), case)
        assert server.received == []
    assert answer.outcome is Outcome.TRANSPORT_ERROR
    assert "leads to another machine (192.0.2.7) without consent; nothing was sent" in answer.detail


def test_with_consent_it_may(case: CaseData, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer() as server:
        real = socket.socket.connect
        monkeypatch.setattr(socket.socket, "connect", lambda self, _: real(self, ("127.0.0.1", server.port)))
        leads_to(monkeypatch, "192.0.2.7")
        answer = ask(backend_at("http://localhost:8000/none", consent=everybody), case)
    assert answer.outcome is Outcome.ANSWERED, answer
