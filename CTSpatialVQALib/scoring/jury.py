"""Juries of several judges: unanimous, majority and any, with ties and missing votes shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput

Votes = NDArray[np.int8]
RIGHT, WRONG, NO_VOTE = 1, 0, -1

# The published jury counts an answer as right from this floored mean of its judges' votes on.
PUBLISHED_THRESHOLD = 0.66


class JuryRule(StrEnum):
    """How many judges must find an answer right."""

    UNANIMOUS = "unanimous"
    MAJORITY = "majority"
    ANY = "any"


class JuryTally(NamedTuple):
    """How a jury decided; `undecided` are ties and answers on which too many votes are missing."""

    right: int
    wrong: int
    undecided: int

    @property
    def share(self) -> float:
        """Right ones among all, the undecided in the denominator as in the published tables."""
        return self.right / (self.right + self.wrong + self.undecided)


@dataclass(frozen=True)
class JuryVotes:
    """The votes of several judges on the same answers.

    Parameters
    ----------
    judges : J distinct names
    question_ids : n ids, each once
    votes : (n, J) int8; 1 right, 0 wrong, -1 no vote

    Raises
    ------
    BadInput
        If a judge or a question stands twice.
    ValueError
        If the shape does not fit, or a vote has another value.
    """

    judges: tuple[str, ...]
    question_ids: tuple[str, ...]
    votes: Votes

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        for what, names in (("judge", self.judges), ("question id", self.question_ids)):
            if len(set(names)) != len(names):
                twice = next(name for at, name in enumerate(names) if name in names[:at])
                raise BadInput("jury", expected=f"each {what} once", came=f"{twice} twice", remedy="Keep one")
        if self.votes.shape != (len(self.question_ids), len(self.judges)):
            raise ValueError(
                f"expected {len(self.question_ids)} x {len(self.judges)} votes, found {self.votes.shape}"
            )
        if not np.isin(self.votes, (RIGHT, WRONG, NO_VOTE)).all():
            raise ValueError("a vote is 1, 0, or -1 for none")

    def judge(self, name: str) -> Votes:
        """(n,) the votes of one judge."""
        return self.votes[:, self.judges.index(name)]


def votes_by_id(by_judge: Mapping[str, Mapping[str, bool | None]], question_ids: Sequence[str]) -> JuryVotes:
    """Put judges' votes side by side, by question id; a question a judge does not have is no vote.

    Raises
    ------
    BadInput
        If a vote is neither True, False nor None (a text or a number is not guessed).
    """
    columns = [
        [_coded(votes.get(question_id), f"{judge}: {question_id}") for question_id in question_ids]
        for judge, votes in by_judge.items()
    ]
    coded = np.array(columns, dtype=np.int8).reshape(len(by_judge), len(question_ids)).T
    return JuryVotes(tuple(by_judge), tuple(question_ids), coded)


def decide(jury: JuryVotes, rule: JuryRule) -> Votes:
    """What the jury finds, for each answer: 1 right, 0 wrong, -1 undecided.

    A missing vote is no vote: an answer is decided only where the judges who voted settle it whatever
    the missing ones would have said.
    """
    judges = len(jury.judges)
    right = (jury.votes == RIGHT).sum(axis=1)
    wrong = (jury.votes == WRONG).sum(axis=1)
    needed = {JuryRule.UNANIMOUS: judges, JuryRule.MAJORITY: judges // 2 + 1, JuryRule.ANY: 1}[rule]
    decided = np.full(len(jury.question_ids), NO_VOTE, dtype=np.int8)
    decided[right >= needed] = RIGHT
    # a tie of an even jury is nobody's majority, and so stays undecided
    against = judges // 2 + 1 if rule is JuryRule.MAJORITY else judges - needed + 1
    decided[wrong >= against] = WRONG
    return decided


def tally(decided: Votes) -> JuryTally:
    """Count what the jury found."""
    return JuryTally(*(int((decided == value).sum()) for value in (RIGHT, WRONG, NO_VOTE)))


def published_score(jury: JuryVotes) -> NDArray[np.float64]:
    """(n,) the published score: mean of the votes, a missing one as 0, cut after two decimals.

    Three votes give 0.00, 0.33, 0.66 or 1.00; an answer counts as right from 0.66 on.
    """
    right = (jury.votes == RIGHT).sum(axis=1)
    score: NDArray[np.float64] = (right * 100 // len(jury.judges)) / 100
    return score


def published_verdict(jury: JuryVotes) -> NDArray[np.bool_]:
    """(n,) right by the published rule."""
    verdict: NDArray[np.bool_] = published_score(jury) >= PUBLISHED_THRESHOLD
    return verdict


def shares_right(jury: JuryVotes) -> dict[str, float]:
    """Judge -> share of answers found right, a missing vote as not right (as published)."""
    return {judge: float((jury.judge(judge) == RIGHT).mean()) for judge in jury.judges}


def _coded(vote: object, where: str) -> int:
    if vote is None:
        return NO_VOTE
    if isinstance(vote, bool | np.bool_):
        return RIGHT if vote else WRONG
    raise BadInput(where, expected="true, false or no vote", came=repr(vote), remedy="Correct the vote")
