"""Replay of a reading from its log, step by step, each checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from CTSpatialVQALib.audit.chain import Stored, walk, without_collector
from CTSpatialVQALib.audit.store import opened_log
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.reading.plan import ReadingPlan
from CTSpatialVQALib.reading.refusal import NotAllowed
from CTSpatialVQALib.reading.state import ReadingState
from CTSpatialVQALib.reading.steps import Opened, Step, step_of
from CTSpatialVQALib.records.event import EventKind

PROGRAM_ROLE = "program"  # of an actor that is no person: a run may stand in the same log


@dataclass
class Resumed:
    """What a log tells about a reading.

    Parameters
    ----------
    seq : place of the last record that was read
    reply_ids : of the replies that the log holds
    """

    state: ReadingState
    seq: int = 0
    reply_ids: set[str] = field(default_factory=set)


def resumed(path: Path, plan: ReadingPlan) -> Resumed:
    """The state in which the log at `path` left the reading of `plan`.

    Raises
    ------
    BadInput
        If the file is no log, is another reader's or study's, or tells a step that the rules forbid.
    WorkFailed
        If its chain is broken.
    """
    progress = Resumed(ReadingState(plan))
    with opened_log(path) as connection, without_collector():
        stored = walk(connection, str(path))
        try:
            progress.state = progress.state.after(_steps(stored, path, progress))
        except NotAllowed as error:
            raise BadInput(
                f"{path}: record {progress.seq}: {error.where}",
                expected=error.expected,
                came=error.came,
                remedy=error.remedy,
            ) from error
    return progress


def _steps(records: Iterable[Stored], path: Path, progress: Resumed) -> Iterator[Step]:
    for record in records:
        progress.seq = record.seq
        if record.event["kind"] == EventKind.REPLY_RECEIVED:
            progress.reply_ids.add(record.event["payload"]["reply"]["reply_id"])
            continue
        step = own_step(record.event, path, progress.state.plan.reader)
        if step is not None:
            yield step


def own_step(event: Mapping[str, Any], path: Path, reader: str) -> Step | None:
    """The step of one event of this reader's log; None if it does not concern the reading.

    Raises
    ------
    BadInput
        If it is another reader's, or its payload is not of the shape that its kind promises.
    """
    try:
        step = step_of(event)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"{path}: event {event['event_id']}",
            expected=f"the payload of an event '{event['kind']}'",
            came=shown(str(error)),
            remedy="Begin a new log; this one was written by another program",
        ) from error
    if step is None or (isinstance(step, Opened) and event["actor"]["role"] == PROGRAM_ROLE):
        return None
    if event["actor"]["id"] != reader:
        raise BadInput(
            path,
            expected=f"the log of reader {shown(reader)}",
            came=f"steps of {shown(event['actor']['id'])}",
            remedy="Give each reader a log of his own and put them together with 'merge'",
        )
    return step
