"""Can this log be trusted, and how far? Reads every record and never writes."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.audit.chain import EMPTY_HEAD, ChainBroken, Head, walk, without_collector
from CTSpatialVQALib.audit.signatures import Signatures
from CTSpatialVQALib.audit.signing import PublicKey
from CTSpatialVQALib.audit.store import FileKind, explained, kind_of, reading, schema_differences
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.event import GENESIS, EventKind
from CTSpatialVQALib.records.words import LogTrust
from CTSpatialVQALib.sqlite_files import DAMAGE, SQLITE_ERRORS, primary_code

_SIGNED = EventKind.SIGNED.value
_SQLITE_MAGIC = b"SQLite format 3\x00"
_ANCHOR = re.compile(r"(?:(\d{1,18}):)?([0-9a-f]{64})")


class LogFault(StrEnum):
    """Why a log was not found good; only `broken` says that something in it was changed or lost."""

    BROKEN = "BROKEN"
    NOT_SIGNED = "not signed by this key"
    NEWER = "made by a newer version"
    NOT_A_LOG = "not a log"


@dataclass(frozen=True)
class Verification:
    """What could be established about a log.

    Parameters
    ----------
    trust : None if the log does not hold. CONSISTENT: every record fits its hash and follows the one before,
        which shows any change by someone who does not rebuild the chain. ANCHORED: it also holds the record
        that a digest kept elsewhere names, which shows a rebuilt chain and a tail cut before that record.
        SIGNED: a given key vouches for it up to `signed_seq`, which shows a chain rebuilt by anybody who does
        not hold the key; a tail cut behind an earlier signature only an anchor shows.
    records, head : records that hold, from the first, and the last of them
    problem, bad_seq : what is wrong, and the first record it is wrong with (None: the file as a whole)
    fault : which kind of wrong that is; None if the log holds
    anchored_seq, after_anchor : the place of the anchor's record, and how many records came after it; these
        the anchor does not protect
    signed_seq, after_signature : the last record that a signature of the key covers, and how many records
        came after that signature; these it does not protect
    notes : what does not break the chain but should be known, e.g. that a trigger was removed
    """

    trust: LogTrust | None
    records: int
    head: Head
    problem: str | None = None
    bad_seq: int | None = None
    fault: LogFault | None = None
    anchored_seq: int | None = None
    after_anchor: int | None = None
    signed_seq: int | None = None
    after_signature: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing was found wrong."""
        return self.trust is not None


def _broken(records: int, head: Head, problem: str, bad_seq: int | None = None) -> Verification:
    return Verification(None, records, head, problem, bad_seq, LogFault.BROKEN)


_FAULTS = {
    FileKind.NEWER: LogFault.NEWER,
    FileKind.FOREIGN: LogFault.NOT_A_LOG,
    FileKind.EMPTY: LogFault.NOT_A_LOG,
}


class _Anchor(NamedTuple):
    seq: int | None
    sha256: str


def verify(path: Path, anchor: str | None = None, *, key: PublicKey | None = None) -> Verification:
    """Check the chain of the log at `path`, by `anchor` that it is the same one, by `key` who vouches for it.

    A damaged or foreign file is a finding, not an error, and so is a log without a signature by `key`.

    Parameters
    ----------
    anchor : `seq:sha256` as `Head.anchor` gives it, or the hash alone; of the present head or of
        an earlier one
    key : from `signing.load_public_key`. It must come from its owner, not with the log: the key that a log
        names itself proves nothing

    Raises
    ------
    BadInput
        If there is no file, or the anchor is not of that form.
    WorkFailed
        If the file cannot be read (permissions, held by another program).
    """
    wanted = None if anchor is None else _parsed(anchor)
    try:
        with reading(path) as connection:
            return _verified(connection, path, wanted, Signatures(key))
    except SQLITE_ERRORS as error:
        if primary_code(error) not in DAMAGE:
            raise explained(path, error) from error
        return _damaged_or_foreign(path, error)


