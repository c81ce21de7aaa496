from __future__ import annotations

import hashlib
import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import JsonValue

from CTSpatialVQALib.audit.chain import EMPTY_HEAD, chained_text_sha256
from CTSpatialVQALib.audit.log import AuditLog, write_copy
from CTSpatialVQALib.audit.store import SCHEMA_VERSION
from CTSpatialVQALib.audit.verify import Verification, verify
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.event import GENESIS, EventKind, LogRecord
from CTSpatialVQALib.records.words import LogTrust
from Testing.audit.logbook import READER, forging, note

Forgery = Callable[[sqlite3.Connection], object]


def change_a_byte(of: sqlite3.Connection) -> None:
    of.execute("UPDATE record SET event = replace(event, 'case-1::4', 'case-1::5') WHERE seq = 4")


def add_a_space(of: sqlite3.Connection) -> None:
    of.execute("UPDATE record SET event = replace(event, ',', ', ') WHERE seq = 4")


def change_a_hash(of: sqlite3.Connection) -> None:
    of.execute("UPDATE record SET sha256 = replace(sha256, substr(sha256, 1, 1), 'e') WHERE seq = 4")
    of.execute("UPDATE record SET sha256 = 'f' || substr(sha256, 2) WHERE seq = 4 AND sha256 LIKE 'e%'")


def remove_one(of: sqlite3.Connection) -> None:
    of.execute("DELETE FROM record WHERE seq = 4")


def remove_one_and_close_the_gap(of: sqlite3.Connection) -> None:
    remove_one(of)
    for seq in range(5, 11):
        of.execute("UPDATE record SET seq = ? WHERE seq = ?", (seq - 1, seq))


def insert_one(of: sqlite3.Connection) -> None:
    for seq in range(10, 3, -1):
        of.execute("UPDATE record SET seq = ? WHERE seq = ?", (seq + 1, seq))
    of.execute("INSERT INTO record SELECT 4, prev_sha256, sha256, event FROM record WHERE seq = 10")


def insert_one_that_fits_the_record_before(of: sqlite3.Connection) -> None:
    insert_one(of)
    of.execute("UPDATE record SET prev_sha256 = (SELECT sha256 FROM record WHERE seq = 3) WHERE seq = 4")
    rehash(of, 4)


def swap_two(of: sqlite3.Connection) -> None:
    for old, new in ((4, 99), (5, 4), (99, 5)):
        of.execute("UPDATE record SET seq = ? WHERE seq = ?", (new, old))


def swap_two_texts(of: sqlite3.Connection) -> None:
    four, five = (text for (text,) in of.execute("SELECT event FROM record WHERE seq IN (4, 5) ORDER BY seq"))
    of.execute("UPDATE record SET event = ? WHERE seq = 4", (five,))
    of.execute("UPDATE record SET event = ? WHERE seq = 5", (four,))


def cut_the_beginning(of: sqlite3.Connection) -> None:
    of.execute("DELETE FROM record WHERE seq < 4")


def rehash(of: sqlite3.Connection, seq: int) -> None:
    prev, text = of.execute("SELECT prev_sha256, event FROM record WHERE seq = ?", (seq,)).fetchone()
    of.execute("UPDATE record SET sha256 = ? WHERE seq = ?", (chained_text_sha256(seq, prev, text), seq))


