"""Asking models without holding the window: the command line in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.backends.local_options import PYTHON_VARIABLE
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.processes import ChildProcess, library_environment, python_command
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Probe

CLI = "CTSpatialVQALib.cli.main"


class RunRequest(NamedTuple):
    """What to ask: everything, unless questions or cases are named.

    Parameters
    ----------
    hosts : that the reader agreed to send data to
    local_python : interpreter of local models, where the study names none; empty for this one
    """

    backends: tuple[str, ...]
    probes: tuple[Probe, ...] = ()
    questions: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    local_python: str = ""

    @property
    def names(self) -> str:
        """Who is asked, as people read it."""
        return ", ".join(self.backends)

    def environment(self) -> dict[str, str]:
        """The variables of the process that asks."""
        return library_environment() | ({PYTHON_VARIABLE: self.local_python} if self.local_python else {})

    def options(self) -> list[str]:
        """As the command line takes them."""
        repeated = (
            ("--backend", self.backends),
            ("--probe", tuple(str(probe) for probe in self.probes)),
            ("--question", self.questions),
            ("--case", self.cases),
            ("--consent", self.hosts),
        )
        return [part for option, values in repeated for value in values for part in (option, value)]


class RunUpdate(NamedTuple):
    """What came since the last look.

    Parameters
    ----------
    finished : the process has ended
    problem : why it failed, in one sentence; else empty
    """

    replies: tuple[Reply, ...]
    finished: bool
    problem: str = ""


class ModelRun:
    """A run in a child process; `poll` it now and then, `cancel` it, `close` it.

    What was answered before a cancel is in the run store and is not asked again.
    """

    def __init__(self, study: Path, run: Path, request: RunRequest) -> None:
        self.request = request
        self.count = 0
        command = python_command(CLI, "run", str(study), "--out", str(run), "--json", *request.options())
        self._process = ChildProcess(command, environment=request.environment())

    def poll(self) -> RunUpdate:
        """The replies that came; afterwards, whether it is over and why."""
        code = self._process.exit_code
        replies = tuple(reply for line in self._process.lines() if (reply := _reply(line)) is not None)
        self.count += len(replies)
        failed = code not in (None, 0) and not self._process.cancelled
        return RunUpdate(replies, code is not None, self._reason(code) if failed else "")

    @property
    def progress(self) -> str:
        """The last line about how far it is."""
        return self._process.said()

    @property
    def cancelled(self) -> bool:
        """Whether it was stopped."""
        return self._process.cancelled

    def cancel(self) -> None:
        """Stop it and everything it started."""
        self._process.cancel()

    def close(self) -> None:
        """Let go of the process."""
        self._process.close()

    def _reason(self, code: int | None) -> str:
        reason = self._process.said().removeprefix("ctspatialvqa: ")
        return reason or f"Asking ended without a word (exit code {code}); ask again to go on."


def _reply(line: str) -> Reply | None:
    """The reply of one JSON line; None for lines about something else."""
    try:
        document = json.loads(line)
    except json.JSONDecodeError:
        return None
    if not isinstance(document, dict) or "reply" not in document:
        return None
    try:
        return Reply.from_json(json.dumps(document["reply"]), where="reply of the run")
    except BadInput:
        return None
