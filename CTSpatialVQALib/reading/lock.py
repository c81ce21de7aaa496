"""Does another program read with this log? A lock that a killed program cannot leave behind."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Self

from CTSpatialVQALib.errors import WorkFailed


class SessionLock:
    """Held while one reader reads with the log at `path`; the operating system frees it with the process.

    An SQLite file beside the log is locked, because SQLite knows how to do that on every system.

    Raises
    ------
    WorkFailed
        If another program, or another window of this one, holds it, or the folder cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        beside = path.with_name(path.name + "-reading")
        try:
            os.close(os.open(beside, os.O_CREAT | os.O_RDWR, 0o600))
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
