"""`ctspatialvqa prepare`: what exactly does a model receive of a CT, and what does it look like?"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np

from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.case_files import ct_argument, mask_options, read_ct, read_mask_on
from CTSpatialVQALib.cli.console import emit, emit_json, say
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_bytes, written_whole
from CTSpatialVQALib.imaging.contract import Contract, Prepared
from CTSpatialVQALib.imaging.contract_catalogue import contract_named, contracts
from CTSpatialVQALib.imaging.generic_slices import parse_options, slices_contract
from CTSpatialVQALib.imaging.preview import preview
from CTSpatialVQALib.imaging.probes import ProbeInputs, probed
from CTSpatialVQALib.records.words import Probe
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

_EXAMPLES = """\
  ctspatialvqa prepare chest.nii.gz --contract merlin --out merlin.npy --preview merlin.png
  ctspatialvqa prepare chest.nii.gz --contract slices --set count=8 --set planes=axial+coronal --out s.npy
  ctspatialvqa prepare ct.nii --contract m3d --out e.npy --probe marked --mask m.nii.gz --structures aorta"""


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands,
        "prepare",
        run,
        summary="make exactly what a model receives of a CT, and a picture of it",
        examples=_EXAMPLES,
    )
    ct_argument(parser)
    parser.add_argument("--contract", required=True, metavar="NAME", help=f"one of {', '.join(contracts())}")
    parser.add_argument(
        "--out", type=user_path, required=True, metavar="F.npy", help="the array, as NumPy file"
    )
    parser.add_argument(
        "--probe", default="full", choices=[str(probe) for probe in Probe], help="a controlled change"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the probe shuffled")
    parser.add_argument(
        "--other", type=user_path, metavar="CT", help="another patient, for the probe other_case"
    )
    mask_options(parser, purpose="; for the probes erased and marked")
    parser.add_argument("--structures", default="", metavar="A,B", help="class names to erase or mark")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="option of the contract slices"
    )
    parser.add_argument("--preview", type=user_path, metavar="F.png", help="a picture of the array")
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prepare, write array and picture, tell the presentation."""
    contract = _contract(arguments.contract, arguments.set)
    _refuse_wrong_suffix(arguments.out, ".npy")
    if arguments.preview:
        _refuse_wrong_suffix(arguments.preview, ".png")
    volume = read_ct(arguments.ct, arguments.series)
    for note in volume.notes:
        say(f"{note.severity}: {note.message}")
    prepared = probed(contract, volume, Probe(arguments.probe), _inputs(arguments, volume))
    if arguments.preview:
        packed = io.BytesIO()
        preview(prepared).save(packed, "PNG")
        write_bytes(arguments.preview, packed.getvalue())
    with written_whole(arguments.out) as temporary, temporary.open("wb") as stream:
        np.save(stream, prepared.array, allow_pickle=False)
    _tell(prepared, arguments.out, as_json=arguments.json)
    return 0


def _contract(name: str, settings: list[str]) -> Contract:
    if name != "slices":
        if settings:
            raise BadInput("--set", expected="the contract slices", came=name, remedy="Leave --set out")
        return contract_named(name)
    pairs = [setting.partition("=") for setting in settings]
    return slices_contract(parse_options({key: value for key, _, value in pairs}))


def _refuse_wrong_suffix(path: Path, suffix: str) -> None:
    if path.suffix.lower() != suffix:
        came = f"a name ending in {path.suffix!r}"
        raise BadInput(path, expected=f"a file name ending in {suffix}", came=came, remedy="Rename it")


def _inputs(arguments: argparse.Namespace, volume: OrientedVolume) -> ProbeInputs:
    return ProbeInputs(
        seed=arguments.seed,
        other=read_ct(arguments.other) if arguments.other else None,
        mask=read_mask_on(volume.grid, arguments) if arguments.mask else None,
        structures=tuple(name for name in arguments.structures.split(",") if name),
    )


def _tell(prepared: Prepared, out: Path, *, as_json: bool) -> None:
    shown, contract = prepared.presentation, prepared.contract
    described = {
        **shown.model_dump(mode="json"),
        "presentation_sha256": shown.sha256,
        "prompt": [part._asdict() for part in prepared.parts("{question}")],
        "generation": dict(contract.generation),
        "differs": contract.differs,
        "approximate": contract.approximate,
    }
    if as_json:
        emit_json(described)
        return
    size = " x ".join(str(n) for n in shown.shape) or "no pixels"
    emit(f"{out}: {shown.contract} version {shown.version}, probe {shown.probe}, {size} {shown.dtype}")
    emit(f"  axes: {shown.axes}")
    emit(f"  values: {shown.hu_map}")
    if shown.slices is not None:
        emit(f"  slices: {len(set(shown.slices.used))} used, {shown.slices.dropped} not")
    if contract.differs:
        emit(f"  differs from the model's own recipe: {contract.differs}")
    emit(f"  content {shown.content_sha256}")
