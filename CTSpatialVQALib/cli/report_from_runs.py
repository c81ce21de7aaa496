"""From run folders to a report: what was asked, with pictures of the cases that are still at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

from CTSpatialVQALib import __version__
from CTSpatialVQALib.audit.events import Entry, export_made
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.cli.console import Progress, say, stage
from CTSpatialVQALib.cli.demo_job import PROGRAM, RunFolder
from CTSpatialVQALib.cli.run_folders import GatheredRuns, gather, with_own_answers
from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.files import sha256_of_file
from CTSpatialVQALib.reading.readers_sample import read_sample
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.report.analysis import Analysis, analyse
from CTSpatialVQALib.report.chosen_scores import chosen_scores
from CTSpatialVQALib.report.embedded import plain
from CTSpatialVQALib.report.evidence import Pictured, named_structures, picture_questions
from CTSpatialVQALib.report.items import Items, build_items
from CTSpatialVQALib.report.methods import methods_paragraphs, settings_table
from CTSpatialVQALib.report.page import MOST_CARDS, render_report
from CTSpatialVQALib.report.page_data import ReportData
from CTSpatialVQALib.report.readers_truth import ReadersTruth, readers_truth
from CTSpatialVQALib.report.readings import Readings, read_readings, restricted
from CTSpatialVQALib.report.score_choice import BY_RULES, ScoreChoice
from CTSpatialVQALib.report.section_accuracy import accuracy_figure
from CTSpatialVQALib.report.section_outcomes import alarms_of
from CTSpatialVQALib.report.section_readers import headlines, readers_section
from CTSpatialVQALib.report.sections import all_sections
from CTSpatialVQALib.report.svg import write_figure_files
from CTSpatialVQALib.report.table_files import write_tables
from CTSpatialVQALib.report.worked_example import worked_example
from CTSpatialVQALib.scene.opengl import missing_mrml, opengl_available

__all__ = ["GatheredRuns", "gather", "say_what_pictures_lack", "write_report"]


def say_what_pictures_lack() -> None:
    """Before any work: without Slicer's MRML library pictures have no 3D view, and how to have it."""
    reason = missing_mrml()
    if reason is not None:
        say(f"note: pictures have no 3D view: {reason}")


def write_report(
    folders: Sequence[RunFolder],
    out: Path,
    *,
    logs: Sequence[Path] = (),
    files: ReportFiles | None = None,
    studies: Sequence[Path] = (),
    score_by: ScoreChoice = BY_RULES,
) -> GatheredRuns:
    """Write the report of `folders` to `out`, and record in their logs that it was made.

    Parameters
    ----------
    logs : readers' logs whose verdicts on these replies are told too, beside those of the runs' own logs,
        and their own answers to these questions beside those of the models
    studies : study files of the runs, where they do not lie beside them
    files : what is written beside the page
    score_by : whose judgement counts in every number but the readers' own
    """
    with stage("reading runs and logs"):
        gathered = gather(folders, studies)
        # a run's own log is among them: someone may have read with it, and judges write there
        readings = read_readings([folder.log for folder in folders] + list(logs))
    gathered = with_own_answers(gathered, readings.own_answers)
    readings = restricted(readings, (reply.reply_id for reply in gathered.replies))
    by_rule = gathered.scores
    gathered = replace(gathered, scores=chosen_scores(score_by, by_rule, gathered.replies, readings))
    with stage("computing intervals and tests"):
        analysis = analyse(gathered.questions, gathered.replies, gathered.scores, gathered.patients)
    # readers are never held against themselves
    held = (
        analyse(gathered.questions, gathered.replies, by_rule, gathered.patients)
        if score_by.kind == "readers"
        else analysis
    )
    sampled = _sampled(folders)
    truths = readers_truth(held, readings, sampled)
    from_readers = _FromReaders(headlines(truths, drawn=sampled is not None), truths, sampled is not None)
    pictured = _items(gathered, readings)
    with stage("drawing figures and writing the report"):
        data = _report_data(gathered, analysis, readings, pictured, len(folders), from_readers)
        render_report(data, out)
        _write_beside(files or ReportFiles(), data, analysis)
    for folder in folders:
        _record(folder, export_made("html", sha256_of_file(out), len(data.items)))
    return gathered


def _record(folder: RunFolder, entry: Entry) -> None:
    """Record in the run's log that its report was made; a run on read-only media cannot keep that."""
    try:
        with AuditLog.open(folder.log, PROGRAM) as log:
            log.append(*entry)
    except WorkFailed as error:
        say(f"note: this report is not recorded in the run's log: {error}")


