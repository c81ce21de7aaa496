"""The report's first section where readers judged: what they found of each model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from CTSpatialVQALib.records.words import VerdictValue
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
    share_axis,
)
from CTSpatialVQALib.report.readers_truth import HALF_WIDTH, LEAST_READ, ReadersTruth
from CTSpatialVQALib.report.text_format import counted, grouped, interval_cell, percent, spoken
from CTSpatialVQALib.statistics.clusters import INTERVAL_NAME


def headlines(truths: Sequence[ReadersTruth], *, drawn: bool) -> tuple[str, ...]:
    """One sentence per model for the top of the report: the accuracy by readers, and what it rests on."""
    return tuple(_headline(truth, drawn=drawn) for truth in truths)


def _headline(truth: ReadersTruth, *, drawn: bool) -> str:
    right = truth.counts.get(VerdictValue.CORRECT, 0)
    wrong = truth.counts.get(VerdictValue.INCORRECT, 0)
    powered = truth.powered
    if powered is None:
        return (
            f"{truth.model}: readers found {right} right and {wrong} wrong of"
            f" {counted(truth.read, 'answer')}; with fewer than {LEAST_READ} decided verdicts no accuracy"
            " follows for all answers."
        )
    condition = "" if drawn else ", if the answers read are a random part of all"
    return (
        f"{truth.model}: {percent(powered.value)} of {grouped(powered.answers)} answers are right"
        f" ({INTERVAL_NAME} {interval_cell(powered.interval)}), whatever the bias of the automatic scores"
        f"{condition}: from {counted(powered.read, 'verdict')} of readers and all scores, which alone say"
        f" {percent(powered.scorer)}."
    )


def readers_section(truths: Sequence[ReadersTruth], *, drawn: bool) -> Section | None:
    """What readers found; None where they judged nothing of these models."""
    if not truths:
        return None
    intro = (
        "This report takes the readers' verdicts as the truth: the adjudicated verdict where there is one,"
        " otherwise the majority of the readers' last verdicts. An answer also counts as unsure where readers"
        " are evenly split or call the question faulty."
    )
    pieces: list[Piece] = [Words(intro), _counts(truths)]
    if any(truth.powered for truth in truths):
        pieces += [_words_on_accuracy(drawn=drawn), _accuracy(truths)]
    for caption, counts in (
        ("Types of error, by readers", [truth.errors for truth in truths]),
        ("Severity of the errors, by readers", [truth.severities for truth in truths]),
    ):
        if any(counts):
            pieces.append(_kinds(caption, truths, counts))
    return Section("readers", "Readers' verdicts", tuple(pieces))


def _counts(truths: Sequence[ReadersTruth]) -> Table:
    names = ("Answers read", "Right", "Wrong", "Unsure", "Adjudicated", "Rules say the same", "Kappa")
    return Table(
        "Verdicts",
        (Column("Model", False), *map(Column, names)),
        tuple(map(_count_row, truths)),
    )


def _count_row(truth: ReadersTruth) -> tuple[str, ...]:
    agreement = truth.agreement
    same = (
        "n/a"
        if agreement.observed is None
        else f"{percent(agreement.observed)} of {grouped(agreement.items)}"
    )
    kappa = "n/a" if agreement.value is None else _signed(agreement.value)
    if agreement.interval is not None:
        kappa += f" ({_signed(agreement.interval.low)} to {_signed(agreement.interval.high)})"
    values = (VerdictValue.CORRECT, VerdictValue.INCORRECT, VerdictValue.UNSURE)
    return (
        truth.model,
        grouped(truth.read),
        *(grouped(truth.counts.get(value, 0)) for value in values),
        grouped(truth.adjudicated),
        same,
        kappa,
    )


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "\u2212")


def _words_on_accuracy(*, drawn: bool) -> Words:
    source = (
        "The answers were drawn at random for the readers (option --sample-for-readers of the run)."
        if drawn
        else "The readers' answers were not drawn at random by the program: the accuracy holds only if"
        " they are a"
        " random part."
    )
    return Words(
        "The accuracy of all answers follows from the automatic scores of all and the readers' verdicts on"
        " some: the verdicts say by how much the scores are off (prediction-powered inference, clustered by"
        f" patient). A biased scorer widens the interval and never shifts it. {source}"
    )


def _accuracy(truths: Sequence[ReadersTruth]) -> Figure:
    dots = tuple(_dot(at, truth) for at, truth in enumerate(truths))
    return Figure(
        name="readers-accuracy",
        title="Share of right answers by readers and scores together",
        description="; ".join(f"{dot.label} {dot.value_text}" for dot in dots) + ".",
        how_to_read="Mark: share of all answers that readers would find right. Line: 95 % interval over"
        " patients, valid whatever the scorer's bias.",
        plot=DotPlot(_axis(), (Band("", dots),)),
        table=Table("Accuracy by readers and scores", _COLUMNS, tuple(map(_row, truths))),
    )


def _axis() -> Axis:
    return share_axis()._replace(words="share of answers that readers would find right")


def _dot(at: int, truth: ReadersTruth) -> Dot:
    powered = truth.powered
    if powered is None:
        return Dot(truth.model, at, None, value_text=f"fewer than {LEAST_READ} verdicts")
    in_words = f"{percent(powered.value)} ({interval_cell(powered.interval)})"
    return Dot(truth.model, at, powered.value, powered.interval, None, in_words)


_COLUMNS = (
    Column("Model", False),
    Column("Verdicts"),
    Column("Answers"),
    Column("Readers and scores"),
    Column(INTERVAL_NAME),
    Column("Readers alone"),
    Column("Interval of these"),
    Column("Scores alone"),
    Column("Scores are off by, points"),
    Column(f"Further verdicts for \u00b1 {100 * HALF_WIDTH:.0f} points"),
)


def _row(truth: ReadersTruth) -> tuple[str, ...]:
    powered = truth.powered
    if powered is None:
        return (truth.model, "too few", *("n/a",) * (len(_COLUMNS) - 2))
    return (
        truth.model,
        grouped(powered.read),
        grouped(powered.answers),
        percent(powered.value),
        interval_cell(powered.interval),
        percent(powered.readers_only),
        interval_cell(powered.readers_interval),
        percent(powered.scorer),
        f"{-100 * powered.correction:+.0f}".replace("-", "\u2212"),
        "not with these answers" if truth.needed is None else grouped(truth.needed),
    )


def _kinds(caption: str, truths: Sequence[ReadersTruth], counts: Sequence[Mapping[str, int]]) -> Table:
    kinds = list(dict.fromkeys(kind for own in counts for kind in own))
    return Table(
        caption,
        (Column("", False), *(Column(truth.model) for truth in truths)),
        tuple((spoken(kind), *(grouped(own.get(kind, 0)) for own in counts)) for kind in kinds),
    )
