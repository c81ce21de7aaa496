"""`ctspatialvqa measure`: where is each structure, how large is it, and how do two lie to each other?"""

from __future__ import annotations

import argparse

from CTSpatialVQALib.anatomy.measure import measure_all, measurements_json
from CTSpatialVQALib.anatomy.relations import compare, surface_distance_mm
from CTSpatialVQALib.cli.arguments import Commands, command, json_option
from CTSpatialVQALib.cli.case_files import ct_argument, mask_options, read_ct, read_mask_on
from CTSpatialVQALib.cli.console import emit, emit_json, say
from CTSpatialVQALib.errors import BadInput, did_you_mean, shown
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

_EXAMPLES = """\
  ctspatialvqa measure chest.nii.gz --mask segmentations.nii.gz
  ctspatialvqa measure chest.nii.gz --mask segmentations --pair liver spleen --json"""


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
    """Measure all structures, and the pairs asked for."""
    mask = read_mask_on(read_ct(arguments.ct).grid, arguments)
    for note in mask.notes:
        say(f"note: {note}")
    pairs = [_pair(mask, a, b) for a, b in arguments.pair]
    if arguments.json:
        emit_json({**measurements_json(mask), "pairs": pairs})
        return 0
    for name, measured in measure_all(mask).items():
        r, a, s = measured.centroid_ras
        side = measured.side or "no side"
        emit(f"{name:32} {measured.volume_ml:9.1f} ml  {side:8} R {r:7.1f}  A {a:7.1f}  S {s:7.1f}")
    for pair in pairs:
        emit("; ".join(f"{key}: {_short(value)}" for key, value in pair.items()))
    return 0


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


def _short(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
