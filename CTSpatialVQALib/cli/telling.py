"""From run folders to a report: what was asked, with pictures of the cases that are still at hand."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib import __version__
from CTSpatialVQALib.audit.events import export_made
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.backends.store import RunStore
from CTSpatialVQALib.benchmark.study import Study, load_study
from CTSpatialVQALib.cli.console import Progress, say
from CTSpatialVQALib.cli.job import PROGRAM, RunFolder, score_replies
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import sha256_of_file
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.report.evidence import Pictured, named_structures, picture_questions
from CTSpatialVQALib.report.items import build_items, worst_first
from CTSpatialVQALib.report.page import MOST_CARDS, render_report
from CTSpatialVQALib.report.page_data import BackendSummary, ReportData
from CTSpatialVQALib.report.summary import summarise
from CTSpatialVQALib.scene.opengl import opengl_available


@dataclass(frozen=True)
class Told:
    """What is known of one or several runs of a study."""

    title: str
    study_id: str
    questions: tuple[Question, ...]
    replies: tuple[Reply, ...]
    scores: tuple[Score, ...]
    descriptions: Mapping[str, str]
    cases: Mapping[str, Case]
    notes: tuple[str, ...]
    anchor: str

    @cached_property
    def summary(self) -> tuple[BackendSummary, ...]:
        """One summary per backend and probe."""
        return summarise(self.questions, self.replies, self.scores, descriptions=self.descriptions)


def gather(folders: Sequence[RunFolder]) -> Told:
    """Read runs and join them by id.

    Raises
    ------
    BadInput
        If a folder holds no run, or two runs ask different texts under the same question id.
    """
    gathered = _Gathered()
    for folder in folders:
        gathered.take(folder)
    about = gathered.about
    return Told(
        title=about.get("study_title", "CTSpatialVQA"),
        study_id=about.get("study_id", ""),
        questions=tuple(gathered.questions.values()),
        replies=tuple(gathered.replies.values()),
        scores=score_replies(gathered.questions.values(), gathered.replies.values()),
        descriptions={
            key.removeprefix("backend:"): text for key, text in about.items() if key.startswith("backend:")
        },
        cases=gathered.cases,
        notes=tuple(dict.fromkeys(gathered.notes)),
        anchor=", ".join(gathered.anchors),
    )


class _Gathered:
    """Collects runs, by id; what the first run says of the study stands."""

    def __init__(self) -> None:
        self.questions: dict[str, Question] = {}
        self.replies: dict[str, Reply] = {}
        self.about: dict[str, str] = {}
        self.cases: dict[str, Case] = {}
        self.notes: list[str] = []
        self.anchors: list[str] = []

    def take(self, folder: RunFolder) -> None:
        if not folder.store.is_file():
            raise BadInput(
                folder.path,
                expected="the folder of a run, with run.store in it",
                came="none",
                remedy="Give the folder that `run --out` or `demo --out` wrote",
            )
        with RunStore(folder.store) as store:
            self._add_questions(store.questions(), folder)
            self.replies |= {reply.reply_id: reply for reply in store.replies()}
            own = store.description()
        self.about = {**own, **self.about}
        study = _study_of(folder, own, self.notes)
        if study is not None:
            self.cases |= study.cases
            self.notes += [str(note) for note in study.notes]
        with AuditLog.open(folder.log, PROGRAM) as log:
            self.anchors.append(log.anchor_text)

    def _add_questions(self, more: Iterable[Question], folder: RunFolder) -> None:
        for question in more:
            known = self.questions.setdefault(question.question_id, question)
            if known.question_sha256 != question.question_sha256:
                raise BadInput(
                    f"{folder.path}: {question.question_id}",
                    expected="the same text as in the other runs",
                    came="another text or reference answer",
                    remedy="Report runs of different versions of a study separately",
                )


def write_report(folders: Sequence[RunFolder], out: Path) -> Told:
    """Write the report of `folders` to `out`, and record in their logs that it was made."""
    told = gather(folders)
    structures = {question.question_id: named_structures(question) for question in told.questions}
    parts = (told.questions, told.replies, told.scores)
    items = build_items(*parts, structures_of=structures)
    many = len(items) > MOST_CARDS
    if many:
        items = worst_first(items)
    pictures = _pictures(told, {item.question_id for item in items[:MOST_CARDS]})
    if pictures.by_question:
        items = build_items(
            *parts,
            structures_of=structures | {key: one.structures for key, one in pictures.by_question.items()},
            pictures={key: one.picture for key, one in pictures.by_question.items()},
        )
        items = worst_first(items) if many else items
    render_report(
        ReportData(
            title=told.title,
            study_id=told.study_id,
            generated_utc=f"{utc_now():%Y-%m-%d %H:%M} UTC",
            software_version=__version__,
            summary=told.summary,
            items=items,
            notes=told.notes,
            methods=_methods(),
            log_anchor=told.anchor,
            opengl_note=pictures.opengl_note,
        ),
        out,
    )
    for folder in folders:
        with AuditLog.open(folder.log, PROGRAM) as log:
            log.append(*export_made("html", sha256_of_file(out), len(items)))
    return told


def _study_of(folder: RunFolder, about: Mapping[str, str], notes: list[str]) -> Study | None:
    path = folder.path / about.get("study_file", "study.toml")
    try:
        study = load_study(path)
    except BadInput as error:
        say(f"note: no pictures, because the run's study cannot be read: {error}")
        notes.append("The study file of this run is not at hand, so there are no pictures.")
        return None
    if study.sha256 != about.get("study_sha256"):
        notes.append("The study file was changed after the run.")
    return study


class _Pictures(NamedTuple):
    """Question id -> picture, and why none of them has a 3D view where that is so."""

    by_question: Mapping[str, Pictured]
    opengl_note: str | None


def _pictures(told: Told, wanted: set[str]) -> _Pictures:
    questions = [
        question
        for question in told.questions
        if question.question_id in wanted and question.case_id in told.cases
    ]
    if not any(told.cases[question.case_id].ct for question in questions):
        return _Pictures({}, None)
    opengl = opengl_available()
    if not opengl.available:
        say(f"no 3D pictures: {opengl.reason}")
    with Progress("pictures") as bar:
        made = picture_questions(
            questions, told.cases, opengl, told=lambda count: bar.show(count, len(questions))
        )
    return _Pictures(made, None if opengl.available else opengl.reason)


def _methods() -> tuple[str, ...]:
    return (
        "Questions, replies and scores are joined by question id and by the hash of question and reference"
        " answer, never by their place in a list.",
        "A reply that is no answer (refused, empty, cut off, failed) is counted by itself, never as wrong.",
        "Answers were scored by rule (rules-1): polarity, side, lobe or level, choice or number where the"
        " question asks for them; what the rules cannot decide is counted as undecided. Intervals are 95 %"
        " Wilson intervals over the decided answers and do not account for several questions per patient.",
        f"CTSpatialVQA {__version__}, Python {platform.python_version()}.",
    )
