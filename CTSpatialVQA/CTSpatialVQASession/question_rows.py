"""Rows of the list of questions, and the filter that finds some of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from CTSpatialVQALib.reading.plan import Item, ItemKey
from CTSpatialVQALib.reading.progress import Line, Standing, lines_of
from CTSpatialVQALib.reading.state import ReadingState
from CTSpatialVQALib.records.words import Category, ErrorType


class QuestionRow(NamedTuple):
    """One line of the list, with what it can be filtered by.

    Parameters
    ----------
    model : name of who replied; empty where there is no reply, or the rules hide the name
    error_type : of the reader's own verdict; None without one
    """

    line: Line
    categories: tuple[Category, ...]
    model: str
    error_type: ErrorType | None

    @property
    def key(self) -> ItemKey:
        """By which the item is known."""
        return self.line.key


class RowFilter(NamedTuple):
    """What a row must be to be listed; None and "" leave a property open.

    Parameters
    ----------
    text : words that all stand in the question or the case id, in any case and order
    flagged : flagged rows only
    standings : any of these
    """

    text: str = ""
    case_id: str | None = None
    category: Category | None = None
    standings: tuple[Standing, ...] = ()
    flagged: bool = False
    model: str | None = None
    error_type: ErrorType | None = None

    def keeps(self, row: QuestionRow) -> bool:
        """Whether the row is listed."""
        line = row.line
        searched = f"{line.question} {line.case_id} {line.number}".casefold()
        return (
            all(word in searched for word in self.text.casefold().split())
            and self.case_id in (None, line.case_id)
            and (self.category is None or self.category in row.categories)
            and (not self.standings or line.standing in self.standings)
            and (line.flagged or not self.flagged)
            and self.model in (None, row.model)
            and self.error_type in (None, row.error_type)
        )


def question_rows(state: ReadingState) -> tuple[QuestionRow, ...]:
    """All rows in the order of reading; of a model only what may be seen."""
    lines: Iterable[Line] = lines_of(state)
    return tuple(_row(state, item, line) for item, line in zip(state.plan.items, lines, strict=True))


def _row(state: ReadingState, item: Item, line: Line) -> QuestionRow:
    shows_model = item.reply is not None and state.sight_of(item.key).model
    judged = state.of(item.key)
    verdict = judged.final or judged.blind
    return QuestionRow(
        line,
        item.question.categories,
        item.reply.key.backend if item.reply is not None and shows_model else "",
        None if verdict is None else verdict.verdict.error_type,
    )
