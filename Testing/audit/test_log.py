from __future__ import annotations

import sqlite3
import stat
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from CTSpatialVQALib.audit.chain import EMPTY_HEAD, chained_text_sha256
from CTSpatialVQALib.audit.events import Entry
from CTSpatialVQALib.audit.log import AuditLog, write_copy
from CTSpatialVQALib.audit.store import APPLICATION_ID, SCHEMA_VERSION
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.records.event import GENESIS, Actor, EventKind, LogRecord
from Testing.audit.logbook import READER, note

JSON_VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def shared_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditLog]:
    with AuditLog.open(tmp_path_factory.mktemp("log") / "audit.sqlite", READER) as log:
        yield log


def raw(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(path, isolation_level=None))


def test_a_new_log_is_empty_and_for_its_owner_only(log_path: Path) -> None:
    with AuditLog.open(log_path, READER) as log:
        log.append(*note(1))
        # the side files hold the newest records and need the same protection
        for file in log_path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [file.name for file in log_path.parent.iterdir()] == ["audit.sqlite"]


def test_records_follow_each_other_from_the_first(log_path: Path) -> None:
    with AuditLog.open(log_path, READER) as log:
        assert log.head == EMPTY_HEAD
        first = log.append(*note(1))
        second, third = log.append_many([note(2), note(3)])
        assert (first.seq, second.seq, third.seq) == (1, 2, 3)
        assert first.prev_sha256 == GENESIS
        assert (second.prev_sha256, third.prev_sha256) == (first.sha256, second.sha256)
        assert log.head == (3, third.sha256)
        assert log.anchor_text == f"3:{third.sha256}"


def test_a_record_is_the_one_that_the_record_types_define(log_path: Path) -> None:
    with AuditLog.open(log_path, READER) as log:
        written = log.append(*note(1))
    assert written == LogRecord.following(1, GENESIS, written.event)
    assert written.sha256 == chained_text_sha256(1, GENESIS, written.event.to_json())


def test_what_is_written_is_read_again_after_reopening(log_path: Path) -> None:
    with AuditLog.open(log_path, READER, software={"Slicer": "5.12"}) as log:
        written = log.append_many([note(number) for number in range(2500)])  # more than one page
    with AuditLog.open(log_path, Actor(id="another")) as log:
        assert tuple(log.records()) == written
        assert [record.seq for record in log.records(after=2498)] == [2499, 2500]
    assert written[0].event.software["Slicer"] == "5.12"
    assert "CTSpatialVQA" in written[0].event.software


def test_event_ids_are_random_uuids_of_version_4(log_path: Path) -> None:
    with AuditLog.open(log_path, READER) as log:
        ids = [record.event.event_id for record in log.append_many([note(1)] * 200)]
    assert len(set(ids)) == 200
    for one in ids:
        parsed = uuid.UUID(one)
        assert (str(parsed), parsed.version, parsed.variant) == (one, 4, uuid.RFC_4122)


def test_two_open_logs_take_turns_on_one_file(log_path: Path) -> None:
    """Neither trusts the head that it remembers."""
    with AuditLog.open(log_path, READER) as one, AuditLog.open(log_path, READER) as other:
        seqs = [log.append(*note(1)).seq for log in (one, one, other, one, other, other, one)]
    assert seqs == [1, 2, 3, 4, 5, 6, 7]
    assert verify(log_path).records == 7


def test_a_failed_append_is_not_remembered_as_the_head(log_path: Path) -> None:
    with AuditLog.open(log_path, READER, timeout_s=0.01) as log, raw(log_path) as other:
        log.append(*note(1))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(WorkFailed, match="another program holds"):
            log.append(*note(2))
        other.execute("ROLLBACK")
        assert log.append(*note(3)).seq == 2
    assert verify(log_path).records == 2


