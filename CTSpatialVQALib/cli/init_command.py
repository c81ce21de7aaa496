"""`ctspatialvqa init`: a study from a CT, a mask and questions of one's own."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from CTSpatialVQALib.benchmark.study import Study, load_study
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.case_files import read_ct
from CTSpatialVQALib.cli.console import emit, emit_json, question, say
from CTSpatialVQALib.cli.init_study import TEMPLATE_FILE, StudyMaterial, write_study
from CTSpatialVQALib.cli.local_servers import LocalServer, local_servers
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes.anatomy_mask import read_mask

_EXAMPLES = """\
  ctspatialvqa init chest.nii.gz --mask segmentations.nii.gz --questions questions.csv --out my-study
  ctspatialvqa init dicom-folder --questions questions.xlsx --predictions my-model.csv --out my-study
  ctspatialvqa init --out my-study                 (asks for what is missing)"""
# of a file name, what is not part of a case's name
_SUFFIXES = re.compile(r"(\.nii|\.nrrd|\.mha|\.mhd|\.dcm|\.img|\.hdr)?(\.gz)?$", re.IGNORECASE)


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands, "init", run, summary="make a study from your own CT, mask and questions", examples=_EXAMPLES
    )
    parser.add_argument(
        "ct", type=user_path, nargs="?", metavar="CT", help="NIfTI, NRRD, MetaImage or DICOM file, or folder"
    )
    parser.add_argument("--mask", type=user_path, help="anatomy mask on the CT's grid")
    parser.add_argument(
        "--questions",
        type=user_path,
        metavar="FILE",
        help="CSV, TSV, XLSX or JSON Lines",
    )
    parser.add_argument(
        "--predictions", type=user_path, metavar="FILE", help="answers of a model that was run elsewhere"
    )
    parser.add_argument("--case", metavar="ID", help="name of the case (default: the CT's file name)")
    parser.add_argument("--out", type=user_path, required=True, metavar="DIR", help="folder of the study")
    parser.add_argument(
        "--no-servers", action="store_true", help="do not look for model servers on this computer"
    )
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look at the files, write the study, and say how it goes on."""
    target: Path = arguments.out / "study.toml"
    if target.exists():
        raise BadInput(target, expected="a new study", came="one that is there", remedy="Name another folder")
    _ask_for_missing(arguments)
    volume = read_ct(arguments.ct)
    if arguments.mask is not None:
        read_mask(arguments.mask, grid=volume.grid)
    servers = () if arguments.no_servers else local_servers()
    case_id = arguments.case or _SUFFIXES.sub("", arguments.ct.resolve().name) or "case-01"
    material = StudyMaterial(
        case_id, arguments.ct, arguments.mask, arguments.questions, arguments.predictions, servers
    )
    path = write_study(arguments.out, arguments.out.resolve().name or "my-study", material)
    study = load_study(path)
    for note in study.notes:
        say(f"note: {note}")
    if arguments.json:
        emit_json(_as_json(study, servers))
    else:
        _emit(study, servers, arguments)
    return 0


def _ask_for_missing(arguments: argparse.Namespace) -> None:
    """Ask at a terminal for what no option gave; elsewhere only the CT is missed."""
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty() and not arguments.json
    if arguments.ct is None and at_terminal:
        arguments.ct = _answer_to("CT (file or DICOM folder): ")
        arguments.mask = arguments.mask or _answer_to("mask of its anatomy (Enter: none): ")
        arguments.questions = arguments.questions or _answer_to("questions (Enter: an example): ")
    if arguments.ct is None:
        raise BadInput("CT", expected="a CT", came="none", remedy="Name the file or the DICOM folder")


def _answer_to(text: str) -> Path | None:
    question(text)
    answer = sys.stdin.readline().strip().strip("'\"")
    return user_path(answer) if answer else None


def _emit(study: Study, servers: tuple[LocalServer, ...], arguments: argparse.Namespace) -> None:
    emit(f"{study.path}: 1 case, {len(study.questions)} questions, backends {_names(study)}")
    for server in servers:
        emit(f"found {server.program} at {server.url} with {', '.join(server.models) or 'no model'}")
    if arguments.questions is None:
        emit(f"next: write your questions into {study.path.parent / TEMPLATE_FILE}; its example goes away")
    if arguments.mask is None:
        emit("without a mask no anatomy is shown: make one with TotalSegmentator, name it in the study file")
    emit(f"then: ctspatialvqa run {study.path} --out {study.path.parent / 'run1'}")
    emit(f"      ctspatialvqa report {study.path.parent / 'run1'}")


def _names(study: Study) -> str:
    return ", ".join(backend.name for backend in study.backends)


def _as_json(study: Study, servers: tuple[LocalServer, ...]) -> dict[str, object]:
    return {
        "study": str(study.path),
        "cases": list(study.cases),
        "questions": len(study.questions),
        "backends": [backend.name for backend in study.backends],
        "servers": [server._asdict() for server in servers],
    }
