"""`ctspatialvqa score`: scores of answers by rule, by judging models and by a jury of them."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path, whole_number
from CTSpatialVQALib.cli.console import emit, emit_json, say, stage
from CTSpatialVQALib.cli.grants import grant_options, grants_of
from CTSpatialVQALib.cli.score_judges import JudgesWanted, judged
from CTSpatialVQALib.cli.score_rows import Rows, read_rows
from CTSpatialVQALib.cli.silent_backends import attempts_of_judge, require_answers
from CTSpatialVQALib.cli.summary_text import interval_text
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.judging.ask_judges import SEES_NO_IMAGE, no_answer, score_of
from CTSpatialVQALib.judging.panel import Panel
from CTSpatialVQALib.judging.prompt import load_prompt
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.words import VerdictClass
from CTSpatialVQALib.scoring.jury import JuryRule
from CTSpatialVQALib.statistics.clusters import Clusters, accuracy

_EXAMPLES = """\
  ctspatialvqa score answers.jsonl
  ctspatialvqa score answers.jsonl --rules --json > scores.jsonl
  ctspatialvqa score run1 --judge http://127.0.0.1:8000/v1#qwen3
  ctspatialvqa score run1 --judge a --judge b --judge c --study study.toml --consent https://models.example.org"""
VOTES_SUFFIX = ".votes.sqlite"
_DONE, _FAILED = 0, 1

ScoresById = Mapping[str, Score]


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands,
        "score",
        run,
        summary="score answers against their references",
        examples=_EXAMPLES,
        resumes=True,
    )
    parser.add_argument(
        "file",
        type=user_path,
        metavar="FILE",
        help='JSON Lines {"id", "question", "reference", "prediction"}, or the folder of a run',
    )
    rules = parser.add_argument_group("by rule")
    rules.add_argument("--rules", action="store_true", help="score by rule (the default without judges)")
    rules.add_argument(
        "--strict", action="store_true", help="by rule: every detail of the reference, and nothing besides"
    )
    parser.add_argument(
        "--as-is",
        action="store_true",
        help="do not cut markers, run-on dialogue and leaked prompts from the answers first",
    )
    _add_judging(parser)
    json_option(parser)


