"""TotalSegmentator is used where it is installed; how it is found, started and believed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from CTSpatialVQALib.anatomy import totalsegmentator
from CTSpatialVQALib.errors import BadInput, WorkFailed


@pytest.fixture
def nobody_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty PATH, and Python without it; the folder that is the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(totalsegmentator.sysconfig, "get_path", lambda _name: str(tmp_path / "scripts"))
    return tmp_path


def put(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / totalsegmentator.PROGRAM
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_without_it_the_reader_is_told_how_to_get_it(nobody_has_it: Path) -> None:
    installed = totalsegmentator.find()

    assert not installed.usable
    assert "Extensions Manager" in installed.remedy
    with pytest.raises(WorkFailed, match="Extensions Manager"):
        totalsegmentator.job(installed, Path("ct.nii.gz"), Path("mask.nii.gz"))


def test_program_on_the_path_is_started_as_it_is(nobody_has_it: Path) -> None:
    program = put(nobody_has_it)
    installed = totalsegmentator.find()

    assert installed.usable
    assert installed.command == (str(program),)


def test_program_beside_this_python_is_run_by_it(nobody_has_it: Path) -> None:
    program = put(nobody_has_it / "scripts")

    assert totalsegmentator.find().command == (sys.executable, str(program))


def test_version_before_the_report_option_is_refused(
    nobody_has_it: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(nobody_has_it / "scripts")
    monkeypatch.setattr(totalsegmentator.importlib.metadata, "version", lambda _name: "2.4.0")

    assert "2.15 or later" in totalsegmentator.find().remedy


def test_job_writes_one_multilabel_file_and_a_report(nobody_has_it: Path) -> None:
    put(nobody_has_it)
    job = totalsegmentator.job(
        totalsegmentator.find(), Path("ct.nii.gz"), nobody_has_it / "case.nii.gz", fast=True
    )

    assert job.report == nobody_has_it / "case.report.json"
    assert job.command[1:] == (
        "-i", "ct.nii.gz", "-o", str(job.mask), "--ml", "--report", str(job.report), "--fast",
    )  # fmt: skip
    with pytest.raises(BadInput):
        totalsegmentator.job(totalsegmentator.find(), None, job.mask)


def test_report_is_told_and_a_missing_mask_is_no_success(nobody_has_it: Path) -> None:
    put(nobody_has_it)
    job = totalsegmentator.job(totalsegmentator.find(), Path("ct.nii.gz"), nobody_has_it / "case.nii.gz")
    with pytest.raises(WorkFailed, match="without writing a mask"):
        totalsegmentator.read_report(job)

    job.mask.touch()
    assert "no report" in totalsegmentator.read_report(job)
    job.report.write_text(json.dumps({"device": "cpu", "seconds": 12, "files": []}))
    assert totalsegmentator.read_report(job) == "case.nii.gz was written. device cpu, seconds 12"
