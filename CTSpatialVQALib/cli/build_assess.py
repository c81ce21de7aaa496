"""`ctspatialvqa build assess`: how good is a benchmark, as far as rules can tell?"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from CTSpatialVQALib import __version__
from CTSpatialVQALib.benchmark.jsonfiles import iter_jsonl, text_column
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.console import emit, emit_json, say, stage
from CTSpatialVQALib.construction.assess import Assessment, Share, assess
from CTSpatialVQALib.construction.candidate_pairs import candidate_of
from CTSpatialVQALib.construction.pair_checks import with_reports
from CTSpatialVQALib.construction.reports import read_reports
from CTSpatialVQALib.language.answer_part import answer_part

_EXAMPLES = """\
  ctspatialvqa build assess spatial_qa_filtered_full.json --out findings.html
  ctspatialvqa build assess questions.jsonl --reports reports.csv --json
  ctspatialvqa build assess questions.jsonl --predictions model-a.jsonl model-b.jsonl"""


def add(commands: Commands) -> None:
    """Add the step's parser."""
    parser = command(
        commands,
        "assess",
        run,
        summary="count what is wrong with a benchmark, by rule",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "benchmark", type=user_path, metavar="BENCHMARK", help="question file, official or own"
    )
    parser.add_argument(
        "--reports", type=user_path, help="reports of its cases: CSV, JSON, JSON Lines or a folder"
    )
    parser.add_argument(
        "--predictions",
        type=user_path,
        nargs="+",
        default=[],
        metavar="FILE.jsonl",
        help="outputs of models: how many are empty, or carry markers, prompts or run-on dialogue",
    )
    parser.add_argument("--out", type=user_path, metavar="PAGE.html", help="a page of findings with examples")
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Assess, tell the counts, and write the page if one is wished for."""
    with stage("reading questions and reports"):
        source = read_questions(arguments.benchmark)
        candidates = tuple(candidate_of(question) for question in source.questions)
        reports = read_reports(arguments.reports) if arguments.reports else None
        if reports is not None:
            candidates = with_reports(candidates, reports)
    with stage("looking for flaws and measuring the blind baselines"):
        assessment = assess(arguments.benchmark, candidates, reports=reports, notes=source.notes)
    with stage("looking through predictions"):
        outputs = {path.name: _outputs(path) for path in arguments.predictions}
    if arguments.out:
        _write_page(arguments.out, assessment, outputs)
        say(f"page of findings: {arguments.out}")
    if arguments.json:
        emit_json({**assessment.as_json(), "outputs": outputs})
    else:
        _tell(assessment, outputs)
    return 0


def _tell(assessment: Assessment, outputs: dict[str, dict[str, int]]) -> None:
    extent = assessment.extent
    emit(
        f"{extent.questions} questions on {extent.volumes} volumes, {extent.studies} studies,"
        f" {extent.patients} patients"
    )
    emit(f"about a place: {_share(assessment.spatial)}; without any finding: {_share(assessment.clean)}")
    for flaw in assessment.flaws:
        emit(f"  {flaw.flaw:<22} {_share(flaw.questions)}  {flaw.meaning}")
    if assessment.blind is not None:
        emit(
            f"right without an image: chance {assessment.blind.uniform:.1%}, commonest answer of each form"
            f" {assessment.blind.majority:.1%}, blind prior {assessment.blind.prior:.1%}"
        )
    for name, counts in outputs.items():
        emit(f"{name}: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    for note in assessment.notes:
        emit(f"note: {note}")


def _share(share: Share) -> str:
    return f"{share.count} ({share.share:.1%}, 95 % interval {share.low:.1%} to {share.high:.1%})"


def _outputs(path: Path) -> dict[str, int]:
    """What stands in a model's outputs beside answers, counted."""
    counts: Counter[str] = Counter(outputs=0, empty=0)
    for number, row in iter_jsonl(path):
        text = text_column(row, "prediction", f"{path}: line {number}")
        counts["outputs"] += 1
        counts["empty"] += not text.strip()
        counts.update(f"with {cut}" for cut in answer_part(text).cuts)
    return dict(counts)


def _write_page(out: Path, assessment: Assessment, outputs: dict[str, dict[str, int]]) -> None:
    from CTSpatialVQALib.report.page_data import RESEARCH_NOTE
    from CTSpatialVQALib.report.plain_page import write_page

    write_page(
        "findings.html.j2",
        out,
        {
            "found": assessment,
            "outputs": outputs,
            "version": __version__,
            "research_note": RESEARCH_NOTE,
        },
        styles=("report.css", "findings.css"),
    )
