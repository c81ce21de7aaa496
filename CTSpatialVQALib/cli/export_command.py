"""`ctspatialvqa export`: a log as a table, lossless lines, a page, DICOM reports or a folder of errors."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, get_args

from CTSpatialVQALib.audit.events import ExportFormat, export_made
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.store import opened_log
from CTSpatialVQALib.benchmark.study import Study, load_study
from CTSpatialVQALib.cli.arguments import Commands, add_score_by, command, json_option, user_path
from CTSpatialVQALib.cli.console import emit, emit_json, say, stage
from CTSpatialVQALib.cli.demo_job import PROGRAM
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.files import sha256_of_file
from CTSpatialVQALib.optional_packages import install_command
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.report import inspect_log
from CTSpatialVQALib.report.dicom_sr import NO_CASES, export_dicom_sr
from CTSpatialVQALib.report.exports import export_csv, export_jsonl
from CTSpatialVQALib.report.inspect_export import WITHOUT_INSPECT, Pictures, export_inspect
from CTSpatialVQALib.report.log_page import export_html
from CTSpatialVQALib.report.score_choice import score_choice
from CTSpatialVQALib.report.verdict_table import TableChoice
from CTSpatialVQALib.report.whole_folder import sha256_of_folder


class Export(Protocol):
    """One way to write a log; the result counts what `_WHAT` names."""

    def __call__(self, log: Path, out: Path, *, identified: bool = ..., choice: TableChoice = ...) -> int:
        """Write it and return the count."""


FORMATS = tuple(name for name in get_args(ExportFormat) if name != "errors")
_WHAT = {
    "csv": "rows",
    "jsonl": "records",
    "html": "verdicts",
    "dicom-sr": "verdicts",
    "inspect": "scores",
    "errors": "errors",
}
_EXAMPLES = """\
  ctspatialvqa export demo-out/audit.sqlite --format csv --out verdicts.csv
  ctspatialvqa export demo-out/audit.sqlite --format jsonl --out log.jsonl
  ctspatialvqa export demo-out/audit.sqlite --errors --study demo-out/study/study.toml --out errors
  ctspatialvqa export reading.sqlite --errors --backend medgemma --probe full --score-by jury --out errors
  ctspatialvqa export reading.sqlite --format html --out verdicts.html
  ctspatialvqa export reading.sqlite --format dicom-sr --study study.toml --out reports"""


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands,
        "export",
        run,
        summary="export an audit log, de-identified unless asked otherwise",
        examples=_EXAMPLES,
    )
    parser.add_argument("log", type=user_path, metavar="LOG")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--format", choices=FORMATS, help="dicom-sr and inspect write a folder")
    what.add_argument(
        "--errors", action="store_true", help="a folder with the incorrect answers, for a model's maker"
    )
    parser.add_argument("--out", type=user_path, required=True, metavar="PATH")
    parser.add_argument(
        "--study",
        type=user_path,
        metavar="STUDY",
        help="the study file: pictures with --errors, references to the images with dicom-sr",
    )
    for option, metavar, meaning in (
        ("--backend", "B", "only the answers of this model"),
        ("--probe", "P", "only what was asked under this probe, e.g. full"),
    ):
        parser.add_argument(
            option, action="append", default=[], metavar=metavar, help=f"{meaning}; repeatable"
        )
    add_score_by(parser)
    parser.add_argument(
        "--identified",
        action="store_true",
        help="readers by their own ids; with dicom-sr also the patients as the DICOM files name them",
    )
    parser.add_argument(
        "--no-record",
        action="store_true",
        help="do not record the export in the log (a log on read-only media)",
    )
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the export and record in the log that it was made."""
    log: Path = arguments.log
    out: Path = arguments.out
    export_format: ExportFormat = "errors" if arguments.errors else arguments.format
    _refuse_misuse(arguments, export_format)
    with ExitStack() as stack:
        # a log that cannot be written to is found out before anything leaves it
        opened = None if arguments.no_record else stack.enter_context(_to_append(log))
        with stage(f"exporting as {export_format}"):
            count = _export(export_format, log, out, arguments)
        if opened is not None:
            sha256 = sha256_of_folder(out) if out.is_dir() else sha256_of_file(out)
            try:
                opened.append(*export_made(export_format, sha256, count, identified=arguments.identified))
            except WorkFailed as error:
                raise WorkFailed(
                    f"{out} is complete, but the log did not take its record (SHA-256 {sha256}): {error}"
                ) from error
    if arguments.json:
        emit_json({"format": export_format, "out": str(out), _WHAT[export_format]: count})
    else:
        emit(f"{count} {_WHAT[export_format]}: {out}")
    return 0


