"""Files whose header lies about the patient are found out, from the files themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from CTSpatialVQALib.anatomy.plausibility import check_case
from CTSpatialVQALib.records.structures import opposite
from CTSpatialVQALib.volumes.anatomy_mask import read_mask
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from Testing.volumes.small_volumes import Body, Stored, body, caret_table, stored_as, write_nifti


@pytest.fixture(scope="module")
def patient() -> Body:
    return body(5.0)


def written(folder: Path, name: str, stored: Stored, patient: Body, *, lie: str = "") -> Path:
    """`lie` pretends another storage order than the true one, as a careless converter does."""
    affine = stored_as(lie, patient.hu, patient.grid.affine).affine if lie else stored.affine
    table = caret_table(patient.names) if name == "mask" else b""
    return write_nifti(folder / f"{name}.nii.gz", stored.array, affine, extension=table)


def case_files(folder: Path, patient: Body, code: str, lie: str = "") -> tuple[Path, Path]:
    ct = stored_as(code, patient.hu, patient.grid.affine)
    mask = stored_as(code, patient.labels, patient.grid.affine)
    return written(folder, "ct", ct, patient, lie=lie), written(folder, "mask", mask, patient, lie=lie)


def findings(ct: Path, mask: Path | None = None, *, situs_inversus: bool = False) -> dict[str, str]:
    volume = OrientedVolume.from_file(ct)
    labels = read_mask(mask, grid=volume.grid) if mask else None
    found = check_case(volume.hu, volume.grid, labels, situs_inversus=situs_inversus)
    return {one.code: one.severity for one in (*volume.notes, *found)}


@pytest.mark.parametrize("code", ["LPS", "RAI", "ASL"])
def test_a_sound_case_in_any_storage_order_is_left_in_peace(code: str, patient: Body, tmp_path: Path) -> None:
    assert findings(*case_files(tmp_path, patient, code)) == {}


@pytest.mark.parametrize(
    ("true", "stated", "code"),
    [
        ("LPS", "RPS", "mirrored_left_right"),
        ("LPS", "LPI", "upside_down"),
        ("LPS", "LAS", "mirrored_front_back"),
        ("RAS", "LAS", "mirrored_left_right"),
    ],
)
def test_a_header_that_lies_is_found_out(
    true: str, stated: str, code: str, patient: Body, tmp_path: Path
) -> None:
    assert findings(*case_files(tmp_path, patient, true, stated)) == {code: "error"}


def test_a_ct_that_does_not_state_its_orientation_is_an_error(patient: Body, tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "ct.nii", patient.hu, patient.grid.affine, fields={252: b"\0\0\0\0"})
    assert findings(path) == {"orientation_not_stated": "error"}


def test_situs_inversus_can_be_declared(patient: Body, tmp_path: Path) -> None:
    names = {label: opposite(name) or name for label, name in patient.names.items()}
    inverted = Body(patient.hu[::-1], np.asfortranarray(patient.labels[::-1]), names, patient.grid)
    ct, mask = case_files(tmp_path, inverted, "LPS")
    assert findings(ct, mask) == {"situs_inversus_or_mirrored": "error"}
    assert findings(ct, mask, situs_inversus=True) == {"situs_inversus_as_declared": "info"}
