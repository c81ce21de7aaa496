"""The votes of several judging models together, and the alarms they raise."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from CTSpatialVQALib.benchmark.judges import Vote, vote_key
from CTSpatialVQALib.judging.jury_agreement import kappas
from CTSpatialVQALib.judging.prompt import JudgedText
from CTSpatialVQALib.judging.vote_store import JudgeVote
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.words import ErrorType
from CTSpatialVQALib.scoring.jury import (
    NO_VOTE,
    RIGHT,
    WRONG,
    JuryRule,
    JuryTally,
    JuryVotes,
    decide,
    tally,
    votes_by_id,
)
from CTSpatialVQALib.scoring.score_alarms import (
    Alarm,
    constant_judge,
    low_agreement,
    no_votes,
    self_contradiction,
)
from CTSpatialVQALib.statistics.agreement import Agreement

# what an answer about a CT has no reason to say
_ADDRESSES_JUDGE = re.compile(
    r"\bverdicts?\b|\bis_correct\b|\berror_type\b|\bsystem prompt\b|\bas an? (?:judge|ai)\b"
    r"|\b(?:mark|grade|score|rate|judge|count) (?:this|it|the answer|me)\b"
    r"|\b(?:ignore|disregard|forget) (?:all|any|the|your|previous|prior)\b",
    re.IGNORECASE,
)
_MEANS = {RIGHT: True, WRONG: False, NO_VOTE: None}


@dataclass(frozen=True)
class Panel:
    """The votes of all judges on the same answers.

    Parameters
    ----------
    items : what was judged, each item id once
    votes : judge -> item id -> vote; an item that a judge lacks is no vote
    patients : item id -> patient id
    """

    items: Sequence[JudgedText]
    votes: Mapping[str, Mapping[str, JudgeVote]]
    patients: Mapping[str, str]

    @cached_property
    def jury(self) -> JuryVotes:
        """Side by side, by item id."""
        by_judge = {
            judge: {item_id: vote.correct for item_id, vote in own.items()}
            for judge, own in self.votes.items()
        }
        return votes_by_id(by_judge, [item.item_id for item in self.items])

    def tallies(self) -> dict[JuryRule, JuryTally]:
        """How the jury decides, by each rule."""
        return {rule: tally(decide(self.jury, rule)) for rule in JuryRule}

    def agreement(self) -> dict[str, Agreement]:
        """Kappa of every pair of judges, and of all."""
        return kappas(self.jury, self.patients)

    def scores(self, rule: JuryRule, reply_ids: Mapping[str, str] | None = None) -> dict[str, Score]:
        """The jury's score of each item id; undecided where a tie or missing votes leave it open.

        Parameters
        ----------
        reply_ids : item id -> reply id
        """
        decided = decide(self.jury, rule).tolist()
        return {
            item.item_id: Score(
                question_id=item.question_id,
                reply_id=(reply_ids or {}).get(item.item_id),
                correct=_MEANS[decision],
                error_type=self._error(item.item_id) if decision == WRONG else None,
                by=f"jury {rule} of {', '.join(self.jury.judges)}",
                reason=self._votes_in_words(item.item_id),
            )
            for item, decision in zip(self.items, decided, strict=True)
        }

    def alarms(self, about: str) -> list[Alarm]:
        """What should make a reader distrust these votes."""
        alarms = low_agreement(self.agreement(), about)
        for alarm in no_votes(self.jury, about):
            alarms.append(
                alarm._replace(message=f"{alarm.numbers['votes']} answers have no vote, which is no verdict")
            )
        for judge, own in self.votes.items():
            alarms += constant_judge(judge, (vote.correct for vote in own.values()), about)
            alarms += self_contradiction(self._votes_on_texts(own), f"{about} / {judge}")
        return alarms + addressing_the_judge(self.items, about)

    def _votes_on_texts(self, own: Mapping[str, JudgeVote]) -> list[Vote]:
        """Each vote once, under the texts it is about."""
        seen = {own[item.item_id].vote_id: item for item in self.items if item.item_id in own}
        correct = {vote.vote_id: vote.correct for vote in own.values()}
        return [
            Vote(vote_key(item.question, item.reference, item.answer), None, correct[vote_id], "")
            for vote_id, item in seen.items()
        ]

    def _of(self, item_id: str) -> dict[str, JudgeVote | None]:
        return {judge: own.get(item_id) for judge, own in self.votes.items()}

    def _error(self, item_id: str) -> ErrorType | None:
        """The error type that most of the judges who found it wrong name; None without one or in a tie."""
        named = Counter(vote.error_type for vote in self._of(item_id).values() if vote and vote.error_type)
        first = named.most_common(2)
        alone = len(first) == 1 or (len(first) > 1 and first[0][1] > first[1][1])
        return first[0][0] if alone else None

    def _votes_in_words(self, item_id: str) -> str:
        words = {True: "correct", False: "incorrect", None: "no vote"}
        return ", ".join(
            f"{judge}: {words[vote.correct if vote else None]}" for judge, vote in self._of(item_id).items()
        )


def addressing_the_judge(items: Sequence[JudgedText], about: str) -> list[Alarm]:
    """Answers that speak to whoever judges them instead of about a CT; to be read by a human."""
    item_ids = [item.item_id for item in items if _ADDRESSES_JUDGE.search(item.answer)]
    if not item_ids:
        return []
    named = ", ".join(item_ids[:5]) + (" ..." if len(item_ids) > 5 else "")
    return [
        Alarm(
            "answers_address_the_judge",
            "warning",
            about,
            f"{len(item_ids)} answers speak to a judge instead of about the CT ({named}); read them yourself",
            {"answers": len(item_ids)},
        )
    ]
