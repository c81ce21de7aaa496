"""Cards of the questions: questions, answers, scores and verdicts joined by their ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, overload

from CTSpatialVQALib.records.judgement import Score, Verdict
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.structures import Colour, structures
from CTSpatialVQALib.report.joined_scores import Asked, Joined, join, shown_names
from CTSpatialVQALib.report.page_data import AnswerShown, ReportItem, Standing, StructureChip, VerdictShown
from CTSpatialVQALib.report.text_format import form_name, spoken
from CTSpatialVQALib.scene.colours import display_colours


class Picture(NamedTuple):
    """An evidence picture: PNG file as bytes, or None where there is none, and what to say about it.

    `drawn` names the structures that can be seen in it, as `scene.colours.display_colours` was given
    them; None takes all structures of the question as drawn.
    """

    png: bytes | None
    note: str = ""
    drawn: tuple[str, ...] | None = None


_NO_STRUCTURES: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_NO_PICTURES: Mapping[str, Picture] = MappingProxyType({})
_WORST_FIRST = {Standing.WRONG: 0, Standing.FAILED: 1, Standing.UNDECIDED: 2, Standing.RIGHT: 3}


class Items(Sequence[ReportItem]):
    """Items in an order, each made when it is looked at: a report of 50,000 questions holds none of them.

    Parameters
    ----------
    make : the item of a question
    question_ids : in the order of the items
    """

    def __init__(self, make: Callable[[str], ReportItem], question_ids: Sequence[str]) -> None:
        self._make = make
        self._question_ids = question_ids

    def __len__(self) -> int:
        return len(self._question_ids)

    def __iter__(self) -> Iterator[ReportItem]:
        return map(self._make, self._question_ids)

    @overload
    def __getitem__(self, at: int) -> ReportItem: ...

    @overload
    def __getitem__(self, at: slice) -> Items: ...

    def __getitem__(self, at: int | slice) -> ReportItem | Items:
        if isinstance(at, slice):
            return Items(self._make, self._question_ids[at])
        return self._make(self._question_ids[at])

    def worst_first(self) -> Items:
        """Items with a wrong answer before those with a failure, an undecided answer and only right ones.

        Within one group the item with more such answers comes first, otherwise the order stays.
        """
        ranks = {question_id: _rank(self._make(question_id)) for question_id in self._question_ids}
        return Items(self._make, sorted(self._question_ids, key=ranks.__getitem__))


def build_items(
    questions: Iterable[Question],
    replies: Iterable[Reply],
    scores: Iterable[Score],
    verdicts: Iterable[Verdict] = (),
    *,
    structures_of: Mapping[str, tuple[str, ...]] = _NO_STRUCTURES,
    pictures: Mapping[str, Picture] = _NO_PICTURES,
) -> Items:
    """One item per question that was asked, in the order of `questions`.

    Parameters
    ----------
    structures_of : question_id -> TotalSegmentator class names to show as chips
    pictures : question_id -> evidence picture
    verdicts : those of other replies than the given ones are left out

    Raises
    ------
    BadInput
        If questions, replies and scores do not belong together; see `report.joined.join`.
    """
    replies = tuple(replies)
    joined = join(questions, replies, scores)
    judged = _verdicts_by_question(verdicts, replies)

    def make(question_id: str) -> ReportItem:
        return _item(
            joined.questions[question_id],
            _answers(question_id, joined),
            structures_of.get(question_id, ()),
            pictures.get(question_id, Picture(None)),
            judged.get(question_id, ()),
        )

    reached = set().union(*joined.asked.values())
    return Items(make, [question_id for question_id in joined.questions if question_id in reached])


def _item(
    question: Question,
    answers: tuple[AnswerShown, ...],
    names: tuple[str, ...],
    picture: Picture,
    verdicts: tuple[VerdictShown, ...],
) -> ReportItem:
    return ReportItem(
        question_id=question.question_id,
        case_label=question.case_id,
        question=question.text,
        reference=question.reference,
        categories=tuple(str(category) for category in question.categories),
        form=form_name(question.form) if question.form else "",
        answers=answers,
        structures=chips(names, picture.drawn if picture.png else ()),
        picture_png=picture.png,
        picture_note=picture.note,
        verdicts=verdicts,
    )


def chips(names: Iterable[str], drawn: Iterable[str] | None = None) -> tuple[StructureChip, ...]:
    """Display names of known structures with the colours of the pictures; unknown names are left out.

    Parameters
    ----------
    drawn : those of `names` that the picture shows, the others get no colour; None stands for all
    """
    table = structures()
    structure_names = [name for name in dict.fromkeys(names) if name in table]
    colours = display_colours(structure_names if drawn is None else drawn)
    return tuple(
        StructureChip(table[name].display, _hex(colours[name]) if name in colours else None)
        for name in structure_names
    )


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)


def _rank(item: ReportItem) -> tuple[int, ...]:
    standings = [answer.standing for answer in item.answers]
    return tuple(-standings.count(standing) for standing in _WORST_FIRST)


def _answers(question_id: str, joined: Joined) -> tuple[AnswerShown, ...]:
    return tuple(
        _answer(name, answers[question_id])
        for name, answers in joined.asked.items()
        if question_id in answers
    )


def _answer(name: str, asked_question: Asked) -> AnswerShown:
    reply, score = asked_question.reply, asked_question.score
    error = score.error_type if score else None
    return AnswerShown(
        backend=name,
        outcome=asked_question.failure,
        text=reply.answer if reply.answer is not None else (reply.raw or reply.detail),
        correct=score.correct if score else None,
        error_type=str(error) if error else None,
        reason=_reason(asked_question),
        basis=reply.basis,
    )


def _reason(asked_question: Asked) -> str:
    if asked_question.standing is Standing.FAILED:
        return (
            asked_question.score.reason
            if asked_question.silent and asked_question.score
            else asked_question.reply.detail
        )
    return (
        f"{asked_question.score.reason} ({asked_question.score.by})"
        if asked_question.score
        else "Not scored."
    )


def _verdicts_by_question(
    verdicts: Iterable[Verdict], replies: Iterable[Reply]
) -> Mapping[str, tuple[VerdictShown, ...]]:
    backend_of = shown_names(replies)
    verdicts_shown: dict[str, list[VerdictShown]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.reply_id in backend_of:
            verdicts_shown[verdict.question_id].append(_verdict(verdict, backend_of[verdict.reply_id]))
    return {question_id: tuple(shown) for question_id, shown in verdicts_shown.items()}


def _verdict(verdict: Verdict, backend: str) -> VerdictShown:
    named = [verdict.error_type, verdict.severity, *verdict.faults]
    details = [spoken(str(word)) for word in named if word]
    return VerdictShown(
        reader=verdict.reader,
        backend=backend,
        stage=str(verdict.stage),
        value=spoken(str(verdict.value)),
        aided=verdict.aided,
        detail="; ".join([", ".join(details), verdict.comment] if details and verdict.comment else details)
        or verdict.comment,
    )
