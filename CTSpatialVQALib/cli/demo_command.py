"""`ctspatialvqa demo`: the whole job on patients that the program makes itself."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.benchmark.study_toml import read_study_toml
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.backend_factory import backends_of
from CTSpatialVQALib.cli.console import emit, emit_json, say
from CTSpatialVQALib.cli.demo_job import RunFolder, ask_study
from CTSpatialVQALib.cli.demo_readers import write_simulated_readings
from CTSpatialVQALib.cli.report_from_runs import say_what_pictures_lack, write_report
from CTSpatialVQALib.cli.summary_text import summary_json, summary_lines
from CTSpatialVQALib.demo.study import demo_study_id, write_demo_study
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.scene.opengl import opengl_available

_EXAMPLES = """\
  ctspatialvqa demo
  ctspatialvqa demo --out my-demo"""


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands,
        "demo",
        run,
        summary="make five phantom patients, ask, score, log and report; needs nothing else",
        examples=_EXAMPLES,
        resumes=True,
    )
    parser.add_argument("--out", type=user_path, default=Path("demo-out"), metavar="DIR")
    parser.add_argument(
        "--size", choices=("tiny", "demo"), default="demo", help="tiny: coarse phantoms, for a quick look"
    )
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Phantoms, answers, scores, log, report; a demo that was stopped goes on where it was."""
    out: Path = arguments.out
    _require_same_demo(out, arguments.size)
    say_what_pictures_lack()
    say("making five phantom patients")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(opengl_available)  # probed in a child process, while the phantoms are made
        study_path = write_demo_study(out / "study", arguments.size, progress=lambda text: say(f"  {text}"))
    study = load_study(study_path)
    folder = RunFolder(out)
    ask_study(study, backends_of(study), folder, study.reading.probes)
    logs = write_simulated_readings(study, folder.store, out / "readings", say)
    report = out / "report.html"
    say("rendering the evidence pictures and the report")
    summary = write_report([folder], report, studies=[study_path])
    if arguments.json:
        emit_json(
            {
                **summary_json(summary),
                "report": str(report),
                "log": str(folder.log),
                "study_file": str(study_path),
            }
        )
        return 0
    emit(f"{len(summary.questions)} questions about {len(study.cases)} phantom patients. Research use only.")
    for line in summary_lines(summary):
        emit("  " + line)
    emit(f"report  {report}")
    emit(f"log     {folder.log} (anchor {summary.anchor})")
    emit(f"readers {', '.join(str(log) for log in logs)} (simulated)")
    emit(f"study   {study_path}")
    return 0


def _require_same_demo(out: Path, size: str) -> None:
    """A demo goes on where it was; one of another size would ask other questions in the same folder."""
    study = out / "study/study.toml"
    if not study.is_file():
        return
    study_id = read_study_toml(study).study.id
    if study_id != demo_study_id(size):
        other_size = study_id.removeprefix(demo_study_id(""))
        raise BadInput(
            out,
            expected=f"a new folder, or one with a demo of size {size}",
            came=f"a demo of size {other_size}",
            remedy=f"Name another folder with --out, or go on with --size {other_size}",
        )
