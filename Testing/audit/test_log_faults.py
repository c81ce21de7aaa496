"""The log in bad times: killed programs, several at once, full disks, locks, read-only folders."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.words import LogTrust
from Testing.audit.logbook import READER, Child, note

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and limits processes")

# Raise it to believe more; the suite's share of time is small.
KILLS = int(os.environ.get("CTSPATIALVQA_KILLS", "25"))
Tell = Callable[[object], None]


def payload_ids(path: Path) -> list[object]:
    with AuditLog.open(path, READER) as log:
        return [record.event.payload["id"] for record in log.records()]


def test_a_program_killed_at_any_moment_loses_nothing_that_it_acknowledged(log_path: Path) -> None:
    seeded = random.Random(20)
    acknowledged: list[object] = []

    def append_until_killed(tell: Tell, life: int) -> None:
        with AuditLog.open(log_path, READER) as log:
            for number in range(1_000_000):
                log.append(EventKind.REVEALED, {"id": f"{life}.{number}"})
                tell(f"{life}.{number}")

    for life in range(KILLS):
        child = Child(lambda tell, life=life: append_until_killed(tell, life))
        heard = child.heard()
        acknowledged += itertools.islice(heard, seeded.randrange(20))
        time.sleep(seeded.uniform(0.0, 0.004))
        os.kill(child.pid, signal.SIGKILL)
        acknowledged += heard
        assert child.end() == -signal.SIGKILL
        found = verify(log_path) if log_path.exists() and acknowledged else None
        assert found is None or found.holds, found

        there = payload_ids(log_path)
        assert len(there) == len(set(there))
        unacknowledged = set(there) - set(acknowledged)
        assert set(acknowledged) <= set(there)
        # at most the one record of each life that was committed when the kill came before the telling
        assert len(unacknowledged) <= life + 1
        assert len({str(one).split(".")[0] for one in unacknowledged}) == len(unacknowledged)
    assert len(acknowledged) > KILLS


def test_a_program_killed_while_it_creates_the_log_leaves_one_that_can_be_used(tmp_path: Path) -> None:
    seeded = random.Random(3)
    for number in range(KILLS):
        path = tmp_path / f"{number}.sqlite"
        child = Child(lambda _, path=path: AuditLog.open(path, READER).close())
        time.sleep(seeded.uniform(0.0, 0.006))
        os.kill(child.pid, signal.SIGKILL)
        child.end()
        list(child.heard())
        with AuditLog.open(path, READER) as log:
            log.append(*note(1))
        assert verify(path).records == 1


def test_several_programs_append_to_one_log(log_path: Path) -> None:
    def append_forty(tell: Tell, name: str) -> None:
        with AuditLog.open(log_path, READER) as log:
            for number in range(40):
                tell(log.append(EventKind.REVEALED, {"id": f"{name}.{number}"}).seq)

    # none of them finds the log: they also create it at the same time
    children = [Child(lambda tell, name=name: append_forty(tell, name)) for name in "abc"]
    told = [seq for child in children for seq in child.heard()]
    assert [child.end() for child in children] == [0, 0, 0]
    assert sorted(told) == list(range(1, 121))  # type: ignore[type-var]
    assert verify(log_path).records == 120
    there = payload_ids(log_path)
    for name in "abc":
        assert [one for one in there if str(one).startswith(name)] == [f"{name}.{n}" for n in range(40)]


def test_many_programs_create_one_log_at_the_same_moment(tmp_path: Path) -> None:
    for number in range(5):
        path = tmp_path / f"{number}.sqlite"

        def create(_: Tell, path: Path = path) -> None:
            with AuditLog.open(path, READER) as log:
                log.append(*note(1))

        children = [Child(create) for _ in range(6)]
        assert [child.end() for child in children] == [0] * 6
        assert verify(path).records == 6


def test_a_full_disk_is_told_and_costs_nothing_acknowledged(log_path: Path) -> None:
    def append_until_full(tell: Tell) -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        with AuditLog.open(log_path, READER) as log:
            try:
                for number in range(10_000):
                    log.append(EventKind.REVEALED, {"id": number, "text": "x" * 1000})
                    tell(number)
            except WorkFailed as error:
                tell(str(error))

    child = Child(append_until_full)
    *acknowledged, message = child.heard()
    assert child.end() == 0
    assert acknowledged
    assert str(message).startswith(f"{log_path}: the disk is full or failing")
    assert verify(log_path).holds
    assert payload_ids(log_path) == acknowledged
    with AuditLog.open(log_path, READER) as log:  # and there is room again
        assert log.append(*note(1)).seq == len(acknowledged) + 1


def test_a_database_that_may_not_grow_is_told_and_goes_on_when_it_may(log_path: Path) -> None:
    acknowledged = []
    with AuditLog.open(log_path, READER) as log:
        log._connection.execute("PRAGMA max_page_count=40").fetchone()
        with pytest.raises(WorkFailed, match="the disk is full or failing"):  # noqa: PT012 - which one fails is open
            for number in range(1000):
                log.append(EventKind.REVEALED, {"id": number, "text": "x" * 1000})
                acknowledged.append(number)
        assert len(acknowledged) > 50
        assert verify(log_path, log.anchor_text).trust is LogTrust.ANCHORED
        log._connection.execute("PRAGMA max_page_count=1000").fetchone()
        log.append(EventKind.REVEALED, {"id": "again"})
    assert payload_ids(log_path) == [*acknowledged, "again"]


def test_a_disk_that_is_full_from_the_start_is_told(log_path: Path) -> None:
    def create(tell: Tell) -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            AuditLog.open(log_path, READER)
        except WorkFailed as error:
            tell(str(error))

    child = Child(create)
    (message,) = child.heard()
    assert child.end() == 0
    assert "the disk is full or failing" in str(message)
    AuditLog.open(log_path, READER).close()


@pytest.fixture
def held_by_another_program(ten_records: Path) -> Iterator[Path]:
    def hold(tell: Tell) -> None:
        with closing(sqlite3.connect(ten_records, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            tell("held")
            signal.pause()

    child = Child(hold)
    heard = child.heard()
    assert next(heard) == "held"
    yield ten_records
    os.kill(child.pid, signal.SIGKILL)
    list(heard)
    child.end()


def test_a_log_held_by_another_program_is_told_after_the_timeout(held_by_another_program: Path) -> None:
    with AuditLog.open(held_by_another_program, READER, timeout_s=0.1) as log:
        with pytest.raises(WorkFailed, match="another program holds the log") as caught:
            log.append(*note(11))
        assert "\n" not in str(caught.value)
        assert log.head.seq == 10  # reading goes on meanwhile
    assert verify(held_by_another_program).records == 10


def test_a_held_log_is_appended_to_as_soon_as_it_is_free(ten_records: Path) -> None:
    def hold_briefly(tell: Tell) -> None:
        with closing(sqlite3.connect(ten_records, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            tell("held")
            time.sleep(0.2)

    child = Child(hold_briefly)
    heard = child.heard()
    assert next(heard) == "held"
    with AuditLog.open(ten_records, READER) as log:
        assert log.append(*note(11)).seq == 11
    list(heard)
    child.end()


def test_a_damaged_table_name_that_is_no_text_is_a_finding_and_a_refusal(ten_records: Path) -> None:
    """SQLite quotes it in its message, which Python then cannot decode."""
    data = ten_records.read_bytes()
    ten_records.write_bytes(data.replace(b"CREATE TABLE record", b"CREATE \xff\xffBLE record"))
    problem = verify(ten_records).problem
    assert problem is not None
    assert "damaged" in problem
    with pytest.raises(BadInput, match="damaged or foreign file"):
        AuditLog.open(ten_records, READER)


@pytest.fixture
def foreign_folder() -> Iterator[Path]:
    """A folder that everyone may enter; pytest's own is for this user only."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def as_nobody(work: Callable[[], object]) -> object:
    """What `work` returns or raises, done by a user who owns nothing (root may write everywhere)."""

    def unprivileged(tell: Tell) -> None:
        if os.geteuid() == 0:
            os.setuid(65534)
        try:
            tell(work())
        except (WorkFailed, ValueError) as error:
            tell(f"{type(error).__name__}: {error}")

    child = Child(unprivileged)
    (told,) = child.heard()
    assert child.end() == 0
    return told


