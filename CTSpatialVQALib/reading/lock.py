"""The lock of a reading: one program reads with a log, and a killed one leaves no lock behind."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Self

from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.sqlite_files import create_private, resolved, side_file


class SessionLock:
    """Held while one reader reads with the log at `path`; the operating system frees it with the process.

    An SQLite file beside the log is locked, because SQLite knows how to do that on every system.

    Raises
    ------
    WorkFailed
        If another program, or another window of this one, holds it, or the folder cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        # beside the log itself, so that who comes by a symbolic link finds the same lock
        beside = side_file(resolved(path), "-reading")
        try:
            create_private(beside)
            self._connection = sqlite3.connect(
                beside, timeout=0, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise WorkFailed(f"{path}: its folder cannot be written to ({error}).") from error
        try:
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            self._connection.close()
            raise WorkFailed(
                f"{path}: another program reads with this log. Close the reading there, then try again."
            ) from error

    def release(self) -> None:
        """Let others read with the log."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
