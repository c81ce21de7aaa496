"""`ctspatialvqa ground`: which structures and regions do the words name?"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from CTSpatialVQALib.benchmark.columns import with_our_names
from CTSpatialVQALib.benchmark.jsonfiles import id_column, text_column
from CTSpatialVQALib.benchmark.tables import iter_rows, named_column
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.console import emit, emit_json
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.language.grounding import ground, mentions

_EXAMPLES = """\
  ctspatialvqa ground "Is the nodule in the RUL or in the left lower lobe?"
  ctspatialvqa ground --jsonl questions.jsonl --json > grounded.jsonl"""


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands,
        "ground",
        run,
        summary="find the structures and regions that a text names",
        examples=_EXAMPLES,
    )
    parser.add_argument("text", nargs="?", metavar="TEXT", help="a question or an answer")
    parser.add_argument("--jsonl", type=user_path, metavar="FILE", help='rows {"id", "question", "answer"?}')
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ground one text or a file of rows."""
    if (arguments.text is None) == (arguments.jsonl is None):
        raise BadInput("ground", expected="TEXT or --jsonl FILE", came="both or none", remedy="Give one")
    if arguments.jsonl is not None:
        for row in _rows(arguments.jsonl):
            emit_json(row)
        return 0
    named = mentions(arguments.text)
    if arguments.json:
        emit_json([mention.model_dump(mode="json") for mention in named])
        return 0
    for mention in named:
        what = ", ".join(mention.structures) or f"region {mention.region}"
        implied = " (implied)" if mention.implied else ""
        emit(f"{mention.span.start}-{mention.span.end} {mention.words!r}: {what}{implied}")
    if not named:
        emit("no anatomy named")
    return 0


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    number = 0
    for number, row in iter_rows(path):
        where = f"{path}: line {number}"
        cells = with_our_names(row, ("question_id", "question", "reference"))
        text = row.get("answer", cells.get("reference"))
        answer = text_column({"answer": text}, "answer", where) if text is not None else None
        grounding = ground(named_column(cells, "question", where), answer)
        yield {
            "id": id_column(row if "id" in row else cells, "id" if "id" in row else "question_id", where),
            "question_structures": list(grounding.question_structures),
            "question_implied": list(grounding.question_implied),
            "question_regions": list(grounding.question_regions),
            "answer_structures": list(grounding.answer_structures),
            "answer_regions": list(grounding.answer_regions),
        }
    if not number:
        raise BadInput(path, expected="at least one row", came="an empty file", remedy="Check the file")
