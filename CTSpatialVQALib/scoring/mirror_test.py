"""Do one-sided answers follow the mirror more often than a coin would?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from CTSpatialVQALib.statistics.clusters import Clusters
from CTSpatialVQALib.statistics.paired_tests import Comparison

# what became of the one side that an answer named: `other` follows the mirror, `lost` names no one side
Became = Literal["other", "same", "lost"]

# With fewer patients than this no result of a sign test is below 5 %, whatever the model does.
LEAST_PATIENTS = 6
LEAST_ANSWERS = 12  # that still name one side: below it even one who looks often fails to show it
_SIGNIFICANT = 0.05


class MirrorTest(NamedTuple):
    """The answers that still name one side, held against a coin, which names the other side in half of them.

    followed, stayed : answers that name the other side, and the same one
    patients : that these answers are about
    p : two-sided, of half and half, over patients
    """

    followed: int
    stayed: int
    patients: int
    p: float

    @property
    def enough(self) -> bool:
        """Whether a model that looks would have shown it."""
        return self.patients >= LEAST_PATIENTS and self.followed + self.stayed >= LEAST_ANSWERS

    @property
    def follows(self) -> bool:
        """Whether the other side is named more often than by a coin."""
        return self.followed > self.stayed and self.p < _SIGNIFICANT

    @property
    def against(self) -> bool:
        """Whether the other side is named less often than by a coin: the mirror changes nothing."""
        return self.followed < self.stayed and self.p < _SIGNIFICANT


def mirror_test(became: Sequence[Became], patients: Sequence[str]) -> MirrorTest | None:
    """Test what became of one-sided answers; None where none of them still names one side.

    Parameters
    ----------
    patients : of each answer
    """
    sided = [(one, patient) for one, patient in zip(became, patients, strict=True) if one != "lost"]
    if not sided:
        return None
    followed = [one == "other" for one, _ in sided]
    comparison = Comparison.of(
        "follows", "stays", followed, [not one for one in followed], Clusters.of([p for _, p in sided])
    )
    return MirrorTest(
        sum(followed), len(followed) - sum(followed), len({p for _, p in sided}), comparison.p_value
    )
