"""`ctspatialvqa run`: ask a study's questions."""

from __future__ import annotations

import argparse
from pathlib import Path

from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.cli.arguments import command, json_option
from CTSpatialVQALib.cli.console import emit, emit_json, say
from CTSpatialVQALib.cli.job import RunFolder, ask_study
from CTSpatialVQALib.cli.making_backends import backends_of
from CTSpatialVQALib.cli.summary_text import summary_json, summary_lines
from CTSpatialVQALib.cli.telling import gather

_EXAMPLES = """\
  ctspatialvqa run study.toml --out run1
  ctspatialvqa run study.toml --out run1 --backend anatomy --backend prior
  ctspatialvqa report run1            (then the report)"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = command(
        commands,
        "run",
        run,
        summary="ask a study's questions; run again to resume",
        examples=_EXAMPLES,
    )
    parser.add_argument("study", type=Path, metavar="STUDY", help="study file (TOML)")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="folder of the run")
    parser.add_argument(
        "--backend", action="append", default=[], metavar="B", help="default: all that the study declares"
    )
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask what has no settled reply yet, and say how each backend did."""
    study = load_study(arguments.study)
    for note in study.notes:
        say(f"note: {note}")
    folder = RunFolder(arguments.out)
    result = ask_study(study, backends_of(study, arguments.backend), folder, study.reading.probes)
    told = gather([folder])
    if arguments.json:
        emit_json(
            {"new": result.outcomes.total(), "already_there": result.already_there, **summary_json(told)}
        )
        return 0
    emit(f"{result.outcomes.total()} asked now, {result.already_there} were there already")
    for line in summary_lines(told):
        emit(line)
    emit(f"log: {folder.log} (anchor {told.anchor})")
    return 0
