"""Contents of the HTML report: plain values that the page shows, with nothing of the page in them."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.words import Outcome
from CTSpatialVQALib.statistics.intervals import Interval

if TYPE_CHECKING:
    from CTSpatialVQALib.report.plots import Figure, Section, Table
    from CTSpatialVQALib.report.worked_example import WorkedExample

RESEARCH_NOTE = "Research use only. Not for diagnosis."

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_HEX_COLOUR = re.compile(r"#[0-9a-f]{6}")


class Standing(StrEnum):
    """How an answer stands after scoring; every answer stands in exactly one place."""

    RIGHT = "right"
    WRONG = "wrong"
    UNDECIDED = "undecided"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one group of askings. A failure is neither right nor wrong; undecided is neither as well."""

    right: int = 0
    wrong: int = 0
    undecided: int = 0
    failed: int = 0

    @property
    def asked(self) -> int:
        """All askings."""
        return self.answered + self.failed

    @property
    def answered(self) -> int:
        """Askings that brought an answer."""
        return self.decided + self.undecided

    @property
    def decided(self) -> int:
        """Answers that the scorer called right or wrong: the base of the accuracy."""
        return self.right + self.wrong

    @property
    def accuracy(self) -> float | None:
        """Right answers among the decided ones, 0 to 1; None where nothing is decided."""
        return self.right / self.decided if self.decided else None

    @property
    def failure_bounds(self) -> Interval | None:
        """The accuracy if every failure had been wrong, and if every failure had been right."""
        base = self.decided + self.failed
        return Interval(self.right / base, (self.right + self.failed) / base) if base else None


class GroupRow(NamedTuple):
    """The tally of one category or one question form, under the name shown for it."""

    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class BackendSummary:
    """How one backend did.

    Parameters
    ----------
    name : shown name, with the probe where it is not `full`
    failed_by_outcome : outcome or kind of no-answer -> number, adding up to `tally.failed`
    classes : coarser and finer than the reference -> number
    silent : replies whose text is no answer; they are part of `tally.failed`
    errors : error type -> number of wrong answers of that type
    unscored : answers for which there is no score at all; they are part of `tally.undecided`
    not_asked : questions of the study that this backend was never asked
    by_category : an item with several categories counts once in each of them
    interval : 95 % interval of the accuracy, over patients; None where nothing is decided, or of one patient
    patients : that the decided answers are about
    probe : under which it was asked
    """

    name: str
    description: str
    tally: Tally
    failed_by_outcome: Mapping[str, int] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)
    silent: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    unscored: int = 0
    not_asked: int = 0
    by_category: tuple[GroupRow, ...] = ()
    by_form: tuple[GroupRow, ...] = ()
    interval: Interval | None = None
    patients: int = 0
    probe: str = "full"

    def __post_init__(self) -> None:
        if sum(self.failed_by_outcome.values()) != self.tally.failed:
            raise ValueError("failed_by_outcome must add up to the number of failures")

    @property
    def accuracy_with_silent(self) -> float | None:
        """Accuracy with no-answers counted as wrong; None where there are none, or nothing to count."""
        base = self.tally.decided + self.silent
        return self.tally.right / base if self.silent and base else None


@dataclass(frozen=True, slots=True)
class StructureChip:
    """A structure's display name and its colour `#rrggbb` in the picture; None if it is not drawn there."""

    name: str
    colour: str | None

    def __post_init__(self) -> None:
        if self.colour is not None and not _HEX_COLOUR.fullmatch(self.colour):
            raise ValueError(f"a colour is '#' and six lower-case hexadecimal digits, not {self.colour!r}")


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """What one backend said to one question.

    Parameters
    ----------
    outcome : a value of `records.words.Outcome`, or of `NoAnswer` where the text is no answer
    text : the answer; with a failure whatever text came, or the failure's detail
    reason : why the scorer decided so
    basis : on what the backend says its answer rests
    """

    backend: str
    outcome: str
    text: str
    correct: bool | None
    error_type: str | None = None
    reason: str = ""
    basis: str = ""

    @property
    def standing(self) -> Standing:
        """Right, wrong, undecided or failed."""
        if self.outcome != Outcome.ANSWERED:
            return Standing.FAILED
        if self.correct is None:
            return Standing.UNDECIDED
        return Standing.RIGHT if self.correct else Standing.WRONG


@dataclass(frozen=True, slots=True)
class VerdictShown:
    """A reader's judgement of one backend's answer."""

    reader: str
    backend: str
    stage: str
    value: str
    aided: bool
    detail: str = ""


class PictureSize(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ReportItem:
    """One question with what was true, what was said and what the picture shows.

    Raises
    ------
    BadInput
        If `picture_png` is not a PNG file.
    """

    question_id: str
    case_label: str
    question: str
    reference: str
    categories: tuple[str, ...] = ()
    form: str = ""
    answers: tuple[AnswerShown, ...] = ()
    structures: tuple[StructureChip, ...] = ()
    picture_png: bytes | None = field(default=None, repr=False)
    picture_note: str = ""
    verdicts: tuple[VerdictShown, ...] = ()

    def __post_init__(self) -> None:
        data = self.picture_png
        if data is not None and not (data.startswith(_PNG_HEAD) and len(data) >= 24):
            raise BadInput(
                f"picture of question {self.question_id}",
                expected="a PNG file",
                came=shown(data[:16]),
                remedy="Render the picture again, or leave it out",
            )

    @property
    def picture_size(self) -> PictureSize | None:
        """Size as the PNG's header states it, so that the page keeps the place free while it decodes."""
        return PictureSize(*struct.unpack(">II", self.picture_png[16:24])) if self.picture_png else None


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything a report says.

    Parameters
    ----------
    items : in the order in which they shall be read; a long report shows the first of them as cards
    notes : what the reader should know; `warnings` : what the reader must not miss
    headlines : what readers found, one sentence per model, before everything else
    accuracy : the forest plot of the summary; sections : what stands between summary and questions
    example : one question from end to end
    methods : one paragraph each, with every setting and version; settings : the same as a table
    numbers : all statistics as plain data, for machines
    log_anchor : digest of the audit log's head
    opengl_note : why there are no 3D pictures, where there are none
    """

    title: str
    study_id: str
    generated_utc: str
    software_version: str
    research_note: str = RESEARCH_NOTE
    summary: tuple[BackendSummary, ...] = ()
    items: Sequence[ReportItem] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    headlines: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    log_anchor: str | None = None
    opengl_note: str | None = None
    accuracy: Figure | None = None
    sections: tuple[Section, ...] = ()
    example: WorkedExample | None = None
    settings: Table | None = None
    numbers: Mapping[str, object] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for item in self.items:
            if item.question_id in seen:
                raise BadInput(
                    "report",
                    expected="each question once",
                    came=f"question {shown(item.question_id)} twice",
                    remedy="Join the answers of all backends by question_id first",
                )
            seen.add(item.question_id)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures, in the order of the page."""
        first = () if self.accuracy is None else (self.accuracy,)
        return first + tuple(figure for section in self.sections for figure in section.figures)