def _add_judging(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("by judging models", SEES_NO_IMAGE)
    group.add_argument(
        "--judge",
        action="append",
        default=[],
        metavar="J",
        help="URL#MODEL, or a backend (openai, local) that --study declares",
    )
    group.add_argument("--study", type=user_path, metavar="STUDY", help="study file that declares the judges")
    group.add_argument(
        "--consent",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="agree that texts go there, e.g. https://host:8000",
    )
    grant_options(group)
    group.add_argument(
        "--votes",
        type=user_path,
        metavar="STORE",
        help=f"where votes are kept; run again to resume (default: FILE{VOTES_SUFFIX}, RUN/votes.sqlite)",
    )
    group.add_argument(
        "--prompt", type=user_path, metavar="TOML", help="another prompt than the product's own"
    )
    group.add_argument(
        "--batch", type=whole_number, default=1, metavar="N", help="answers per request (default 1)"
    )
    group.add_argument("--workers", type=whole_number, metavar="N", help="parallel requests")
    group.add_argument(
        "--jury",
        choices=[str(rule) for rule in JuryRule],
        default=str(JuryRule.MAJORITY),
        help="how several judges decide together (default majority)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Score each answer by each scorer; with --json one line per answer and scorer."""
    _check(arguments)
    with stage(f"reading {arguments.file.name}"):
        rows = read_rows(arguments.file)
    _require_rows(rows, arguments.file)
    rules_wanted = arguments.rules or arguments.strict or not arguments.judge
    with stage("scoring by rule"):
        sets = [_by_rule(rows, arguments)] if rules_wanted else []
    panel = judged(rows, _judges_of(arguments)) if arguments.judge else None
    for outcome, count in rows.failed.items():
        say(f"note: {count} replies are no answers ({outcome}) and are not scored")
    sets += [] if panel is None else _of_panel(panel, rows, JuryRule(arguments.jury))
    silent = _say_missing_votes(panel)
    if arguments.json:
        for line in _lines(sets, rows):
            emit_json(line)
    else:
        for scores in sets:
            _tell(scores, rows)
        for text in _panel_lines(panel, arguments.file.name):
            emit(text)
    if panel is not None:
        _require_votes(panel, arguments)
    return _FAILED if silent else _DONE


def _say_missing_votes(panel: Panel | None) -> bool:
    """Say which judge left how many answers without a vote, and why; whether no judge gave a single one."""
    by_judge = {} if panel is None else panel.votes
    voted = False
    for judge, votes in by_judge.items():
        missing = [vote for vote in votes.values() if vote.correct is None and not no_answer(vote)]
        if missing:
            ((reason, _),) = Counter(vote.reason for vote in missing).most_common(1)
            say(f"{judge}: {len(missing)} of {len(votes)} answers without a vote; most often: {reason}")
        voted = voted or len(missing) < len(votes)
    return bool(by_judge) and any(by_judge.values()) and not voted


def _require_rows(rows: Rows, path: Path) -> None:
    """Say that there is nothing to score, and why."""
    if not rows.rows:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in rows.failed.items())
        raise WorkFailed(f"{path}: no answer to score; what is there: {counts or 'nothing'}")


def _require_votes(panel: Panel, arguments: argparse.Namespace) -> None:
    for name, votes in panel.votes.items():
        study = arguments.study if name in arguments.judge else None
        require_answers(attempts_of_judge(name, votes.values()), study)


def _check(arguments: argparse.Namespace) -> None:
    options = [
        name
        for name in ("study", "prompt", "votes", "key_variable", "python", "trust_code", "ca_file")
        if getattr(arguments, name)
    ]
    if options and not arguments.judge:
        raise BadInput(
            f"--{options[0].replace('_', '-')}",
            expected="a judge",
            came="none",
            remedy="Name one with --judge",
        )


def _judges_of(arguments: argparse.Namespace) -> JudgesWanted:
    file: Path = arguments.file
    beside = file / "votes.sqlite" if file.is_dir() else file.with_name(file.name + VOTES_SUFFIX)
    return JudgesWanted(
        names=arguments.judge,
        study=arguments.study,
        grants=grants_of(arguments),
        may_ask=not arguments.json,
        consent=arguments.consent,
        workers=arguments.workers,
        batch=arguments.batch,
        prompt=load_prompt(arguments.prompt),
        votes=arguments.votes or beside,
        clean=not arguments.as_is,
    )


def _by_rule(rows: Rows, arguments: argparse.Namespace) -> ScoresById:
    return {
        row.row_id: row.rule_score(clean=not arguments.as_is, strict=arguments.strict) for row in rows.rows
    }


def _of_panel(panel: Panel, rows: Rows, rule: JuryRule) -> list[ScoresById]:
    """One set of scores per judge, and the jury's where there are several."""
    sets: list[ScoresById] = [
        {row.row_id: score_of(votes[row.row_id], row.question_id, row.reply_id) for row in rows.rows}
        for votes in panel.votes.values()
    ]
    reply_ids = {row.row_id: row.reply_id for row in rows.rows if row.reply_id is not None}
    return [*sets, panel.scores(rule, reply_ids)] if len(sets) > 1 else sets


def _lines(sets: Sequence[ScoresById], rows: Rows) -> Iterator[dict[str, object]]:
    """Every answer with every scorer's finding."""
    for scores in sets:
        for row in rows.rows:
            score = scores[row.row_id]
            yield {
                "id": row.row_id,
                **row.about,
                "correct": score.correct,
                "class": score.verdict_class,
                "no_answer": score.no_answer,
                "error_type": score.error_type,
                "by": score.by,
                "reason": score.reason,
            }


def _tell(by_row: ScoresById, rows: Rows) -> None:
    scores = tuple(by_row.values())
    counts = Counter(score.correct for score in scores)
    silent = Counter(score.no_answer for score in scores if score.no_answer is not None)
    by = f" by {scores[0].by}" if scores else ""
    undecided = counts[None] - silent.total()
    emit(f"{len(scores)} answers: {counts[True]} right, {counts[False]} wrong, {undecided} not decided{by}")
    if silent:
        emit(f"{silent.total()} no answers: " + ", ".join(f"{kind.spoken} {n}" for kind, n in silent.items()))
    classes = Counter(score.verdict_class for score in scores)
    for kind, what in ((VerdictClass.COARSER, "less"), (VerdictClass.FINER, "more")):
        if classes[kind]:
            emit(f"{classes[kind]} {kind}: say {what} than the reference, and nothing against it")
    decided = [row for row in rows.rows if by_row[row.row_id].correct is not None]
    if decided:
        right = [bool(by_row[row.row_id].correct) for row in decided]
        share = accuracy(right, Clusters.of([row.patient for row in decided]))
        emit(
            f"accuracy over the decided: {share.share:.1%} ({interval_text(share.interval, share.patients)})"
        )
        if silent:
            emit(f"with no-answers counted as wrong: {sum(right) / (len(right) + silent.total()):.1%}")


def _panel_lines(panel: Panel | None, about: str) -> Iterator[str]:
    if panel is None:
        return
    yield SEES_NO_IMAGE
    if len(panel.votes) > 1:
        for rule, tally in panel.tallies().items():
            yield f"jury {rule}: {tally.right} right, {tally.wrong} wrong, {tally.undecided} undecided"
        for name, kappa in panel.agreement().items():
            if kappa.value is not None:
                yield f"kappa of {name}: {kappa.value:.3f} ({kappa.items} answers)"
    yield from (f"{kappa.severity}: {kappa.about}: {kappa.message}" for kappa in panel.alarms(about))
