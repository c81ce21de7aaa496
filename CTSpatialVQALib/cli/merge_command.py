"""`ctspatialvqa merge`: several readers' logs as one, and how far the readers agree."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.console import emit, emit_json, stage
from CTSpatialVQALib.cli.demo_job import score_replies
from CTSpatialVQALib.cli.summary_text import interval_text
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.reading.merge import Merged, merge_logs, sources_of
from CTSpatialVQALib.reading.study_log import Difference, StudyLog, read_study_log
from CTSpatialVQALib.records.case import official_patient_id
from CTSpatialVQALib.records.words import Stage
from CTSpatialVQALib.statistics.agreement import (
    Agreement,
    Rating,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    per_category,
)
from CTSpatialVQALib.statistics.clusters import INTERVAL_METHOD, Accuracy, Clusters, accuracy

_EXAMPLES = """\
  ctspatialvqa merge reader-1.sqlite reader-2.sqlite --out study.sqlite
  ctspatialvqa merge study.sqlite --check      (every reader's chain inside the merged log)"""


class _Agreements(NamedTuple):
    """Coefficients of one stage: of all readers, of each two, of each with himself, and per category."""

    stage: Stage
    overall: tuple[Agreement, ...]
    pairs: dict[str, Agreement]
    repeated: dict[str, Agreement]
    categories: dict[str, Agreement]


class _OwnAnswers(NamedTuple):
    """How a reader who answered himself did, by the rules.

    share : right among what the rules decide; None where they decide nothing
    """

    reader: str
    saw: str
    answered: int
    share: Accuracy | None


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(commands, "merge", run, summary="merge several readers' logs", examples=_EXAMPLES)
    parser.add_argument("logs", type=user_path, metavar="LOG", nargs="+")
    parser.add_argument("--out", type=user_path, metavar="STUDY_LOG", help="the merged log, a new file")
    parser.add_argument("--check", action="store_true", help="check merged logs instead of merging")
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Merge and tell the agreement, or check."""
    if arguments.check == (arguments.out is not None):
        raise BadInput(
            "merge", expected="either --out or --check", came="both or none", remedy="Give one of the two"
        )
    if arguments.check:
        _check(arguments.logs, as_json=arguments.json)
        return 0
    with stage("merging"):
        merged = merge_logs(arguments.logs, arguments.out)
    log = read_study_log(arguments.out)
    agreements = [_agreements(log, stage) for stage in Stage if log.of_stage(stage)]
    own = _own_answers(log)
    differences = log.differences()
    if arguments.json:
        emit_json(_plain(merged, agreements, own, differences))
        return 0
    emit(
        f"{arguments.out}: {len(merged.sources)} logs, {merged.head.seq} records, anchor {merged.head.anchor}"
    )
    _tell_sources(merged)
    for difference in agreements:
        _tell_agreements(difference)
    for answers in own:
        emit(f"own answers of {answers.reader} ({answers.saw}): {_share_text(answers.share)}")
    unsettled = sum(difference.settled is None for difference in differences)
    if differences:
        emit(f"readers differ on {len(differences)} replies, {unsettled} of them not adjudicated")
    return 0


def _share_text(share: Accuracy | None) -> str:
    if share is None:
        return "nothing decided by the rules"
    return f"{share.right} of {share.questions} right ({interval_text(share.interval, share.patients)})"


def _check(logs: list[Path], *, as_json: bool) -> None:
    sources_of_log = {str(path): sources_of(path) for path in logs}
    if as_json:
        emit_json(
            {
                path: [{"log": source.log, "records": source.head.seq} for source in sources]
                for path, sources in sources_of_log.items()
            }
        )
        return
    for path, sources in sources_of_log.items():
        emit(f"{path}: {len(sources)} chains hold, {sum(source.head.seq for source in sources)} records")


def _agreements(log: StudyLog, stage: Stage) -> _Agreements:
    ratings = _ratings(log, stage, 1)
    return _Agreements(
        stage,
        (krippendorff_alpha(ratings), fleiss_kappa(ratings)),
        {
            f"{first} / {second}": cohen_kappa(ratings, first, second)
            for first, second in combinations(log.readers, 2)
        },
        _with_themselves(log, stage, ratings),
        per_category(ratings, _categories(log), krippendorff_alpha),
    )


def _ratings(log: StudyLog, stage: Stage, occasion: int) -> list[Rating]:
    return [
        Rating(verdict.reply_id, verdict.reader, verdict.value, _patient(log, verdict.reply_id))
        for _, verdict in log.of_stage(stage, occasion=occasion)
    ]


def _patient(log: StudyLog, reply_id: str) -> str:
    reply = log.replies.get(reply_id)
    return "" if reply is None else official_patient_id(reply.case_id)


def _with_themselves(log: StudyLog, stage: Stage, first: list[Rating]) -> dict[str, Agreement]:
    again = [rating._replace(rater=f"{rating.rater} again") for rating in _ratings(log, stage, 2)]
    readers = sorted({rating.rater.removesuffix(" again") for rating in again})
    return {reader: cohen_kappa([*first, *again], reader, f"{reader} again") for reader in readers}


def _categories(log: StudyLog) -> dict[str, tuple[str, ...]]:
    return {
        reply_id: log.questions[reply.key.question_id].categories
        for reply_id, reply in log.replies.items()
        if reply.key.question_id in log.questions
    }


def _own_answers(log: StudyLog) -> list[_OwnAnswers]:
    groups: dict[tuple[str, str], list[str]] = {}
    for reply in log.own_answers.values():
        if "occasion" not in reply.key.parameters:  # a second answer to a question is not a second question
            groups.setdefault((reply.key.backend, reply.key.probe), []).append(reply.reply_id)
    return [_scored(log, reader, saw, reply_ids) for (reader, saw), reply_ids in sorted(groups.items())]


def _scored(log: StudyLog, reader: str, saw: str, reply_ids: list[str]) -> _OwnAnswers:
    scores = score_replies(log.questions.values(), [log.own_answers[reply_id] for reply_id in reply_ids])
    decided = [score for score in scores if score.correct is not None]
    patients = [official_patient_id(log.questions[score.question_id].case_id) for score in decided]
    share = accuracy([bool(score.correct) for score in decided], Clusters.of(patients)) if decided else None
    return _OwnAnswers(reader, saw, len(reply_ids), share)


def _tell_sources(merged: Merged) -> None:
    for source in merged.sources:
        who = ", ".join(source.people) or "no reader"
        emit(f"  {who}: {source.head.seq} records of log {source.log[:12]}")


def _tell_agreements(agreements: _Agreements) -> None:
    emit(f"agreement on the {agreements.stage} verdict:")
    for coefficient in agreements.overall:
        emit(f"  {_agreement_text(coefficient)}")
    for kind, several in (
        ("", agreements.pairs),
        ("with himself, ", agreements.repeated),
        ("", agreements.categories),
    ):
        for name, coefficient in several.items():
            emit(f"  {kind}{name}: {_agreement_text(coefficient)}")


def _agreement_text(agreement: Agreement) -> str:
    name = agreement.name.replace("_", " ")
    if agreement.value is None:
        return f"{name} not defined ({agreement.items} replies)"
    interval = ", no interval"
    if agreement.interval is not None:
        interval = f" [{agreement.interval.low:.2f}, {agreement.interval.high:.2f}] (95 % CI over patients)"
    robust = "" if agreement.ac1 is None else f", Gwet's AC1 {agreement.ac1:.2f}"
    basis = f"{agreement.items} replies, {agreement.patients} patients"
    return f"{name} {agreement.value:.2f}{interval}{robust}, {basis}"


def _plain(
    merged: Merged, agreements: list[_Agreements], own: list[_OwnAnswers], differences: tuple[Difference, ...]
) -> dict[str, object]:
    return {
        "anchor": merged.head.anchor,
        "records": merged.head.seq,
        "sources": [
            {"log": source.log, "readers": source.people, "anchor": source.head.anchor}
            for source in merged.sources
        ],
        "agreement": {
            stage_agreement.stage.value: {
                "overall": {each.name: _agreement(each) for each in stage_agreement.overall},
                "pairs": {name: _agreement(each) for name, each in stage_agreement.pairs.items()},
                "with_himself": {name: _agreement(each) for name, each in stage_agreement.repeated.items()},
                "categories": {name: _agreement(each) for name, each in stage_agreement.categories.items()},
            }
            for stage_agreement in agreements
        },
        "own_answers": [_own_answers_json(answers) for answers in own],
        "differences": [_difference(difference) for difference in differences],
    }


def _own_answers_json(answers: _OwnAnswers) -> dict[str, object]:
    share = answers.share
    return {
        "reader": answers.reader,
        "saw": answers.saw,
        "answered": answers.answered,
        "right": share.right if share else 0,
        "decided": share.questions if share else 0,
        "interval_95": share and share.interval,
        "interval_method": f"{INTERVAL_METHOD}, over patients",
    }


def _agreement(agreement: Agreement) -> dict[str, object]:
    return asdict(agreement) | {"interval": agreement.interval}


def _difference(difference: Difference) -> dict[str, object]:
    return {
        "reply_id": difference.reply_id,
        "question_id": difference.question_id,
        "verdicts": {verdict.reader: verdict.value for _, verdict in difference.given},
        "event_ids": difference.event_ids,
        "settled": None if difference.settled is None else difference.settled.value,
    }
