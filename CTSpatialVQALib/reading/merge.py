"""Merging of several readers' logs: a log with every record of theirs, each chain still checkable.

The merged log is an audit log of its own: `verify` checks its chain, exports read it like any other. Its
first record names the sources and their heads. Then come their records, each event as it was, with
`merged_from` {"log", "seq", "prev_sha256", "sha256"} added to its payload; taking that away again gives the
text that the source's hash covers. A signature is of its own log and says nothing of this one: it stands here
as an event of kind `logs_merged`, with its kind in `merged_from`.

It holds no clock, no random id and no version, so the same sources give
the same file in whatever order, however often, and by whatever merged logs they come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.audit.chain import EMPTY_HEAD, Head, Stored, chained_text_sha256, walk
from CTSpatialVQALib.audit.events import logs_merged
from CTSpatialVQALib.audit.log import write_copy
from CTSpatialVQALib.audit.store import opened_log
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.reading.conflicts import refuse_conflicts
from CTSpatialVQALib.records.base import canonical_json, sha256_of
from CTSpatialVQALib.records.event import Event, EventKind, LogRecord

MERGED_FROM = "merged_from"
_PROGRAM = {"id": "ctspatialvqa", "role": "program"}
# what may be added to a merged log without being lost when it is merged again
_PASSING = frozenset({EventKind.EXPORT_MADE, EventKind.SIGNED})
# what `ctspatialvqa adjudicate` adds: it goes into the next merge as a log of its own
_ADDED = frozenset({EventKind.ADJUDICATED})
# what `verify` would take as said about the merged log
_OF_ONE_LOG = frozenset({EventKind.SIGNED, EventKind.LOGS_MERGED})


class Source(NamedTuple):
    """One log, as it goes into a merged one.

    Parameters
    ----------
    log : the log's name, the hash of its first record: it stays while the log grows
    where : the file it was read from
    """

    log: str
    where: str
    records: tuple[Stored, ...]

    @property
    def head(self) -> Head:
        """The last record."""
        return Head(self.records[-1].seq, self.records[-1].sha256)

    @property
    def people(self) -> tuple[str, ...]:
        """The pseudonyms of those who acted in it, programs left out."""
        actors = (record.event["actor"] for record in self.records)
        return tuple(sorted({actor["id"] for actor in actors if actor["role"] != _PROGRAM["role"]}))


class Merged(NamedTuple):
    """A merged log: its sources in their order in it, and its head."""

    sources: tuple[Source, ...]
    head: Head

    def __repr__(self) -> str:
        return (
            f"Merged log of {len(self.sources)} sources: {self.head.seq} records, anchor {self.head.anchor}"
        )


def merge_logs(paths: Sequence[Path], out: Path) -> Merged:
    """Put the logs at `paths` into a new log at `out`; merged logs among them are taken apart first.

    A log that another continues is contained in it and needs no place of its own. What was adjudicated in a
    merged log stays: it becomes a source of the new one.

    Raises
    ------
    BadInput
        If a chain is broken, a log is empty or was continued in two places, two logs are of different studies
        or hold different verdicts of one reader on one reply, or there is a file at `out`.
    WorkFailed
        If it could not be written; then there is no file at `out`.
    """
    sources = _longest(source for path in paths for source in sources_of(path))
    study = refuse_conflicts((source.where, source.records) for source in sources)
    ordered = tuple(sorted(sources, key=lambda source: (source.people, source.log)))
    head = write_copy(_merged_records(ordered, study.study_id, study.study_sha256), out)
    return Merged(ordered, head)


def sources_of(path: Path) -> tuple[Source, ...]:
    """The logs that the log at `path` was merged from, each chain checked; a plain log is its only source.

    Raises
    ------
    BadInput
        Naming the file and the first record at which its own chain, or that of a source, does not hold.
    """
    checked = verify(path)
    if not checked.holds:
        raise _broken(path, checked.bad_seq, str(checked.problem))
    with opened_log(path) as connection:
        records = tuple(walk(connection, str(path)))
    if not records:
        raise BadInput(path, expected="a log with records", came="none", remedy="Leave it out")
    if records[0].event["kind"] == EventKind.LOGS_MERGED:
        return _taken_apart(path, records)
    return (Source(records[0].sha256, str(path), records),)


def _taken_apart(path: Path, records: Sequence[Stored]) -> tuple[Source, ...]:
    """Take the sources out again: each chain must hold, begin at 1 and end where the header says."""
    try:
        claimed = {
            source["log"]: Head(source["seq"], source["sha256"])
            for source in records[0].event["payload"]["sources"]
        }
        chains: dict[str, list[Stored]] = {log: [] for log in claimed}
        added: list[Stored] = []
        for record in records[1:]:
            origin = record.event["payload"].get(MERGED_FROM)
            if origin is not None:
                chains[origin["log"]].append(_original(record, origin))
                _require_chained(path, record.seq, chains[origin["log"]])
            elif record.event["kind"] in _ADDED:
                added.append(_rechained(added[-1] if added else None, record))
            elif record.event["kind"] not in _PASSING:
                raise _own_record(path, record)
    except (KeyError, TypeError, AttributeError) as error:
        raise _broken(path, None, f"it does not hold what a merged log holds ({error!r})") from error
    for log, chain in chains.items():
        end = Head(chain[-1].seq, chain[-1].sha256) if chain else EMPTY_HEAD
        if end != claimed[log] or chain[0].sha256 != log:
            raise _broken(path, None, f"the records of source {log[:12]} are not those it was merged from")
    sources = tuple(Source(log, str(path), tuple(chain)) for log, chain in chains.items())
    return (*sources, Source(added[0].sha256, str(path), tuple(added))) if added else sources


def _rechained(before: Stored | None, record: Stored) -> Stored:
    """A record that was added to the merged log, in a chain of such: the same however often it is made."""
    head = EMPTY_HEAD if before is None else Head(before.seq, before.sha256)
    sha256 = chained_text_sha256(head.seq + 1, head.sha256, record.text.decode())
    return Stored(head.seq + 1, head.sha256, sha256, record.text, record.event)


def _original(record: Stored, origin: Mapping[str, Any]) -> Stored:
    """The record as it stood in its source."""
    payload = {key: value for key, value in record.event["payload"].items() if key != MERGED_FROM}
    event = record.event | {"payload": payload, "kind": origin.get("kind", record.event["kind"])}
    text = canonical_json(event).encode()
    return Stored(origin["seq"], origin["prev_sha256"], origin["sha256"], text, event)


def _require_chained(path: Path, seq: int, chain: Sequence[Stored]) -> None:
    last = chain[-1]
    before = Head(chain[-2].seq, chain[-2].sha256) if len(chain) > 1 else EMPTY_HEAD
    fits = chained_text_sha256(last.seq, last.prev_sha256, last.text.decode()) == last.sha256
    if not fits or (last.seq, last.prev_sha256) != (before.seq + 1, before.sha256):
        raise _broken(path, seq, "the chain of the log it was merged from does not hold here")


def _longest(sources: Iterable[Source]) -> tuple[Source, ...]:
    kept: dict[str, Source] = {}
    for source in sources:
        kept_source = kept.setdefault(source.log, source)
        shorter, longer = sorted((source, kept_source), key=lambda candidate: len(candidate.records))
        if longer.records[len(shorter.records) - 1].sha256 != shorter.head.sha256:
            raise BadInput(
                longer.where,
                expected="one course of each log",
                came=f"another than in {shorter.where}: it was copied and continued in two places",
                remedy="Give the one in which the reader went on",
            )
        kept[source.log] = longer
    return tuple(kept.values())


def _merged_records(sources: Sequence[Source], study_id: str, study_sha256: str) -> Iterator[LogRecord]:
    head = EMPTY_HEAD
    for event in _merged_events(sources, study_id, study_sha256):
        text = canonical_json(event)
        sha256 = chained_text_sha256(head.seq + 1, head.sha256, text)
        yield LogRecord.model_construct(
            seq=head.seq + 1, prev_sha256=head.sha256, sha256=sha256, event=Event.from_json(text)
        )
        head = Head(head.seq + 1, sha256)


def _merged_events(sources: Sequence[Source], study_id: str, study_sha256: str) -> Iterator[dict[str, Any]]:
    heads = [(source.log, source.head.seq, source.head.sha256) for source in sources]
    kind, payload = logs_merged(study_id, study_sha256, heads)
    yield {
        "event_id": f"merge-{sha256_of([list(head) for head in heads])[:32]}",
        "kind": kind.value,
        "at_utc": _latest(sources),
        "monotonic_s": 0.0,
        "actor": _PROGRAM,
        "software": {},
        "payload": payload,
    }
    for source in sources:
        for record in source.records:
            origin: dict[str, JsonValue] = {
                "log": source.log,
                "seq": record.seq,
                "prev_sha256": record.prev_sha256,
                "sha256": record.sha256,
            }
            event = record.event
            if event["kind"] in _OF_ONE_LOG:
                origin["kind"] = event["kind"]
                event = event | {"kind": EventKind.LOGS_MERGED.value}
            yield event | {"payload": event["payload"] | {MERGED_FROM: origin}}


def _latest(sources: Sequence[Source]) -> str:
    """The time of the latest record: the merge itself has no clock."""
    times: Iterator[str] = (record.event["at_utc"] for source in sources for record in source.records)
    return max(times, key=_comparable)


def _comparable(utc: str) -> str:
    """UTC texts with and without a fraction in the order of time."""
    return utc.removesuffix("Z") if "." in utc else utc.removesuffix("Z") + "."


def _broken(path: Path, seq: int | None, problem: str) -> BadInput:
    place = f"{path}" if seq is None else f"{path}: record {seq}"
    return BadInput(
        place, expected="a log whose chain holds", came=problem, remedy="Get the log from its reader again"
    )


def _own_record(path: Path, record: Stored) -> BadInput:
    return BadInput(
        f"{path}: record {record.seq}",
        expected="records of the merged logs only",
        came=f"an event '{record.event['kind']}' that was added to the merged log itself",
        remedy="Merge the readers' own logs; `ctspatialvqa adjudicate` adds what settles their differences",
    )
