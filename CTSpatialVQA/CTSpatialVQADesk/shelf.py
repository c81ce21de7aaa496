"""Which replies are there? Every reply that was found or asked for, by its id, whatever became of it."""

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
    """What was put on the shelf, and how many replies were of other questions and left out."""

    new: int
    foreign: int


class Shelf:
    """The replies to the questions of one study.

    A failed reply stays until the same asking brings another outcome: the window tells it, nobody reads it.
    """

    def __init__(self, study: Study) -> None:
        self._questions = {one.question_id: one.question_sha256 for one in study.questions}
        self._replies: dict[str, Reply] = {}

    @property
    def replies(self) -> tuple[Reply, ...]:
        """All of them."""
        return tuple(self._replies.values())

    def of_question(self, question_id: str) -> tuple[Reply, ...]:
        """The replies to one question, by backend and probe."""
        found = [one for one in self._replies.values() if one.key.question_id == question_id]
        return tuple(sorted(found, key=lambda one: (one.key.backend, one.key.probe, one.reply_id)))

    def by_id(self, reply_id: str) -> Reply | None:
        """One reply."""
        return self._replies.get(reply_id)

    def backends(self) -> frozenset[str]:
        """Names of those who answered something."""
        return frozenset(one.key.backend for one in self._replies.values())

    def add(self, replies: Iterable[Reply]) -> Added:
        """Put replies on the shelf; an answer is never replaced, a failure is."""
        new = foreign = 0
        for reply in replies:
            if self._questions.get(reply.key.question_id) != reply.key.question_sha256:
                foreign += 1
                continue
            known = self._replies.get(reply.reply_id)
            if known is None or (known.outcome.asked_again and known != reply):
                self._replies[reply.reply_id] = reply
                new += reply.outcome is Outcome.ANSWERED
        return Added(new, foreign)

    def add_store(self, path: Path) -> Added:
        """Put the replies of a run store on the shelf.

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
