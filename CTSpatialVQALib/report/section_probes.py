"""Report section: what the answers do under the probes, and whether sides follow the mirror."""

from __future__ import annotations

from collections.abc import Iterable

from CTSpatialVQALib.records.words import Probe
from CTSpatialVQALib.report.analysis import Analysis
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
from CTSpatialVQALib.report.text_format import grouped, interval_cell, p_text, percent, points, spoken
from CTSpatialVQALib.scoring.mirror_test import LEAST_ANSWERS, LEAST_PATIENTS, MirrorTest
from CTSpatialVQALib.scoring.probe_analysis import MirrorLook, ModelLook, ProbeLook
from CTSpatialVQALib.scoring.shares import Share
from CTSpatialVQALib.statistics.clusters import INTERVAL_NAME

_WHAT = {
    Probe.TEXT_ONLY: "no image at all",
    Probe.SINGLE_SLICE: "one slice only",
    Probe.MIRRORED: "left and right mirrored",
    Probe.SHUFFLED: "slices in another order",
    Probe.OTHER_CASE: "another patient's volume",
    Probe.ERASED: "the anatomy of the question erased",
    Probe.MARKED: "the anatomy of the question outlined",
}
NONE_RUN = Words(
    "No probes were run, so this report cannot say whether a model looks at the image. To find out, ask again"
    " with the image withheld and mirrored, then make the report again:",
    note=True,
    command="ctspatialvqa run STUDY --out RUN --probe full --probe text_only --probe mirrored",
)


def probes_section(analysis: Analysis) -> Section | None:
    """What was found under the probes, or how to run them; None where nothing was asked."""
    if not analysis.models:
        return None
    pieces: list[Piece] = []
    probed = [look for look in analysis.looks if look.probes]
    if probed:
        pieces += [_unchanged(probed), *_mirrors(probed), _accuracies(probed)]
    else:
        pieces.append(NONE_RUN)
    alike = _across_patients(analysis.looks)
    if alike.rows:
        pieces.append(
            Words(
                "The same question was asked about several patients. A model that looks at the image should"
                " give the same answer about as often as the references agree. Answers are compared by their"
                " meaning; the alarm of that name compares their wording."
            )
        )
        pieces.append(alike)
    return Section("probes", "Does the model look at the image?", tuple(pieces))


def _unchanged(model_looks: list[ModelLook]) -> Figure:
    bands = tuple(
        Band(look.backend, tuple(_dot(at, probe) for at, probe in enumerate(look.probes)))
        for look in model_looks
    )
    return Figure(
        name="probes",
        title="Answers that stay the same when the image is changed",
        description=". ".join(
            f"{band.title}: " + "; ".join(f"{dot.label} {dot.value_text}" for dot in band.dots)
            for band in bands
        )
        + ".",
        how_to_read="Mark: share of answers with the same meaning as when everything was shown. Line: 95 %"
        " interval over patients. A mark far to the right under \u201cno image at all\u201d or"
        " \u201canother patient's volume\u201d means that the image made no difference.",
        plot=DotPlot(_axis("share of answers with the same meaning"), bands),
        table=Table("Answers under the probes", _COLUMNS, tuple(_rows(model_looks))),
    )


def _axis(words: str) -> Axis:
    return share_axis()._replace(words=words)


def _dot(at: int, look: ProbeLook) -> Dot:
    name = _WHAT.get(look.probe, spoken(look.probe))
    same = look.same_meaning
    if same is None:
        return Dot(name, at, None, value_text="no pair answered")
    in_words = f"{percent(same.value, same.among)} of {grouped(same.among)}"
    return Dot(name, at, same.value, same.interval, None, in_words)


_COLUMNS = (
    Column("Model", False),
    Column("Probe", False),
    Column("Pairs"),
    Column("No answer"),
    Column("Other settings"),
    Column("Same words"),
    Column("Same meaning"),
    Column(INTERVAL_NAME),
    Column("Had to change"),
    Column("Of them changed"),
)


def _rows(model_looks: Iterable[ModelLook]) -> Iterable[tuple[str, ...]]:
    for look in model_looks:
        for probe in look.probes:
            yield (
                look.backend,
                spoken(probe.probe),
                grouped(probe.pairs),
                grouped(probe.failed),
                grouped(probe.unlike),
                _share(probe.same_text),
                _share(probe.same_meaning),
                _interval(probe.same_meaning),
                grouped(probe.had_to_change),
                _share(probe.changed),
            )


