"""Report section: agreement of readers, judges and rules, with intervals over patients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Stage
from CTSpatialVQALib.report.analysis import Analysis
from CTSpatialVQALib.report.plots import (
    Axis,
    Band,
    Column,
    Dot,
    DotPlot,
    Figure,
    Piece,
    Section,
    Table,
    Words,
)
from CTSpatialVQALib.report.readings import Readings
from CTSpatialVQALib.report.text_format import counted, grouped, percent
from CTSpatialVQALib.scoring.jury import JuryRule, decide, shares_right, tally, votes_by_id
from CTSpatialVQALib.statistics.agreement import (
    Agreement,
    Rating,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    per_category,
)
from CTSpatialVQALib.statistics.intervals import Interval

NOBODY = Words(
    "No reader and no judge has assessed these answers yet; all scores here come from the rules. To add the"
    " readings of these runs:",
    note=True,
    command="ctspatialvqa report RUN --log READER_LOG",
)
_RULES = "rules"
_CORRECT = {True: "correct", False: "incorrect"}


class _Row(NamedTuple):
    """One coefficient under the name of who is compared."""

    who: str
    agreement: Agreement


def agreement_section(
    analysis: Analysis, replies: Iterable[Reply], scores: Iterable[Score], readings: Readings
) -> Section | None:
    """Readers, judges, and both against the rules; None where nothing was asked."""
    if not analysis.models:
        return None
    if not (readings.verdicts or readings.votes):
        return Section("agreement", "Agreement", (NOBODY,))
    replies = tuple(replies)
    patients = {reply.reply_id: analysis.patients.get(reply.case_id, reply.case_id) for reply in replies}
    by_rules = [
        Rating(score.reply_id, _RULES, _CORRECT[score.correct], patients[score.reply_id])
        for score in scores
        if score.correct is not None and score.reply_id in patients
    ]
    pieces: list[Piece] = []
    for stage in Stage:
        ratings = _readers(readings, stage, patients)
        if ratings:
            pieces += _readers_pieces(analysis, replies, stage, ratings, by_rules)
    votes = _judges(readings, patients)
    if votes:
        pieces += _judges_pieces(readings, votes, by_rules)
    return Section("agreement", "Agreement", tuple(pieces))


def _readers(readings: Readings, stage: Stage, patients: Mapping[str, str]) -> list[Rating]:
    return [
        Rating(verdict.reply_id, verdict.reader, str(verdict.value), patients[verdict.reply_id])
        for verdict in readings.of_stage(stage)
        if verdict.reply_id in patients
    ]


def _judges(readings: Readings, patients: Mapping[str, str]) -> list[Rating]:
    return [
        Rating(reply_id, judge, _CORRECT[vote], patients[reply_id])
        for judge, judge_votes in readings.votes.items()
        for reply_id, vote in judge_votes.items()
        if vote is not None and reply_id in patients
    ]


def _readers_pieces(
    analysis: Analysis,
    replies: Iterable[Reply],
    stage: Stage,
    ratings: list[Rating],
    by_rules: list[Rating],
) -> list[Piece]:
    rows = _rows(ratings, by_rules)
    readers = sorted({rating.rater for rating in ratings})
    words = Words(
        f"{counted(len(readers), 'reader')} gave {counted(len(ratings), 'verdict')} ({stage} stage), under"
        " pseudonyms. Each coefficient uses the answers that everyone compared has judged; comparisons"
        " with the"
        " rules leave out the answers that the rules could not decide."
    )
    categories = {
        reply.reply_id: [str(category) for category in analysis.questions[reply.key.question_id].categories]
        for reply in replies
    }
    by_category = per_category(ratings, categories, krippendorff_alpha) if len(readers) > 1 else {}
    own = [_Row(name, coefficient) for name, coefficient in by_category.items()]
    return [words, _figure(f"agreement-{stage}", f"Agreement of readers, {stage} stage", rows, own)]


def _judges_pieces(readings: Readings, ratings: list[Rating], by_rules: list[Rating]) -> list[Piece]:
    judges = sorted({rating.rater for rating in ratings})
    words = Words(
        f"{counted(len(judges), 'judge')} gave {counted(len(ratings), 'vote')}. Judges are language models:"
        " they see the question, the reference and the answer, but no image. A missing vote counts neither as"
        " right nor as wrong."
    )
    pieces: list[Piece] = [words]
    if rows := _rows(ratings, by_rules):
        pieces.append(_figure("agreement-judges", "Agreement of judges", rows))
    return [*pieces, _jury(readings)]


def _rows(ratings: list[Rating], by_rules: list[Rating]) -> list[_Row]:
    raters = sorted({rating.rater for rating in ratings})
    rows: list[_Row] = []
    if len(raters) > 1:
        rows.append(_Row("all, Krippendorff's alpha", krippendorff_alpha(ratings)))
        rows.append(_Row("all, Fleiss' kappa", fleiss_kappa(ratings)))
    rows += [
        _Row(f"{first} / {second}", cohen_kappa(ratings, first, second))
        for first, second in combinations(raters, 2)
    ]
    rows += [_Row(f"{rater} / rules", cohen_kappa([*ratings, *by_rules], rater, _RULES)) for rater in raters]
    return rows


def _figure(name: str, title: str, rows: list[_Row], categories: Sequence[_Row] = ()) -> Figure:
    bands = [Band("", tuple(map(_dot, rows)))]
    if categories:
        bands.append(Band("By category, Krippendorff's alpha", tuple(map(_dot, categories))))
    dots = [dot for band in bands for dot in band.dots]
    axis = Axis(-0.25, 1.0, tuple((at / 4, _coefficient(at / 4)) for at in range(-1, 5)), "coefficient")
    return Figure(
        name=name,
        title=title,
        description="; ".join(f"{dot.label} {dot.value_text}" for dot in dots) + ".",
        how_to_read="Mark: Cohen's kappa for two, otherwise the coefficient named. Line: 95 % interval"
        " (bootstrap over patients). 0 is agreement by chance, 1 full agreement. Kappa and alpha drop where"
        " nearly all judgements are the same; Gwet's AC1, in the table, does not.",
        plot=DotPlot(axis, tuple(bands)),
        table=Table(title, _COLUMNS, tuple(map(_cells, [*rows, *categories]))),
    )


def _coefficient(value: float) -> str:
    return f"{value:g}".replace("-", "\u2212")


def _dot(row: _Row) -> Dot:
    agreement = row.agreement
    if agreement.value is None:
        return Dot(row.who, 0, None, value_text="not defined")
    interval = None if agreement.interval is None else Interval(*agreement.interval)
    return Dot(
        row.who,
        0,
        agreement.value,
        interval=interval,
        value_text=f"{agreement.value:.2f}, {counted(agreement.items, 'answer')}",
    )


_COLUMNS = (
    Column("Who", False),
    Column("Coefficient", False),
    Column("Value"),
    Column("95 % interval"),
    Column("Gwet's AC1"),
    Column("Same judgement"),
    Column("Answers"),
    Column("Patients"),
    Column("Left out"),
)


def _cells(row: _Row) -> tuple[str, ...]:
    agreement = row.agreement
    between = (
        "n/a"
        if agreement.interval is None
        else f"{agreement.interval.low:.2f} to {agreement.interval.high:.2f}"
    )
    return (
        row.who,
        agreement.name.replace("_", " "),
        "not defined" if agreement.value is None else f"{agreement.value:.3f}",
        between,
        "n/a" if agreement.ac1 is None else f"{agreement.ac1:.2f}",
        percent(agreement.observed, agreement.items),
        grouped(agreement.items),
        grouped(agreement.patients),
        grouped(agreement.left_out),
    )


def _jury(readings: Readings) -> Table:
    """Each judge alone and the three ways to count them together."""
    reply_ids = sorted({reply_id for vote in readings.votes.values() for reply_id in vote})
    jury = votes_by_id(readings.votes, reply_ids)
    rows = [
        (judge, percent(share, len(reply_ids)), *_judge_counts(readings.votes[judge], len(reply_ids)))
        for judge, share in shares_right(jury).items()
    ]
    for rule in JuryRule:
        decided = tally(decide(jury, rule))
        rows.append(
            (
                f"jury, {rule}",
                percent(decided.share, len(reply_ids)),
                *map(grouped, (decided.right, decided.wrong, decided.undecided)),
            )
        )
    columns = (
        Column("Who", False),
        Column("Right of all"),
        Column("Right"),
        Column("Wrong"),
        Column("No vote or undecided"),
    )
    return Table("Judges and juries", columns, tuple(rows))


def _judge_counts(votes: Mapping[str, bool | None], every: int) -> tuple[str, ...]:
    right, wrong = (sum(vote is value for vote in votes.values()) for value in (True, False))
    return grouped(right), grouped(wrong), grouped(every - right - wrong)
