"""Whose judgement counts: the rules', one judge's, the jury's or the readers'; every scorer kept apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.scoring.jury import RIGHT, WRONG, JuryRule, JuryVotes, decide, votes_by_id

Kind = Literal["rules", "jury", "judge", "readers"]
KINDS: tuple[Kind, ...] = get_args(Kind)
JUDGE_PREFIX, JURY_PREFIX = "judge ", "jury "


class ScoreChoice(NamedTuple):
    """Whose judgement counts; `judge` is a judge's name where the kind is `judge`."""

    kind: Kind = "rules"
    judge: str = ""

    def __str__(self) -> str:
        """As it is typed."""
        return f"judge {self.judge}" if self.kind == "judge" else self.kind


BY_RULES = ScoreChoice()


def score_choice(words: Sequence[str] | None) -> ScoreChoice:
    """From what stands behind `--score-by`: `rules`, `jury`, `readers`, or `judge` and a name.

    Raises
    ------
    BadInput
        For anything else.
    """
    if not words:
        return BY_RULES
    kind, *judge_name = " ".join(words).split(maxsplit=1)
    if kind not in KINDS or (kind == "judge") != bool(judge_name):
        raise BadInput(
            "--score-by",
            expected="rules, jury, readers, or judge and its name",
            came=shown(" ".join(words)),
            remedy="Name one of them; put the option behind the files",
        )
    return ScoreChoice(kind, judge_name[0] if judge_name else "")


def is_rules(by: str) -> bool:
    """Whether a score is by rule, of whatever program: neither a judge's nor a jury's."""
    return not by.startswith((JUDGE_PREFIX, JURY_PREFIX))


def judge_of(by: str) -> str | None:
    """The judge's name in `Score.by`; None for rules and juries."""
    return by.removeprefix(JUDGE_PREFIX).split(" (", 1)[0] if by.startswith(JUDGE_PREFIX) else None


def is_judge(by: str, name: str) -> bool:
    """Whether `by` is the judge `name`, with or without its version."""
    judge = judge_of(by)
    return judge is not None and (judge == name or judge.startswith(f"{name} ") or by == name)


def jury_of(votes: Mapping[str, Mapping[str, bool | None]]) -> dict[str, bool | None]:
    """What the majority of several judges finds of each reply id; nothing with a single judge."""
    if len(votes) < 2:
        return {}
    reply_ids = sorted({reply_id for own in votes.values() for reply_id in own})
    decided = decide(votes_by_id(votes, reply_ids), JuryRule.MAJORITY)
    meaning: dict[int, bool | None] = {RIGHT: True, WRONG: False}
    return {
        reply_id: meaning.get(int(value)) for reply_id, value in zip(reply_ids, decided.tolist(), strict=True)
    }


def majority(votes: Sequence[bool | None]) -> bool | None:
    """What the majority of one answer's votes finds; None for a tie or too many missing."""
    row = np.array([[-1 if vote is None else int(vote) for vote in votes]], dtype=np.int8)
    jury = JuryVotes(tuple(map(str, range(len(votes)))), ("answer",), row)
    return {RIGHT: True, WRONG: False}.get(int(decide(jury, JuryRule.MAJORITY)[0]))
