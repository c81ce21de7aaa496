"""How does the window run a command of the product? In a process, looked after by a timer; one at a time."""

import qt

from CTSpatialVQALib.processes import ChildProcess, library_environment, python_command

TICK_MS = 100


class Work:
    """A command whose output is told at its end.

    Parameters
    ----------
    on_end : called with (lines, problem); problem is empty where it ended well
    on_line : called with each line as it comes
    """

    def __init__(self, on_end, on_line=None):
        self._on_end, self._on_line = on_end, on_line
        self._process = None
        self._lines = []
        self._timer = qt.QTimer()
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def running(self):
        """Whether it is still at it."""
        return self._process is not None

    def run(self, *arguments, environment=None):
        """Run `ctspatialvqa` with these arguments."""
        known = environment or library_environment()
        self.start(python_command("CTSpatialVQALib.cli.main", *arguments), known)

    def start(self, command, environment=None):
        """Run any program; WorkFailed if it cannot be started."""
        self.stop()
        self._lines = []
        self._process = ChildProcess(command, environment=environment)
        self._timer.start()

    def cancel(self):
        """Stop it; its end is told, with the problem "cancelled"."""
        if self._process is not None:
            self._process.cancel()

    @property
    def said(self):
        """What it told last about how far it is."""
        return "" if self._process is None else self._process.said()

    @property
    def cancelled(self):
        """Whether it was stopped by `cancel`."""
        return self._process is not None and self._process.cancelled

    def stop(self):
        """Stop it and tell nothing."""
        self._timer.stop()
        if self._process is not None:
            self._process.close()
            self._process = None

    def _look(self):
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
        said = process.said().removeprefix("ctspatialvqa: ")
        problem = "" if code == 0 else (said or " ".join(self._lines) or f"{code}")
        if process.cancelled:
            problem = "cancelled"
        self._process = None
        process.close()
        self._on_end(tuple(self._lines), problem)
