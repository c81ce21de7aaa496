"""Real volume servers in processes of their own, around the stand-in that looks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.backends import volume_server

ADAPTERS = Path(__file__).resolve().parent


class Server(NamedTuple):
    """Where it listens, and the file that it writes every question to."""

    url: str
    asked: Path

    @property
    def prompts(self) -> list[str]:
        return self.asked.read_text("utf-8").splitlines() if self.asked.exists() else []


@contextmanager
def serving(
    folder: Path, *options: str, adapter: str = "sided_adapter", delay_s: float = 0.0, token: str = ""
) -> Iterator[Server]:
    """The server as its user starts it: the one file, run with nothing of this product on its path."""
    asked = folder / "asked.txt"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CTSPATIALVQA"))
    } | {"SIDED_ADAPTER_ASKED": str(asked), "SIDED_ADAPTER_DELAY_S": str(delay_s)}
    if token:
        environment[volume_server.TOKEN_VARIABLE] = token
    command = [sys.executable, volume_server.__file__, adapter, "--port", "0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ADAPTERS, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said.startswith("listening on http://"), said
            yield Server(said.split()[-1], asked)
        finally:
            process.kill()
