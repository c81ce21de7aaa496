"""Verification of a log: its schema, its chain, an anchor, signatures. Reads every record, never writes."""

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
from CTSpatialVQALib.audit.store import (
    DAMAGE,
    SQLITE_ERRORS,
    FileKind,
    altered_schema,
    explained,
    has_record_table,
    kind_of,
    reading,
)
from CTSpatialVQALib.errors import BadInput, one_line, shown
from CTSpatialVQALib.records.event import GENESIS, EventKind
from CTSpatialVQALib.records.words import LogTrust
from CTSpatialVQALib.sqlite_files import has_other_names, identity_of, listed, primary_code, resolved

_SIGNED = EventKind.SIGNED.value
_SQLITE_MAGIC = b"SQLite format 3\x00"
_ANCHOR = re.compile(r"(?:(\d{1,18}):)?([0-9a-f]{64})")


class LogFault(StrEnum):
    """Why a log was not found good; only `BROKEN` says that something in it was changed or lost."""

    BROKEN = "BROKEN"
    NOT_SIGNED = "not signed by this key"
    NEWER = "made by a newer version"
    NOT_A_LOG = "not a log"


_UNREADABLE = {
    FileKind.NEWER: LogFault.NEWER,
    FileKind.FOREIGN: LogFault.NOT_A_LOG,
    FileKind.EMPTY: LogFault.NOT_A_LOG,
}


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
    anchored_seq, after_anchor : the place of the anchor's record, and how many records came after it; these
        the anchor does not protect
    signed_seq, after_signature : the last record that a signature of the key covers, and how many records
        came after that signature; these it does not protect
    kind_of_fault : what `fault` is where the log does not hold
    notes : what does not break the chain but should be known, e.g. signatures that were not checked
    """

    trust: LogTrust | None
    records: int
    head: Head
    problem: str | None = None
    bad_seq: int | None = None
    anchored_seq: int | None = None
    after_anchor: int | None = None
    signed_seq: int | None = None
    after_signature: int | None = None
    kind_of_fault: LogFault = LogFault.BROKEN
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        if self.trust is None:
            place = "" if self.bad_seq is None else f" at record {self.bad_seq}"
            return f"Verification: broken{place}: {self.problem}"
        return f"Verification: {self.trust}, {self.records} records, anchor {self.head.anchor}"

    @property
    def holds(self) -> bool:
        """Whether nothing was found wrong."""
        return self.trust is not None

    @property
    def fault(self) -> LogFault | None:
        """Why it was not found good; None if it holds."""
        return None if self.holds else self.kind_of_fault


class _Anchor(NamedTuple):
    seq: int | None
    sha256: str


def verify(path: Path, anchor: str | None = None, *, key: PublicKey | None = None) -> Verification:
    """Check the chain of the log at `path`, by `anchor` that it is the same one, by `key` who vouches for it.

    A damaged, altered or foreign file is a finding, not an error, and so is a log without a signature by
    `key`. A table, view, index or trigger that this program does not create is an alteration: it can change
    what a program reads in the log, or what becomes of a record that is appended.

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
    expected = None if anchor is None else _parsed(anchor)
    try:
        with reading(path) as connection:
            return _verified(connection, path, expected, Signatures(key))
    except SQLITE_ERRORS as error:
        if primary_code(error) not in DAMAGE:
            raise explained(path, error) from error
        problem = f"the file is damaged or no database ({error})"
        return _broken(problem, LogFault.BROKEN if _is_database(path) else LogFault.NOT_A_LOG)


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
    kind = kind_of(identity_of(connection))
    if kind is not FileKind.LOG:
        return _broken(f"the file is {kind.value}, not a log this version reads", _UNREADABLE[kind])
    differences = altered_schema(connection)
    if differences and not has_record_table(connection):
        return _broken(f"the database was altered: {listed(differences)}")
    with without_collector():
        checked = _chain(connection, path, anchor, signatures)
    if differences and checked.holds:
        checked = replace(checked, trust=None, problem=f"the database was altered: {listed(differences)}")
    elif differences:
        checked = replace(checked, notes=(f"the database was altered: {listed(differences)}",))
    return replace(checked, notes=(*checked.notes, *signatures.notes(), *_notes_of_file(path)))


def _broken(problem: str, fault: LogFault = LogFault.BROKEN) -> Verification:
    """A file of which no record can be relied on."""
    return Verification(None, 0, EMPTY_HEAD, one_line(problem), kind_of_fault=fault)


def _is_database(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC


def _notes_of_file(path: Path) -> tuple[str, ...]:
    if not has_other_names(resolved(path)):
        return ()
    return ("the file has several names (hard links): records written through another name may be missing",)


def _chain(
    connection: sqlite3.Connection, path: Path, anchor: _Anchor | None, signatures: Signatures
) -> Verification:
    head, anchored = EMPTY_HEAD, None
    try:
        for stored in walk(connection, str(path)):
            if stored.event["kind"] == _SIGNED:
                signatures.check(stored, head, str(path))
            head = Head(stored.seq, stored.sha256)
            if anchor is not None and anchor.sha256 == stored.sha256:
                anchored = stored.seq
    except ChainBroken as broken:
        return Verification(None, head.seq, head, broken.why, broken.seq)
    except SQLITE_ERRORS as error:
        if primary_code(error) not in (*DAMAGE, sqlite3.SQLITE_ERROR):
            raise
        problem = one_line(f"the file is damaged here ({error})")
        return Verification(None, head.seq, head, problem, head.seq + 1)
    log = Verification(LogTrust.CONSISTENT, head.seq, head)
    if anchor is not None:
        log = _against(anchor, anchored, log)
    return _vouched(signatures, log) if signatures.key is not None and log.holds else log


def _vouched(signatures: Signatures, log: Verification) -> Verification:
    last = signatures.last
    if last is None:
        problem = (
            "no record is signed by the key: the log was never signed with it, or was rebuilt or cut off"
        )
        return replace(log, trust=None, problem=problem, kind_of_fault=LogFault.NOT_SIGNED)
    return replace(
        log,
        trust=LogTrust.SIGNED,
        signed_seq=last.seq,
        # the signature is itself the record after the last one that it covers
        after_signature=log.records - last.seq - 1,
    )


def _against(anchor: _Anchor, anchored: int | None, log: Verification) -> Verification:
    if anchor == _Anchor(0, GENESIS):  # anchor_text of a log without records: it protects nothing
        return log
    if anchored is not None and anchor.seq in (None, anchored):
        after = log.records - anchored
        return replace(log, trust=LogTrust.ANCHORED, anchored_seq=anchored, after_anchor=after)
    if anchor.seq is None:
        problem = "no record has the anchor's hash: the chain was rebuilt, or its end was cut off"
        return replace(log, trust=None, problem=problem)
    if anchor.seq > log.records:
        problem = (
            f"the anchor names record {anchor.seq}, but the log ends at {log.records}: its end was cut off"
        )
        return replace(log, trust=None, problem=problem, bad_seq=log.records + 1)
    problem = "it is not the record that the anchor names: the chain was rebuilt from here or earlier"
    return replace(log, trust=None, problem=problem, bad_seq=anchor.seq)
