"""The table of verdicts: one row each, joined by reply, safe in a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.audit.events import (
    Entry,
    consent_given,
    reply_received,
    scored,
    session_opened,
    verdict_given,
)
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.escaping import visible
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.words import ErrorType, QuestionFault, ReadingMode, Severity, Stage, VerdictValue
from CTSpatialVQALib.report.exports import export_csv
from CTSpatialVQALib.report.spreadsheet import safe_cell
from CTSpatialVQALib.report.verdict_columns import CSV_COLUMNS
from Testing.report.export_samples import NOON, READER, log_of, question, reply, verdict


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "audit.sqlite"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out" / "table.csv"


def exported(log: Path, out: Path) -> list[dict[str, str]]:
    count = export_csv(log, out)
    with out.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == count
    return rows


def test_a_verdict_is_one_row_with_all_that_is_known_of_it(log_path: Path, out: Path) -> None:
    asked, answered = question(0), reply(question(0))
    judged = verdict(
        answered,
        VerdictValue.INCORRECT,
        error_type=ErrorType.LATERALITY_SWAP,
        severity=Severity.CRITICAL,
        aided=True,
        comment="links, nicht rechts: größer",
        shown_utc=NOON,
    )
    score = Score(
        question_id=asked.question_id,
        reply_id=answered.reply_id,
        correct=False,
        error_type=ErrorType.LATERALITY_SWAP,
        by="rules-1",
        reason="other side",
    )
    log_of(log_path, reply_received(answered, asked), scored(score), verdict_given(judged))
    (row,) = exported(log_path, out)
    with AuditLog.open(log_path, READER) as log:
        event_id = [record.event.event_id for record in log.records()][2]
    assert row == {
        "question_id": "case-1::0",
        "question_sha256": asked.question_sha256,
        "case_id": "case-1",
        "categories": "Laterality & Bilateral Symmetry; Adjacency & Containment",
        "form": "",
        "question": "Which side?",
        "reference": "Left.",
        "reply_id": answered.reply_id,
        "answered_by": "model",
        "backend": "model",
        "backend_version": "2",
        "contract": "none",
        "probe": "full",
        "outcome": "answered",
        "answer": "Right.",
        "basis": "",
        "score_by": "rules-1",
        "score_correct": "false",
        "score_error_type": "laterality_swap",
        "score_reason": "other side",
        "reader": "reader-1",
        "stage": "blind",
        "occasion": "1",
        "adjudicated": "false",
        "aided": "true",
        "verdict": "incorrect",
        "error_type": "laterality_swap",
        "severity": "critical",
        "faults": "",
        "comment": "links, nicht rechts: größer",
        "shown_utc": "2026-03-01T12:00:00Z",
        "given_utc": "2026-03-01T12:00:00Z",
        "corrected": "false",
        "correction_reason": "",
        "seq": "3",
        "event_id": event_id,
        "notice": "Research use only",
        "correct by rules-1": "false",
    }


def test_the_columns_are_the_documented_ones_and_excel_sees_the_encoding(log_path: Path, out: Path) -> None:
    export_csv(log_of(log_path), out)
    assert out.read_bytes() == b"\xef\xbb\xbf" + ",".join(CSV_COLUMNS).encode() + b"\r\n"
    assert all(CSV_COLUMNS.values())


def test_rows_are_joined_by_reply_and_never_by_order(log_path: Path, out: Path) -> None:
    asked = [question(number, f"Question {number}?") for number in range(3)]
    replies = [reply(one, f"Answer {number}.") for number, one in enumerate(asked)]
    scores = [
        Score(
            question_id=one.key.question_id,
            reply_id=one.reply_id,
            correct=True,
            by="r",
            reason=one.answer or "",
        )
        for one in replies
    ]
    entries = [verdict_given(verdict(one, comment=one.answer)) for one in replies]
    entries += [scored(one) for one in reversed(scores)]
    entries += [reply_received(replies[place], asked[place]) for place in (1, 2, 0)]
    rows = exported(log_of(log_path, *entries), out)
    assert {row["answer"] for row in rows} == {"Answer 0.", "Answer 1.", "Answer 2."}
    for row in rows:
        assert row["comment"] == row["answer"] == row["score_reason"]
        assert row["question"] == row["answer"].replace("Answer", "Question").replace(".", "?")


def test_the_latest_verdict_stands_and_says_that_it_corrects(log_path: Path, out: Path) -> None:
    about = reply(question(0))
    correction = {"corrects": "event", "correction_reason": "slice seen too late"}
    later = verdict(about, VerdictValue.UNSURE, comment="second", **correction)
    rows = exported(
        log_of(
            log_path,
            verdict_given(verdict(about, comment="first")),
            verdict_given(verdict(about, stage=Stage.FINAL)),
            verdict_given(verdict(about, reader="reader-2")),
            verdict_given(later),
        ),
        out,
    )
    kept = [(row["reader"], row["stage"], row["comment"], row["corrected"]) for row in rows]
    assert kept == [
        ("reader-1", "final", "", "false"),
        ("reader-2", "blind", "", "false"),
        ("reader-1", "blind", "second", "true"),
    ]
    assert rows[2]["correction_reason"] == "slice seen too late"


def test_a_reply_without_a_verdict_is_not_lost(log_path: Path, out: Path) -> None:
    judged, failed = reply(question(0)), reply(question(1), None)
    rows = exported(
        log_of(
            log_path,
            session_opened("study", "a" * 64, ReadingMode.OPEN),
            reply_received(failed, question(1)),
            consent_given("example.org"),
            reply_received(judged),
            verdict_given(verdict(judged)),
        ),
        out,
    )
    assert [(row["question_id"], row["outcome"], row["verdict"]) for row in rows] == [
        ("case-1::0", "answered", "correct"),
        ("case-1::1", "timeout", ""),
    ]
    assert rows[1]["answer"] == rows[1]["reader"] == ""
    assert rows[0]["question"] == ""  # its question was not in the log
    assert rows[1]["question"] == "Which side?"


def test_a_verdict_whose_reply_is_elsewhere_is_not_lost(log_path: Path, out: Path) -> None:
    about = reply(question(0))
    faulty = verdict(
        about, VerdictValue.QUESTION_FAULTY, faults=(QuestionFault.AMBIGUOUS, QuestionFault.NOT_SPATIAL)
    )
    (row,) = exported(log_of(log_path, verdict_given(faulty)), out)
    assert (row["reply_id"], row["answer"], row["faults"]) == (about.reply_id, "", "ambiguous; not_spatial")


def test_a_reply_that_came_after_a_failure_stands(log_path: Path, out: Path) -> None:
    failed, answered = reply(question(0), None), reply(question(0))
    assert failed.reply_id == answered.reply_id
    (row,) = exported(log_of(log_path, reply_received(failed), reply_received(answered)), out)
    assert (row["outcome"], row["answer"], row["seq"]) == ("answered", "Right.", "2")


def test_a_score_without_a_reply_is_given_to_none(log_path: Path, out: Path) -> None:
    loose = Score(question_id="case-1::0", correct=True, by="rules-1", reason="r")
    (row,) = exported(log_of(log_path, reply_received(reply(question(0))), scored(loose)), out)
    assert row["score_correct"] == ""


def test_a_verdict_on_another_question_than_its_reply_is_refused_by_name(log_path: Path, out: Path) -> None:
    about = reply(question(0))
    log_of(log_path, reply_received(about), verdict_given(verdict(about, question_id="case-1::7")))
    with pytest.raises(BadInput, match=r"record 2: expected question_id case-1::0.*found case-1::7"):
        export_csv(log_path, out)
    assert not out.exists()


def test_a_payload_of_another_shape_is_refused_by_name(log_path: Path, out: Path) -> None:
    log_of(log_path, Entry(EventKind.VERDICT, {"verdict": {"reader": "r"}}))
    with pytest.raises(BadInput, match="record 1: expected the payload of an event 'verdict'"):
        export_csv(log_path, out)


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "  =", "\u00a0@", "\t=", "\ufeff=", "\u200b-"]
)
def test_no_text_becomes_a_formula(log_path: Path, out: Path, start: str) -> None:
    text = start + 'cmd|"/C calc"!A1'
    answered = reply(question(0), text)
    log_of(log_path, reply_received(answered), verdict_given(verdict(answered, comment=text)))
    (row,) = exported(log_path, out)
    assert row["answer"] == row["comment"] == "'" + visible(text)


@given(st.text())
def test_a_safe_cell_keeps_its_text_and_never_starts_a_formula(text: str) -> None:
    safe = safe_cell(text)
    assert safe in (visible(text), "'" + visible(text))
    assert visible(safe) == safe
    assert not "".join(one for one in safe if one.isprintable()).lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("text", ["", "left upper lobe", "3.5 mm", "(see above)", "a = b", "10 - 20"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


def test_quotes_commas_and_line_ends_stay_in_their_cell(log_path: Path, out: Path) -> None:
    text = 'a "b", c;\r\nd\ne'
    (row,) = exported(log_of(log_path, reply_received(reply(question(0), text))), out)
    assert row["answer"] == 'a "b", c;\nd\ne'


@pytest.mark.parametrize("place", [0, 5])
@pytest.mark.parametrize("code", [0x00, 0x07, 0x08, 0x1B, 0x7F, 0x9B, 0x202E, 0x2066, 0xFEFF])
def test_no_character_that_steers_a_terminal_passes_into_a_table(
    log_path: Path, out: Path, code: int, place: int
) -> None:
    text = "lower lobe"[:place] + chr(code) + "lower lobe"[place:]
    answered = reply(question(0), text)
    log_of(log_path, reply_received(answered), verdict_given(verdict(answered, comment=text)))
    (row,) = exported(log_path, out)
    assert row["answer"].lstrip("'") == row["comment"].lstrip("'") == visible(text)
    assert out.read_text(encoding="utf-8").count(chr(code)) == (code == 0xFEFF)  # the file's own mark