@pytest.mark.parametrize(
    ("forgery", "bad_seq", "why"),
    [
        (change_a_byte, 4, "changed"),
        (add_a_space, 4, "changed"),
        (change_a_hash, 4, "changed"),
        (remove_one, 4, "missing"),
        (remove_one_and_close_the_gap, 4, "changed"),
        (insert_one, 4, "changed"),
        # the forged record fits; the first that does not is the one after it
        (insert_one_that_fits_the_record_before, 5, "changed"),
        (swap_two, 4, "changed"),
        (swap_two_texts, 4, "changed"),
        (cut_the_beginning, 1, "missing"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_first_record_that_does_not_hold_is_named(
    ten_records: Path, forgery: Forgery, bad_seq: int, why: str
) -> None:
    with forging(ten_records) as connection:
        forgery(connection)
    found = verify(ten_records)
    assert not found.holds
    assert (found.trust, found.bad_seq, found.records) == (None, bad_seq, bad_seq - 1)
    assert found.problem is not None
    assert why in found.problem
    assert found.notes == ()


def test_a_record_changed_with_its_own_hash_shows_at_the_next(ten_records: Path) -> None:
    with forging(ten_records) as connection:
        change_a_byte(connection)
        rehash(connection, 4)
    found = verify(ten_records)
    assert found.bad_seq == 5
    assert found.problem is not None
    assert "does not continue the record before it" in found.problem


def test_a_whole_log_is_consistent_and_no_more(ten_records: Path) -> None:
    found = verify(ten_records)
    assert found == Verification(LogTrust.CONSISTENT, 10, found.head)
    with AuditLog.open(ten_records, READER) as log:
        assert log.head == found.head


def test_a_log_without_records_is_consistent(log_path: Path) -> None:
    AuditLog.open(log_path, READER).close()
    assert verify(log_path) == Verification(LogTrust.CONSISTENT, 0, EMPTY_HEAD)
    assert verify(log_path, anchor=EMPTY_HEAD.anchor).trust is LogTrust.CONSISTENT


def test_an_open_log_is_verified_with_its_newest_record(log_path: Path) -> None:
    with AuditLog.open(log_path, READER) as log:
        log.append(*note(1))
        assert verify(log_path, log.anchor_text).trust is LogTrust.ANCHORED


@pytest.mark.parametrize("with_place", [True, False])
def test_an_anchor_of_the_head_or_of_an_earlier_head_holds(ten_records: Path, with_place: bool) -> None:
    with AuditLog.open(ten_records, READER) as log:
        records = tuple(log.records())
    for record in (records[9], records[6]):
        anchor = f"{record.seq}:{record.sha256}" if with_place else record.sha256.upper()
        found = verify(ten_records, f" {anchor}\n")
        assert found.trust is LogTrust.ANCHORED
        assert (found.anchored_seq, found.after_anchor) == (record.seq, 10 - record.seq)


def test_only_an_anchor_shows_a_cut_tail(ten_records: Path) -> None:
    anchor = verify(ten_records).head.anchor
    with forging(ten_records) as connection:
        connection.execute("DELETE FROM record WHERE seq > 8")
    assert verify(ten_records).trust is LogTrust.CONSISTENT
    found = verify(ten_records, anchor)
    assert (found.trust, found.bad_seq) == (None, 9)
    assert found.problem == "the anchor names record 10, but the log ends at 8: its end was cut off"
    assert not verify(ten_records, anchor.partition(":")[2]).holds


def test_only_an_anchor_shows_a_rebuilt_chain(ten_records: Path, tmp_path: Path) -> None:
    with AuditLog.open(ten_records, READER) as log:
        records, anchor = tuple(log.records()), log.anchor_text
    rebuilt, head = [], EMPTY_HEAD
    for record in records:
        payload = {"question_id": "forged"} if record.seq == 4 else record.event.payload
        event = record.event.model_copy(update={"payload": payload})
        rebuilt.append(LogRecord.following(head.seq + 1, head.sha256, event))
        head = type(head)(rebuilt[-1].seq, rebuilt[-1].sha256)
    forged = tmp_path / "forged.sqlite"
    write_copy(rebuilt, forged)
    assert verify(forged).trust is LogTrust.CONSISTENT
    found = verify(forged, anchor)
    assert (found.trust, found.bad_seq) == (None, 10)
    assert found.problem is not None
    assert "rebuilt" in found.problem
    assert not verify(forged, anchor.partition(":")[2]).holds
    # an anchor from before the forged record cannot know of it
    assert verify(forged, f"3:{records[2].sha256}").trust is LogTrust.ANCHORED


def test_the_right_hash_at_another_place_is_not_the_anchor(ten_records: Path) -> None:
    head = verify(ten_records).head
    assert not verify(ten_records, f"9:{head.sha256}").holds


@pytest.mark.parametrize("anchor", ["", "10", "10:abc", "x" * 64, f"-1:{GENESIS}", f"1:{GENESIS}:2", "é"])
def test_what_is_no_anchor_is_refused(ten_records: Path, anchor: str) -> None:
    with pytest.raises(BadInput, match="anchor: expected 'seq:sha256'"):
        verify(ten_records, anchor)


def test_removed_rules_break_a_log_whose_records_hold(ten_records: Path) -> None:
    with closing(sqlite3.connect(ten_records)) as connection:
        connection.execute("DROP TRIGGER record_never_changes")
        connection.execute("CREATE TABLE hidden (x)")
    found = verify(ten_records)
    assert (found.trust, found.bad_seq, found.records) == (None, None, 10)
    assert found.problem == (
        "the database was altered: trigger record_never_changes is missing; table hidden was added"
    )


def test_the_first_bad_record_is_named_in_an_altered_database_too(ten_records: Path) -> None:
    with forging(ten_records) as connection:
        change_a_byte(connection)
        connection.execute("CREATE VIEW hidden AS SELECT * FROM record")
    found = verify(ten_records)
    assert (found.trust, found.bad_seq) == (None, 4)
    assert found.notes == ("the database was altered: view hidden was added",)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ('{"kind":"verdict","kind":"revealed"}', "not the canonical JSON of an event"),
        ("[1,2]", "not the canonical JSON of an event"),
        ('{"a":', "not readable"),
        ("[NaN]", "not readable"),
        ("[" * 5000, "not readable"),
        ('"\\ud800"', "not readable"),
        ("\udcff", "not readable"),  # a byte that is not UTF-8
    ],
)
def test_text_that_fits_its_hash_and_is_no_event_is_found(ten_records: Path, event: str, why: str) -> None:
    data = event.encode("utf-8", "surrogateescape")
    with forging(ten_records) as connection:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        (head,) = connection.execute("SELECT sha256 FROM record WHERE seq = 10").fetchone()
        digest = hashlib.sha256(f'[11,"{head}",'.encode() + data + b"]").hexdigest()
        connection.execute("INSERT INTO record VALUES (11, ?, ?, CAST(? AS TEXT))", (head, digest, data))
    found = verify(ten_records)
    assert found.bad_seq == 11
    assert found.problem is not None
    assert why in found.problem


@pytest.mark.parametrize(("old", "new"), [('"kind":"', '"kind":"un'), (',"monotonic_s":', ',"monotonic_t":')])
def test_an_event_of_another_shape_is_found(ten_records: Path, old: str, new: str) -> None:
    with forging(ten_records) as connection:
        connection.execute("UPDATE record SET event = replace(event, ?, ?) WHERE seq = 10", (old, new))
        rehash(connection, 10)
    assert verify(ten_records).problem == "its text is not the canonical JSON of an event"


def test_keys_in_another_order_are_found(ten_records: Path) -> None:
    with forging(ten_records) as connection:
        (text,) = connection.execute("SELECT event FROM record WHERE seq = 10").fetchone()
        event = json.loads(text)
        event["payload"] = dict(reversed(event["payload"].items()))
        other = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        connection.execute("UPDATE record SET event = ? WHERE seq = 10", (other,))
        rehash(connection, 10)
    assert verify(ten_records).problem == "its text is not the canonical JSON of an event"


def test_the_same_event_twice_is_found(ten_records: Path) -> None:
    with AuditLog.open(ten_records, READER) as log:
        (second, *_) = log.records(after=1)
        head = log.head
    again = LogRecord.following(11, head.sha256, second.event)
    with closing(sqlite3.connect(ten_records, isolation_level=None)) as connection:
        row = (again.seq, again.prev_sha256, again.sha256, again.event.to_json())
        connection.execute("INSERT INTO record VALUES (?, ?, ?, ?)", row)
    found = verify(ten_records)
    assert (found.bad_seq, found.problem) == (11, "its event is in the log already, as record 2")


def test_a_column_of_another_type_is_found(ten_records: Path) -> None:
    with closing(sqlite3.connect(ten_records, isolation_level=None)) as connection:
        connection.executescript(
            "CREATE TABLE other AS SELECT * FROM record; DROP TABLE record;"
            "ALTER TABLE other RENAME TO record;"
            "UPDATE record SET prev_sha256 = 7 WHERE seq = 3"
        )
    found = verify(ten_records)
    assert found.problem is not None
    assert found.problem.startswith("the database was altered: table record was altered")


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE record",
        "ALTER TABLE record RENAME TO other",
        "ALTER TABLE record RENAME COLUMN event TO x",
    ],
)
def test_a_table_that_is_gone_or_renamed_is_a_finding(ten_records: Path, statement: str) -> None:
    with closing(sqlite3.connect(ten_records)) as connection:
        connection.execute(statement)
    assert not verify(ten_records).holds


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="found nothing"):
        verify(tmp_path / "audit.sqlite")
    with pytest.raises(BadInput, match="found a folder"):
        verify(tmp_path)


