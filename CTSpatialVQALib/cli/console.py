"""Output of the command line: results to stdout, messages to stderr, nothing hidden in either."""

from __future__ import annotations

import argparse
import sys
import time
from typing import NoReturn, Protocol

from CTSpatialVQALib.escaping import json_line, visible_line

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
    """One line of result; what cannot be seen in it is spelled out."""
    sys.stdout.write(visible_line(text) + "\n")


def prompt(text: str) -> None:
    """Begin a line of result whose end `emit` will write, as the answer to a question."""
    sys.stdout.write(visible_line(text))
    sys.stdout.flush()


def emit_json(value: object) -> None:
    """One JSON document, or one JSON line, of result."""
    sys.stdout.write(json_line(value) + "\n")


def say(text: str) -> None:
    """One line for the person at the terminal; what cannot be seen in it is spelled out."""
    sys.stderr.write(visible_line(text) + "\n")
    sys.stderr.flush()


class PlainParser(argparse.ArgumentParser):
    """A parser whose messages quote arguments as visible text."""

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2."""
        super().error(visible_line(message))


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
            self._bar.set_postfix_str(visible_line(detail[:80]), refresh=False)
            self._bar.refresh()


def _bar(what: str, total: int) -> ProgressBar | None:
    try:
        from tqdm import tqdm
    except ImportError:  # the bar is a comfort of the extra `cli`, not a need
        return None
    bar: ProgressBar = tqdm(total=total, desc=what, file=sys.stderr, leave=False)
    return bar
