"""`ctspatialvqa check`: orientation, units, values of a CT, and whether its mask fits."""

from __future__ import annotations

import argparse

from CTSpatialVQALib.anatomy.plausibility import check_case
from CTSpatialVQALib.cli.arguments import Commands, command, json_option
from CTSpatialVQALib.cli.case_files import ct_argument, mask_options, read_ct, read_mask_on
from CTSpatialVQALib.cli.console import emit, emit_json, stage
from CTSpatialVQALib.cli.verified_facts import verified_facts
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.check_finding import by_severity
from CTSpatialVQALib.volumes.hounsfield_check import tissue_shares
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

_EXAMPLES = """\
  ctspatialvqa check chest.nii.gz
  ctspatialvqa check dicom-folder --mask segmentations.nii.gz --json"""


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands,
        "check",
        run,
        summary="check orientation, spacing, Hounsfield units and the mask of a CT",
        examples=_EXAMPLES,
    )
    ct_argument(parser)
    mask_options(parser)
    parser.add_argument(
        "--situs-inversus", action="store_true", help="the patient's organs are known to be mirrored"
    )
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Exit code 1 if a finding is an error."""
    volume = read_ct(arguments.ct, arguments.series)
    mask = read_mask_on(volume.grid, arguments) if arguments.mask else None
    with stage("checking where the structures lie"):
        checked = check_case(volume.hu, volume.grid, mask, situs_inversus=arguments.situs_inversus)
    findings = by_severity((*volume.notes, *checked))
    ok = all(finding.severity != "error" for finding in findings)
    if arguments.json:
        emit_json(
            {
                "ok": ok,
                "findings": [finding._asdict() for finding in findings],
                "verified": [fact._asdict() for fact in verified_facts(volume, mask, findings)],
                **_facts(volume),
                "mask": None if mask is None else _mask_facts(mask),
            }
        )
    else:
        facts = _facts(volume)
        emit(f"{arguments.ct}: {volume.grid}, stored as {facts['axes']}")
        shares = tissue_shares(volume.hu).items()
        listed = ", ".join(f"{name.replace('_', ' ')} {share:.0%}" for name, share in shares)
        emit(f"  values in the range of {listed}")
        for note in mask.notes if mask is not None else ():
            emit(f"  note: {note}")
        for fact in verified_facts(volume, mask, findings):
            emit(f"  verified: {fact.check}: {fact.basis}")
        for finding in findings:
            emit(f"  {finding.severity}: {finding.message}")
        emit("no error found" if ok else "errors found")
    return 0 if ok else 1


def _facts(volume: OrientedVolume) -> dict[str, object]:
    return {
        "axes": volume.axes,
        "spacing_mm": list(volume.spacing_mm),
        "shape": list(volume.hu.shape),
        "obliqueness_deg": round(volume.obliqueness_deg, 3),
        "content_sha256": volume.content_sha256,
        "tissue_shares": tissue_shares(volume.hu),
        "file": None if volume.facts is None else volume.facts.as_json(),
    }


def _mask_facts(mask: AnatomyMask) -> dict[str, object]:
    return {"structures": len(mask.structures), "notes": list(mask.notes)}