@pytest.mark.parametrize("depth", range(180, 210))
def test_whatever_depth_is_taken_can_be_read_again(log_path: Path, depth: int) -> None:
    value: JsonValue = []
    for _ in range(depth):
        value = [value]
    with AuditLog.open(log_path, READER) as log:
        try:
            written = log.append(EventKind.REVEALED, {"value": value})
        except BadInput:
            assert log.head == EMPTY_HEAD
        else:
            assert next(log.records()) == written
    assert verify(log_path).holds


def test_an_event_says_who_did_it(log_path: Path) -> None:
    program = Actor(id="ctspatialvqa", role="program")
    with AuditLog.open(log_path, READER) as log:
        assert log.append(*note(1)).event.actor == READER
        assert log.append(*note(2), actor=program).event.actor == program


def test_a_clock_that_goes_back_changes_times_and_not_the_order(log_path: Path) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    times = iter([noon, noon - timedelta(days=400), noon + timedelta(microseconds=5)])
    with AuditLog.open(log_path, READER, now=lambda: next(times), monotonic=lambda: 7.0) as log:
        written = log.append_many([note(1), note(2), note(3)])
        assert tuple(log.records()) == written
    assert [record.event.at_utc.year for record in written] == [2026, 2025, 2026]
    assert written[0].event.at_utc == noon
    assert written[0].event.at_utc.utcoffset() == UTC.utcoffset(None)
    assert verify(log_path).holds


@given(payload=st.dictionaries(st.text(), JSON_VALUES, max_size=5))
def test_any_json_comes_back_as_it_went_in(shared_log: AuditLog, payload: dict[str, JsonValue]) -> None:
    written = shared_log.append(EventKind.REVEALED, payload)
    (read,) = shared_log.records(after=written.seq - 1)
    assert read.event.payload == payload
    assert read == written


def test_the_whole_log_of_any_json_holds(shared_log: AuditLog) -> None:
    shared_log.append(EventKind.REVEALED, {"a": 1e22, "b": -0.0, "c": "\x7f\u2028\0", "d": 1.0, "e": 5e-324})
    found = verify(shared_log.path)
    assert found.holds
    assert found.head == shared_log.head


@pytest.mark.parametrize(
    "value",
    [
        "half a pair \ud83d",
        float("nan"),
        float("inf"),
        ("a", "tuple"),
        {1: "a key that is no text"},
        {"a set"},
        b"bytes",
        "x" * (16 * 1024 * 1024),
    ],
    ids=["surrogate", "nan", "infinity", "tuple", "number as key", "set", "bytes", "too long"],
)
def test_what_is_not_json_is_refused_in_one_line_and_nothing_is_recorded(
    log_path: Path, value: JsonValue
) -> None:
    with AuditLog.open(log_path, READER) as log:
        with pytest.raises(BadInput, match=r"event 'revealed'.*expected a payload that is JSON") as caught:
            log.append_many([note(1), Entry(EventKind.REVEALED, {"value": value})])
        assert "\n" not in str(caught.value)
        assert log.head == EMPTY_HEAD


@pytest.mark.parametrize("depth", [300, 5000])
def test_json_too_deep_to_be_read_again_is_refused(log_path: Path, depth: int) -> None:
    value: JsonValue = []
    for _ in range(depth):
        value = [value]
    with AuditLog.open(log_path, READER) as log, pytest.raises(BadInput, match=r"event 'revealed'"):
        log.append(EventKind.REVEALED, {"value": value})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET event = '{}' WHERE seq = 3",
        "UPDATE OR REPLACE record SET seq = 4 WHERE seq = 3",
        "DELETE FROM record WHERE seq = 10",
        "DELETE FROM record",
        "INSERT OR REPLACE INTO record SELECT * FROM record WHERE seq = 10",
        "INSERT INTO record SELECT 12, sha256, sha256, event FROM record WHERE seq = 10",
        "INSERT INTO record SELECT 11, prev_sha256, sha256, event FROM record WHERE seq = 10",
        "INSERT INTO record (prev_sha256, sha256, event) SELECT sha256, sha256, '{}' FROM record",
        "INSERT INTO record SELECT 11, sha256, 'x', event FROM record WHERE seq = 10",
        "INSERT INTO record SELECT 11, sha256, sha256, 'no json' FROM record WHERE seq = 10",
        "INSERT INTO record SELECT 11, sha256, sha256, x'7b7d' FROM record WHERE seq = 10",
    ],
)
def test_the_file_itself_refuses_all_but_the_next_record(ten_records: Path, statement: str) -> None:
    before = verify(ten_records)
    with raw(ten_records) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    assert verify(ten_records) == before


