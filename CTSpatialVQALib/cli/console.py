"""How the command line speaks: results to stdout, messages and progress to stderr."""

from __future__ import annotations

import json
import sys
import time
from typing import Protocol

QUIET_S = 2.0


class ProgressBar(Protocol):
    """What is used of tqdm."""

    n: float

    def set_postfix_str(self, s: str, refresh: bool = ...) -> None:
        """Text behind the bar."""

    def refresh(self) -> object:
        """Draw."""

    def close(self) -> None:
        """Leave the line."""


def emit(text: str) -> None:
    """One line of result."""
    sys.stdout.write(text + "\n")


def emit_json(value: object) -> None:
    """One JSON document, or one JSON line, of result."""
    emit(json.dumps(value, ensure_ascii=False, allow_nan=False))


def say(text: str) -> None:
    """One line for the person at the terminal."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class Progress:
    """A bar that appears after two seconds, and only on a terminal. A context manager."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._bar: ProgressBar | None = None

    def __enter__(self) -> Progress:
        """Start the clock."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal's line."""
        if self._bar is not None:
            self._bar.close()

    def show(self, done: int, total: int, detail: str = "") -> None:
        """Draw the bar at `done` of `total`."""
        if self._bar is None:
            if time.monotonic() - self._began < QUIET_S or not sys.stderr.isatty():
                return
            self._bar = _bar(self._what, total)
        if self._bar is not None:
            self._bar.n = done
            self._bar.set_postfix_str(detail[:80], refresh=False)
            self._bar.refresh()


def _bar(what: str, total: int) -> ProgressBar | None:
    try:
        from tqdm import tqdm
    except ImportError:  # the bar is a comfort of the extra `cli`, not a need
        return None
    bar: ProgressBar = tqdm(total=total, desc=what, file=sys.stderr, leave=False)
    return bar
