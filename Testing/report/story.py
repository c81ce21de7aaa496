"""A study that grows one asking at a time, for tests of the report. All of it is invented."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.records.words import Outcome, Probe


class Story:
    """Grows a small study, one asking at a time."""

    def __init__(self) -> None:
        self.questions: dict[str, Question] = {}
        self.replies: list[Reply] = []
        self.scores: list[Score] = []

    def question(self, question_id: str, **fields: object) -> Question:
        """Add a question with invented words unless they are given."""
        fields = {
            "case_id": "phantom-0",
            "text": f"Where is the spot {question_id}?",
            "reference": "liver",
        } | fields
        made = Question.model_validate({"question_id": question_id, **fields})
        self.questions[question_id] = made
        return made

    def reply(
        self,
        question_id: str,
        backend: str = "model-a",
        *,
        outcome: Outcome = Outcome.ANSWERED,
        correct: bool | None = None,
        scored: bool = True,
        probe: Probe = Probe.FULL,
        answer: str = "In the liver.",
        key: Mapping[str, object] = MappingProxyType({}),
        **score: object,
    ) -> Reply:
        """Add a reply and, unless it failed or `scored` is false, its score; `key` changes its key."""
        question = self.questions[question_id]
        made_key = ReplyKey.model_validate(
            {
                "question_id": question_id,
                "question_sha256": question.question_sha256,
                "backend": backend,
                "backend_version": "1",
                "contract": "none",
                "probe": probe,
                "presentation_sha256": "0" * 64,
                "prompt_sha256": "0" * 64,
                **key,
            }
        )
        answered = outcome is Outcome.ANSWERED
        made = Reply(
            reply_id=made_key.reply_id,
            key=made_key,
            case_id=question.case_id,
            outcome=outcome,
            answer=answer if answered else None,
            detail="" if answered else "it did not come",
            started_utc=datetime(2026, 1, 2, tzinfo=UTC),
            duration_s=0.5,
        )
        self.replies.append(made)
        if answered and scored:
            self.scores.append(self.score(made, correct, **score))
        return made

    @staticmethod
    def score(reply: Reply, correct: bool | None, **fields: object) -> Score:
        """A score of `reply` by an invented scorer."""
        fields = {"by": "rules-1", "reason": "compared side and organ"} | fields
        return Score.model_validate(
            {"question_id": reply.key.question_id, "reply_id": reply.reply_id, "correct": correct, **fields}
        )