def test_threads_append_to_one_log(log_path: Path) -> None:
    with AuditLog.open(log_path, READER) as log:
        work = [
            threading.Thread(target=lambda: [log.append(*note(number)) for number in range(20)])
            for _ in range(4)
        ]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        assert log.head.seq == 80
    assert verify(log_path).records == 80


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="existing folder"):
        AuditLog.open(tmp_path / "absent" / "audit.sqlite", READER)


def test_a_folder_is_not_a_log(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="expected a file, but found a folder"):
        AuditLog.open(tmp_path, READER)


def test_a_text_file_is_refused_and_left_as_it_is(log_path: Path) -> None:
    log_path.write_text("my notes, which are worth something\n" * 100)
    before = log_path.read_bytes()
    with pytest.raises(BadInput, match="file is not a database"):
        AuditLog.open(log_path, READER)
    assert log_path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_as_it_is(log_path: Path) -> None:
    with raw(log_path) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    before = log_path.read_bytes()
    with pytest.raises(BadInput, match="another program's database"):
        AuditLog.open(log_path, READER)
    assert log_path.read_bytes() == before


def test_a_newer_log_is_refused_with_the_remedy(ten_records: Path) -> None:
    with raw(ten_records) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with pytest.raises(BadInput, match=r"newer version.*Update CTSpatialVQA"):
        AuditLog.open(ten_records, READER)


def test_a_log_without_its_rules_is_not_appended_to(ten_records: Path) -> None:
    with raw(ten_records) as connection:
        connection.execute("DROP TRIGGER record_never_goes")
        connection.execute("CREATE TRIGGER mine AFTER INSERT ON record BEGIN SELECT 1; END")
    with pytest.raises(BadInput, match="trigger record_never_goes is missing; trigger mine was added"):
        AuditLog.open(ten_records, READER)


def test_the_file_says_what_it_is(ten_records: Path) -> None:
    with raw(ten_records) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_each_commit_waits_for_the_disk(log_path: Path) -> None:
    with AuditLog.open(log_path, READER) as log:
        # 2 is FULL; the setting is the connection's own and cannot be seen from outside
        assert log._connection.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.parametrize("made", ["nothing", "header"])
def test_a_half_created_log_is_completed(log_path: Path, made: str) -> None:
    log_path.touch()
    if made == "header":
        with raw(log_path) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    assert verify(log_path).problem == "the file is an empty database, not a log this version reads"
    with AuditLog.open(log_path, READER) as log:
        assert log.append(*note(1)).seq == 1
    assert verify(log_path).records == 1


def test_a_closed_log_says_so_in_one_line(log_path: Path) -> None:
    log = AuditLog.open(log_path, READER)
    log.close()
    with pytest.raises(WorkFailed, match="could not be used"):
        log.append(*note(1))


def test_a_copy_has_the_same_hashes(ten_records: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    with AuditLog.open(ten_records, READER) as log:
        assert write_copy(log.records(), copy) == log.head
        with AuditLog.open(copy, READER) as other:
            assert tuple(other.records()) == tuple(log.records())
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_copy_with_a_gap_is_refused_and_leaves_nothing(ten_records: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copies" / "copy.sqlite"
    with AuditLog.open(ten_records, READER) as log:
        records = [record for record in log.records() if record.seq != 5]
    with pytest.raises(BadInput, match="record 6: expected record 5"):
        write_copy(records, copy)
    assert list(copy.parent.iterdir()) == []


def test_a_copy_never_replaces_a_file(ten_records: Path) -> None:
    with pytest.raises(BadInput, match="a new file"):
        write_copy([], ten_records)
    assert verify(ten_records).records == 10
