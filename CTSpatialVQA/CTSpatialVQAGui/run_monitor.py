"""Replies that come while the reader reads on: a timer looks at what the child process wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import qt
from CTSpatialVQASession.model_run import ModelRun, RunRequest

from CTSpatialVQALib.records.reply import Reply

TICK_MS = 200


class RunMonitor:
    """One run at a time.

    Parameters
    ----------
    on_replies : called with the replies that came
    on_progress : called with the run at every look
    on_end : called with (run, problem); problem is empty where all went well
    """

    def __init__(
        self,
        on_replies: Callable[[tuple[Reply, ...]], object],
        on_progress: Callable[[ModelRun], object],
        on_end: Callable[[ModelRun, str], object],
    ) -> None:
        self._on_replies, self._on_progress, self._on_end = on_replies, on_progress, on_end
        self._run: ModelRun | None = None
        self._timer = qt.QTimer()
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def running(self) -> bool:
        """Whether a model is being asked."""
        return self._run is not None

    def start(self, study: Path, folder: Path, request: RunRequest) -> None:
        """Start asking; WorkFailed if the process cannot be started."""
        self.stop()
        self._run = ModelRun(study, folder, request)
        self._on_progress(self._run)
        self._timer.start()

    def cancel(self) -> None:
        """Stop the process and everything it started; `on_end` is called as usual."""
        if self._run is not None:
            self._run.cancel()

    def stop(self) -> None:
        """Stop at once and without a word: the study is closed."""
        self._timer.stop()
        if self._run is not None:
            self._run.close()
            self._run = None

    def _look(self) -> None:
        run = self._run
        if run is None:
            self._timer.stop()
            return
        update = run.poll()
        if update.replies:
            self._on_replies(update.replies)
        if not update.finished:
            self._on_progress(run)
            return
        self._timer.stop()
        self._run = None
        self._on_end(run, update.problem)
        run.close()
