"""`ctspatialvqa build validate`: which pairs stay, which go, and why."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib import __version__
from CTSpatialVQALib.backends.text_chat import ChatModel
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.build_models import cost_of, is_named, model_options, named_model, spent_line
from CTSpatialVQALib.cli.console import Progress, emit, emit_json, say
from CTSpatialVQALib.construction.candidate_pairs import (
    Candidate,
    read_candidates,
    write_candidates,
    write_rows,
)
from CTSpatialVQALib.construction.chat_store import ChatStore
from CTSpatialVQALib.construction.pair_checks import check_all, with_reports
from CTSpatialVQALib.construction.pair_flaws import Flaw
from CTSpatialVQALib.construction.pair_judging import PLACES, JudgedPairs, judge_pairs
from CTSpatialVQALib.construction.prompts import VALIDATE, Prompt, load_prompt
from CTSpatialVQALib.construction.reports import Report, read_reports
from CTSpatialVQALib.construction.validate import (
    AUDIT,
    JUDGE,
    REPORT,
    Policy,
    Validated,
    joined,
    survivors,
    validated,
)
from CTSpatialVQALib.exclusive_lock import store_lock
from CTSpatialVQALib.files import sha256_of_file, write_text

_EXAMPLES = """\
  ctspatialvqa build validate build/candidates.jsonl --reports reports.csv --out build
  ctspatialvqa build validate pairs.json --reports reports.csv --out build --exclude blind
  ctspatialvqa build validate build/candidates.jsonl --reports reports.csv --out build \\
      --url http://localhost:8001/v1 --model OTHER-MODEL"""


class _Asked(NamedTuple):
    """The judging model's part: its judgements and what the summary says of it."""

    judged: JudgedPairs
    summary: dict[str, JsonValue]


def add(commands: Commands) -> None:
    """Add the step's parser."""
    parser = command(
        commands,
        "validate",
        run,
        summary="exclude pairs with a reason, by rule and, if one is named, by another model",
        examples=_EXAMPLES,
        resumes=True,
    )
    parser.add_argument("pairs", type=user_path, metavar="PAIRS", help="candidates, or any question file")
    parser.add_argument("--reports", type=user_path, help="CSV, JSON, JSON Lines or a folder of texts")
    parser.add_argument(
        "--out", type=user_path, required=True, metavar="BUILD", help="folder; again to resume"
    )
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="FLAW", help="exclude what is usually only marked"
    )
    parser.add_argument(
        "--mark", action="append", default=[], metavar="FLAW", help="mark what is usually excluded"
    )
    parser.add_argument("--prompt", type=user_path, metavar="FILE.toml", help="instead of the product's own")
    model_options(parser, what="judges the pairs that the rules let through")
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check, judge, and write what stays and what goes; 1 if a pair could not be judged."""
    policy = Policy.of(arguments.exclude, arguments.mark)
    candidates = read_candidates(arguments.pairs)
    reports = read_reports(arguments.reports) if arguments.reports else None
    if reports is not None:
        candidates = with_reports(candidates, reports)
    checked = check_all(candidates, reports)
    judging = None
    if is_named(arguments):
        left = survivors(candidates, checked.findings, policy)
        judging = _judge(left, reports or {}, arguments)
    findings = joined(checked.findings, judging.judged.findings if judging else {})
    skipped = [AUDIT, *([REPORT] if reports is None else []), *([JUDGE] if judging is None else [])]
    result = validated(candidates, findings, policy, skipped=skipped)
    summary: dict[str, JsonValue] = {
        "source": arguments.pairs.name,
        "source_sha256": sha256_of_file(arguments.pairs),
        **result.summary(),
        "judging_model": judging.summary if judging else None,
    }
    _write(arguments.out, result, summary, against_reports=reports is not None)
    if arguments.json:
        emit_json(summary)
    else:
        _tell(result, judging, arguments)
    unjudged = judging is not None and any(
        finding.flaw is Flaw.NOT_JUDGED
        for findings in judging.judged.findings.values()
        for finding in findings
    )
    return 1 if unjudged else 0


def _judge(left: Sequence[Candidate], reports: Mapping[str, Report], arguments: argparse.Namespace) -> _Asked:
    prompt = load_prompt(VALIDATE, PLACES, arguments.prompt)
    with (
        named_model(arguments) as model,
        store_lock(arguments.out / "exchanges.store"),
        ChatStore(arguments.out / "exchanges.store") as store,
        Progress("judging") as bar,
    ):
        judged = judge_pairs(
            left,
            reports,
            model,
            prompt,
            store,
            on_progress=lambda progress: bar.show(progress.done, progress.total),
        )
        return _Asked(judged, _model_summary(judged, arguments, prompt, model))


def _model_summary(
    judged: JudgedPairs, arguments: argparse.Namespace, prompt: Prompt, model: ChatModel
) -> dict[str, JsonValue]:
    return {
        "model": model.name,
        "model_version": model.version,
        "prompt": prompt.version,
        "prompt_sha256": prompt.sha256,
        "judged": len(judged.judgements),
        "outcomes": dict(judged.outcomes),
        "requests_asked_now": judged.asked_now,
        "requests_cached": judged.cached,
        **judged.spent._asdict(),
        "cost": cost_of(judged.spent, arguments),
    }


def _write(out: Path, result: Validated, summary: dict[str, JsonValue], *, against_reports: bool) -> None:
    from CTSpatialVQALib.report.page_data import RESEARCH_NOTE
    from CTSpatialVQALib.report.plain_page import write_page

    write_candidates(out / "validated.jsonl", result.kept)
    write_rows(out / "excluded.jsonl", [exclusion.as_row() for exclusion in result.excluded])
    write_text(out / "validation.json", json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
    write_page(
        "flow.html.j2",
        out / "flow.html",
        {
            "result": result,
            "summary": summary,
            "meanings": {str(flaw): flaw.meaning for flaw in Flaw},
            "against_reports": against_reports,
            "version": __version__,
            "research_note": RESEARCH_NOTE,
        },
        styles=("report.css", "findings.css"),
    )


def _tell(result: Validated, judging: _Asked | None, arguments: argparse.Namespace) -> None:
    for stage in result.flow:
        reasons = ", ".join(f"{flaw} {count}" for flaw, count in stage.excluded.items())
        emit(f"{stage.name:<16} {stage.entered:>6} in {stage.left:>6} left  {reasons}")
    emit(f"{len(result.kept)} pairs stay: {arguments.out / 'validated.jsonl'}")
    if judging is not None:
        emit(spent_line(judging.judged.spent, cost_of(judging.judged.spent, arguments)))
    say(f"flow chart: {arguments.out / 'flow.html'}; reasons: {arguments.out / 'excluded.jsonl'}")
