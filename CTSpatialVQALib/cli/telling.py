"""From run folders to a report: what was asked, with pictures of the cases that are still at hand."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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
from CTSpatialVQALib.report.evidence import named_structures, picture_questions
from CTSpatialVQALib.report.items import Picture, build_items, worst_first
from CTSpatialVQALib.report.page import MOST_CARDS, render_report
from CTSpatialVQALib.report.page_data import BackendSummary, ReportData
from CTSpatialVQALib.report.summary import summarise
from CTSpatialVQALib.scene.opengl import OpenGLState, opengl_available


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

    @property
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
    questions: dict[str, Question] = {}
    replies: dict[str, Reply] = {}
    about: dict[str, str] = {}
    cases: dict[str, Case] = {}
    notes: list[str] = []
    anchors = []
    for folder in folders:
        if not folder.store.is_file():
            raise BadInput(
                folder.path,
                expected="the folder of a run, with run.store in it",
                came="none",
                remedy="Give the folder that `run --out` or `demo --out` wrote",
            )
        with RunStore(folder.store) as store:
            _add_questions(questions, store.questions(), folder)
            replies |= {reply.reply_id: reply for reply in store.replies()}
            own = store.description()
        about = {**own, **about}
        study = _study_of(folder, own, notes)
        if study is not None:
            cases |= study.cases
            notes += [str(note) for note in study.notes]
        with AuditLog.open(folder.log, PROGRAM) as log:
            anchors.append(log.anchor_text)
    return Told(
        title=about.get("study_title", "CTSpatialVQA"),
        study_id=about.get("study_id", ""),
        questions=tuple(questions.values()),
        replies=tuple(replies.values()),
        scores=score_replies(questions.values(), replies.values()),
        descriptions={
            key.removeprefix("backend:"): text for key, text in about.items() if key.startswith("backend:")
        },
        cases=cases,
        notes=tuple(dict.fromkeys(notes)),
        anchor=", ".join(anchors),
    )


def write_report(folders: Sequence[RunFolder], out: Path) -> Told:
    """Write the report of `folders` to `out`, and record in their logs that it was made."""
    told = gather(folders)
    opengl = opengl_available()
    structures = {question.question_id: named_structures(question) for question in told.questions}
    items = build_items(told.questions, told.replies, told.scores, structures_of=structures)
    many = len(items) > MOST_CARDS
    shown = worst_first(items)[:MOST_CARDS] if many else items
    pictures = _pictures(told, {item.question_id for item in shown}, opengl)
    items = build_items(
        told.questions, told.replies, told.scores, structures_of=structures, pictures=pictures
    )
    pictured = any(picture.png for picture in pictures.values())
    render_report(
        ReportData(
            title=told.title,
            study_id=told.study_id,
            generated_utc=f"{utc_now():%Y-%m-%d %H:%M} UTC",
            software_version=__version__,
            summary=told.summary,
            items=worst_first(items) if many else items,
            notes=told.notes,
            methods=_methods(),
            log_anchor=told.anchor,
            opengl_note=opengl.reason if pictured and not opengl.available else None,
        ),
        out,
    )
    for folder in folders:
        with AuditLog.open(folder.log, PROGRAM) as log:
            log.append(*export_made("html", sha256_of_file(out), len(items)))
    return told


def _add_questions(questions: dict[str, Question], more: Iterable[Question], folder: RunFolder) -> None:
    for question in more:
        known = questions.setdefault(question.question_id, question)
        if known.question_sha256 != question.question_sha256:
            raise BadInput(
                f"{folder.path}: {question.question_id}",
                expected="the same text as in the other runs",
                came="another text or reference answer",
                remedy="Report runs of different versions of a study separately",
            )


def _study_of(folder: RunFolder, about: Mapping[str, str], notes: list[str]) -> Study | None:
    path = folder.path / about.get("study_file", "study.toml")
    try:
        study = load_study(path)
    except BadInput as error:
        notes.append(f"The study file of this run is not at hand, so there are no pictures: {error}")
        return None
    if study.sha256 != about.get("study_sha256"):
        notes.append("The study file was changed after the run.")
    return study


def _pictures(told: Told, wanted: set[str], opengl: OpenGLState) -> dict[str, Picture]:
    questions = [
        question
        for question in told.questions
        if question.question_id in wanted and question.case_id in told.cases
    ]
    if not any(told.cases[question.case_id].ct for question in questions):
        return {}
    if not opengl.available:
        say(f"no 3D pictures: {opengl.reason}")
    with Progress("pictures") as bar:
        return picture_questions(
            questions, told.cases, opengl, told=lambda made: bar.show(made, len(questions))
        )


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
