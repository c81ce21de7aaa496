"""No-answers in the report's figures: named beside the failures, neither right nor wrong."""

from __future__ import annotations

from datetime import UTC, datetime

from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.records.words import Outcome
from CTSpatialVQALib.report.summary import summarise
from CTSpatialVQALib.scoring.rules import score_answer

ANSWERS = {
    "a": "On the right.",
    "b": "On the left.",
    "c": "I'm sorry, but I can't help with that.",
    "d": "I cannot determine the side.",
}


def test_no_answers_are_named_and_counted_apart() -> None:
    questions, replies, scores = [], [], []
    for name, text in ANSWERS.items():
        question = Question(
            question_id=f"case::{name}",
            case_id="case",
            text="On which side is it?",
            reference="On the right.",
        )
        key = ReplyKey(
            question_id=question.question_id,
            question_sha256=question.question_sha256,
            backend="model",
            backend_version="1",
            contract="none",
            presentation_sha256="0" * 64,
            prompt_sha256="0" * 64,
        )
        reply = Reply(
            reply_id=key.reply_id,
            key=key,
            case_id="case",
            outcome=Outcome.ANSWERED,
            answer=text,
            started_utc=datetime(2030, 1, 1, tzinfo=UTC),
            duration_s=0,
        )
        questions.append(question)
        replies.append(reply)
        scores.append(
            score_answer(
                question.text,
                question.reference,
                text,
                question_id=question.question_id,
                reply_id=key.reply_id,
            )
        )
    (summary,) = summarise(questions, replies, scores, descriptions={}, patients={})
    assert (summary.tally.right, summary.tally.wrong, summary.tally.failed) == (1, 1, 2)
    assert summary.failed_by_outcome == {"refused": 1, "cannot_determine": 1}
    assert summary.tally.accuracy == 0.5
    assert summary.accuracy_with_silent == 0.25
