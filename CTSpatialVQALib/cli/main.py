"""The command line: one parser, one place where errors become exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from CTSpatialVQALib import __version__
from CTSpatialVQALib.cli import (
    backends_command,
    build_command,
    check_command,
    claims_command,
    contracts_command,
    demo_command,
    export_command,
    ground_command,
    key_command,
    measure_command,
    merge_command,
    prepare_command,
    report_command,
    reproduce_command,
    run_command,
    score_command,
    verify_command,
)
from CTSpatialVQALib.cli.console import PlainParser, say
from CTSpatialVQALib.errors import BadInput, WorkFailed

DONE, FAILED, WRONG_USAGE = 0, 1, 2

COMMANDS = (
    demo_command,
    check_command,
    measure_command,
    ground_command,
    claims_command,
    contracts_command,
    prepare_command,
    run_command,
    score_command,
    report_command,
    reproduce_command,
    export_command,
    verify_command,
    key_command,
    merge_command,
    build_command,
    backends_command,
)

_DESCRIPTION = """\
Audit how vision-language models reason about space in CT. Research use only.

Try it with nothing at hand:
  ctspatialvqa demo --out demo-out
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 the work failed or a check found an error, 2 wrong usage or bad input."""
    arguments = parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except BadInput as error:
        say(f"ctspatialvqa: {error}")
        return WRONG_USAGE
    except WorkFailed as error:
        say(f"ctspatialvqa: {error}")
        return FAILED
    except KeyboardInterrupt:
        say("ctspatialvqa: stopped; what was finished is kept, run the same command again to go on")
        return FAILED
    except BrokenPipeError:
        # the reader of our output went away (`| head`); nothing more can be said to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def parser() -> argparse.ArgumentParser:
    """The parser with all commands."""
    top = PlainParser(
        prog="ctspatialvqa",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"ctspatialvqa {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