def test_files_that_are_no_log_are_findings(log_path: Path) -> None:
    log_path.write_bytes(b"PK\x03\x04 not a database at all" * 40)
    assert verify(log_path).problem == "the file is damaged or no database (file is not a database)"
    log_path.unlink()
    with closing(sqlite3.connect(log_path)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    assert verify(log_path).problem == "the file is another program's database, not a log this version reads"


def test_a_newer_log_is_a_finding(ten_records: Path) -> None:
    with closing(sqlite3.connect(ten_records)) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    problem = verify(ten_records).problem
    assert problem == "the file is an audit log of a newer version, not a log this version reads"


def long_log(path: Path) -> str:
    with AuditLog.open(path, READER) as log:
        log.append_many([note(number) for number in range(200)])
        return log.anchor_text


def test_a_truncated_file_is_a_finding_at_every_length(log_path: Path) -> None:
    anchor = long_log(log_path)
    whole = log_path.read_bytes()
    for length in range(0, len(whole), 1024):
        log_path.write_bytes(whole[:length])
        assert not verify(log_path, anchor).holds, length
    log_path.write_bytes(whole)
    assert verify(log_path, anchor).holds


def test_whatever_byte_of_the_file_changes_no_wrong_record_holds(log_path: Path) -> None:
    """A flipped bit breaks the log, or lies where nothing is stored; then every record is as it was."""
    anchor = long_log(log_path)
    whole = log_path.read_bytes()
    head = verify(log_path).head
    seeded = random.Random(7)
    found_broken = 0
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[seeded.randrange(len(whole))] ^= 1 << seeded.randrange(8)
        log_path.write_bytes(damaged)
        found = verify(log_path, anchor)
        found_broken += not found.holds
        assert not found.holds or found.head == head
        assert log_path.read_bytes() == damaged
    assert found_broken > 200


def test_verifying_changes_nothing_in_the_folder(ten_records: Path) -> None:
    before = {file.name: file.read_bytes() for file in ten_records.parent.iterdir()}
    assert verify(ten_records).holds
    assert {file.name: file.read_bytes() for file in ten_records.parent.iterdir()} == before


def test_a_chain_is_hashed_as_the_record_types_hash_it(log_path: Path) -> None:
    payload: dict[str, JsonValue] = {"a": 'ä "quoted" \\ \n \x7f \U0001f9e0', "x": [1e-7, 1e22, -0.0]}
    with AuditLog.open(log_path, READER) as log:
        event = log.append(EventKind.REVEALED, payload).event
    assert chained_text_sha256(1, GENESIS, event.to_json()) == LogRecord.following(1, GENESIS, event).sha256