def _report_data(
    gathered: GatheredRuns,
    analysis: Analysis,
    readings: Readings,
    pictured: _Items,
    runs: int,
    from_readers: _FromReaders,
) -> ReportData:
    alarms = alarms_of(analysis, readings)
    scored = {score.by for score in gathered.scores}
    return ReportData(
        title=gathered.title,
        study_id=gathered.study_id,
        generated_utc=f"{utc_now():%Y-%m-%d %H:%M} UTC",
        software_version=__version__,
        summary=gathered.summary,
        items=pictured.items,
        notes=gathered.notes,
        warnings=tuple(f"{alarm.about}: {alarm.message}." for alarm in alarms if alarm.severity == "error"),
        headlines=from_readers.headlines,
        accuracy=accuracy_figure(analysis),
        sections=all_sections(
            analysis,
            gathered.summary,
            gathered.replies,
            gathered.scores,
            readings,
            alarms,
            readers_section(from_readers.truths, drawn=from_readers.drawn),
        ),
        example=worked_example(pictured.items[:MOST_CARDS], analysis.questions, gathered.cases),
        methods=methods_paragraphs(analysis, gathered.scores, readings, runs),
        settings=settings_table(analysis),
        numbers={
            "scored_by": sorted(scored),
            **analysis.numbers(),
            "alarms": plain(alarms),
            "readers": plain(from_readers.truths),
        },
        log_anchor=gathered.anchor,
        opengl_note=pictured.opengl_note,
    )


class ReportFiles(NamedTuple):
    """Folders for what is written beside the page; `take` receives the report's data."""

    svg: Path | None = None
    pdf: Path | None = None
    png: Path | None = None
    tables: Path | None = None
    take: Callable[[ReportData], None] = lambda data: None


def _write_beside(files: ReportFiles, data: ReportData, analysis: Analysis) -> None:
    kinds: tuple[tuple[Literal["svg", "pdf", "png"], Path | None], ...] = (
        ("svg", files.svg),
        ("pdf", files.pdf),
        ("png", files.png),
    )
    for kind, folder in kinds:
        if folder is not None:
            write_figure_files(data.figures, folder, kind)
    if files.tables is not None:
        write_tables(data, analysis, files.tables)
    files.take(data)


class _FromReaders(NamedTuple):
    """What readers found, in sentences and numbers; drawn: whether a random part was drawn for them."""

    headlines: tuple[str, ...]
    truths: tuple[ReadersTruth, ...]
    drawn: bool


def _sampled(folders: Sequence[RunFolder]) -> frozenset[str] | None:
    """The questions drawn for readers; None where a run drew none."""
    samples = [sample for folder in folders if (sample := read_sample(folder.path)) is not None]
    return (
        frozenset(question_id for sample in samples for question_id in sample.questions) if samples else None
    )


class _Items(NamedTuple):
    """The items in the order in which they shall be read, and why none of them has a 3D view."""

    items: Items
    opengl_note: str | None


def _items(gathered: GatheredRuns, readings: Readings) -> _Items:
    structures = {question.question_id: named_structures(question) for question in gathered.questions}
    parts = (gathered.questions, gathered.replies, gathered.scores, readings.verdicts)
    items = build_items(*parts, structures_of=structures)
    many = len(items) > MOST_CARDS
    if many:
        items = items.worst_first()
    pictures = _pictures(gathered, {item.question_id for item in items[:MOST_CARDS]})
    if pictures.by_question:
        items = build_items(
            *parts,
            structures_of=structures
            | {key: pictured.structures for key, pictured in pictures.by_question.items()},
            pictures={key: pictured.picture for key, pictured in pictures.by_question.items()},
        )
        items = items.worst_first() if many else items
    return _Items(items, pictures.opengl_note)


class _Pictures(NamedTuple):
    """Question id -> picture, and why none of them has a 3D view where that is so."""

    by_question: Mapping[str, Pictured]
    opengl_note: str | None


def _pictures(gathered: GatheredRuns, question_ids: set[str]) -> _Pictures:
    questions = [
        question
        for question in gathered.questions
        if question.question_id in question_ids and question.case_id in gathered.cases
    ]
    if not any(gathered.cases[question.case_id].ct for question in questions):
        return _Pictures({}, None)
    opengl = opengl_available()
    if not opengl.available and missing_mrml() is None:
        say(f"note: pictures have no 3D view: {opengl.reason}")
    with Progress("pictures") as bar:
        pictured = picture_questions(
            questions, gathered.cases, opengl, on_picture=lambda count: bar.show(count, len(questions))
        )
    return _Pictures(pictured, None if opengl.available else opengl.reason)
