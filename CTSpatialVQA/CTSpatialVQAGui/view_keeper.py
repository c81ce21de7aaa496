"""Slices, window and layout kept now and then beside the log, and brought back at the next start."""

from __future__ import annotations

import qt
from CTSpatialVQASession.view_state import KeptView, ViewState

from CTSpatialVQAGui.open_study import OpenStudy
from CTSpatialVQAGui.viewer import Viewer
from CTSpatialVQALib.reading.plan import ItemKey

INTERVAL_MS = 2000


class ViewKeeper:
    """Keeps the state of the views of the open study."""

    def __init__(self, study: OpenStudy, viewer: Viewer) -> None:
        self._study, self._viewer = study, viewer
        self._file: KeptView | None = None
        self._to_restore: ViewState | None = None
        self._timer = qt.QTimer()
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.keep)

    def open(self) -> None:
        """A study was opened: what was kept of it is brought back with its question."""
        session = self._study.required
        self._file = KeptView(session.files.view)
        last = self._file.last()
        self._to_restore = last if last is not None and last.key == session.reading.state.current else None
        self._timer.start()

    def keep(self) -> None:
        """Keep how the present question is looked at."""
        session = self._study.session
        if session is None or self._file is None or self._viewer.case_id is None:
            return
        current, viewing = session.reading.state.current, self._viewer.viewing()
        if current is not None and viewing is not None:
            self._file.keep(ViewState(current, viewing))

    def restore(self, key: ItemKey | None) -> bool:
        """Bring back what was kept with this question, once; whether it was."""
        kept, self._to_restore = self._to_restore, None
        if kept is None or kept.key != key:
            return False
        self._viewer.restore(kept.viewing)
        return True

    def close(self) -> None:
        """The study is closed."""
        self.keep()
        self._timer.stop()
        self._file = None
