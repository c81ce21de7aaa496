"""Counts of confusions: sides, lobes and levels of the reference against those of the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from CTSpatialVQALib.language.answer_part import answer_part
from CTSpatialVQALib.language.answer_reading import read_answer
from CTSpatialVQALib.language.claims import lateral_set, levels_in, yes_no_of
from CTSpatialVQALib.language.place_comparison import sites_of
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Level, QuestionForm, Side
from CTSpatialVQALib.report.analysis import ModelNumbers
from CTSpatialVQALib.report.joined_scores import Asked
from CTSpatialVQALib.report.plots import Grid
from CTSpatialVQALib.scoring.chance import form_of

SEVERAL, UNSAID, NO_ANSWER = "several", "not said", "no answer"
_LOBES = {
    "lung_upper_lobe_right": "right upper",
    "lung_middle_lobe_right": "right middle",
    "lung_lower_lobe_right": "right lower",
    "lung_upper_lobe_left": "left upper",
    "lung_lower_lobe_left": "left lower",
}
_CHOOSES_A_SIDE = (QuestionForm.CHOICE, QuestionForm.LATERALITY)

Named = Callable[[str, str], str | None]


class Kind(NamedTuple):
    """One kind of confusion: its rows, and what a text names of it in answer to a question (or None)."""

    name: str
    rows: tuple[str, ...]
    named: Named
    fits: Callable[[Question], bool]

    @property
    def columns(self) -> tuple[str, ...]:
        """What an answer can be: every row, nothing of the kind, or no answer at all."""
        return (*self.rows, UNSAID, NO_ANSWER)


def count(kind: Kind, model: ModelNumbers, truths: Mapping[str, str]) -> Grid:
    """The grid of one model over the questions that `truths` (question id -> row) has."""
    cells = Counter(
        (truths[key], _named_in_answer(kind, answer)) for key, answer in model.asked.items() if key in truths
    )
    return Grid(
        title=model.name,
        rows=kind.rows,
        columns=kind.columns,
        counts=tuple(tuple(cells[row, column] for column in kind.columns) for row in kind.rows),
        right=frozenset((at, at) for at, row in enumerate(kind.rows) if row != SEVERAL),
    )


def truths_of(kind: Kind, questions: Iterable[Question]) -> dict[str, str]:
    """Question id -> what its reference names, for the questions that this kind fits."""
    return {
        question.question_id: truth
        for question in questions
        if kind.fits(question) and (truth := kind.named(question.text, question.reference)) is not None
    }


def _named_in_answer(kind: Kind, answer: Asked) -> str:
    if answer.reply.answer is None:
        return NO_ANSWER
    reading = read_answer(answer.question.text, answer_part(answer.reply.answer).text)
    if reading.no_answer is not None:
        return NO_ANSWER
    return kind.named(answer.question.text, reading.asserted or reading.denied) or UNSAID


def _side(question: str, text: str) -> str | None:
    sides = lateral_set(text)
    if len(sides) == 2:
        return "both"
    return next((str(side) for side in (Side.LEFT, Side.RIGHT) if side in sides), None)


def _lobe(question: str, text: str) -> str | None:
    lobes = [_LOBES[name] for name in sites_of(question, text).lobes if name in _LOBES]
    if len(lobes) > 1:
        return SEVERAL
    return lobes[0] if lobes else None


def _level(question: str, text: str) -> str | None:
    levels = levels_in(text)
    if len(levels) > 1:
        return SEVERAL
    return str(next(iter(levels))) if levels else None


def _asks_for_a_side(question: Question) -> bool:
    """A question that names a side itself does not ask for one, unless it offers sides to choose from."""
    form = form_of(question)
    return form in _CHOOSES_A_SIDE or (_asks_where(question) and not lateral_set(question.text))


def _asks_where(question: Question) -> bool:
    return form_of(question) is not QuestionForm.YES_NO and yes_no_of(question.reference) is None


def _asks_for_a_level(question: Question) -> bool:
    return _asks_where(question) and (
        form_of(question) in (QuestionForm.CHOICE, QuestionForm.LEVEL_LOBE) or not levels_in(question.text)
    )


SIDES = Kind("sides", (str(Side.RIGHT), str(Side.LEFT), "both"), _side, _asks_for_a_side)
LOBES = Kind("lobes", (*_LOBES.values(), SEVERAL), _lobe, _asks_where)
LEVELS = Kind("levels", (*map(str, Level), SEVERAL), _level, _asks_for_a_level)
KINDS = (SIDES, LOBES, LEVELS)
