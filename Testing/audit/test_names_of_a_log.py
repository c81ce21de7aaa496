"""A log under other names: symbolic links, folders that are links, hard links, pipes and devices."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.reading.lock import SessionLock
from CTSpatialVQALib.records.words import LogTrust
from CTSpatialVQALib.report.exports import export_jsonl
from Testing.audit.logbook import READER, Child, note

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links want permissions there")


def link_to_file(log: Path, folder: Path) -> Path:
    link = folder / "link.sqlite"
    link.symlink_to(log)
    return link


def link_to_link(log: Path, folder: Path) -> Path:
    (folder / "first.sqlite").symlink_to(log)
    link = folder / "second.sqlite"
    link.symlink_to("first.sqlite")
    return link


def link_to_folder(log: Path, folder: Path) -> Path:
    (folder / "study").symlink_to(log.parent)
    return folder / "study" / log.name


Link = Callable[[Path, Path], Path]
LINKS = pytest.mark.parametrize("link", [link_to_file, link_to_link, link_to_folder])


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.fixture
def crashed_log(ten_records: Path) -> Path:
    """Ten records in the file, ten more in the side file of a program that was killed."""

    def append_and_die(tell: object) -> None:
        log = AuditLog.open(ten_records, READER)
        log.append_many([note(number) for number in range(11, 21)])
        os._exit(9)

    child = Child(append_and_die)
    list(child.heard())
    child.end()
    assert ten_records.with_name("audit.sqlite-wal").stat().st_size > 0
    return ten_records


@LINKS
def test_through_a_link_the_records_of_a_crashed_program_are_read_and_left(
    crashed_log: Path, elsewhere: Path, link: Link, tmp_path: Path
) -> None:
    by_link = link(crashed_log, elsewhere)
    before = {file.name: file.read_bytes() for file in crashed_log.parent.glob("audit.sqlite*")}
    before.pop("audit.sqlite-shm")  # readers' marks
    assert verify(by_link).records == 20
    assert export_jsonl(by_link, tmp_path / "out.jsonl") == 20
    after = {file.name: file.read_bytes() for file in crashed_log.parent.glob("audit.sqlite*")}
    assert {name: after[name] for name in before} == before
    assert not [file for file in elsewhere.iterdir() if not file.is_symlink()]


@LINKS
def test_an_open_log_is_read_and_continued_through_a_link(
    ten_records: Path, elsewhere: Path, link: Link
) -> None:
    by_link = link(ten_records, elsewhere)
    with AuditLog.open(ten_records, READER) as log:
        log.append(*note(11))
        assert verify(by_link, log.anchor_text).trust is LogTrust.ANCHORED
        with AuditLog.open(by_link, READER) as other:
            assert other.append(*note(12)).seq == 12
        assert log.append(*note(13)).seq == 13
    assert verify(ten_records).records == 13
    assert not [file for file in elsewhere.iterdir() if not file.is_symlink()]


@LINKS
def test_a_reading_is_locked_under_every_name(ten_records: Path, elsewhere: Path, link: Link) -> None:
    by_link = link(ten_records, elsewhere)
    with SessionLock(ten_records), pytest.raises(WorkFailed, match="another program reads with this log"):
        SessionLock(by_link)
    with SessionLock(by_link), pytest.raises(WorkFailed, match="another program reads with this log"):
        SessionLock(ten_records)


def test_a_link_to_nothing_makes_the_log_where_it_leads(tmp_path: Path, elsewhere: Path) -> None:
    link = link_to_file(tmp_path / "audit.sqlite", elsewhere)
    with AuditLog.open(link, READER) as log:
        log.append(*note(1))
    assert verify(tmp_path / "audit.sqlite").records == 1


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    loop = tmp_path / "audit.sqlite"
    loop.symlink_to(loop)
    with pytest.raises((BadInput, WorkFailed)):
        AuditLog.open(loop, READER)
    with pytest.raises(BadInput):
        verify(loop)


def test_a_log_with_two_names_is_verified_with_a_note_and_not_continued(ten_records: Path) -> None:
    other = ten_records.with_name("other.sqlite")
    other.hardlink_to(ten_records)
    found = verify(other)
    assert found.holds
    assert found.notes == (
        "the file has several names (hard links): records written through another name may be missing",
    )
    with pytest.raises(BadInput, match="hard links"):
        AuditLog.open(other, READER)
    other.unlink()
    AuditLog.open(ten_records, READER).close()


@pytest.mark.parametrize("kind", ["a named pipe", "a device", "a folder"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "audit.sqlite"
    if kind == "a named pipe":
        os.mkfifo(path)
    elif kind == "a device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    for use in (verify, lambda path: AuditLog.open(path, READER)):
        with pytest.raises(BadInput, match=f"found {kind}"):
            use(path)


@pytest.fixture
def foreign_wal_database(tmp_path: Path) -> Path:
    """Another program's database whose program was killed: its last rows are in its side file."""
    path = tmp_path / "shop.sqlite"

    def sell_and_die(tell: object) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE sold (what TEXT)")
        connection.execute("INSERT INTO sold VALUES ('a lamp')")
        os._exit(9)

    child = Child(sell_and_die)
    list(child.heard())
    child.end()
    return path


@pytest.mark.parametrize("checkpointed", [False, True])
def test_a_refused_database_is_left_as_it_is(foreign_wal_database: Path, checkpointed: bool) -> None:
    if checkpointed:
        with closing(sqlite3.connect(foreign_wal_database)) as connection:
            connection.execute("SELECT * FROM sold").fetchall()
    folder = foreign_wal_database.parent
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(BadInput, match="another program's database"):
        AuditLog.open(foreign_wal_database, READER)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_log_that_was_copied_with_its_side_file_is_verified_with_all_its_records(
    crashed_log: Path, elsewhere: Path
) -> None:
    for file in (crashed_log, crashed_log.with_name("audit.sqlite-wal")):
        shutil.copy(file, elsewhere)
    assert verify(elsewhere / "audit.sqlite").records == 20
    with AuditLog.open(elsewhere / "audit.sqlite", READER) as log:
        assert log.append(*note(21)).seq == 21
