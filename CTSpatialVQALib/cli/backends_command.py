"""`ctspatialvqa backends`: who can be asked."""

from __future__ import annotations

import argparse

from CTSpatialVQALib.cli.arguments import command, json_option
from CTSpatialVQALib.cli.console import emit, emit_json
from CTSpatialVQALib.cli.making_backends import EMBEDDED

_RECORDED = "Recorded answers from a predictions file that the study names; nothing is run."
_EXAMPLES = """\
  ctspatialvqa backends"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = command(commands, "backends", run, summary="list who can be asked", examples=_EXAMPLES)
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """One line per backend."""
    known = {**EMBEDDED, "recorded": _RECORDED}
    if arguments.json:
        emit_json(known)
    else:
        for name, description in known.items():
            emit(f"{name:10} {description}")
    return 0
