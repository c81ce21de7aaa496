"""`ctspatialvqa report`: one HTML file that tells runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from CTSpatialVQALib.cli.arguments import command
from CTSpatialVQALib.cli.console import emit
from CTSpatialVQALib.cli.job import RunFolder
from CTSpatialVQALib.cli.telling import write_report

_EXAMPLES = """\
  ctspatialvqa report run1
  ctspatialvqa report run1 run2 --out both.html"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = command(
        commands, "report", run, summary="write one self-contained HTML report of runs", examples=_EXAMPLES
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folders that `run --out` wrote")
    parser.add_argument("--out", type=Path, help="default: report.html in the first run's folder")


def run(arguments: argparse.Namespace) -> int:
    """Write the report and print its path."""
    out: Path = arguments.out or arguments.runs[0] / "report.html"
    write_report([RunFolder(path) for path in arguments.runs], out)
    emit(str(out))
    return 0
