"""Shares of right answers where several questions are about one patient: variance, design effect, interval.

The variance is the linearised variance of a ratio of cluster sums (the `sandwich` without covariates).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from CTSpatialVQALib.statistics.intervals import Interval, korn_graubard

Floats = NDArray[np.float64]

# how the interval is named wherever it is shown
INTERVAL_NAME = "95 % CI over patients"
INTERVAL_METHOD = "Korn-Graubard"


class Estimate(NamedTuple):
    """A share or a difference of shares with its clustered standard error."""

    value: float
    standard_error: float
    clusters: int


class Accuracy(NamedTuple):
    """Share of right answers.

    interval : 95 %, over patients (`korn_graubard`); None with a single patient
    design_effect : clustered over independent variance, at least 1; questions / design_effect questions
        would say as much if each were another patient's
    """

    right: int
    questions: int
    patients: int
    share: float
    interval: Interval | None
    design_effect: float


class FailureBounds(NamedTuple):
    """The share if every failed reply was wrong, and if every one was right."""

    if_wrong: float
    if_right: float


@dataclass(frozen=True)
class Clusters:
    """Which questions belong together (to one patient).

    Parameters
    ----------
    index : (n,) int, cluster of each question, from 0; every number up to the largest occurs
    """

    index: NDArray[np.intp]

    @classmethod
    def of(cls, names: Sequence[str]) -> Clusters:
        """From one name per question."""
        return cls(np.unique(np.asarray(names, dtype=object).astype(str), return_inverse=True)[1].reshape(-1))

    @property
    def count(self) -> int:
        """Number of clusters."""
        return int(self.index.max()) + 1 if len(self.index) else 0

    def sums(self, values: ArrayLike) -> Floats:
        """(clusters, k) sums of the (n,) or (n, k) `values` within each cluster."""
        columns = np.asarray(values, dtype=np.float64)
        columns = columns.reshape(len(self.index), -1)
        return np.stack(
            [np.bincount(self.index, column, minlength=self.count) for column in columns.T], axis=1
        )


def clustered_share(values: ArrayLike, among: ArrayLike, clusters: Clusters) -> Estimate:
    """The share of `values` among those questions that count.

    Parameters
    ----------
    values : (n,) 0 or 1 (or any score)
    among : (n,) 1 for questions that count, 0 for others
    clusters : of all n questions; clusters without a question that counts are left out

    Returns
    -------
    Estimate
        variance m / (m - 1) x sum over clusters of (y_j - p n_j)^2 / n^2, where m is the number of clusters

    References
    ----------
    W. G. Cochran, Sampling Techniques, 3rd ed. (1977), section 3.12.
    """
    counted = np.asarray(among, dtype=np.float64)
    sums = clusters.sums(np.stack([np.asarray(values, dtype=np.float64) * counted, counted], axis=1))
    return _ratio(sums[sums[:, 1] > 0])


def clustered_contrast(values: ArrayLike, inside: ArrayLike, clusters: Clusters) -> Estimate:
    """Share inside a group minus share outside it, where one patient may have questions in both.

    Parameters
    ----------
    values : (n,) 0 or 1
    inside : (n,) true for questions of the group

    Raises
    ------
    ValueError
        If the group is empty or holds everything.
    """
    right, member = np.asarray(values, dtype=np.float64), np.asarray(inside, dtype=bool)
    if member.all() or not member.any():
        raise ValueError("expected questions inside and outside the group")
    within, without = right[member].mean(), right[~member].mean()
    influence = np.where(member, (right - within) / member.sum(), -(right - without) / (~member).sum())
    return Estimate(
        float(within - without), _root_of_variance(clusters.sums(influence)[:, 0]), clusters.count
    )


def accuracy(right: ArrayLike, clusters: Clusters, among: ArrayLike | None = None) -> Accuracy:
    """Share of right answers with its interval over patients.

    Parameters
    ----------
    right : (n,) true where right
    among : (n,) true for the questions that count; all by default

    Raises
    ------
    ValueError
        If no question counts.
    """
    values = np.asarray(right, dtype=np.float64)
    counted = np.ones(len(values)) if among is None else np.asarray(among, dtype=np.float64)
    sums = clusters.sums(np.stack([values * counted, counted], axis=1))
    sums = sums[sums[:, 1] > 0]
    estimate = _ratio(sums)
    questions = int(sums[:, 1].sum())
    effect = design_effect(sums)
    return Accuracy(
        right=round(float(sums[:, 0].sum())),
        questions=questions,
        patients=len(sums),
        share=estimate.value,
        interval=korn_graubard(estimate.value, questions, effect, len(sums)),
        design_effect=effect,
    )


def design_effect(sums: Floats) -> float:
    """Clustered variance of a share over the variance if its questions were independent, at least 1.

    The rarer answers (the wrong ones of a good model) show how alike one patient's questions are only if
    several patients have some. With k such patients the design effect is therefore not taken below that of an
    intraclass correlation of 1 / (k + 1); where all answers are right, or all wrong, each patient counts as
    one question. Without it an interval for few failures covers as little as 89 %
    (`Testing/benchmarks/bench_statistics.py`).

    Parameters
    ----------
    sums : (m, 2) right answers and questions of each patient
    """
    total = float(sums[:, 1].sum())
    share = float(sums[:, 0].sum()) / total
    alike = float(np.square(sums[:, 1]).sum()) / total  # Kish: the design effect of a correlation of 1
    rarer = sums[:, 0] if share <= 0.5 else sums[:, 1] - sums[:, 0]
    least = 1 + (alike - 1) / (1 + int((rarer > 0).sum()))
    independent = share * (1 - share) / total
    if len(sums) < 2 or not independent > 0:
        return least
    return max(least, _ratio(sums).standard_error ** 2 / independent)


def failure_bounds(right: int, wrong: int, failed: int) -> FailureBounds:
    """The two extremes that failed replies allow.

    Raises
    ------
    ValueError
        If nothing was asked.
    """
    questions = right + wrong + failed
    if questions < 1:
        raise ValueError("expected at least one question, but found none")
    return FailureBounds(if_wrong=right / questions, if_right=(right + failed) / questions)


def _ratio(sums: Floats) -> Estimate:
    """A ratio of cluster sums, each cluster with at least one question that counts."""
    total = float(sums[:, 1].sum())
    if total == 0:
        raise ValueError("expected at least one question that counts, but found none")
    share = float(sums[:, 0].sum()) / total
    return Estimate(share, _root_of_variance((sums[:, 0] - share * sums[:, 1]) / total), len(sums))


def _root_of_variance(residuals: Floats) -> float:
    count = len(residuals)
    return float(np.sqrt(count / (count - 1) * np.square(residuals).sum())) if count > 1 else float("nan")
