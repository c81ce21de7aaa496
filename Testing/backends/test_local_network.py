"""The process of a local model goes online to the hosts that its user agreed to, and to no other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from CTSpatialVQALib.backends.local_backend import LocalBackend
from CTSpatialVQALib.backends.local_process import WORKER, LocalProcess
from CTSpatialVQALib.backends.model_hub import hub_consent, hub_hosts
from CTSpatialVQALib.errors import BadInput

PROGRAM = """
import importlib.util, json, socket, sys
spec = importlib.util.spec_from_file_location("worker", sys.argv[1])
worker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worker)
network = worker.Network()
network.watch()
network.hosts = json.loads(sys.argv[2])
told = {}
for name, port in json.loads(sys.argv[3]):
    try:
        socket.create_connection((name, port), timeout=0.5).close()
        told[name] = "connected"
    except PermissionError as error:
        told[name] = str(error)
    except OSError as error:
        told[name] = type(error).__name__
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.7", 9))
    told["datagram"] = "sent"
except PermissionError:
    told["datagram"] = "refused"
print(json.dumps(told))
"""


def tried(hosts: list[str], *targets: tuple[str, int]) -> dict[str, str]:
    arguments = [str(WORKER), json.dumps(hosts), json.dumps(targets)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_offline_nothing_but_this_machine_is_reached() -> None:
    told = tried([], ("127.0.0.1", 9), ("192.0.2.7", 80), ("hub.invalid", 443), ("2001:db8::1", 80))
    assert told.pop("127.0.0.1") == "ConnectionRefusedError"  # let through: nothing listens there
    assert told.pop("datagram") == "refused"
    assert set(told.values()) == {f"no consent to go online to {name}" for name in told}


def test_online_only_the_named_hosts_are_looked_up() -> None:
    told = tried(
        ["hub.invalid", ".files.invalid"],
        ("hub.invalid", 443),
        ("cdn.files.invalid", 443),
        ("files.invalid", 443),
        ("hub.invalid.example.org", 443),
        ("192.0.2.7", 443),
    )
    assert (told["hub.invalid"], told["cdn.files.invalid"]) == ("gaierror", "gaierror")  # asked for, unknown
    for name in ("files.invalid", "hub.invalid.example.org", "192.0.2.7"):
        assert told[name] == f"no consent to go online to {name}"


def test_hosts_are_the_hub_and_where_it_keeps_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "HF_ENDPOINT",
        "https_proxy",
        "HTTPS_PROXY",
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    assert hub_hosts() == ("huggingface.co", ".huggingface.co", ".hf.co")
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example.org:8443")
    assert hub_hosts() == ("mirror.example.org",)
    with pytest.raises(BadInput, match=r"--consent https://mirror\.example\.org:8443") as refused:
        hub_consent("a/b", lambda destination: False).require()
    assert "the name of the repository a/b" in str(refused.value)


def test_a_model_in_a_folder_is_never_fetched(tiny_models: Path) -> None:
    folder = str(tiny_models / "gemma3")
    backend = LocalBackend("x", model=folder, contract=None, options={"offline": False})
    backend.require_consent()  # nothing to agree to
    backend.close()


def test_the_process_that_loads_a_model_has_no_token_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_0123456789")
    process = LocalProcess(sys.executable, offline=True)
    try:
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    finally:
        process.stop()
    assert b"hf_0123456789" not in environment
    assert b"HF_HUB_OFFLINE=1" in environment
