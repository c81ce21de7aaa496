"""The two ways the product says no; the command line maps them to exit codes 2 and 1."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from CTSpatialVQALib.escaping import visible_line

_LONG_WORD = re.compile(r"\S{241,}")


class BadInput(ValueError):
    """Something from outside is not what it must be (exit code 2).

    The text is one line: where, what was expected, what came, what to do.

    Parameters
    ----------
    where : file, with a line, key or column where there is one
    expected, came : what should have been there, and what was
    remedy : what the user can do about it
    """

    def __init__(self, where: str | Path, *, expected: str, came: str, remedy: str) -> None:
        self.where = str(where)
        self.expected = expected
        self.came = came
        self.remedy = remedy
        end = "" if remedy.endswith("?") else "."
        text = f"{self.where}: expected {expected}, but found {came}. {remedy.rstrip('.')}{end}"
        super().__init__(one_line(_without_long_words(text)))


class WorkFailed(RuntimeError):
    """The work could not be done although the input was good (exit code 1)."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(_without_long_words(text)))


def one_line(text: str, limit: int = 600) -> str:
    """Fold white space, spell out hidden characters, and cut: nothing floods a terminal or forges a line."""
    folded = visible_line(" ".join(text.split()))
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def shown(value: object, limit: int = 80) -> str:
    """`value` as it may stand in an error message: quoted, printable and short."""
    return one_line(repr(value), limit)


def _without_long_words(text: str) -> str:
    """A path of thousands of characters must not push the reason out of the line."""
    return _LONG_WORD.sub(lambda word: f"{word[0][:80]}…{word[0][-60:]}", text)


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """'Did you mean ...?' with the choice that resembles `word`, or nothing."""
    # the first characters are enough to compare, and a hostile word may be very long
    close = get_close_matches(word[:80], list(choices), n=1, cutoff=0.6)
    return f"Did you mean '{close[0]}'?" if close and close[0] != word else ""
