"""Ways to tamper with a log with any SQLite program: its rows, its texts, its schema, its header."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from CTSpatialVQALib.audit.chain import chained_text_sha256
from CTSpatialVQALib.audit.store import SCHEMA
from CTSpatialVQALib.records.base import canonical_json

RECORDS = 12

# A name that would print a verdict of its own on a terminal: line ends, a cursor's way back, colours, bells.
FORGING_NAME = "x\r\naudit.sqlite: signed, 99 records\x1b[1A\x1b[2K\x9b31m\x07\u202e"


class Tampering(NamedTuple):
    """What is done to the log, and whether the records themselves were touched."""

    name: str
    change: Callable[[sqlite3.Connection], object]
    of_schema: bool = False


def rehash(connection: sqlite3.Connection, seq: int) -> None:
    """Let the record's hash fit its content."""
    prev, text = connection.execute("SELECT prev_sha256, event FROM record WHERE seq = ?", (seq,)).fetchone()
    connection.execute(
        "UPDATE record SET sha256 = ? WHERE seq = ?", (chained_text_sha256(seq, prev, text), seq)
    )


def add_with_fitting_hash(connection: sqlite3.Connection, data: bytes) -> None:
    """Append a record whose hashes are right, whatever its text is."""
    connection.execute("PRAGMA ignore_check_constraints=ON")
    seq, head = connection.execute("SELECT seq, sha256 FROM record ORDER BY seq DESC LIMIT 1").fetchone()
    digest = hashlib.sha256(f'[{seq + 1},"{head}",'.encode() + data + b"]").hexdigest()
    row = (seq + 1, head, digest, data)
    connection.execute("INSERT INTO record VALUES (?, ?, ?, CAST(? AS TEXT))", row)


def _event(connection: sqlite3.Connection, seq: int) -> dict[str, object]:
    (text,) = connection.execute("SELECT event FROM record WHERE seq = ?", (seq,)).fetchone()
    event: dict[str, object] = json.loads(text)
    return event


def _changed_payload(seq: int, connection: sqlite3.Connection) -> None:
    event = _event(connection, seq) | {"payload": {"question_id": "forged"}}
    connection.execute("UPDATE record SET event = ? WHERE seq = ?", (canonical_json(event), seq))


def _changed_and_rehashed(seq: int, connection: sqlite3.Connection) -> None:
    _changed_payload(seq, connection)
    rehash(connection, seq)


def _changed_column(column: str, seq: int, connection: sqlite3.Connection) -> None:
    connection.execute(f"UPDATE record SET {column} = ? WHERE seq = ?", ("0123456789abcdef" * 4, seq))


