"""`ctspatialvqa score`: was each answer right, by rule?"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from CTSpatialVQALib.benchmark.jsonfiles import iter_jsonl, text_column
from CTSpatialVQALib.cli.arguments import command, json_option
from CTSpatialVQALib.cli.console import emit, emit_json
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.scoring.intervals import wilson
from CTSpatialVQALib.scoring.rules import score_answer

_EXAMPLES = """\
  ctspatialvqa score answers.jsonl
  ctspatialvqa score answers.jsonl --rules --json > scores.jsonl"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = command(
        commands, "score", run, summary="score answers against their references", examples=_EXAMPLES
    )
    parser.add_argument(
        "file", type=Path, metavar="FILE.jsonl", help='rows {"id", "question", "reference", "prediction"}'
    )
    parser.add_argument("--rules", action="store_true", help="score by rule (the default)")
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Score each row; with --json one line per row."""
    scores = list(_scores(arguments.file))
    if arguments.json:
        for score in scores:
            emit_json(_row(score))
        return 0
    counts = Counter(score.correct for score in scores)
    decided = counts[True] + counts[False]
    emit(
        f"{len(scores)} answers: {counts[True]} right, {counts[False]} wrong, {counts[None]} not decided"
        " by rule"
    )
    if decided:
        interval = wilson(counts[True], decided)
        emit(
            f"accuracy over the decided: {counts[True] / decided:.1%}"
            f" (95 % interval {interval.low:.1%} to {interval.high:.1%})"
        )
    return 0


def _scores(path: Path) -> Iterator[Score]:
    seen: set[str] = set()
    for number, row in iter_jsonl(path):
        where = f"{path}: line {number}"
        row_id = text_column(row, "id", where)
        if row_id in seen:
            raise BadInput(
                where, expected="each id once", came=f"{shown(row_id)} again", remedy="Keep one of the rows"
            )
        seen.add(row_id)
        yield score_answer(
            text_column(row, "question", where),
            text_column(row, "reference", where),
            text_column(row, "prediction", where),
            question_id=row_id,
        )


def _row(score: Score) -> dict[str, object]:
    return {
        "id": score.question_id,
        "correct": score.correct,
        "error_type": score.error_type,
        "by": score.by,
        "reason": score.reason,
    }
