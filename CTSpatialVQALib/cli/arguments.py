"""What the commands' parsers have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Run = Callable[[argparse.Namespace], int]


def command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Run,
    *,
    summary: str,
    examples: str,
) -> argparse.ArgumentParser:
    """A command's parser: one sentence, its arguments, and examples that can be pasted."""
    added = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.set_defaults(run=run)
    return added


def json_option(parser: argparse.ArgumentParser) -> None:
    """The option --json."""
    parser.add_argument("--json", action="store_true", help="machine-readable result on stdout")


def series_option(parser: argparse.ArgumentParser) -> None:
    """Add `--series`."""
    parser.add_argument(
        "--series",
        metavar="UID|N",
        help="of a DICOM folder with several series: the SeriesInstanceUID or series number to read",
    )