def _removed(seq: int, connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM record WHERE seq = ?", (seq,))


def _swapped(seq: int, connection: sqlite3.Connection) -> None:
    for old, new in ((seq, 99), (seq + 1, seq), (99, seq + 1)):
        connection.execute("UPDATE record SET seq = ? WHERE seq = ?", (new, old))


def _spaced(seq: int, connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE record SET event = replace(event, ':', ': ') WHERE seq = ?", (seq,))


def row_tamperings() -> Iterator[Tampering]:
    """Each way at several places. The last record changed with its own hash only an anchor can show."""
    for seq in (1, 2, 4, 6, 9, RECORDS - 1):
        for change in (_changed_payload, _changed_and_rehashed, _removed, _swapped, _spaced):
            yield Tampering(f"{change.__name__} {seq}", partial(change, seq))
        for column in ("prev_sha256", "sha256"):
            yield Tampering(f"{column} {seq}", partial(_changed_column, column, seq))
    for seq in (3, RECORDS):
        yield Tampering(f"_changed_payload {seq}", partial(_changed_payload, seq))
        yield Tampering(f"_spaced {seq}", partial(_spaced, seq))


def _nested(opening: str, inner: str, closing: str, depth: int) -> bytes:
    payload = opening * depth + inner + closing * depth
    return _EVENT.replace("{}", payload, 1).encode()


_EVENT = (
    '{"actor":{"id":"reader-1","role":"reader"},"at_utc":"2026-03-01T12:00:00Z","event_id":"e-1",'
    '"kind":"revealed","monotonic_s":1.0,"payload":{"what":{}},"software":{}}'
)
_BAD_TEXTS = {
    "a key twice": b'{"kind":"verdict","kind":"revealed"}',
    "a list": b"[1,2]",
    "half an object": b'{"a":',
    "NaN": _EVENT.replace("1.0", "NaN", 1).encode(),
    "infinity": _EVENT.replace("1.0", "Infinity", 1).encode(),
    "a number beyond floats": _EVENT.replace("1.0", "1e999", 1).encode(),
    "5000 digits": _EVENT.replace("1.0", "9" * 5000, 1).encode(),
    "half of a surrogate pair": _EVENT.replace("{}", '"\\ud800"', 1).encode(),
    "no UTF-8": _EVENT.replace("{}", '"X"', 1).encode().replace(b"X", b"\xff"),
    "another kind": _EVENT.replace("revealed", "unknown", 1).encode(),
    "a field too many": _EVENT.replace('"kind"', '"j":1,"kind"', 1).encode(),
    "a field too few": _EVENT.replace('"monotonic_s":1.0,', "", 1).encode(),
    "an id that is no text": _EVENT.replace('"e-1"', "1", 1).encode(),
    "spaces": _EVENT.replace(":", ": ").encode(),
    "an empty text": b"",
    "a NUL": _EVENT.replace("{}", '"\0"', 1).encode(),
}


def text_tamperings() -> Iterator[Tampering]:
    """Records whose hashes fit and whose text is none that this program writes."""
    for name, data in _BAD_TEXTS.items():
        yield Tampering(f"text: {name}", partial(add_with_fitting_hash, data=data))
    for depth in (199, 200, 201, 252, 253, 254, 255, 256, 300, 500, 900, 1000, 1020, 1022, 1023, 1024, 5000):
        yield Tampering(
            f"lists {depth} deep", partial(add_with_fitting_hash, data=_nested("[", "1", "]", depth))
        )
        yield Tampering(
            f"objects {depth} deep", partial(add_with_fitting_hash, data=_nested('{"a":', "1", "}", depth))
        )

    def twice(connection: sqlite3.Connection) -> None:
        add_with_fitting_hash(connection, canonical_json(_event(connection, 2)).encode())

    yield Tampering("the same event twice", twice)


def with_schema(connection: sqlite3.Connection, statement: str, *values: object) -> None:
    """Write into `sqlite_master` itself; the schema is read anew by whoever opens the file next."""
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute(statement, values)
    (version,) = connection.execute("PRAGMA schema_version").fetchone()
    connection.execute(f"PRAGMA schema_version={version + 1}")
    connection.execute("PRAGMA writable_schema=RESET")


def _script(script: str, connection: sqlite3.Connection) -> None:
    connection.executescript(script)


def _rename_object(old: str, new: str, connection: sqlite3.Connection) -> None:
    with_schema(connection, "UPDATE sqlite_master SET name = ? WHERE name = ?", new, old)


def _edit_text(name: str, old: str, new: str, connection: sqlite3.Connection) -> None:
    sql = SCHEMA[name]
    assert old in sql
    with_schema(connection, "UPDATE sqlite_master SET sql = ? WHERE name = ?", sql.replace(old, new, 1), name)


def _added_row(kind: str, name: str, table: str, sql: str, connection: sqlite3.Connection) -> None:
    with_schema(connection, "INSERT INTO sqlite_master VALUES (?, ?, ?, 0, ?)", kind, name, table, sql)


_ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT"
_TRIGGERS = [name for name in SCHEMA if name != "record"]
_COLUMNS = "seq, prev_sha256, sha256, event"

_ADDITIONS = {
    "a table": "CREATE TABLE hidden (x)",
    "a table that keeps others": "CREATE TABLE verdicts AS SELECT * FROM record",
    "a virtual table": "CREATE VIRTUAL TABLE words USING fts5(event)",
    "a spatial index": "CREATE VIRTUAL TABLE places USING rtree(id, a, b)",
    "a view": "CREATE VIEW latest AS SELECT * FROM record",
    "an endless view": f"CREATE VIEW endless AS {_ENDLESS} x FROM n",
    "an index": "CREATE INDEX by_hash ON record (sha256)",
    "an index over all": f"CREATE INDEX all_of_it ON record ({_COLUMNS})",
    "a partial index": "CREATE INDEX some ON record (event) WHERE seq > 4",
    "an index over a computation": "CREATE INDEX computed ON record (json_extract(event, '$.kind'))",
    "statistics": "ANALYZE",
    "a sequence": "CREATE TABLE n (x INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO n VALUES (1)",
    "an added column": "ALTER TABLE record ADD COLUMN note TEXT",
    "a generated column": "ALTER TABLE record ADD COLUMN kind TEXT AS (json_extract(event, '$.kind'))",
    "a trigger that swallows": "CREATE TRIGGER a BEFORE INSERT ON record BEGIN SELECT RAISE(IGNORE); END",
    "a trigger that removes": "CREATE TRIGGER a AFTER INSERT ON record BEGIN DELETE FROM record; END",
    "a trigger that does nothing": "CREATE TRIGGER a AFTER INSERT ON record BEGIN SELECT 1; END",
    "a trigger that does something elsewhere": (
        "CREATE TABLE b (x);"
        "CREATE TRIGGER a AFTER INSERT ON record BEGIN INSERT INTO b VALUES (NEW.event); END"
    ),
}


def _rebuilt(table: str) -> str:
    """Another table in place of `record`, with its records and its triggers."""
    triggers = "; ".join(f"{SCHEMA[name]}" for name in _TRIGGERS)
    drops = "; ".join(f"DROP TRIGGER {name}" for name in _TRIGGERS)
    filled = f"{table}; INSERT INTO record SELECT {_COLUMNS} FROM old; DROP TABLE old"
    return f"{drops}; ALTER TABLE record RENAME TO old; {filled}; {triggers}"


_PLAIN = "CREATE TABLE record (seq INTEGER PRIMARY KEY, prev_sha256 TEXT, sha256 TEXT, event TEXT)"
_REPLACED = {
    "a plain table": _rebuilt(_PLAIN),
    "without rowid": _rebuilt(_PLAIN + " WITHOUT ROWID"),
    "no primary key": _rebuilt("CREATE TABLE record (seq, prev_sha256, sha256, event)"),
    "not strict": _rebuilt(SCHEMA["record"].removesuffix(" STRICT")),
    "another case of the name": _rebuilt(SCHEMA["record"].replace("TABLE record", "TABLE RECORD")),
    "a quoted name": _rebuilt(SCHEMA["record"].replace("TABLE record", 'TABLE "record"')),
    "a comment": _rebuilt(SCHEMA["record"].replace("(seq >= 1)", "(seq >= 1 /* or not */)")),
    "columns in another order": _rebuilt(
        "CREATE TABLE record (event TEXT, sha256 TEXT, prev_sha256 TEXT, seq INTEGER PRIMARY KEY)"
    ).replace(f"INSERT INTO record SELECT {_COLUMNS}", f"INSERT INTO record ({_COLUMNS}) SELECT {_COLUMNS}"),
    "a foreign key": _rebuilt(_PLAIN.replace("event TEXT", "event TEXT REFERENCES record (seq)")),
    "a default": _rebuilt(_PLAIN.replace("event TEXT", "event TEXT DEFAULT '{}'")),
    "a collation": _rebuilt(_PLAIN.replace("sha256 TEXT,", "sha256 TEXT COLLATE NOCASE,")),
    "a unique column": _rebuilt(_PLAIN.replace("event TEXT", "event TEXT UNIQUE")),
    "a check that is always true": _rebuilt(_PLAIN.replace("event TEXT", "event TEXT CHECK (1)")),
}
_WITHOUT_RULES = "; ".join(f"DROP TRIGGER {name}" for name in _TRIGGERS)
_SET_ASIDE = f"{_WITHOUT_RULES}; ALTER TABLE record RENAME TO kept;"
_SHOWN = {
    "a view of it": f"{_SET_ASIDE} CREATE VIEW record AS SELECT * FROM kept",
    "a view that leaves one out": (f"{_SET_ASIDE}CREATE VIEW record AS SELECT * FROM kept WHERE seq < 5"),
    "a view that tells by the time": (
        f"{_SET_ASIDE}"
        "CREATE VIEW record AS SELECT seq, prev_sha256, sha256,"
        " CASE WHEN random() > 0 THEN event ELSE '{}' END AS event FROM kept"
    ),
    "an endless view of the same name": (
        f"{_SET_ASIDE}"
        f"CREATE VIEW record AS {_ENDLESS} x AS seq, '' AS prev_sha256, '' AS sha256, '' AS event FROM n"
    ),
    "a view with a trigger that swallows": (
        f"{_SET_ASIDE} CREATE VIEW record AS SELECT * FROM kept;"
        "CREATE TRIGGER taken INSTEAD OF INSERT ON record BEGIN SELECT 1; END"
    ),
    "a virtual table of the same name": (
        f"{_SET_ASIDE}"
        f"CREATE VIRTUAL TABLE record USING fts5({_COLUMNS}); INSERT INTO record SELECT * FROM kept"
    ),
    "another name": f"{_WITHOUT_RULES}; ALTER TABLE record RENAME TO records",
    "no table at all": f"{_WITHOUT_RULES}; DROP TABLE record",
    "another name of a column": f"{_WITHOUT_RULES}; ALTER TABLE record RENAME COLUMN event TO text",
}
# name -> pieces of the text of our own objects, each replaced by something else
_EDITS = {
    "record": {
        ">= 1": ">= 0",
        " STRICT": "",
        "NOT NULL": "",
        "json_valid(event)": "1",
        "= 64": "<= 64",
        "seq INTEGER": "seq  INTEGER",
        "event TEXT": "event TEXT DEFAULT ''",
    },
    "record_follows_head": {
        "BEFORE INSERT": "AFTER INSERT",
        "+ 1": "+ 2",
        "IS NOT": "IS",
        "ABORT": "FAIL",
        "RAISE(ABORT, 'a record must follow the head of the log')": "RAISE(IGNORE)",
        "max(seq)": "min(seq)",
    },
    "record_never_changes": {
        "BEFORE UPDATE": "AFTER UPDATE",
        "UPDATE ON": "UPDATE OF seq ON",
        "RAISE(ABORT, 'the log is append-only: a record never changes')": "1",
        "append-only": "append only",
    },
    "record_never_goes": {
        "BEFORE DELETE": "AFTER DELETE",
        "BEGIN SELECT": "WHEN OLD.seq > 5 BEGIN SELECT",
        "RAISE(ABORT, 'the log is append-only: a record is never removed')": "1",
        "never removed": "seldom removed",
    },
}
_NAMES = (
    *("sqlite_", "sqlite_x", "sqlite_sequence", "sqlite_stat1", "sqlite_stat4", "sqlite_autoindex_record_1"),
    *(
        "SQLITE_X",
        "sqlite_schema",
        "record ",
        "Record",
        "r\u0435cord",
        "",
        "\u200b",
        FORGING_NAME,
        "a" * 5000,
    ),
)


def schema_tamperings() -> Iterator[Tampering]:
    """Objects added, altered, removed and put in place of ours; under names that look like SQLite's own."""
    for kind, scripts in (("added", _ADDITIONS), ("rebuilt as", _REPLACED), ("in place of record:", _SHOWN)):
        for name, script in scripts.items():
            yield Tampering(f"{kind} {name}", partial(_script, script), of_schema=True)
    for name, edits in _EDITS.items():
        for old, new in edits.items():
            yield Tampering(
                f"{name}: {old!r} -> {new!r}", partial(_edit_text, name, old, new), of_schema=True
            )
    for name in _TRIGGERS:
        drop = f"DROP TRIGGER {name}"
        yield Tampering(f"without {name}", partial(_script, drop), of_schema=True)
        yield Tampering(f"{name} renamed", partial(_rename_object, name, f"sqlite_{name}"), of_schema=True)
    for name in _NAMES:
        swallow = 'CREATE TRIGGER "{}" BEFORE INSERT ON record BEGIN SELECT RAISE(IGNORE); END'.format(
            name.replace('"', '""')
        )
        yield Tampering(
            f"trigger {name[:20]!r}", partial(_added_row, "trigger", name, "record", swallow), of_schema=True
        )
        view = 'CREATE VIEW "{}" AS SELECT 1'.format(name.replace('"', '""'))
        yield Tampering(f"view {name[:20]!r}", partial(_added_row, "view", name, name, view), of_schema=True)
    yield Tampering("an object of no kind", partial(_added_row, "", "x", "x", ""), of_schema=True)
    yield Tampering(
        "our own trigger twice",
        partial(_added_row, "trigger", "record_never_goes", "record", SCHEMA["record_never_goes"]),
        of_schema=True,
    )
    many = "; ".join(f"CREATE VIEW v{number} AS SELECT 1" for number in range(500))
    yield Tampering("500 views", partial(_script, many), of_schema=True)


def header_tamperings() -> Iterator[Tampering]:
    """The numbers by which a log is known."""
    for setting, values in (("application_id", (0, 1, -1)), ("user_version", (-1, 0, 3, 2**31 - 1))):
        for value in values:
            change = partial(_script, f"PRAGMA {setting}={value}")
            yield Tampering(f"{setting}={value}", change, of_schema=True)


def all_tamperings() -> list[Tampering]:
    """Everything above."""
    return [*row_tamperings(), *text_tamperings(), *schema_tamperings(), *header_tamperings()]
