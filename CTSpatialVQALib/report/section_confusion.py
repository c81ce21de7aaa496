"""Report section: sides, lobes and levels taken for each other, one grid of counts per model."""

from __future__ import annotations

from CTSpatialVQALib.report.analysis import Analysis
from CTSpatialVQALib.report.confusion import KINDS, Kind, count, truths_of
from CTSpatialVQALib.report.plots import Column, Figure, Grid, Grids, Section, Table, Words
from CTSpatialVQALib.report.text_format import counted, grouped

_MOST_GRIDS = 8
_ASKS = {
    "sides": "questions that ask for a side",
    "lobes": "questions whose reference names a lobe of the lung",
    "levels": "questions that ask for a level",
}
_SEVERAL = {
    "sides": "",
    "lobes": " \u201cseveral\u201d: more than one lobe, or a level without its side.",
    "levels": " \u201cseveral\u201d: more than one level.",
}


def confusion_section(analysis: Analysis) -> Section | None:
    """Sides, lobes and levels; None where no reference names any."""
    question_ids = {key for model in analysis.full for key in model.asked}
    questions = [question for key, question in analysis.questions.items() if key in question_ids]
    figures = []
    for kind in KINDS:
        truths = truths_of(kind, questions)
        grids = [count(kind, model, truths) for model in analysis.full]
        grids = [grid for grid in grids if any(map(sum, grid.counts))][:_MOST_GRIDS]
        if grids:
            figures.append(_figure(kind, len(truths), tuple(grids)))
    if not figures:
        return None
    words = Words(
        "Which side, lobe or level the reference names, and which one the model named instead. This compares"
        " places only and is not the score: an answer may name the right side and still be wrong."
    )
    return Section("confusion", "Confusion matrices", (words, *figures))


def _figure(kind: Kind, questions: int, grids: tuple[Grid, ...]) -> Figure:
    return Figure(
        name=f"confusion-{kind.name}",
        title=f"{kind.name.capitalize()}: {_ASKS[kind.name]} ({grouped(questions)})",
        description=". ".join(_described(kind, grid) for grid in grids) + ".",
        how_to_read="Rows: the reference. Columns: the model's answer. The darker a cell, the larger its"
        " share of"
        f" the row; framed cells are right.{_SEVERAL[kind.name]}",
        plot=Grids(grids, "reference", "answer"),
        table=Table(
            f"{kind.name.capitalize()}, counts",
            (Column("Model", False), Column("Reference", False), *map(Column, kind.columns)),
            tuple(
                (grid.title, row, *map(str, counts))
                for grid in grids
                for row, counts in zip(grid.rows, grid.counts, strict=True)
            ),
        ),
    )


def _described(kind: Kind, grid: Grid) -> str:
    sentences = [
        f"{grouped(counts[at])} of {counted(sum(counts), 'reference')} {row} answered with {row}"
        for at, (row, counts) in enumerate(zip(grid.rows, grid.counts, strict=True))
        if sum(counts)
    ]
    return f"{grid.title}: " + "; ".join(sentences)
