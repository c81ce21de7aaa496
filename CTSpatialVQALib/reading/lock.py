"""The lock of a reading: one program reads with a log, and a killed one leaves no lock behind."""

from __future__ import annotations

from pathlib import Path

from CTSpatialVQALib.exclusive_lock import ExclusiveLock


class SessionLock(ExclusiveLock):
    """Held while one reader reads with the log at `path`.

    Raises
    ------
    WorkFailed
        If another program, or another window of this one, holds it, or the folder cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            path,
            "-reading",
            refusal="another program reads with this log. Close the reading there, then try again.",
        )
