from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.chain import EMPTY_HEAD, Head
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.records.words import LogTrust
from Testing.audit.logbook import READER, note
from Testing.audit.powercut import Call, Disk, traced

# Two sessions with a checkpoint in the first, after which the side file is written from its beginning again.
SCRIPT = """
import os, sys
from pathlib import Path
from CTSpatialVQALib.audit.chain import EMPTY_HEAD, Head
from CTSpatialVQALib.audit.log import AuditLog
from Testing.audit.logbook import READER, note

for session in range(2):
    with AuditLog.open(Path(sys.argv[1]), READER) as log:
        for number in range(5):
            if number == 3 and session == 0:
                log._connection.execute("PRAGMA wal_checkpoint").fetchone()
            log.append(*note(number))
            os.write(1, log.anchor_text.encode())
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    return tmp_path_factory.mktemp("traced")


def calls_of(script: str, work: Path, root: Path, name: str) -> list[Call]:
    """Everything that a scripted program asked of the disk, and what it acknowledged in between."""
    (work / name).mkdir()
    return traced(
        f"import sys; sys.path.insert(0, {str(root)!r})\n{script}", work / name / "audit.sqlite", work
    )


def test_a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged(
    work: Path, root: Path, tmp_path: Path
) -> None:
    seeded = random.Random(5)
    disk, acknowledged, cuts = Disk(), "", 0
    for call in calls_of(SCRIPT, work, root, "study"):
        if call.name == "told":
            acknowledged = call.data.decode()
        else:
            disk.take(call)
        for files in disk.after_a_power_cut(seeded, samples=2):
            cuts += 1
            _check(tmp_path / str(cuts), files, acknowledged)
    assert acknowledged.startswith("10:")
    assert cuts > 200


def _check(folder: Path, files: dict[str, bytes], acknowledged: str) -> None:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    path = folder / "audit.sqlite"
    known = int(acknowledged.partition(":")[0] or 0)
    if known:
        before = verify(path, acknowledged)
        assert before.trust is LogTrust.ANCHORED
        assert before.records - known in (0, 1)  # the next one may have reached the disk before it was told
    with AuditLog.open(path, READER) as log:
        assert len(list(log.records())) - known in (0, 1)
        log.append(*note(99))
    after = verify(path, acknowledged or None)
    assert after.holds
    assert after.notes == ()
    shutil.rmtree(folder)


def test_a_program_that_does_not_wait_for_the_disk_would_be_caught(
    work: Path, root: Path, tmp_path: Path
) -> None:
    """The same program with the setting that SQLite itself calls fast and safe: then records do get lost."""
    careless = SCRIPT.replace(
        "READER) as log:", "READER) as log:\n        log._connection.execute('PRAGMA synchronous=NORMAL')"
    )
    disk, acknowledged, lost = Disk(), "", 0
    for call in calls_of(careless, work, root, "careless"):
        if call.name == "told":
            acknowledged = call.data.decode()
            files = next(disk.after_a_power_cut(random.Random(1), samples=0))
            for name, content in files.items():
                (tmp_path / name).write_bytes(content)
            lost += verify(tmp_path / "audit.sqlite").records < int(acknowledged.partition(":")[0])
            for name in files:
                (tmp_path / name).unlink()
            (tmp_path / "audit.sqlite-shm").unlink(missing_ok=True)
        else:
            disk.take(call)
    assert acknowledged.startswith("10:")
    assert lost >= 5


def test_a_side_file_cut_at_any_length_leaves_a_beginning_of_the_log_and_the_anchor_shows_it(
    log_path: Path, tmp_path: Path
) -> None:
    """What only a lying disk or a careless copy can do: bytes that had been synced are gone."""
    with AuditLog.open(log_path, READER) as log:
        heads = [EMPTY_HEAD, *(Head(one.seq, one.sha256) for one in (log.append(*note(n)) for n in range(8)))]
        main, wal = log_path.read_bytes(), log_path.with_name("audit.sqlite-wal").read_bytes()
    copy = tmp_path / "copy" / "audit.sqlite"
    copy.parent.mkdir()
    lengths = {}
    for length in (*range(0, len(wal), 333), len(wal)):
        for file in copy.parent.iterdir():
            file.unlink()
        copy.write_bytes(main)
        copy.with_name("audit.sqlite-wal").write_bytes(wal[:length])
        found = verify(copy)
        assert found.head == heads[found.records] or not found.holds
        assert verify(copy, heads[-1].anchor).holds == (found.records == 8)
        lengths[length] = found.records
    assert set(lengths.values()) == set(range(9))
    assert list(lengths.values()) == sorted(lengths.values())
