"""`ctspatialvqa reproduce`: do published files give the published tables, and what do they give by key?"""

from __future__ import annotations

import argparse

from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.console import emit, emit_json, say

_EXAMPLES = """\
  ctspatialvqa reproduce benchmark
  ctspatialvqa reproduce benchmark --json > tables.json
  ctspatialvqa reproduce benchmark --quick      (no METEOR, SBERT, chance levels or prior)"""


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands,
        "reproduce",
        run,
        summary="make the published tables from the published files, by position and by key, with alarms",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "data",
        type=user_path,
        metavar="DATA_DIR",
        help="folder with questions, predictions, judge files and tables, found by their names",
    )
    parser.add_argument("--quick", action="store_true", help="leave out METEOR, SBERT and the baselines")
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the tables; a number that differs from the published one is told, and is no failure."""
    # half a second of libraries that other commands do not need
    from CTSpatialVQALib.reproduction.published_tables import Settings, reproduce
    from CTSpatialVQALib.reproduction.tables_json import plain_reproduction
    from CTSpatialVQALib.reproduction.tables_text import reproduction_lines

    thorough = not arguments.quick
    settings = Settings(meteor=thorough, sbert=thorough, baselines=thorough)
    reproduction = reproduce(arguments.data, settings, tell=say)
    if arguments.json:
        emit_json(plain_reproduction(reproduction))
    else:
        for line in reproduction_lines(reproduction):
            emit(line)
    return 0
