"""Contents of figures and tables: values, intervals and counts, with nothing of how they are drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from CTSpatialVQALib.statistics.intervals import Interval

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class RuleStyle(StrEnum):
    """What a vertical line means; each is drawn with another dash, so that no colour is needed."""

    UNIFORM = "uniform"
    CONSTANT = "constant"
    BLIND = "blind"
    ZERO = "zero"


class Rule(NamedTuple):
    """A vertical line at a value, with the words that stand over it."""

    at: float
    words: str
    style: RuleStyle


class Dot(NamedTuple):
    """One lane of a dot plot.

    Parameters
    ----------
    series : number of the shape and colour, from 0; the same thing has the same one in all figures
    value : None where there is nothing to draw
    interval : 95 %, over patients
    bounds : where the value could lie if all failures were wrong, or all right
    value_text : the same in words
    """

    label: str
    series: int
    value: float | None
    interval: Interval | None = None
    bounds: Interval | None = None
    value_text: str = ""


class Band(NamedTuple):
    """Lanes that belong together, under one title, with lines of their own."""

    title: str
    dots: tuple[Dot, ...]
    rules: tuple[Rule, ...] = ()


class Axis(NamedTuple):
    """Where the axis begins and ends, and its ticks with their words."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    words: str = ""


@dataclass(frozen=True)
class DotPlot:
    """Values with intervals on one axis; `rules` run through all bands."""

    axis: Axis
    bands: tuple[Band, ...]
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Grid:
    """A table of counts to be shaded: what was true (rows) against what was said (columns).

    Parameters
    ----------
    right : (row, column) pairs that are right answers
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    right: frozenset[tuple[int, int]] = frozenset()

    def __post_init__(self) -> None:
        if [len(row) for row in self.counts] != [len(self.columns)] * len(self.rows):
            raise ValueError("counts must have a row for each row and a column for each column")


@dataclass(frozen=True)
class Grids:
    """Grids of one kind, one per model."""

    grids: tuple[Grid, ...]
    rows_are: str
    columns_are: str


class Bars(NamedTuple):
    """One row of a histogram: how often each bin occurs, and the value in the middle.

    Parameters
    ----------
    counts : per bin, bin k holding the value `first + k`
    and_more : whether the last bin holds all above as well
    """

    label: str
    counts: tuple[int, ...]
    first: int
    median: float
    value_text: str
    and_more: bool


@dataclass(frozen=True)
class Histograms:
    """Histograms over the same bins, each scaled to its own highest bar."""

    rows: tuple[Bars, ...]
    words: str


Plot = DotPlot | Grids | Histograms


class Column(NamedTuple):
    """Head of a table's column; numbers are set flush right."""

    name: str
    numeric: bool = True


@dataclass(frozen=True)
class Table:
    """A table of texts; the first column names the row, and a folded one is opened by its caption."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    folded: bool = False
    kind: str = field(default="table", init=False)

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.caption}: {len(self.columns)} columns, but a row of {len(row)}")


@dataclass(frozen=True)
class Figure:
    """A plot with the words and the table that say the same.

    Parameters
    ----------
    name : of the file and of the element in the page: lower-case words joined by hyphens
    description : what can be seen, for those who do not see it
    how_to_read : which mark means what
    """

    name: str
    title: str
    description: str
    how_to_read: str
    plot: Plot
    table: Table
    kind: str = field(default="figure", init=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"a figure's name is lower-case words joined by hyphens, not {self.name!r}")


@dataclass(frozen=True)
class Words:
    """A paragraph; `note` sets it apart, `command` is what to type for what it speaks of."""

    text: str
    note: bool = False
    command: str = ""
    kind: str = field(default="words", init=False)


Piece = Words | Table | Figure


@dataclass(frozen=True)
class Section:
    """One part of the report."""

    name: str
    title: str
    pieces: tuple[Piece, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures among the pieces."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Figure))


def share_axis() -> Axis:
    """0 to 100 %."""
    return Axis(
        0.0,
        1.0,
        tuple((at / 4, f"{25 * at} %") for at in range(5)),
        "share of decided answers that are right",
    )
