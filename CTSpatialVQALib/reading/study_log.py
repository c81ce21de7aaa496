"""Standing verdicts, answers and adjudications of a log, of one reader or merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from CTSpatialVQALib.audit.chain import Stored, walk
from CTSpatialVQALib.audit.events import Entry, adjudicated
from CTSpatialVQALib.audit.store import opened_log
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.reading.keys import Judgement
from CTSpatialVQALib.reading.standing_verdicts import Given
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.judgement import Verdict, VerdictKey
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Stage


class Difference(NamedTuple):
    """A reply on which readers differ: what each said, and the adjudicated verdict where there is one."""

    reply_id: str
    question_id: str
    given: tuple[Given, ...]
    settled: Verdict | None

    @property
    def event_ids(self) -> tuple[str, ...]:
        """The log events of the verdicts that differ."""
        return tuple(reading.event_id for reading in self.given)


@dataclass
class StudyLog:
    """What stands in a log, of one reader or merged.

    Parameters
    ----------
    verdicts : the standing ones; a correction takes the place of what it corrects
    own_answers : readers' own answers by reply_id, the last of each
    adjudicated : reply_id -> verdict
    """

    questions: dict[str, Question] = field(default_factory=dict)
    replies: dict[str, Reply] = field(default_factory=dict)
    verdicts: dict[VerdictKey, Given] = field(default_factory=dict)
    own_answers: dict[str, Reply] = field(default_factory=dict)
    adjudicated: dict[str, Verdict] = field(default_factory=dict)

    @property
    def readers(self) -> tuple[str, ...]:
        """Everyone who gave a verdict, in alphabetical order."""
        return tuple(sorted({key.reader for key in self.verdicts}))

    def of_stage(self, stage: Stage, *, occasion: int = 1) -> tuple[Given, ...]:
        """The standing verdicts of one stage and reading."""
        return tuple(
            standing
            for key, standing in self.verdicts.items()
            if (key.stage, key.occasion) == (stage, occasion)
        )

    def differences(self, stage: Stage = Stage.FINAL) -> tuple[Difference, ...]:
        """The replies whose readers differ in value, error type or faults: the list for the adjudicator."""
        by_reply: dict[str, list[Given]] = {}
        for standing in sorted(self.of_stage(stage), key=lambda entry: entry.verdict.reader):
            by_reply.setdefault(standing.verdict.reply_id, []).append(standing)
        return tuple(
            Difference(
                reply_id, several[0].verdict.question_id, tuple(several), self.adjudicated.get(reply_id)
            )
            for reply_id, several in sorted(
                by_reply.items(), key=lambda item: (item[1][0].verdict.question_id, item[0])
            )
            if len({_judged(standing.verdict) for standing in several}) > 1
        )

    def take(self, event: Mapping[str, Any]) -> None:
        """Take in one event, as plain JSON."""
        kind, payload = event["kind"], event["payload"]
        if kind in (EventKind.REPLY_RECEIVED, EventKind.READER_ANSWERED):
            reply = Reply.model_validate(payload["reply"])
            (self.replies if kind == EventKind.REPLY_RECEIVED else self.own_answers)[reply.reply_id] = reply
            if payload.get("question") is not None:
                question = Question.model_validate(payload["question"])
                self.questions[question.question_id] = question
        elif kind in (EventKind.VERDICT, EventKind.CORRECTION):
            verdict = Verdict.model_validate(payload["verdict"])
            self.verdicts[verdict.key] = Given(event["event_id"], verdict)
        elif kind == EventKind.ADJUDICATED:
            verdict = Verdict.model_validate(payload["verdict"])
            self.adjudicated[verdict.reply_id] = verdict


def read_study_log(path: Path) -> StudyLog:
    """What stands in the log at `path`.

    Raises
    ------
    BadInput
        If it is no log, or an event does not hold what its kind promises.
    WorkFailed
        If its chain is broken.
    """
    log = StudyLog()
    with opened_log(path) as connection:
        for stored in walk(connection, str(path)):
            _take(log, stored, path)
    return log


def adjudication(
    difference: Difference,
    judgement: Judgement,
    *,
    adjudicator: str,
    given_utc: datetime,
    comment: str = "",
) -> Entry:
    """The entry for the adjudicator's own log that settles a difference; the verdicts stay as they are."""
    verdict_given = difference.given[0].verdict
    verdict = Verdict(
        **judgement.model_dump(),
        reader=adjudicator,
        reply_id=verdict_given.reply_id,
        question_id=verdict_given.question_id,
        question_sha256=verdict_given.question_sha256,
        stage=verdict_given.stage,
        aided=True,
        comment=comment,
        given_utc=given_utc,
    )
    return adjudicated(verdict, difference.event_ids)


def _take(log: StudyLog, stored: Stored, path: Path) -> None:
    try:
        log.take(stored.event)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadInput(
            f"{path}: record {stored.seq}",
            expected=f"the payload of an event '{stored.event['kind']}'",
            came=shown(str(error)),
            remedy="Leave this log out; it was written by another program",
        ) from error


def _judged(verdict: Verdict) -> tuple[str, str | None, Sequence[str]]:
    return verdict.value, verdict.error_type, tuple(sorted(verdict.faults))