def _mirrors(model_looks: Iterable[ModelLook]) -> list[Piece]:
    mirrored = [(look.backend, look.mirror) for look in model_looks if look.mirror is not None]
    if not mirrored:
        return []
    rows = tuple(
        (
            backend,
            grouped(mirror.one_sided),
            _against_coin(mirror.coin),
            _share(mirror.followed),
            _interval(mirror.followed),
            _share(mirror.stayed),
            _share(mirror.lost),
            _share(mirror.unaffected),
        )
        for backend, mirror in mirrored
    )
    names = (
        "One-sided questions",
        "Against a coin",
        "Follows the mirror",
        INTERVAL_NAME,
        "Stays",
        "Names no one side",
    )
    columns = (Column("Model", False), *map(Column, names), Column("Rest unaffected"))
    words = Words(
        "On a volume mirrored left to right, a model that looks names the other side. Counted are questions"
        " with a one-sided reference, which name no side themselves, and to which it had answered with one"
        " side. A coin names the other side in half of the answers that name one; the test against it is over"
        f" patients, and needs {LEAST_ANSWERS} such answers about {LEAST_PATIENTS} patients."
    )
    dots = tuple(_mirror_dot(at, backend, mirror) for at, (backend, mirror) in enumerate(mirrored))
    figure = Figure(
        name="mirror",
        title="Answers that follow the mirror",
        description="; ".join(f"{dot.label} {dot.value_text}" for dot in dots) + ". A coin: 50 %.",
        how_to_read="Mark: share of one-sided answers that name the other side when the volume is mirrored."
        " Line: 95 % interval over patients. Dotted: what a coin would reach. A model that looks stands at"
        " the right, one that does not look at the left; in the middle the sides are guessed.",
        plot=DotPlot(
            _axis("share of one-sided answers that name the other side"),
            (Band("", dots),),
            (Rule(0.5, "a coin 50 %", RuleStyle.UNIFORM),),
        ),
        table=Table("Mirrored left to right", columns, rows),
    )
    return [words, figure]


def _mirror_dot(at: int, backend: str, mirror: MirrorLook) -> Dot:
    share = mirror.followed
    if share is None:
        return Dot(backend, at, None, value_text="no one-sided answer")
    in_words = f"{grouped(share.hits)} of {grouped(share.among)}"
    return Dot(backend, at, share.value, share.interval, None, in_words)


def _against_coin(test: MirrorTest | None) -> str:
    """Whether sides follow the mirror, in words."""
    if test is None or not test.enough:
        return "too few answers"
    if test.follows:
        return f"follows (p {p_text(test.p)})"
    return f"{'stays' if test.against else 'no different'} (p {p_text(test.p)})"


def _accuracies(model_looks: Iterable[ModelLook]) -> Table:
    rows = []
    for look in model_looks:
        for probe in look.probes:
            paired = probe.accuracy
            if paired is None:
                rows.append((look.backend, spoken(probe.probe), "0", *("n/a",) * 5))
                continue
            rows.append(
                (
                    look.backend,
                    spoken(probe.probe),
                    grouped(paired.questions),
                    _share(probe.right_full),
                    _share(probe.right_probed),
                    points(-paired.difference, paired.questions),
                    p_text(paired.p_clustered),
                    p_text(paired.p_holm),
                )
            )
    names = (
        "Decided both ways",
        "Right, all shown",
        "Right, probed",
        "Change, points",
        "p over patients",
        "p Holm",
    )
    columns = (Column("Model", False), Column("Probe", False), *map(Column, names))
    return Table("Right answers with everything shown and under the probe", columns, tuple(rows))


def _across_patients(model_looks: Iterable[ModelLook]) -> Table:
    return Table(
        "The same question about different patients",
        (
            Column("Model", False),
            Column("Questions asked of several"),
            Column("Pairs of patients"),
            Column("Same answer"),
            Column("95 % interval"),
            Column("Same reference"),
        ),
        tuple(
            (
                look.backend,
                grouped(pairs.texts),
                grouped(pairs.answers.among),
                _share(pairs.answers),
                _interval(pairs.answers),
                _share(pairs.references),
            )
            for look in model_looks
            if (pairs := look.across_patients) is not None
        ),
    )


def _share(share: Share | None) -> str:
    return "n/a" if share is None else percent(share.value, share.among)


def _interval(share: Share | None) -> str:
    return "n/a" if share is None else interval_cell(share.interval, share.among)
