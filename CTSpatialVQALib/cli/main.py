"""The command line: all commands in one parser, and one place where errors become exit codes."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from CTSpatialVQALib import __version__
from CTSpatialVQALib.cli import (
    adjudicate_command,
    backends_command,
    build_command,
    check_command,
    claims_command,
    completion_command,
    contracts_command,
    demo_command,
    export_command,
    ground_command,
    init_command,
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
from CTSpatialVQALib.cli.arguments import CommandParser, WrongUsage
from CTSpatialVQALib.cli.console import complain, configure, emit_script, json_text, write_what_can_be_written
from CTSpatialVQALib.cli.overview import overview
from CTSpatialVQALib.errors import BadInput, WorkFailed, one_line

DONE, FAILED, WRONG_USAGE = 0, 1, 2
TRACE_VARIABLE = "CTSPATIALVQA_TRACEBACK"

COMMANDS: tuple[ModuleType, ...] = (
    demo_command,
    init_command,
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
    adjudicate_command,
    build_command,
    backends_command,
    completion_command,
)

_DESCRIPTION = """\
Audit how vision-language models reason about space in CT. Research use only.

Try it with nothing at hand:
  ctspatialvqa demo --out demo-out
"""
# The path that was given cannot be one; everything else that the system refuses is work that failed.
_NO_PATH = frozenset(
    {errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EINVAL}
)
_GO_ON = "; what was finished is kept, run the same command again to go on"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 the work failed or a check found an error, 2 wrong usage or bad input."""
    words = list(sys.argv[1:] if argv is None else argv)
    write_what_can_be_written()
    arguments = argparse.Namespace(resumes=False)
    try:
        if not words:
            emit_script(overview(parser()))
            return DONE
        arguments = parser().parse_args(words)
        configure(quiet=getattr(arguments, "quiet", False))
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        complain(f"ctspatialvqa: stopped{_GO_ON if arguments.resumes else ''}")
        return FAILED
    except BrokenPipeError:
        # the reader of our output went away (`| head`); nothing more can be said to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001 the outermost boundary: a mistake of ours is one line, too
        return _refused(error, as_json="--json" in words)


def parser() -> CommandParser:
    """The parser with all commands."""
    top = CommandParser(
        prog="ctspatialvqa",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"ctspatialvqa {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return top


def _refused(error: Exception, *, as_json: bool) -> int:
    """Say what went wrong on stderr, with --json as one JSON document; the exit code."""
    if isinstance(error, WrongUsage):
        code, kind, text = WRONG_USAGE, "wrong_usage", str(error)
    elif isinstance(error, BadInput):
        code, kind, text = WRONG_USAGE, "bad_input", f"ctspatialvqa: {error}"
    elif isinstance(error, WorkFailed):
        code, kind, text = FAILED, "work_failed", f"ctspatialvqa: {error}"
    elif isinstance(error, OSError):
        bad = error.errno in _NO_PATH
        code, kind = (WRONG_USAGE, "bad_input") if bad else (FAILED, "work_failed")
        text = f"ctspatialvqa: {_system_text(error)}"
    elif isinstance(error, MemoryError):
        code, kind, text = FAILED, "work_failed", "ctspatialvqa: this needs more memory than there is"
    else:
        code, kind, text = FAILED, "internal", _our_mistake(error)
    # stdout keeps whole rows only: what was redirected into a file can be read whatever happens
    problem = {"kind": kind, "exit_code": code, **_parts(error), "message": text}
    complain(json_text({"error": problem}) if as_json else text)
    return code


def _parts(error: Exception) -> dict[str, str]:
    if not isinstance(error, BadInput):
        return {}
    return {"where": error.where, "expected": error.expected, "found": error.came, "remedy": error.remedy}


def _system_text(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.filename is None:
        return one_line(reason)
    return f"{one_line(os.fsdecode(error.filename), 200)}: {reason}. Check the path and its permissions."


def _our_mistake(error: Exception) -> str:
    if os.environ.get(TRACE_VARIABLE):
        traceback.print_exception(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return one_line(
        f"ctspatialvqa: this is a mistake of the program ({type(error).__name__} in {place}: {error})."
        f" Please report it; with {TRACE_VARIABLE}=1 in the environment it says more."
    )


if __name__ == "__main__":
    sys.exit(main())
