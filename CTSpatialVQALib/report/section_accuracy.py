"""Report section: share of right answers of each model, against chance and against the others."""

from __future__ import annotations

from CTSpatialVQALib.records.words import Probe
from CTSpatialVQALib.report.analysis import HALF_WIDTH, Analysis, ModelNumbers, PairNumbers
from CTSpatialVQALib.report.plots import (
    Axis,
    Band,
    Column,
    Dot,
    DotPlot,
    Figure,
    Piece,
    Rule,
    RuleStyle,
    Section,
    Table,
    Words,
    share_axis,
)
from CTSpatialVQALib.report.text_format import (
    grouped,
    interval_cell,
    p_text,
    percent,
    percent_range,
    points,
    points_range,
)
from CTSpatialVQALib.statistics.clusters import (
    INTERVAL_METHOD,
    INTERVAL_NAME,
    FailureBounds,
    failure_bounds,
)
from CTSpatialVQALib.statistics.intervals import Interval

_STEPS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)  # ends of the axis of differences
_MOST_PAIRS = 28


def accuracy_figure(analysis: Analysis) -> Figure | None:
    """The forest plot of all models and probes; None where nothing was asked."""
    if not analysis.models:
        return None
    rules = chance_rules(analysis)
    failed = any(model.tally.failed for model in analysis.models)
    return Figure(
        name="accuracy",
        title="Share of right answers",
        description=_described(analysis),
        how_to_read="Mark: share of decided answers that are right. Line with ends: 95 % interval over"
        f" patients ({INTERVAL_METHOD})."
        + (
            " Grey: the accuracy if every unanswered question counted as wrong (left end) or as right"
            " (right end)."
            if failed
            else ""
        )
        + (" Dashed lines: what is reached without looking at the image." if rules else ""),
        plot=DotPlot(share_axis(), (Band("", tuple(map(_dot, analysis.models))),), rules),
        table=_table(analysis),
    )


def chance_rules(analysis: Analysis) -> tuple[Rule, ...]:
    """Chance levels over all questions, and the image-blind baseline, as lines."""
    rules = []
    if analysis.chance is not None and analysis.chance.enough:
        uniform, constant = analysis.chance.uniform, analysis.chance.majority
        rules.append(Rule(uniform, f"a random answer {percent(uniform)}", RuleStyle.UNIFORM))
        rules.append(Rule(constant, f"best constant answer {percent(constant)}", RuleStyle.CONSTANT))
    blind = analysis.blind
    if blind is not None and blind.accuracy is not None:
        share = blind.accuracy.share
        rules.append(Rule(share, f"blind {blind.name} {percent(share)}", RuleStyle.BLIND))
    return tuple(rules)


def bounds_of(model: ModelNumbers) -> FailureBounds | None:
    """Where the accuracy could lie if failures had been answers; None where it has none of them."""
    tally = model.tally
    return failure_bounds(tally.right, tally.wrong, tally.failed) if tally.failed else None


def _dot(model: ModelNumbers) -> Dot:
    bounds = bounds_of(model)
    share = model.accuracy
    grey = None if bounds is None else Interval(bounds.if_wrong, bounds.if_right)
    if share is None:
        return Dot(model.name, model.series, None, bounds=grey, value_text="none decided")
    base = share.questions
    in_words = f"{percent(share.share, base)} ({interval_cell(share.interval, base)})"
    return Dot(model.name, model.series, share.share, share.interval, grey, in_words)


def _described(analysis: Analysis) -> str:
    parts = []
    for model in analysis.models:
        dot = _dot(model)
        parts.append(f"{model.name} {dot.value_text}")
    return (
        "Share of decided answers that are right, with its 95 % interval over patients: "
        + "; ".join(parts)
        + "."
    )


def _table(analysis: Analysis) -> Table:
    columns = ("Model", "Right / decided", "Accuracy", INTERVAL_NAME, "Patients")
    return Table(
        "Share of right answers among the decided ones",
        (
            Column(columns[0], False),
            *map(Column, columns[1:]),
            Column("Design effect"),
            Column("Unanswered wrong to right"),
        ),
        tuple(map(_row, analysis.models)),
    )


def _row(model: ModelNumbers) -> tuple[str, ...]:
    bounds, share = bounds_of(model), model.accuracy
    base = model.tally.decided + model.tally.failed
    failed = percent_range(Interval(bounds.if_wrong, bounds.if_right), base) if bounds else "all answered"
    if share is None:
        return (model.name, "0 / 0", *("n/a",) * 4, failed)
    size = share.questions
    return (
        model.name,
        f"{grouped(share.right)} / {grouped(size)}",
        percent(share.share, size),
        interval_cell(share.interval, size),
        grouped(share.patients),
        f"{share.design_effect:.2f}" if share.patients > 1 else "n/a",
        failed,
    )


