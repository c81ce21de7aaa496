"""`ctspatialvqa build audit`: people judge pairs, here or in Slicer, and their agreement is told."""

from __future__ import annotations

import argparse
import json
import sys

from pydantic import ValidationError

from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.build_audit_terminal import one_key_at_a_time, read_audit
from CTSpatialVQALib.cli.console import emit, emit_json, say
from CTSpatialVQALib.construction.audit_agreement import AuditResult, audit_result
from CTSpatialVQALib.construction.audit_answers import Aspect
from CTSpatialVQALib.construction.audit_study import AuditRules, write_audit_study
from CTSpatialVQALib.construction.candidate_pairs import read_candidates
from CTSpatialVQALib.construction.published_audit import PublishedAudit, read_published_audit
from CTSpatialVQALib.construction.reports import read_reports
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.reading.assignment import share_of
from CTSpatialVQALib.reading.study_log import read_study_log
from CTSpatialVQALib.records.base import bad_input_from, sha256_of
from CTSpatialVQALib.statistics.agreement import Agreement

_STUDY = """\
  ctspatialvqa build audit study build/validated.jsonl --reports reports.csv \\
      --readers ann ben --overlap 0.2 --out audit"""
_READ = "  ctspatialvqa build audit read audit/study.toml --reader ann"
_AGREE = """\
  ctspatialvqa build audit agree audit/study.toml audit/ann.sqlite audit/ben.sqlite \\
      --out build/audit.json --differences adjudicate.csv"""
_PUBLISHED = "  ctspatialvqa build audit published construction/"


def add(commands: Commands) -> None:
    """Add the step's parser with its parts."""
    parser = commands.add_parser(
        "audit",
        help="have people judge pairs",
        description="Have people judge pairs, and tell their agreement.",
    )
    parts = parser.add_subparsers(title="parts", metavar="PART", required=True)
    _add_study(parts)
    _add_read(parts)
    agree = command(parts, "agree", _run_agree, summary="tell how far the annotators agree", examples=_AGREE)
    agree.add_argument("study", type=user_path, metavar="STUDY")
    agree.add_argument(
        "logs", type=user_path, nargs="+", metavar="LOG", help="annotators' logs, or a merged one"
    )
    agree.add_argument("--out", type=user_path, metavar="AUDIT.json", help="for build release")
    agree.add_argument("--differences", type=user_path, metavar="FILE.csv", help="pairs to adjudicate")
    json_option(agree)
    published = command(
        parts,
        "published",
        _run_published,
        summary="tell what the published audit allows",
        examples=_PUBLISHED,
    )
    published.add_argument(
        "folder", type=user_path, metavar="FOLDER", help="with the files human_eval_*.json"
    )
    json_option(published)


def _add_study(parts: Commands) -> None:
    study = command(
        parts, "study", _run_study, summary="write a study whose replies are the pairs", examples=_STUDY
    )
    study.add_argument("pairs", type=user_path, metavar="PAIRS", help="candidates, or any question file")
    study.add_argument("--reports", type=user_path, help="CSV, JSON, JSON Lines or a folder of texts")
    study.add_argument("--readers", nargs="+", required=True, metavar="NAME", help="pseudonyms")
    study.add_argument(
        "--overlap", type=float, default=0.2, metavar="SHARE", help="of the cases, audited by everyone"
    )
    study.add_argument("--seed", type=int, default=0)
    study.add_argument("--out", type=user_path, required=True, metavar="FOLDER")


def _add_read(parts: Commands) -> None:
    read = command(parts, "read", _run_read, summary="audit pairs in this terminal", examples=_READ)
    read.add_argument("study", type=user_path, metavar="STUDY", help="study.toml of build audit study")
    read.add_argument("--reader", required=True, metavar="NAME")
    read.add_argument("--log", type=user_path, help="default: <reader>.sqlite beside the study")


def _run_study(arguments: argparse.Namespace) -> int:
    candidates = read_candidates(arguments.pairs)
    reports = read_reports(arguments.reports) if arguments.reports else {}
    rules = AuditRules(tuple(arguments.readers), arguments.overlap, arguments.seed)
    try:
        path = write_audit_study(arguments.out, candidates, reports, rules)
    except ValidationError as error:  # the options become a study's table [reading.assignment]
        raise bad_input_from(error, "build audit study", "--readers, --overlap or --seed") from error
    study = load_study(path)
    shares = {reader: share_of(reader, study.reading, study.questions).questions for reader in rules.readers}
    common = frozenset.intersection(*shares.values())
    emit(f"{len(candidates)} pairs, {len(common)} of them audited by everyone: {path}")
    for reader, share in shares.items():
        emit(f"  {reader}: {len(share)} pairs")
    return 0


