"""A command of the product in a process of its own, looked after by a timer; one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import qt

from CTSpatialVQALib.processes import ChildProcess, library_environment, python_command

TICK_MS = 100
CANCELLED = "cancelled"


class BackgroundCommand:
    """A command whose output is handed over at its end.

    Parameters
    ----------
    on_end : called with (lines, problem); problem is empty where it ended well, `CANCELLED` after `cancel`
    on_line : called with each line as it comes, and with "" at each look without one
    """

    def __init__(
        self,
        on_end: Callable[[tuple[str, ...], str], object],
        on_line: Callable[[str], object] | None = None,
    ) -> None:
        self._on_end, self._on_line = on_end, on_line
        self._process: ChildProcess | None = None
        self._cancelled = False
        self._lines: list[str] = []
        self._timer = qt.QTimer()
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def running(self) -> bool:
        """Whether the command runs."""
        return self._process is not None

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """Run `ctspatialvqa` with these arguments."""
        command = python_command("CTSpatialVQALib.cli.main", *arguments)
        self.start(command, environment or library_environment())

    def start(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Run any program; WorkFailed if it cannot be started."""
        self.stop()
        self._lines, self._cancelled = [], False
        self._process = ChildProcess(command, environment=environment)
        self._timer.start()

    def cancel(self) -> None:
        """Stop it; `on_end` is called as usual."""
        if self._process is not None:
            # also where the program ended by itself meanwhile: what comes after it must not begin
            self._cancelled = True
            self._process.cancel()

    @property
    def last_message(self) -> str:
        """The last line about how far it is."""
        return "" if self._process is None else self._process.said()

    def stop(self) -> None:
        """Stop it without a word."""
        self._timer.stop()
        if self._process is not None:
            self._process.close()
            self._process = None

    def _look(self) -> None:
        process = self._process
        if process is None:
            self._timer.stop()
            return
        code = process.exit_code
        fresh = process.lines()
        self._lines += fresh
        if self._on_line is not None:
            for line in fresh or ("",):
                self._on_line(line)
        if code is None:
            return
        self._timer.stop()
        message = process.said().removeprefix("ctspatialvqa: ")
        problem = "" if code == 0 else (message or " ".join(self._lines) or f"{code}")
        if self._cancelled:
            problem = CANCELLED
        self._process = None
        process.close()
        self._on_end(tuple(self._lines), problem)
