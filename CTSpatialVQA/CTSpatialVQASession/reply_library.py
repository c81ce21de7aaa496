"""The replies to the questions of a study, by their ids, failed ones included."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome


class Added(NamedTuple):
    """How many answers are new, and how many replies were of other questions and left out."""

    new: int
    foreign: int


class ReplyLibrary:
    """The replies to the questions of one study.

    A failed reply stays until the same request brings another outcome: the window shows it, nobody judges it.
    """

    def __init__(self, study: Study) -> None:
        self._questions = {question.question_id: question.question_sha256 for question in study.questions}
        self._replies: dict[str, Reply] = {}

    @property
    def all(self) -> tuple[Reply, ...]:
        """Every reply."""
        return tuple(self._replies.values())

    def of_question(self, question_id: str) -> tuple[Reply, ...]:
        """The replies to one question, by backend and probe."""
        replies = [reply for reply in self._replies.values() if reply.key.question_id == question_id]
        return tuple(sorted(replies, key=lambda reply: (reply.key.backend, reply.key.probe, reply.reply_id)))

    def by_id(self, reply_id: str) -> Reply | None:
        """The reply of that id, or None."""
        return self._replies.get(reply_id)

    def backends(self) -> frozenset[str]:
        """Names of those who answered something."""
        return frozenset(reply.key.backend for reply in self._replies.values())

    def add(self, replies: Iterable[Reply]) -> Added:
        """Add replies; an answer is never replaced, a failure is."""
        new = foreign = 0
        for reply in replies:
            if self._questions.get(reply.key.question_id) != reply.key.question_sha256:
                foreign += 1
                continue
            present = self._replies.get(reply.reply_id)
            if present is None or (present.outcome.asked_again and present != reply):
                self._replies[reply.reply_id] = reply
                new += reply.outcome is Outcome.ANSWERED
        return Added(new, foreign)

    def add_store(self, path: Path) -> Added:
        """Add the replies of a run store.

        Raises
        ------
        BadInput
            If it is no run store.
        WorkFailed
            If it cannot be opened.
        """
        if not path.is_file():
            raise BadInput(
                path, expected="a file run.store", came="nothing", remedy="Choose a run's run.store"
            )
        with RunStore(path) as store:
            return self.add(store.replies())
