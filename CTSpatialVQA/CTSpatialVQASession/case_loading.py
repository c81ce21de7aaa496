"""Reading of a case from disk in a thread, which touches no Qt and no MRML."""

from __future__ import annotations

import threading

from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.language.lexicon import lexicon


class CaseLoading:
    """Reads volume and mask of `case`; ask `done` now and then.

    It cannot be stopped while SimpleITK reads, but it can be forgotten: what it read is then let go.
    """

    def __init__(self, case: CaseData) -> None:
        self.case = case
        self.problem: BadInput | WorkFailed | None = None
        self._thread = threading.Thread(target=self._read, name="case loading", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether everything is in memory, or `problem` says why not."""
        return not self._thread.is_alive()

    def run_for(self, seconds: float) -> None:
        """Let the thread run for so long: in Slicer it starves while only the event loop runs."""
        self._thread.join(seconds)

    def _read(self) -> None:
        try:
            _ = self.case.volume
            _ = self.case.mask
            _ = self.case.findings  # here, because suggestions and the window need it and it takes a while
            lexicon()  # the first question needs it, and reading it takes as long as a few frames
        except (BadInput, WorkFailed) as error:
            self.problem = error
        except MemoryError:
            self.problem = WorkFailed(
                f"{self.case.case.case_id}: not enough memory for this CT. Close other volumes and try again."
            )
