"""Standing verdicts of readers and votes of judges from logs, by reply id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.base import bad_input_from
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.judgement import Score, Verdict, VerdictKey
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Stage
from CTSpatialVQALib.report.deidentified import Pseudonyms
from CTSpatialVQALib.report.exports import read_records

_RULES = "rules-"
_JUDGED = frozenset({EventKind.VERDICT, EventKind.CORRECTION})


@dataclass(frozen=True)
class Readings:
    """What stands in the logs.

    Parameters
    ----------
    verdicts : the standing ones, readers under pseudonyms
    votes : judge -> reply id -> right, wrong, or None for no vote
    judges : judge -> the same with version and prompt, as it stands in its scores
    adjudicated : reply id -> the verdict that settled what readers differed on
    own_answers : of readers who answered themselves, the last to each question, under pseudonyms; second
        readings are left out, for a second answer to a question is not a second question
    """

    verdicts: tuple[Verdict, ...] = ()
    votes: Mapping[str, Mapping[str, bool | None]] = field(default_factory=dict)
    judges: Mapping[str, str] = field(default_factory=dict)
    own_answers: tuple[Reply, ...] = ()
    adjudicated: Mapping[str, Verdict] = field(default_factory=dict)

    def of_stage(self, stage: Stage) -> tuple[Verdict, ...]:
        """The verdicts of one stage, of the first reading."""
        return tuple(verdict for verdict in self.verdicts if verdict.stage is stage and verdict.occasion == 1)

    @property
    def readers(self) -> tuple[str, ...]:
        """Everyone who gave a verdict, in alphabetical order."""
        return tuple(sorted({verdict.reader for verdict in self.verdicts}))


def read_readings(logs: Sequence[Path]) -> Readings:
    """The standing verdicts and the judges' votes of several logs.

    Raises
    ------
    BadInput
        If a file is no log or a record does not hold what its kind promises.
    WorkFailed
        If the chain of a log is broken.
    """
    verdicts: dict[VerdictKey, Verdict] = {}
    votes: dict[str, dict[str, bool | None]] = {}
    own: dict[str, Reply] = {}
    settled: dict[str, Verdict] = {}
    for log in logs:
        readers = Pseudonyms()
        for stored in read_records(log):
            if stored.seq == 1:
                readers.begin(stored.sha256)
            kind, payload = stored.event["kind"], stored.event["payload"]
            where = f"{log}: record {stored.seq}"
            if kind in _JUDGED:
                judged = _verdict(payload, where)
                judged = judged.model_copy(update={"reader": readers.of(judged.reader)})
                verdicts[judged.key] = judged
            elif kind == EventKind.ADJUDICATED:
                verdict = _verdict(payload, where)
                settled[verdict.reply_id] = verdict.model_copy(update={"reader": readers.of(verdict.reader)})
            elif kind == EventKind.SCORED and not _by(payload, where).startswith(_RULES):
                _add_vote(votes, _score(payload, where))
            elif kind == EventKind.READER_ANSWERED:
                answer = _under(readers, _reply(payload, where))
                own[answer.reply_id] = answer
    names = _short_names(votes)
    return Readings(
        tuple(verdicts.values()),
        {name: votes[by] for by, name in names.items()},
        {name: by for by, name in names.items()},
        tuple(answer for answer in own.values() if "occasion" not in answer.key.parameters),
        settled,
    )


def _short_names(votes: Iterable[str]) -> dict[str, str]:
    """Who judged, without the prompt where that is not needed to tell two apart."""
    short = {by: by.removeprefix("judge ").split(" (", 1)[0] for by in votes}
    counts = Counter(short.values())
    return {by: name if counts[name] == 1 else by for by, name in short.items()}


def restricted(readings: Readings, reply_ids: Iterable[str]) -> Readings:
    """What speaks of these replies."""
    kept = frozenset(reply_ids)
    votes = {
        judge: {reply_id: vote for reply_id, vote in judge_votes.items() if reply_id in kept}
        for judge, judge_votes in readings.votes.items()
    }
    return Readings(
        tuple(verdict for verdict in readings.verdicts if verdict.reply_id in kept),
        {judge: judge_votes for judge, judge_votes in votes.items() if judge_votes},
        {judge: by for judge, by in readings.judges.items() if votes[judge]},
        tuple(answer for answer in readings.own_answers if answer.reply_id in kept),
        {reply_id: verdict for reply_id, verdict in readings.adjudicated.items() if reply_id in kept},
    )


def _under(readers: Pseudonyms, answer: Reply) -> Reply:
    """The answer under its reader's pseudonym; the id too, for it is a hash of who answered."""
    key = answer.key.model_copy(update={"backend": readers.of(answer.key.backend)})
    return answer.model_copy(update={"key": key, "reply_id": key.reply_id})


def _add_vote(votes: dict[str, dict[str, bool | None]], score: Score) -> None:
    if score.reply_id is not None:
        votes.setdefault(score.by, {})[score.reply_id] = score.correct


def _by(payload: Mapping[str, Any], where: str) -> str:
    try:
        return str(payload["score"]["by"])
    except (KeyError, TypeError) as error:
        raise _another_shape(where, error) from error


def _verdict(payload: Mapping[str, Any], where: str) -> Verdict:
    try:
        return Verdict.model_validate(payload["verdict"])
    except ValidationError as error:
        raise bad_input_from(error, where, "verdict") from error
    except (KeyError, TypeError) as error:
        raise _another_shape(where, error) from error


def _reply(payload: Mapping[str, Any], where: str) -> Reply:
    try:
        return Reply.model_validate(payload["reply"])
    except ValidationError as error:
        raise bad_input_from(error, where, "reply") from error
    except (KeyError, TypeError) as error:
        raise _another_shape(where, error) from error


def _score(payload: Mapping[str, Any], where: str) -> Score:
    try:
        return Score.model_validate(payload["score"])
    except ValidationError as error:
        raise bad_input_from(error, where, "score") from error


def _another_shape(where: str, error: Exception) -> BadInput:
    return BadInput(
        where,
        expected="a record that holds what its kind promises",
        came=f"another shape ({error!r})",
        remedy="Leave this log out; it was written by another program",
    )
