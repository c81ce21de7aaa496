"""Backends and judges that could not be asked at all, and the commonest reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.judging.vote_store import JudgeVote
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome


class Attempt(NamedTuple):
    """What became of one request, and why."""

    name: str
    outcome: Outcome
    reason: str


def attempts_of_run(replies: Iterable[Reply], backends: Collection[str]) -> list[Attempt]:
    """The replies of these backends as attempts."""
    return [
        Attempt(reply.key.backend, reply.outcome, reply.detail)
        for reply in replies
        if reply.key.backend in backends
    ]


def attempts_of_judge(name: str, votes: Iterable[JudgeVote]) -> list[Attempt]:
    """The votes of one judge as attempts."""
    return [Attempt(name, vote.outcome, vote.reason) for vote in votes]


def require_answers(attempts: Iterable[Attempt], study: Path | None) -> None:
    """Refuse to end well where a backend gave not one answer.

    Parameters
    ----------
    study : the study file that declares the backends; None where they were named by their address

    Raises
    ------
    WorkFailed
        Naming the first such backend, the commonest reason, and how the failing layer is found.
    """
    by_name: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        by_name.setdefault(attempt.name, []).append(attempt)
    for name, own in by_name.items():
        # a model that refuses, or says nothing, works; one that cannot be reached does not
        if not all(attempt.outcome.asked_again for attempt in own):
            continue
        outcome, count = Counter(attempt.outcome for attempt in own).most_common(1)[0]
        reasons = Counter(attempt.reason for attempt in own if attempt.outcome is outcome and attempt.reason)
        because = f", most often: {reasons.most_common(1)[0][0].rstrip('.')}" if reasons else ""
        raise WorkFailed(f"{name} gave not one answer ({count} {outcome}{because}). {_remedy(name, study)}")


def _remedy(name: str, study: Path | None) -> str:
    if study is None:
        return "Check its address and the model's name there."
    return f"The layer that fails is named by: ctspatialvqa backends test {name} --study {study}"
