"""Helpers for the tests of the log: entries, forgers, and child processes that really die."""

from __future__ import annotations

import json
import os
import sqlite3
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from CTSpatialVQALib.audit.events import Entry
from CTSpatialVQALib.records.event import Actor, EventKind

READER = Actor(id="reader-1")


def note(number: int) -> Entry:
    return Entry(EventKind.QUESTION_SHOWN, {"question_id": f"case-1::{number}", "text": "wo? où? 何処?"})


@contextmanager
def forging(path: Path) -> Iterator[sqlite3.Connection]:
    """Write past the append-only rules, as someone with any SQLite program can, and put the rules back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in rows:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in rows:
            connection.execute(sql)


class Child:
    """A forked process of its own that runs `work(tell)`; what it tells comes through a pipe at once."""

    def __init__(self, work: Callable[[Callable[[object], None]], None]) -> None:
        self._read, write = os.pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of threads (here the idle ones of numpy); the child takes none of their locks
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            self._live(work, write)
        os.close(write)

    def _live(self, work: Callable[[Callable[[object], None]], None], write: int) -> None:
        code = 1
        try:
            os.close(self._read)
            # one write below PIPE_BUF: a line is told whole or not at all
            work(lambda told: os.write(write, json.dumps(told).encode() + b"\n"))
            code = 0
        except BaseException:  # noqa: BLE001 - the copy of the test runner must end here whatever happens
            traceback.print_exc()
        finally:
            os._exit(code)

    def heard(self) -> Iterator[object]:
        """What the child tells, until it has ended."""
        with os.fdopen(self._read, "rb") as stream:
            for line in stream:
                yield json.loads(line)

    def end(self) -> int:
        """Wait for it; its exit code, or minus the signal that killed it."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
