"""A run says what reading and checking its files found: on the terminal, in JSON, and in the report."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.records.event import Actor, EventKind
from Testing.cli.conftest import Command
from Testing.volumes.small_volumes import caret_table, speckled, write_nifti
from Testing.volumes.test_dicom_series_choice import add_series


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The case `sound`, and `mirrored`, whose CT was mirrored and whose mask was not."""
    phantom = make_patient(0)
    affine = phantom.grid.affine
    write_nifti(tmp_path / "sound.nii.gz", phantom.hu, affine)
    write_nifti(tmp_path / "mirrored.nii.gz", np.flip(phantom.hu, 0), affine)
    write_nifti(tmp_path / "mask.nii.gz", phantom.labels, affine, extension=caret_table(phantom.names))
    cases = ("sound", "mirrored")
    rows = [
        {
            "question_id": f"{case}::0",
            "case_id": case,
            "text": "On which side is the liver?",
            "reference": "Right.",
        }
        for case in cases
    ]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    listed = "".join(
        f'[[cases]]\nid = "{case}"\nct = "{case}.nii.gz"\nmask = "mask.nii.gz"\n' for case in cases
    )
    backend = '[[questions]]\npath = "q.jsonl"\n[[backends]]\nname = "anatomy"\nkind = "anatomy"\n'
    (tmp_path / "study.toml").write_text(f'[study]\nid = "s"\n{listed}{backend}', encoding="utf-8")
    return tmp_path / "study.toml"


def test_a_mask_that_does_not_fit_is_told_and_no_side_is_answered(
    study: Path, tmp_path: Path, command: Command
) -> None:
    out = tmp_path / "run"
    ran = command("run", study, "--out", out)
    assert ran.code == 0
    assert "Case mirrored: error: the mask does not fit this CT" in ran.err
    assert "Case sound" not in ran.err
    assert "1 right" in ran.out
    assert "1 no answer (1 refused)" in ran.out
    with AuditLog.open(out / "audit.sqlite", Actor(id="reader-1")) as log:
        checked = [
            record.event.payload for record in log.records() if record.event.kind is EventKind.CASE_CHECKED
        ]
    assert [payload["case_id"] for payload in checked] == ["mirrored"]
    assert {"code": "mask_misfit", "severity": "error"} in checked[0]["findings"]
    assert command("report", out).code == 0
    assert "Case mirrored: error: the mask does not fit" in (out / "report.html").read_text(encoding="utf-8")


def test_what_was_found_stays_with_the_run_when_it_is_resumed(
    study: Path, tmp_path: Path, command: Command
) -> None:
    out = tmp_path / "run"
    first = json.loads(command("run", study, "--out", out, "--json").out.splitlines()[-1])
    assert [row["code"] for row in first["case_findings"] if row["severity"] == "error"] == ["mask_misfit"]
    assert command("run", study, "--out", out, "--case", "sound").code == 0
    assert command("report", out).code == 0
    assert "Case mirrored: error: the mask does not fit" in (out / "report.html").read_text(encoding="utf-8")


def test_the_command_line_and_a_study_choose_a_series_alike(tmp_path: Path, command: Command) -> None:
    folder = tmp_path / "study"
    add_series(folder, speckled((9, 7, 6)), 2, "Thorax", "B30f", "a")
    add_series(folder, speckled((9, 7, 12)), 4, "Thorax sharp", "B70f", "b")
    refused = command("check", folder)
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    checked = command("check", folder, "--series", "4", "--json").json
    assert checked["shape"] == [9, 7, 12]
    (tmp_path / "q.jsonl").write_text(
        '{"question_id": "c::0", "case_id": "c", "text": "Where?", "reference": "Left."}\n', encoding="utf-8"
    )
    backend = '[[questions]]\npath = "q.jsonl"\n[[backends]]\nname = "anatomy"\nkind = "anatomy"\n'
    case = '[[cases]]\nid = "c"\nct = "study"\nseries = "4"\n'
    (tmp_path / "study.toml").write_text(f'[study]\nid = "s"\n{case}{backend}', encoding="utf-8")
    volume = CaseData(load_study(tmp_path / "study.toml").cases["c"]).volume
    assert volume is not None
    assert volume.hu.shape == (9, 7, 12)