def _run_read(arguments: argparse.Namespace) -> int:
    log = arguments.log or arguments.study.parent / f"{_file_name(arguments.reader)}.sqlite"
    with one_key_at_a_time(sys.stdin) as keys:
        read_audit(arguments.study, arguments.reader, log, keys)
    say(f"log: {log}")
    return 0


def _file_name(reader: str) -> str:
    """A pseudonym as a file's name; what is no plain word becomes a hash, so that it never becomes a path."""
    plain = reader.replace("-", "").replace("_", "")
    return reader if plain.isascii() and plain.isalnum() else f"reader-{sha256_of(reader)[:12]}"


def _run_agree(arguments: argparse.Namespace) -> int:
    study = load_study(arguments.study)
    result = audit_result([read_study_log(path) for path in arguments.logs], study.questions, study.patients)
    if not result.answered:
        raise BadInput(
            arguments.logs[0], expected="verdicts on the study's pairs", came="none", remedy="Check the logs"
        )
    plain = result.as_json()
    decided = {pair_id: result.verdict_on(pair_id) for pair_id in sorted(result.answers)}
    plain["decided"] = {
        pair_id: dict(answers._asdict()) for pair_id, answers in decided.items() if answers is not None
    }
    if arguments.out:
        write_text(arguments.out, json.dumps(plain, indent=1, ensure_ascii=False) + "\n", private=True)
    if arguments.differences:
        write_text(arguments.differences, _table_of(result), private=True)
    if arguments.json:
        emit_json(plain)
    else:
        _tell(result)
    return 0


def _tell(result: AuditResult) -> None:
    emit(", ".join(f"{reader} {count} pairs" for reader, count in result.answered.items()))
    emit(f"{result.several} pairs by two or more, {result.unsure} answers unsure")
    for aspect, coefficients in result.agreement.items():
        emit(
            f"{aspect}: Fleiss' kappa {_spoken(coefficients.fleiss)};"
            f" Krippendorff's alpha {_spoken(coefficients.alpha)}"
        )
        for pair, value in coefficients.cohen.items():
            emit(f"  {pair}: Cohen's kappa {_spoken(value)}")
        for category, value in coefficients.categories.items():
            emit(f"  {category}: Fleiss' kappa {_spoken(value)}")
    emit(f"{len(result.differences)} pairs to adjudicate")


def _spoken(agreement: Agreement) -> str:
    if agreement.value is None:
        return f"not defined ({agreement.items} pairs)"
    interval = (
        ""
        if agreement.interval is None
        else f" ({agreement.interval.low:.2f} to {agreement.interval.high:.2f})"
    )
    return f"{agreement.value:.2f}{interval}, {agreement.items} pairs"


def _table_of(result: AuditResult) -> str:
    from CTSpatialVQALib.report.spreadsheet import csv_line, safe_row

    readers = list(result.answered)
    lines = [csv_line(["pair_id", "question", "answer", "differ_in", *readers])]
    for difference in result.differences:
        answers = [
            ", ".join(
                f"{aspect} {'yes' if difference.answers[reader].of(aspect) else 'no'}" for aspect in Aspect
            )
            if reader in difference.answers
            else ""
            for reader in readers
        ]
        row = [
            difference.pair_id,
            difference.question,
            difference.answer,
            " ".join(difference.aspects),
            *answers,
        ]
        lines.append(csv_line(safe_row(row)))
    return "".join(lines)


def _run_published(arguments: argparse.Namespace) -> int:
    published = read_published_audit(arguments.folder)
    if arguments.json:
        emit_json(published.as_json())
    else:
        _tell_published(published)
    return 0


def _tell_published(published: PublishedAudit) -> None:
    emit(
        f"{published.answered} of {published.dealt} pairs answered by {len(published.annotators)} annotators"
    )
    emit(f"{published.by_several} pairs were answered by two or more annotators")
    for aspect, share in published.shares.items():
        emit(f"{aspect}: yes to {share:.1%}")
        between = published.between_annotators[aspect]
        emit(f"  between annotators: kappa {_spoken(between)}")
        emit(
            "  annotators, taken as one, with the judging model:"
            f" kappa {_spoken(published.with_model[aspect])}"
        )
    emit(
        f"list of disagreements: {published.entries} entries and {published.repeated_entries} repeated ones;"
        f" {published.elsewhere} name a question that the published pairs do not have at that place"
    )
    emit(f"{published.other_lengths} audited cases have another number of pairs in the published file")
