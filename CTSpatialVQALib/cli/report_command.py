"""`ctspatialvqa report`: one HTML file that tells runs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from CTSpatialVQALib.cli.arguments import Commands, add_score_by, command, json_option, user_path
from CTSpatialVQALib.cli.console import emit, emit_json
from CTSpatialVQALib.cli.demo_job import RunFolder
from CTSpatialVQALib.cli.report_from_runs import ReportFiles, say_what_pictures_lack, write_report
from CTSpatialVQALib.report.embedded import summary_json_text
from CTSpatialVQALib.report.page_data import ReportData
from CTSpatialVQALib.report.score_choice import score_choice

_EXAMPLES = """\
  ctspatialvqa report run1
  ctspatialvqa report run1 run2 --out both.html
  ctspatialvqa report run1 --log reader-1.sqlite --log reader-2.sqlite
  ctspatialvqa report run1 --svg figures --pdf figures --tables tables      (for a paper)
  ctspatialvqa report run1 --json > numbers.json
  ctspatialvqa report run1 --score-by judge qwen3"""


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands, "report", run, summary="write one self-contained HTML report of runs", examples=_EXAMPLES
    )
    parser.add_argument(
        "runs", type=user_path, nargs="+", metavar="RUN", help="folders that `run --out` wrote"
    )
    parser.add_argument("--out", type=user_path, help="default: report.html in the first run's folder")
    parser.add_argument(
        "--log",
        type=user_path,
        action="append",
        default=[],
        metavar="LOG",
        help="a reader's log, or a merged one: its verdicts and readers' own answers are told, readers"
        " under pseudonyms",
    )
    parser.add_argument(
        "--study",
        type=user_path,
        action="append",
        default=[],
        metavar="STUDY",
        help="study file of the runs, for the pictures, where it does not lie beside them",
    )
    add_score_by(parser)
    for kind in ("svg", "pdf", "png"):
        parser.add_argument(
            f"--{kind}", type=user_path, metavar="DIR", help=f"write every figure as {kind.upper()}, too"
        )
    parser.add_argument(
        "--tables",
        type=user_path,
        metavar="DIR",
        help="write every table as CSV and LaTeX, and all shares with n, interval and method as numbers",
    )
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the report and print its path."""
    say_what_pictures_lack()
    out: Path = arguments.out or arguments.runs[0] / "report.html"
    pages: list[ReportData] = []
    folders = [RunFolder(path) for path in dict.fromkeys(arguments.runs)]
    write_report(
        folders,
        out,
        logs=arguments.log,
        files=ReportFiles(arguments.svg, arguments.pdf, arguments.png, arguments.tables, pages.append),
        studies=arguments.study,
        score_by=score_choice(arguments.score_by),
    )
    if arguments.json:
        emit_json({"report": str(out), **json.loads(summary_json_text(pages[0]))})
    else:
        emit(str(out))
    return 0
