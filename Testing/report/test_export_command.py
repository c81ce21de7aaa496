"""`ctspatialvqa export`: what is recorded, what is refused with code 2, and what read-only logs allow."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.cli.main import main
from CTSpatialVQALib.files import sha256_of_file
from CTSpatialVQALib.records.event import Actor, EventKind
from CTSpatialVQALib.report.whole_folder import sha256_of_folder
from Testing.report.reading_samples import Reading, read_log

EVERY = ["csv", "html", "dicom-sr", "inspect", "errors"]


class Ran(NamedTuple):
    """What the command did."""

    code: int
    out: str
    err: str


Export = Callable[..., Ran]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    (tmp_path / "log").mkdir()
    return read_log(tmp_path / "log" / "audit.sqlite")


@pytest.fixture
def export(capsys: pytest.CaptureFixture[str]) -> Export:
    def run(*arguments: object) -> Ran:
        try:
            code = main(["export", *map(str, arguments)])
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run


def flags(export_format: str) -> list[str]:
    return ["--errors"] if export_format == "errors" else ["--format", export_format]


def exports_in(log: Path) -> list[dict[str, object]]:
    with AuditLog.open(log, Actor(id="test")) as opened:
        return [
            dict(record.event.payload)
            for record in opened.records()
            if record.event.kind is EventKind.EXPORT_MADE
        ]


@pytest.mark.parametrize("export_format", EVERY)
def test_an_export_is_recorded_with_its_hash(
    reading: Reading, tmp_path: Path, export: Export, export_format: str
) -> None:
    out = tmp_path / "out"
    ran = export(reading.path, *flags(export_format), "--out", out)
    assert ran.code == 0, ran.err
    (recorded,) = exports_in(reading.path)
    sha256 = sha256_of_folder(out) if out.is_dir() else sha256_of_file(out)
    assert recorded["format"] == export_format
    assert recorded["sha256"] == sha256
    assert ran.out.startswith(f"{recorded['count']} ")
    assert "identified" not in recorded
    assert verify(reading.path).holds


def test_an_identified_export_is_recorded_as_such(reading: Reading, tmp_path: Path, export: Export) -> None:
    out = tmp_path / "log.jsonl"
    assert export(reading.path, "--format", "jsonl", "--out", out).code == 2
    assert exports_in(reading.path) == []
    assert not out.exists()
    assert export(reading.path, "--format", "jsonl", "--identified", "--out", out).code == 0
    assert exports_in(reading.path)[0]["identified"] is True


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_from_a_read_only_folder_nothing_leaves_unrecorded(
    reading: Reading, tmp_path: Path, export: Export
) -> None:
    reading.path.chmod(0o400)
    reading.path.parent.chmod(0o500)
    out = tmp_path / "out.csv"
    try:
        refused = export(reading.path, "--format", "csv", "--out", out)
        assert (refused.code, out.exists()) == (1, False)
        assert export(reading.path, "--format", "csv", "--no-record", "--out", out).code == 0
        assert out.is_file()
    finally:
        reading.path.parent.chmod(0o700)


def test_a_log_that_lost_its_rules_is_not_exported(reading: Reading, tmp_path: Path, export: Export) -> None:
    with closing(sqlite3.connect(reading.path)) as connection:
        connection.execute("DROP TRIGGER record_never_goes")
        connection.commit()
    out = tmp_path / "out.csv"
    refused = export(reading.path, "--format", "csv", "--out", out)
    assert (refused.code, out.exists()) == (2, False)
    assert export(reading.path, "--format", "csv", "--no-record", "--out", out).code == 2
    assert not out.exists()


def test_no_record_leaves_the_log_as_it_is(reading: Reading, tmp_path: Path, export: Export) -> None:
    before = verify(reading.path).head
    assert export(reading.path, "--format", "html", "--no-record", "--out", tmp_path / "a.html").code == 0
    assert verify(reading.path).head == before


@pytest.mark.parametrize("export_format", EVERY)
def test_an_export_is_for_its_owner_only_whatever_the_user_usually_allows(
    reading: Reading, tmp_path: Path, export: Export, export_format: str
) -> None:
    mask = os.umask(0o027)
    try:
        out = tmp_path / "out"
        assert export(reading.path, *flags(export_format), "--out", out).code == 0
    finally:
        os.umask(mask)
    for path in (out, *out.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == (0o050 if path.is_dir() else 0), path


@pytest.mark.parametrize("export_format", [*EVERY, "jsonl"])
@pytest.mark.parametrize("log", ["{tmp}/none.sqlite", "{tmp}", "{tmp}/text"])
def test_what_is_no_log_is_exit_code_2_and_leaves_nothing(
    tmp_path: Path, export: Export, export_format: str, log: str
) -> None:
    (tmp_path / "text").write_text("not a database " * 100, "utf-8")
    ran = export(log.format(tmp=tmp_path), *flags(export_format), "--out", tmp_path / "out")
    assert ran.code == 2
    assert len(ran.err.strip().splitlines()[-1]) < 700
    assert [path.name for path in tmp_path.iterdir()] == ["text"]


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["--format", "xlsx"],
        ["--format", "csv", "--errors"],
        ["--format", "csv", "--study", "study.toml"],
        ["--errors", "--study", "none.toml"],
        ["--format", "dicom-sr", "--study", "none.toml"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2_and_leaves_nothing(
    reading: Reading, tmp_path: Path, export: Export, wrong: list[str]
) -> None:
    before = verify(reading.path).head
    assert export(reading.path, *wrong, "--out", tmp_path / "out").code == 2
    assert not (tmp_path / "out").exists()
    assert verify(reading.path).head == before


@pytest.mark.parametrize("export_format", ["dicom-sr", "inspect", "errors"])
def test_a_folder_that_is_not_empty_is_exit_code_2(
    reading: Reading, tmp_path: Path, export: Export, export_format: str
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine", "utf-8")
    ran = export(reading.path, *flags(export_format), "--out", tmp_path / "out")
    assert ran.code == 2
    assert "expected a new folder" in ran.err
    assert exports_in(reading.path) == []


def test_the_log_itself_is_never_written_over(reading: Reading, export: Export) -> None:
    ran = export(reading.path, "--format", "csv", "--out", reading.path)
    assert ran.code == 2
    assert verify(reading.path).holds


def test_without_a_study_the_errors_say_that_there_are_no_pictures(
    reading: Reading, tmp_path: Path, export: Export
) -> None:
    ran = export(reading.path, "--errors", "--out", tmp_path / "out")
    assert "no pictures" in ran.err
    assert not (tmp_path / "out/pictures").exists()
    first = json.loads((tmp_path / "out/errors.jsonl").read_text("utf-8").split("\n")[0])
    assert "no pictures" in first["picture_note"]
