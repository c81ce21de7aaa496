"""Output of the command line: results on stdout, messages and progress on stderr."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Protocol

from CTSpatialVQALib.escaping import json_line, visible_line

SILENT_S = 2.0  # what takes longer than this shows that it goes on
_DETAIL_CHARACTERS = 80


class _Settings:
    """What the options of the running command say about messages."""

    quiet = False


class ProgressBar(Protocol):
    """The part of tqdm that is used."""

    n: float

    def set_postfix_str(self, s: str, refresh: bool = ...) -> None:
        """Text behind the bar."""

    def refresh(self) -> object:
        """Draw."""

    def close(self) -> None:
        """Leave the line."""


def configure(*, quiet: bool) -> None:
    """Begin a command: with `quiet` only results and errors are printed."""
    _Settings.quiet = quiet


def write_what_can_be_written() -> None:
    """Let streams of a narrow encoding (a cp1252 pipe) show what they lack as an escape, not as an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def emit(text: str) -> None:
    """One line of result; what cannot be seen in it is spelled out."""
    sys.stdout.write(visible_line(text) + "\n")


def emit_script(text: str) -> None:
    """Many lines that this program made itself, as they are."""
    sys.stdout.write(text.rstrip() + "\n")


def prompt(text: str) -> None:
    """Begin a line of result whose end `emit` will write, as the answer to a question."""
    sys.stdout.write(visible_line(text))
    sys.stdout.flush()


def question(text: str) -> None:
    """Begin a line for the person at the terminal, who answers on it."""
    sys.stderr.write(visible_line(text))
    sys.stderr.flush()


def emit_json(value: object) -> None:
    """One JSON document, or one JSON line, of result."""
    sys.stdout.write(json_text(value) + "\n")


def json_text(value: object) -> str:
    """`value` as JSON that the terminal's encoding can take."""
    # a backslashreplace escape of a character beyond U+FFFF is no JSON, json's own escapes are
    plain = (sys.stdout.encoding or "").lower().replace("-", "") not in ("utf8", "utf8sig")
    return json.dumps(value, allow_nan=False) if plain else json_line(value)


def say(text: str) -> None:
    """One line of note or progress for the person at the terminal; none with --quiet."""
    if not _Settings.quiet:
        complain(text)


def complain(text: str) -> None:
    """One line about something that went wrong, with --quiet too."""
    sys.stderr.write(visible_line(text) + "\n")
    sys.stderr.flush()


@contextmanager
def stage(text: str) -> Iterator[None]:
    """Say `text` when the block takes longer than two seconds."""
    timer = threading.Timer(SILENT_S, say, [f"{text} ..."])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Progress:
    """A bar that appears after two seconds on a terminal; elsewhere one line. A context manager."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = time.monotonic()
        self._bar: ProgressBar | None = None
        self._announced = False

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
            if _Settings.quiet or time.monotonic() - self._began < SILENT_S:
                return
            self._bar = _bar(self._title, total) if sys.stderr.isatty() else None
        if self._bar is not None:
            self._bar.n = done
            self._bar.set_postfix_str(visible_line(detail[:_DETAIL_CHARACTERS]), refresh=False)
            self._bar.refresh()
        elif not self._announced:
            self._announced = True
            say(f"{self._title}: {done} of {total} ...")


def _bar(title: str, total: int) -> ProgressBar | None:
    try:
        from tqdm import tqdm
    except ImportError:  # inside Slicer, where the bar is not missed
        return None
    bar: ProgressBar = tqdm(total=total, desc=title, file=sys.stderr, leave=False)
    return bar
