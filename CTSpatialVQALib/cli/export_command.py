"""`ctspatialvqa export`: a log as a table or as lossless lines."""

from __future__ import annotations

import argparse
from pathlib import Path

from CTSpatialVQALib.audit.events import export_made
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.cli.arguments import command
from CTSpatialVQALib.cli.console import emit
from CTSpatialVQALib.cli.job import PROGRAM
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import sha256_of_file
from CTSpatialVQALib.report.exports import export_csv, export_jsonl

_EXAMPLES = """\
  ctspatialvqa export demo-out/audit.sqlite --format csv --out verdicts.csv
  ctspatialvqa export demo-out/audit.sqlite --format jsonl --out log.jsonl"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = command(
        commands, "export", run, summary="export an audit log as CSV or JSON Lines", examples=_EXAMPLES
    )
    parser.add_argument("log", type=Path, metavar="LOG")
    parser.add_argument("--format", choices=("csv", "jsonl"), required=True)
    parser.add_argument("--out", type=Path, required=True, metavar="PATH")


def run(arguments: argparse.Namespace) -> int:
    """Write the export and record in the log that it was made."""
    log: Path = arguments.log
    out: Path = arguments.out
    if out.resolve() == log.resolve():
        raise BadInput(out, expected="another file than the log", came="the log", remedy="Change --out")
    export = export_csv if arguments.format == "csv" else export_jsonl
    count = export(log, out)
    with AuditLog.open(log, PROGRAM) as opened:
        opened.append(*export_made(arguments.format, sha256_of_file(out), count))
    emit(f"{count} rows: {out}")
    return 0
