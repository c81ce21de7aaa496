"""Pictures of questions, case by case: the anatomy that question and reference name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.language.grounding import ground
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.report.items import Picture
from CTSpatialVQALib.scene.evidence import open_renderer
from CTSpatialVQALib.scene.opengl import OpenGLState
from CTSpatialVQALib.scene.pictures import MOST_STRUCTURES
from CTSpatialVQALib.temporary_folders import temporary_folder

WITHOUT_CT = "The CT of this case is not available, so there is no picture."
# not the reason itself: it names the file, and a report is handed on
UNREADABLE = "The CT or the mask of this case could not be read, so there is no picture."


class Pictured(NamedTuple):
    """One question's picture, and the structures that it was to show, as this mask names them."""

    question_id: str
    picture: Picture
    structures: tuple[str, ...]


def named_structures(question: Question) -> tuple[str, ...]:
    """Class names that question and reference answer name, implied organs included."""
    grounding = ground(question.text, question.reference)
    return grounding.answer_structures or grounding.question_structures


def picture_questions(
    questions: Iterable[Question],
    cases: Mapping[str, Case],
    opengl: OpenGLState,
    on_picture: Callable[[int], None] | None = None,
) -> dict[str, Pictured]:
    """Question id -> picture; each case is read once and let go before the next.

    Parameters
    ----------
    on_picture : called with the number of pictures made so far
    """
    by_case: dict[str, list[Question]] = {}
    for question in questions:
        by_case.setdefault(question.case_id, []).append(question)
    pictures: dict[str, Pictured] = {}
    with temporary_folder("pictures") as folder:
        for case_id, case_questions in by_case.items():
            case = CaseData(cases[case_id])
            for pictured in _pictures_of(case, case_questions, opengl, Path(folder) / "picture.png"):
                pictures[pictured.question_id] = pictured
                if on_picture is not None:
                    on_picture(len(pictures))
    return pictures


def _pictures_of(
    case: CaseData, questions: Sequence[Question], opengl: OpenGLState, scratch: Path
) -> Iterator[Pictured]:
    why = _why_no_picture(case)
    if why or case.volume is None:
        for question in questions:
            yield Pictured(question.question_id, Picture(None, why), named_structures(question))
        return
    drawn: dict[tuple[str, ...], Picture] = {}  # several questions ask about the same anatomy
    with open_renderer(case.volume, case.mask, state=opengl) as renderer:
        for question in questions:
            named = named_structures(question)
            names = named if case.mask is None else case.mask.as_separated(named)
            if names not in drawn:
                note = renderer.render(names, scratch).note
                present = tuple(name for name in names[:MOST_STRUCTURES] if case.mask and case.mask.has(name))
                drawn[names] = Picture(scratch.read_bytes(), note, present)
            yield Pictured(question.question_id, drawn[names], names)


def _why_no_picture(case: CaseData) -> str:
    try:
        volume, _ = case.volume, case.mask
    except BadInput:
        return UNREADABLE
    return WITHOUT_CT if volume is None else ""
