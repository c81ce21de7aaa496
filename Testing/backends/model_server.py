"""A real OpenAI-compatible server of a model folder: `transformers serve`, on a free port of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

START_S = 240  # some seconds on a machine that has nothing else to do


@contextmanager
def serving(model: Path, log: Path) -> Iterator[str]:
    """The server's address; it is ended with the block."""
    port = _free_port()
    command = [
        str(Path(sys.executable).with_name("transformers")),
        *("serve", str(model), "--device", "cpu", "--dtype", "float32"),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "NO_PROXY": "*"}
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        _wait(server, f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], health: str, log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        try:
            if requests.get(health, timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    raise RuntimeError(f"no server: {log.read_text()[-2000:]}")
