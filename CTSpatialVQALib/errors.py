"""The two ways the product says no; the command line maps them to exit codes 2 and 1."""

from __future__ import annotations

from pathlib import Path

from CTSpatialVQALib.escaping import visible_line


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
        super().__init__(
            one_line(f"{self.where}: expected {expected}, but found {came}. {remedy.rstrip('.')}.")
        )


class WorkFailed(RuntimeError):
    """The work could not be done although the input was good (exit code 1)."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))


def one_line(text: str, limit: int = 600) -> str:
    """Fold white space, spell out hidden characters, and cut: nothing floods a terminal or forges a line."""
    folded = visible_line(" ".join(text.split()))
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def shown(value: object, limit: int = 80) -> str:
    """`value` as it may stand in an error message: quoted, printable and short."""
    return one_line(repr(value), limit)