def comparison_section(analysis: Analysis) -> Section | None:
    """Each two models on the same questions; None where there are no two."""
    if not analysis.pairs:
        return None
    pieces: list[Piece] = [
        Words(
            "Two models are compared on the questions that were decided for both. Only questions on which"
            " they"
            " differ tell them apart (McNemar's test, over patients). p and interval are corrected for all"
            f" {len(analysis.pairs)} comparisons (Holm's method), so that they never contradict each other."
            if len(analysis.pairs) > 1
            else "The two models are compared on the questions that were decided for both. Only questions on"
            " which they differ tell them apart (McNemar's test, over patients)."
        ),
        _differences(analysis.pairs),
        Table(
            "Questions needed",
            (Column("Model or pair", False), Column("To show", False), Column("Questions")),
            (*_interval_rows(analysis), *_power_rows(analysis.pairs)),
        ),
        Words(
            "For a model: questions needed for a 95 % interval of two points to either side. For a pair:"
            " questions needed to detect the difference seen here with a power of 80 % at the 5 % level. Both"
            " assume as many questions per patient as here (the larger design effect of the two models)."
        ),
    ]
    return Section("comparison", "Comparison of models", tuple(pieces))


def _differences(pairs: tuple[PairNumbers, ...]) -> Figure:
    shown = pairs[:_MOST_PAIRS]
    dots = tuple(
        Dot(
            f"{pair.paired.first} \u2212 {pair.paired.second}",
            0,
            pair.paired.difference,
            interval=pair.paired.interval,
            value_text=f"{points(pair.paired.difference, pair.paired.questions)}, p"
            f" {p_text(pair.paired.p_holm)}",
        )
        for pair in shown
    )
    rules = (Rule(0.0, "no difference", RuleStyle.ZERO),)
    return Figure(
        name="differences",
        title="Differences between models",
        description="Differences in points with Holm-corrected p: "
        + "; ".join(f"{dot.label} {dot.value_text}" for dot in dots)
        + ".",
        how_to_read="Mark: accuracy of the first minus accuracy of the second, in percentage points. Line:"
        " 95 %"
        " interval over patients, corrected for all comparisons. A line that crosses zero leaves open which"
        " of the two is better.",
        plot=DotPlot(_axis(dots), (Band("", dots),), rules),
        table=Table("Paired comparisons", _PAIR_COLUMNS, tuple(map(_pair_row, pairs))),
    )


_PAIR_COLUMNS = (
    Column("First \u2212 second", False),
    Column("Questions"),
    Column("Only first right"),
    Column("Only second right"),
    Column("Difference, points"),
    Column("Interval, corrected"),
    Column("p over patients"),
    Column("p Holm"),
)


def _pair_row(pair: PairNumbers) -> tuple[str, ...]:
    paired = pair.paired
    return (
        f"{paired.first} \u2212 {paired.second}",
        grouped(paired.questions),
        grouped(paired.only_first),
        grouped(paired.only_second),
        points(paired.difference, paired.questions),
        points_range(paired.interval, paired.questions),
        p_text(paired.p_clustered),
        p_text(paired.p_holm),
    )


def _axis(dots: tuple[Dot, ...]) -> Axis:
    farthest = max((max(abs(end) for end in dot.interval) for dot in dots if dot.interval), default=1.0)
    end = next(step for step in _STEPS if step >= min(farthest, 1.0))
    ticks = tuple((end * at / 2, points(end * at / 2, 0 if end > 0.05 else 1000)) for at in range(-2, 3))
    return Axis(-end, end, ticks, "difference in percentage points")


def _interval_rows(analysis: Analysis) -> list[tuple[str, ...]]:
    what = f"an interval of \u00b1 {100 * HALF_WIDTH:.0f} points"
    return [
        (model.name, what, "n/a" if model.needed is None else grouped(model.needed))
        for model in analysis.models
        if model.probe is Probe.FULL
    ]


def _power_rows(pairs: tuple[PairNumbers, ...]) -> list[tuple[str, ...]]:
    return [
        (
            f"{pair.paired.first} \u2212 {pair.paired.second}",
            f"a difference of {points(pair.paired.difference, pair.paired.questions)} points",
            "no difference seen" if pair.needed is None else grouped(pair.needed),
        )
        for pair in pairs
    ]