def with_records(folder: Path) -> Path:
    path = folder / "audit.sqlite"
    with AuditLog.open(path, READER) as log:
        log.append_many([note(1), note(2)])
    path.chmod(0o444)
    folder.chmod(0o555)
    return path


def test_a_log_in_a_read_only_folder_can_be_verified(foreign_folder: Path) -> None:
    path = with_records(foreign_folder)
    assert as_nobody(lambda: verify(path).trust) == LogTrust.CONSISTENT
    assert [file.name for file in foreign_folder.iterdir()] == ["audit.sqlite"]


def test_a_log_in_a_read_only_folder_is_not_appended_to(foreign_folder: Path) -> None:
    path = with_records(foreign_folder)
    told = str(as_nobody(lambda: AuditLog.open(path, READER).close()))
    assert told == f"WorkFailed: {path}: the log cannot be written to: Permission denied."


def test_a_log_is_not_created_in_a_read_only_folder(foreign_folder: Path) -> None:
    foreign_folder.chmod(0o555)
    path = foreign_folder / "audit.sqlite"
    told = str(as_nobody(lambda: AuditLog.open(path, READER).close()))
    assert told == f"WorkFailed: {path}: the log cannot be written to: Permission denied."


def test_a_read_only_log_with_records_in_its_side_file_is_never_read_without_them(
    foreign_folder: Path,
) -> None:
    path = foreign_folder / "audit.sqlite"
    with AuditLog.open(path, READER) as log:
        log.append_many([note(1), note(2)])
        wal = path.with_name("audit.sqlite-wal").read_bytes()
        main = path.read_bytes()
    path.write_bytes(main)  # as after a crash: the records are in the -wal only
    path.with_name("audit.sqlite-wal").write_bytes(wal)
    for file in foreign_folder.iterdir():
        file.chmod(0o444)
    foreign_folder.chmod(0o555)
    told = str(as_nobody(lambda: verify(path).records))
    assert told == "2" or "keep a '-wal' file that lies beside it together with it" in told


def test_verifying_after_a_crash_reads_the_side_file_and_leaves_it(log_path: Path) -> None:
    def append_and_die(tell: Tell) -> None:
        log = AuditLog.open(log_path, READER)
        tell(log.append(*note(1)).seq)
        os.kill(os.getpid(), signal.SIGKILL)

    child = Child(append_and_die)
    assert list(child.heard()) == [1]
    child.end()
    before = {end: log_path.with_name(log_path.name + end).read_bytes() for end in ("", "-wal")}
    assert before["-wal"]
    assert verify(log_path).records == 1
    assert {end: log_path.with_name(log_path.name + end).read_bytes() for end in before} == before