def _to_append(log: Path) -> AuditLog:
    # opening for appending would make a log where there is none
    with opened_log(log):
        pass
    return AuditLog.open(log, PROGRAM)


def _refuse_misuse(arguments: argparse.Namespace, export_format: ExportFormat) -> None:
    out: Path = arguments.out
    if out.resolve() == arguments.log.resolve():
        raise BadInput(out, expected="another file than the log", came="the log", remedy="Change --out")
    if export_format == "jsonl" and (arguments.backend or arguments.probe or arguments.score_by):
        raise BadInput(
            "--format jsonl",
            expected="the whole log, which alone can be checked hash by hash",
            came="--backend, --probe or --score-by",
            remedy="Leave them out, or export csv, html, inspect or --errors",
        )
    if arguments.study is not None and export_format not in ("errors", "dicom-sr", "inspect"):
        raise BadInput(
            "--study",
            expected="--errors, --format dicom-sr or --format inspect with it",
            came=f"--format {export_format}, which needs no study",
            remedy="Leave --study out",
        )


def _export(export_format: ExportFormat, log: Path, out: Path, arguments: argparse.Namespace) -> int:
    study = None if arguments.study is None else load_study(arguments.study)
    identified, choice = arguments.identified, _choice(arguments)
    if export_format == "jsonl":
        return export_jsonl(log, out, identified=identified)
    if export_format == "dicom-sr":
        cases = NO_CASES if study is None else study.cases
        _say_without_images(cases)
        return export_dicom_sr(log, out, cases=cases, identified=identified, choice=choice, noted=say)
    if export_format == "errors":
        return _export_errors(log, out, study, choice, identified=identified)
    if export_format == "inspect":
        if not inspect_log.available():
            say(inspect_log_hint())
        return export_inspect(log, out, identified=identified, choice=choice, pictures=_pictures_of(study))
    exports: dict[str, Export] = {"csv": export_csv, "html": export_html}
    return exports[export_format](log, out, identified=identified, choice=choice)


def _choice(arguments: argparse.Namespace) -> TableChoice:
    return TableChoice(tuple(arguments.backend), tuple(arguments.probe), score_choice(arguments.score_by))


def _say_without_images(cases: Mapping[str, Case]) -> None:
    if not any(case.ct is not None and case.ct.is_dir() for case in cases.values()):
        say("no image is referred to: no case of a study given with --study has a DICOM series as its CT")


def inspect_log_hint() -> str:
    """How the logs for `inspect view` are had."""
    return f"{WITHOUT_INSPECT} For them: {install_command('inspect_ai')}"


def _pictures_of(study: Study | None) -> Pictures | None:
    if study is None:
        return None
    from CTSpatialVQALib.report.errors_from_study import StudyMaterial
    from CTSpatialVQALib.scene.opengl import opengl_available

    return StudyMaterial(study, opengl_available()).pictures


def _export_errors(
    log: Path, out: Path, study: Study | None, choice: TableChoice, *, identified: bool
) -> int:
    from CTSpatialVQALib.report.errors_folder import WITHOUT_STUDY, export_errors

    if study is None:
        say(WITHOUT_STUDY)
        return export_errors(log, out, identified=identified, choice=choice)
    from CTSpatialVQALib.report.errors_from_study import StudyMaterial
    from CTSpatialVQALib.scene.opengl import opengl_available

    opengl = opengl_available()
    if not opengl.available:
        say(f"no 3D pictures: {opengl.reason}")
    material = StudyMaterial(study, opengl)
    return export_errors(
        log,
        out,
        pictures=material.pictures,
        geometry=material.geometry,
        identified=identified,
        choice=choice,
    )
