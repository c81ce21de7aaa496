"""Parsers of the commands: what they have in common, and how they refuse wrong usage."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

from CTSpatialVQALib.errors import did_you_mean, one_line

Run = Callable[[argparse.Namespace], int]
# argparse's own words for a value that is not among the choices; the choices follow, quoted since Python 3.12
_INVALID_CHOICE = re.compile(r"invalid choice: '(.*)' \(choose from (.*)\)", re.DOTALL)
# argparse's own words for a value that the option's `type` refused
_INVALID_VALUE = re.compile(r"invalid (\w+) value: '(.*)'", re.DOTALL)
_KINDS = {"int": "a whole number", "float": "a number"}
_LONGEST_VALUE = 60


class WrongUsage(Exception):
    """The command line itself cannot be understood (exit code 2)."""


class CommandParser(argparse.ArgumentParser):
    """A parser that refuses in one line, with what may have been meant."""

    def parse_args(  # type: ignore[override]  # argparse has overloads for namespaces of other types
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """As argparse, but what is left over is refused by the parser of the command that was given."""
        first = next(iter(args or ()), "")
        if first.startswith("-") and not any(option.startswith(first) for option in options_of(self)):
            # argparse would say that the command is missing
            self.error(f"no such option: {one_line(first, _LONGEST_VALUE)}. {self.meant(first)}".rstrip(" ."))
        parsed, left_over = self.parse_known_args(args, namespace)
        if left_over:
            parser: CommandParser = getattr(parsed, "parser", self)
            argument = one_line(left_over[0], _LONGEST_VALUE)
            parser.error(f"no such option or argument: {argument}. {parser.meant(argument)}".rstrip(" ."))
        return parsed

    def meant(self, argument: str) -> str:
        """'Did you mean ...?' where one of this command's options resembles `argument`."""
        return did_you_mean(argument, options_of(self)) if argument.startswith("-") else ""

    def error(self, message: str) -> NoReturn:
        """Refuse.

        Raises
        ------
        WrongUsage
            Always.
        """
        raise WrongUsage(one_line(f"{self.prog}: {_plain(message)} (see: {self.prog} --help)"))


Commands: TypeAlias = "argparse._SubParsersAction[CommandParser]"


def command(
    commands: Commands,
    name: str,
    run: Run,
    *,
    summary: str,
    examples: str,
    resumes: bool = False,
) -> CommandParser:
    """A command's parser: one sentence, its arguments, and examples that can be pasted.

    Parameters
    ----------
    resumes : running it again goes on where it was stopped
    """
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quiet", action="store_true", help="print results and errors only")
    parser.set_defaults(run=run, parser=parser, resumes=resumes)
    return parser


def json_option(parser: argparse.ArgumentParser) -> None:
    """The option --json."""
    parser.add_argument("--json", action="store_true", help="machine-readable result on stdout")


def add_score_by(parser: argparse.ArgumentParser) -> None:
    """The option --score-by, in one or two words."""
    parser.add_argument(
        "--score-by",
        nargs="+",
        metavar="WHO",
        help="whose judgement counts: rules (default), jury, judge NAME, or readers; behind the files",
    )


def series_option(parser: argparse.ArgumentParser) -> None:
    """Add `--series`."""
    parser.add_argument(
        "--series",
        metavar="UID|N",
        help="of a DICOM folder with several series: the SeriesInstanceUID or series number to read",
    )


def options_of(parser: argparse.ArgumentParser) -> tuple[str, ...]:
    """Every option that a parser takes, as it is typed."""
    return tuple(option for action in parser._actions for option in action.option_strings)


def subparsers_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of its commands, steps or actions, by name."""
    return {
        name: below
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, below in action.choices.items()
    }


def user_path(text: str) -> Path:
    """A path; `~` is the home folder also where the shell leaves it, as in --out=~/run."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(
            f"'{one_line(text, _LONGEST_VALUE)}': no such home folder"
        ) from error


def whole_number(text: str, *, at_least: int = 1) -> int:
    """The value of an option that counts something.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is no whole number of at least `at_least`.
    """
    try:
        number = int(text) if len(text) <= _LONGEST_VALUE else at_least - 1
    except ValueError:
        number = at_least - 1
    if number < at_least:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least {at_least}, but found '{one_line(text, _LONGEST_VALUE)}'"
        )
    return number


def _plain(message: str) -> str:
    choice = _INVALID_CHOICE.search(message)
    if choice is not None:
        value, choices = choice[1], [word.strip("' ") for word in choice[2].split(",")]
        problem = f"no such choice: '{one_line(value, _LONGEST_VALUE)}'; one of {', '.join(choices)}"
        return f"{message[: choice.start()]}{problem}. {did_you_mean(value, choices)}".rstrip(" .")
    value_of_kind = _INVALID_VALUE.search(message)
    if value_of_kind is not None:
        kind = _KINDS.get(value_of_kind[1], "another value")
        came = one_line(value_of_kind[2], _LONGEST_VALUE)
        return f"{message[: value_of_kind.start()]}expected {kind}, but found '{came}'"
    return message
