"""The real command many times in little time: one process imports it, each command is a fork of that one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Self

STARTER = """
import json, os, sys
import CTSpatialVQALib.backends.local_backend, CTSpatialVQALib.backends.openai_backend
from CTSpatialVQALib.cli.main import main
for line in sys.stdin:
    arguments, environment, out, err = json.loads(line)
    child = os.fork()
    if child == 0:
        for name, number in ((os.devnull, 0), (out, 1), (err, 2)):
            os.dup2(os.open(name, os.O_CREAT | os.O_TRUNC | os.O_RDWR), number)
        os.environ.clear()
        os.environ.update(environment)
        try:
            code = main(arguments)
        except SystemExit as stopped:
            code = stopped.code
        sys.stdout.flush()
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Told(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.err.strip().splitlines()[-1]


class Starter:
    """Runs commands one after the other; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._out, self._err = folder / "out.txt", folder / "err.txt"
        self._process = subprocess.Popen(
            [sys.executable, "-c", STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, arguments: list[str], environment: dict[str, str] | None = None) -> Told:
        """Run `ctspatialvqa` with these arguments; a traceback fails the test."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        wanted = [arguments, dict(os.environ if environment is None else environment)]
        self._process.stdin.write(json.dumps([*wanted, str(self._out), str(self._err)]) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        told = Told(code, self._out.read_text("utf-8"), self._err.read_text("utf-8"))
        assert "Traceback" not in told.err, told.err
        return told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
