"""`ctspatialvqa build generate`: candidate pairs from reports."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from pydantic import JsonValue

from CTSpatialVQALib.backends.text_chat import ChatModel
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.build_models import cost_of, model_options, named_model, spent_line
from CTSpatialVQALib.cli.console import Progress, emit, emit_json, say
from CTSpatialVQALib.construction.candidate_pairs import write_candidates, write_rows
from CTSpatialVQALib.construction.chat_store import ChatStore
from CTSpatialVQALib.construction.generate import PLACES, Generated, PairsPerReport, generate
from CTSpatialVQALib.construction.prompts import GENERATE, Prompt, load_prompt
from CTSpatialVQALib.construction.reports import Report, read_reports
from CTSpatialVQALib.exclusive_lock import store_lock
from CTSpatialVQALib.files import write_text

_EXAMPLES = """\
  ctspatialvqa build generate reports.csv --url http://localhost:8000/v1 --model NAME --out build
  ctspatialvqa build generate reports/ --model ./my-model --out build    (a model of transformers, here)"""


def add(commands: Commands) -> None:
    """Add the step's parser."""
    parser = command(
        commands,
        "generate",
        run,
        summary="have a model propose pairs from reports",
        examples=_EXAMPLES,
        resumes=True,
    )
    parser.add_argument(
        "reports", type=user_path, metavar="REPORTS", help="CSV, JSON, JSON Lines or a folder of texts"
    )
    parser.add_argument(
        "--out", type=user_path, required=True, metavar="BUILD", help="folder; again to resume"
    )
    parser.add_argument("--prompt", type=user_path, metavar="FILE.toml", help="instead of the product's own")
    parser.add_argument(
        "--least", type=int, default=PairsPerReport().least, metavar="N", help="pairs per report"
    )
    parser.add_argument("--most", type=int, default=PairsPerReport().most, metavar="N")
    model_options(parser, what="proposes the pairs")
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask for what is not in the store, and write all candidates; 1 if a report brought none by a failure."""
    reports = read_reports(arguments.reports)
    prompt = load_prompt(GENERATE, PLACES, arguments.prompt)
    with (
        named_model(arguments) as model,
        store_lock(arguments.out / "exchanges.store"),
        ChatStore(arguments.out / "exchanges.store") as store,
        Progress("generating") as bar,
    ):
        generated = generate(
            reports.values(),
            model,
            prompt,
            store,
            amount=PairsPerReport(arguments.least, arguments.most),
            on_progress=lambda progress: bar.show(progress.done, progress.total),
        )
        summary = _summary(generated, arguments, reports, prompt, model)
    _write(arguments.out, generated, summary)
    for failure in generated.failures[:10]:
        say(f"{failure.case_id}: {failure.outcome}: {failure.detail}")
    if len(generated.failures) > 10:
        say(f"... and {len(generated.failures) - 10} more, in {arguments.out / 'failures.jsonl'}")
    if arguments.json:
        emit_json(summary)
    else:
        emit(
            f"{len(generated.candidates)} pairs from {len(reports)} reports:"
            f" {arguments.out / 'candidates.jsonl'}"
        )
        emit(
            f"{generated.asked_now} requests asked, {generated.cached} known;"
            f" {len(generated.refused)} pairs refused"
        )
        emit(spent_line(generated.spent, cost_of(generated.spent, arguments)))
    return 1 if generated.failures else 0


def _write(out: Path, generated: Generated, summary: dict[str, JsonValue]) -> None:
    write_candidates(out / "candidates.jsonl", generated.candidates)
    write_rows(
        out / "failures.jsonl",
        [{**entry._asdict(), "outcome": str(entry.outcome)} for entry in generated.failures],
    )
    write_rows(out / "refused.jsonl", [dict(entry._asdict()) for entry in generated.refused])
    write_text(out / "generation.json", json.dumps(summary, indent=1, ensure_ascii=False) + "\n")


def _summary(
    generated: Generated,
    arguments: argparse.Namespace,
    reports: dict[str, Report],
    prompt: Prompt,
    model: ChatModel,
) -> dict[str, JsonValue]:
    return {
        "model": model.name,
        "model_version": model.version,
        "parameters": dict(model.parameters),
        "prompt": prompt.version,
        "prompt_sha256": prompt.sha256,
        "distinct_reports": len({report.report_id for report in reports.values()}),
        **generated.summary(),
        "cost": cost_of(generated.spent, arguments),
    }
