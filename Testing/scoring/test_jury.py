"""Juries: rules, ties, missing votes, and the published way of counting."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.scoring.jury import (
    JuryRule,
    JuryVotes,
    decide,
    published_score,
    published_verdict,
    shares_right,
    tally,
    votes_by_id,
)


def jury(*rows: str) -> JuryVotes:
    """One row of votes per answer: `+` right, `-` wrong, `.` none."""
    coded = [[{"+": 1, "-": 0, ".": -1}[vote] for vote in row] for row in rows]
    judges = tuple("ABCD"[: len(rows[0])])
    return JuryVotes(judges, tuple(str(at) for at in range(len(rows))), np.array(coded, dtype=np.int8))


@pytest.mark.parametrize(
    ("votes", "unanimous", "majority", "any_one"),
    [
        ("+++", 1, 1, 1),
        ("++-", 0, 1, 1),
        ("+--", 0, 0, 1),
        ("---", 0, 0, 0),
        ("++.", -1, 1, 1),
        ("+-.", 0, -1, 1),
        ("--.", 0, 0, -1),
        ("+..", -1, -1, 1),
        ("...", -1, -1, -1),
        ("+-", 0, -1, 1),
        ("++--", 0, -1, 1),
        ("+++-", 0, 1, 1),
    ],
)
def test_a_missing_vote_and_a_tie_decide_nothing(
    votes: str, unanimous: int, majority: int, any_one: int
) -> None:
    found = [int(decide(jury(votes), rule)[0]) for rule in JuryRule]
    assert found == [unanimous, majority, any_one]


def test_a_decision_never_depends_on_a_missing_vote() -> None:
    for votes in ("".join(row) for row in product("+-.", repeat=3)):
        filled = [
            "".join(next(given) if vote == "." else vote for vote in votes)
            for given in map(iter, product("+-", repeat=votes.count(".")))
        ]
        for rule in JuryRule:
            decided = int(decide(jury(votes), rule)[0])
            outcomes = {int(decide(jury(one), rule)[0]) for one in filled}
            assert outcomes == {decided} if decided != -1 else len(outcomes) == 2


def test_published_score_is_the_mean_cut_after_two_decimals_with_missing_as_zero() -> None:
    votes = jury("+++", "++-", "+-.", "++.", "...")
    assert published_score(votes).tolist() == [1.0, 0.66, 0.33, 0.66, 0.0]
    assert published_verdict(votes).tolist() == [True, True, False, True, False]


def test_tally_keeps_the_undecided_in_the_denominator() -> None:
    found = tally(decide(jury("+-", "++", "--", "++"), JuryRule.MAJORITY))
    assert found == (2, 1, 1)
    assert found.share == 0.5


def test_votes_are_put_together_by_id() -> None:
    found = votes_by_id({"A": {"q2": True, "q1": False}, "B": {"q1": True}}, ["q1", "q2"])
    assert found.votes.tolist() == [[0, 1], [1, -1]]
    assert shares_right(found) == {"A": 0.5, "B": 0.5}


@pytest.mark.parametrize("vote", ["true", 1, 0.66, float("nan")])
def test_a_vote_that_is_no_vote_is_refused_by_name(vote: object) -> None:
    with pytest.raises(BadInput, match="A: q1: expected true, false or no vote"):
        votes_by_id({"A": {"q1": vote}}, ["q1"])  # type: ignore[dict-item]


def test_a_question_that_stands_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="q1 twice"):
        votes_by_id({"A": {"q1": True}}, ["q1", "q1"])


def test_votes_of_another_shape_or_value_are_refused() -> None:
    with pytest.raises(ValueError, match="1 x 2"):
        JuryVotes(("A", "B"), ("q",), np.zeros((2, 1), dtype=np.int8))
    with pytest.raises(ValueError, match="a vote is"):
        JuryVotes(("A",), ("q",), np.array([[2]], dtype=np.int8))
