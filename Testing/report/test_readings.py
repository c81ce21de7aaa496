"""Verdicts and votes from logs: the standing ones, readers under pseudonyms, judges under their names."""

from __future__ import annotations

from pathlib import Path

from CTSpatialVQALib.audit.events import scored
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.words import Stage, VerdictValue
from CTSpatialVQALib.report.readings import read_readings, restricted
from Testing.report.reading_samples import HEART, KIDNEY, NAME, ODD, Reading, read_log

JUDGE = "judge gpt-x 2026-01 (judge-1 0a1b2c3d)"


def _vote(reading: Reading, by: str, correct: bool | None) -> None:
    reply = reading.replies[KIDNEY]
    score = Score(
        question_id=KIDNEY.question_id, reply_id=reply.reply_id, correct=correct, by=by, reason="because"
    )
    with AuditLog.open(reading.path, Actor(id="ctspatialvqa", role="program")) as log:
        log.append(*scored(score))


def test_a_correction_stands_in_the_place_of_what_it_corrects(tmp_path: Path) -> None:
    reading = read_log(tmp_path / "audit.sqlite")
    found = read_readings([reading.path])
    kidney = reading.replies[KIDNEY].reply_id
    values = [one.value for one in found.verdicts if one.reply_id == kidney]
    assert values == [VerdictValue.INCORRECT, VerdictValue.INCORRECT]
    assert len(found.of_stage(Stage.BLIND)) == 1


def test_nobody_stands_under_a_name(tmp_path: Path) -> None:
    found = read_readings([read_log(tmp_path / "audit.sqlite").path])
    assert NAME not in repr(found)
    assert len(found.readers) == 2
    assert "reader-2" in found.readers


def test_the_rules_are_no_judge_and_the_last_vote_stands(tmp_path: Path) -> None:
    reading = read_log(tmp_path / "audit.sqlite")
    _vote(reading, JUDGE, None)
    _vote(reading, JUDGE, True)
    found = read_readings([reading.path])
    assert found.votes == {"gpt-x 2026-01": {reading.replies[KIDNEY].reply_id: True}}
    assert found.judges == {"gpt-x 2026-01": JUDGE}


def test_two_prompts_of_one_judge_are_told_apart(tmp_path: Path) -> None:
    reading = read_log(tmp_path / "audit.sqlite")
    other = JUDGE.replace("0a1b2c3d", "ffffffff")
    _vote(reading, JUDGE, True)
    _vote(reading, other, False)
    assert set(read_readings([reading.path]).votes) == {JUDGE, other}


def test_what_speaks_of_other_replies_is_left_out(tmp_path: Path) -> None:
    reading = read_log(tmp_path / "audit.sqlite")
    _vote(reading, JUDGE, True)
    heart = reading.replies[HEART].reply_id
    found = restricted(read_readings([reading.path]), [heart])
    assert {one.reply_id for one in found.verdicts} == {heart}
    assert (found.votes, found.judges) == ({}, {})
    assert reading.replies[ODD].reply_id not in repr(found)
