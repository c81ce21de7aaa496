"""A reading by two people, one of them under her own name: corrected, adjudicated, with hostile texts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from CTSpatialVQALib.audit.events import (
    adjudicated,
    question_answered_by_reader,
    reply_received,
    scored,
    session_opened,
    verdict_given,
)
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.judgement import Score, Verdict
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import ErrorType, QuestionFault, ReadingMode, Severity, Stage, VerdictValue
from Testing.report.export_samples import NOON, reply, verdict

NAME = "Dr. Anna Müller"
HOSTILE = (
    '=HYPERLINK("http://127.0.0.1/x")<script>alert(1)</script>\n'
    '"quoted", größer 大 \\ ^ = \U0001f9e0\t\x07\u202eend'
)

KIDNEY = Question(
    question_id="case-1::kidney",
    case_id="case-1",
    text="On which side is the kidney with the cyst?",
    reference="In the left kidney.",
)
HEART = Question(
    question_id="case-1::heart",
    case_id="case-1",
    text="Where is the heart?",
    reference="Left of the midline.",
)
ODD = Question(
    question_id="case-2::odd", case_id="case-2", text=HOSTILE, reference="Behind the liver. " + HOSTILE
)


class Reading:
    """A log that grows verdict by verdict."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.replies = {
            KIDNEY: reply(KIDNEY, "In the right kidney."),
            HEART: reply(HEART, "Left of it."),
            ODD: reply(ODD, HOSTILE),
        }
        with AuditLog.open(path, Actor(id="ctspatialvqa", role="program")) as log:
            log.append(*session_opened("study-1", "a" * 64, ReadingMode.OPEN))
            for question, received in self.replies.items():
                log.append(*reply_received(received, question))
                log.append(*scored(self._score(question, received)))

    def _score(self, question: Question, received: Reply) -> Score:
        wrong = question is not HEART
        return Score(
            question_id=question.question_id,
            reply_id=received.reply_id,
            correct=not wrong,
            error_type=ErrorType.OTHER if wrong else None,
            by="rules-1",
            reason="compared",
        )

    def verdict(self, reader: str, question: Question, value: VerdictValue, **fields: object) -> str:
        """Give a verdict; the id of its event."""
        given = self._verdict(reader, question, value, **fields)
        with AuditLog.open(self.path, Actor(id=reader)) as log:
            return log.append(*verdict_given(given)).event.event_id

    def settle(self, reader: str, question: Question, value: VerdictValue, of: str, **fields: object) -> None:
        """Adjudicate."""
        given = self._verdict(reader, question, value, **fields)
        with AuditLog.open(self.path, Actor(id=reader)) as log:
            log.append(*adjudicated(given, [of]))

    def answer(self, reader: str, question: Question, text: str) -> None:
        """The reader answers himself."""
        own = reply(question, text, backend=reader)
        with AuditLog.open(self.path, Actor(id=reader)) as log:
            log.append(*question_answered_by_reader(own, question))

    def _verdict(self, reader: str, question: Question, value: VerdictValue, **fields: object) -> Verdict:
        more = {"reader": reader, "stage": Stage.FINAL, "shown_utc": NOON - timedelta(seconds=40)}
        return verdict(self.replies[question], value, **{**more, **fields})


def read_log(path: Path) -> Reading:
    """The whole story: seven verdicts that stand, one of them corrected, one adjudicated."""
    reading = Reading(path)
    swapped = {"error_type": ErrorType.LATERALITY_SWAP, "severity": Severity.CRITICAL}
    first = reading.verdict(NAME, KIDNEY, VerdictValue.CORRECT, comment="looks right")
    reading.verdict(
        NAME,
        KIDNEY,
        VerdictValue.INCORRECT,
        **swapped,
        corrects=first,
        correction_reason="Misread the marker",
        given_utc=NOON + timedelta(minutes=5),
        comment=HOSTILE,
    )
    reading.verdict("reader-2", KIDNEY, VerdictValue.INCORRECT, **swapped)
    reading.verdict(NAME, HEART, VerdictValue.CORRECT, stage=Stage.BLIND)
    disputed = reading.verdict("reader-2", HEART, VerdictValue.UNSURE)
    reading.settle("reader-9", HEART, VerdictValue.CORRECT, disputed)
    reading.verdict("reader-2", ODD, VerdictValue.QUESTION_FAULTY, faults=(QuestionFault.AMBIGUOUS,))
    reading.verdict(NAME, ODD, VerdictValue.INCORRECT, error_type=ErrorType.OTHER, comment="-")
    reading.answer("s.schmidt", HEART, "Left.")
    return reading
