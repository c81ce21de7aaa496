"""The scores that a report counts by: the rules', one judge's, the jury's or the readers'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import ErrorType, VerdictValue
from CTSpatialVQALib.report.readers_truth import Finding, findings_of
from CTSpatialVQALib.report.readings import Readings
from CTSpatialVQALib.report.score_choice import ScoreChoice, is_judge, jury_of

_CORRECT = {VerdictValue.CORRECT: True, VerdictValue.INCORRECT: False}


def chosen_scores(
    choice: ScoreChoice, by_rule: Sequence[Score], replies: Iterable[Reply], readings: Readings
) -> tuple[Score, ...]:
    """The scores of `choice`; what it says nothing of has no score, and is never filled with another's.

    Raises
    ------
    BadInput
        If the logs hold no such judge, no two judges, or no verdict.
    """
    if choice.kind == "rules":
        return tuple(by_rule)
    if choice.kind == "readers":
        return _by_readers(findings_of(readings), replies)
    if choice.kind == "judge":
        names = [name for name, by in readings.judges.items() if is_judge(by, choice.judge)]
        if not names:
            raise _absent(f"--score-by {choice}", sorted(readings.judges))
        return _by_votes(readings.votes[names[-1]], readings.judges[names[-1]], replies)
    if len(readings.votes) < 2:
        raise _absent("--score-by jury, which takes two judges at least", sorted(readings.judges))
    by = f"jury majority of {', '.join(readings.votes)}"
    return _by_votes(jury_of(readings.votes), by, replies)


def _by_votes(votes: Mapping[str, bool | None], by: str, replies: Iterable[Reply]) -> tuple[Score, ...]:
    return tuple(
        Score(
            question_id=reply.key.question_id,
            reply_id=reply.reply_id,
            correct=votes[reply.reply_id],
            by=by,
            reason="no vote" if votes[reply.reply_id] is None else "",
        )
        for reply in replies
        if reply.reply_id in votes
    )


def _by_readers(findings: Mapping[str, Finding], replies: Iterable[Reply]) -> tuple[Score, ...]:
    if not findings:
        raise _absent("--score-by readers", [])
    return tuple(
        Score(
            question_id=reply.key.question_id,
            reply_id=reply.reply_id,
            correct=_CORRECT.get(finding.value),
            error_type=ErrorType(finding.error_type) if finding.error_type else None,
            by="readers",
            reason="adjudicated" if finding.adjudicated else f"{finding.readers} readers",
        )
        for reply in replies
        if (finding := findings.get(reply.reply_id)) is not None
    )


def _absent(option: str, choices: Sequence[str]) -> BadInput:
    return BadInput(
        option,
        expected=f"one of {', '.join(choices)}" if choices else "logs with such judgements",
        came="none in these logs",
        remedy="Add the log with --log, or judge the run with `score RUN --judge`",
    )
