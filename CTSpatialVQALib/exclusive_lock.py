"""A lock on a file for one program at a time; a program that was killed leaves none behind."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Self

from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.files import kind_of_file
from CTSpatialVQALib.sqlite_files import create_private, resolved, side_file


class ExclusiveLock:
    """Held by one program for the file at `path`; the operating system frees it with the process.

    A file beside it is locked by SQLite, which knows how to do that on every system. What lies there from a
    program that is gone is no lock.

    Parameters
    ----------
    path : what is locked; links are followed, so that who comes by one finds the same lock
    ending : of the name of the file beside it
    refusal : what another program is doing there, and what to do about it

    Raises
    ------
    WorkFailed
        If another program, or another part of this one, holds it, or the folder cannot be written to.
    """

    def __init__(self, path: Path, ending: str, *, refusal: str) -> None:
        beside = side_file(resolved(path), ending)
        try:
            beside.parent.mkdir(parents=True, exist_ok=True)
            if (kind := kind_of_file(beside)) not in ("a file", "nothing"):
                raise WorkFailed(f"{beside}: this must be a file to lock, but is {kind}. Remove it.")
            create_private(beside)
            self._connection = sqlite3.connect(
                beside, timeout=0, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise WorkFailed(f"{path}: its folder cannot be written to ({error}).") from error
        try:
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self._connection.close()
            raise WorkFailed(f"{path}: {refusal}") from error
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise WorkFailed(f"{beside}: this file cannot be locked ({error}). Remove it.") from error

    def release(self) -> None:
        """Let other programs have it."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def store_lock(path: Path) -> ExclusiveLock:
    """The lock of a store that is written to: two programs would ask everything twice.

    Raises
    ------
    WorkFailed
        If another program writes to it.
    """
    return ExclusiveLock(
        path,
        "-in-use",
        refusal="another program is writing to it. Let that one end, or name another folder with --out.",
    )
