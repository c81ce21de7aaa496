"""`ctspatialvqa measure`: size and place of each structure, and how two lie to each other."""

from __future__ import annotations

import argparse

from CTSpatialVQALib.anatomy.body_outline import outline_midline
from CTSpatialVQALib.anatomy.measure import measure_all, measurements_json
from CTSpatialVQALib.anatomy.plausibility import check_case
from CTSpatialVQALib.anatomy.relations import compare, surface_distance_mm
from CTSpatialVQALib.cli.arguments import Commands, command, json_option
from CTSpatialVQALib.cli.case_files import ct_argument, mask_options, read_ct, read_mask_on
from CTSpatialVQALib.cli.clinical_text import point_text, relation_text
from CTSpatialVQALib.cli.console import emit, emit_json, say, stage
from CTSpatialVQALib.errors import BadInput, did_you_mean, shown
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.check_finding import by_severity

_EXAMPLES = """\
  ctspatialvqa measure chest.nii.gz --mask segmentations.nii.gz
  ctspatialvqa measure chest.nii.gz --mask segmentations --pair liver spleen --json"""

# What makes the measurements themselves worthless. A mirrored patient is measured, without sides; mirrored
# organs under sound names may be situs inversus: then the sides are those that the file states.
FILE_ERRORS = frozenset(
    {"mask_misfit", "orientation_not_stated", "orientation_contradictory", "hu_implausible"}
)


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(commands, "measure", run, summary="measure the structures of a mask", examples=_EXAMPLES)
    ct_argument(parser)
    mask_options(parser, required=True)
    parser.add_argument(
        "--pair", nargs=2, action="append", default=[], metavar=("A", "B"), help="also how A lies to B"
    )
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure all structures, and the pairs asked for; exit code 1 if the files do not fit together.

    Where an error says that left and right cannot be trusted, no side is given.
    """
    volume = read_ct(arguments.ct, arguments.series)
    mask = read_mask_on(volume.grid, arguments)
    findings = by_severity((*volume.notes, *check_case(volume.hu, volume.grid, mask)))
    outline = outline_midline(volume.hu, volume.grid)
    codes = {finding.code for finding in findings if finding.severity == "error"}
    withheld = bool(codes & {*FILE_ERRORS, "mirrored_left_right"})
    for note in mask.notes:
        say(f"note: {note}")
    for finding in findings:
        if finding.severity != "info":
            say(f"{finding.severity}: {finding.message}")
    pairs = [_pair(mask, a, b) for a, b in arguments.pair]
    failed = bool(codes & FILE_ERRORS)
    if arguments.json:
        measured = measurements_json(mask, outline=outline, sides_withheld=withheld)
        emit_json({**measured, "pairs": pairs, "findings": [finding._asdict() for finding in findings]})
        return int(failed)
    with stage("measuring"):
        rows = measure_all(mask, outline=outline, sides_withheld=withheld)
    for name, row in rows.items():
        place = point_text(row.centroid_ras)
        emit(f"{name:32} {row.volume_ml:9.1f} ml  {row.side or 'no side':8}  centre {place} mm")
    for a, b in arguments.pair:
        distance = surface_distance_mm(mask, a, b)
        emit(relation_text(a, b, compare(mask, a, b), distance, sides_withheld=withheld))
    return int(failed)


def _pair(mask: AnatomyMask, a: str, b: str) -> dict[str, object]:
    for name in (a, b):
        if not mask.has(name):
            raise BadInput(
                "measure --pair",
                expected="structures that the mask has",
                came=shown(name),
                remedy=did_you_mean(name, mask.structures) or "Choose from the names that `measure` lists",
            )
    distance = surface_distance_mm(mask, a, b)
    return {"a": a, "b": b, **compare(mask, a, b)._asdict(), "surface_distance_mm": distance}