def _damaged_or_foreign(path: Path, error: Exception) -> Verification:
    """A file that SQLite cannot read: a log that was damaged, or some other file altogether."""
    with path.open("rb") as stream:
        is_database = stream.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC
    problem = f"the file is damaged or no database ({error})"
    fault = LogFault.BROKEN if is_database else LogFault.NOT_A_LOG
    return Verification(None, 0, EMPTY_HEAD, problem, fault=fault)


def _parsed(anchor: str) -> _Anchor:
    match = _ANCHOR.fullmatch(anchor.strip().lower())
    if match is None:
        raise BadInput(
            "anchor",
            expected="'seq:sha256' or a sha256 of 64 hexadecimal digits",
            came=shown(anchor),
            remedy="Copy it as it was printed",
        )
    return _Anchor(None if match[1] is None else int(match[1]), match[2])


def _verified(
    connection: sqlite3.Connection, path: Path, anchor: _Anchor | None, signatures: Signatures
) -> Verification:
    kind = kind_of(connection)
    if kind is not FileKind.LOG:
        problem = f"the file is {kind.value}, not a log this version reads"
        return Verification(None, 0, EMPTY_HEAD, problem, fault=_FAULTS[kind])
    differences = schema_differences(connection)
    if "record is missing" in differences:
        return _broken(0, EMPTY_HEAD, "the table of records was removed")
    with without_collector():
        found = _chain(connection, path, anchor, signatures)
    notes = (f"the append-only rules are not whole: {one}" for one in differences)
    return replace(found, notes=(*notes, *signatures.notes()))


def _chain(
    connection: sqlite3.Connection, path: Path, anchor: _Anchor | None, signatures: Signatures
) -> Verification:
    head, anchored = EMPTY_HEAD, None
    places: dict[str, int] = {}
    try:
        for stored in walk(connection, str(path)):
            earlier = places.setdefault(stored.event["event_id"], stored.seq)
            if earlier != stored.seq:
                raise ChainBroken(
                    str(path), stored.seq, f"its event is in the log already, as record {earlier}"
                )
            if stored.event["kind"] == _SIGNED:
                signatures.check(stored, head, str(path))
            head = Head(stored.seq, stored.sha256)
            if anchor is not None and anchor.sha256 == stored.sha256:
                anchored = stored.seq
    except ChainBroken as broken:
        return _broken(head.seq, head, broken.why, broken.seq)
    except SQLITE_ERRORS as error:
        if primary_code(error) not in (*DAMAGE, sqlite3.SQLITE_ERROR):
            raise
        return _broken(head.seq, head, f"the file is damaged here ({error})", head.seq + 1)
    found = Verification(LogTrust.CONSISTENT, head.seq, head)
    if anchor is not None:
        found = _against(anchor, anchored, found)
    return _vouched(signatures, found) if signatures.key is not None and found.holds else found


def _vouched(signatures: Signatures, log: Verification) -> Verification:
    last = signatures.last
    if last is None:
        problem = (
            "no record is signed by the key: the log was never signed with it, or was rebuilt or cut off"
        )
        return replace(log, trust=None, problem=problem, fault=LogFault.NOT_SIGNED)
    return replace(
        log,
        trust=LogTrust.SIGNED,
        signed_seq=last.seq,
        # the signature is itself the record after the last one that it covers
        after_signature=log.records - last.seq - 1,
    )


def _against(anchor: _Anchor, found: int | None, log: Verification) -> Verification:
    if anchor == _Anchor(0, GENESIS):  # anchor_text of a log without records: it protects nothing
        return log
    if found is not None and anchor.seq in (None, found):
        return replace(log, trust=LogTrust.ANCHORED, anchored_seq=found, after_anchor=log.records - found)
    if anchor.seq is None:
        problem = "no record has the anchor's hash: the chain was rebuilt, or its end was cut off"
        return replace(log, trust=None, problem=problem, fault=LogFault.BROKEN)
    if anchor.seq > log.records:
        problem = (
            f"the anchor names record {anchor.seq}, but the log ends at {log.records}: its end was cut off"
        )
        return replace(log, trust=None, problem=problem, bad_seq=log.records + 1, fault=LogFault.BROKEN)
    problem = "it is not the record that the anchor names: the chain was rebuilt from here or earlier"
    return replace(log, trust=None, problem=problem, bad_seq=anchor.seq, fault=LogFault.BROKEN)
