"""How sure is a share, when the questions about one patient are alike? Clustered intervals, design effect.

Two ways that share nothing but the clusters: a closed form (the linearised variance of a ratio of cluster
sums, the `sandwich` without covariates) and a bootstrap that draws whole patients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from CTSpatialVQALib.statistics.intervals import Interval, wilson

Floats = NDArray[np.float64]
DRAWS = 2000
SEED = 20260508
CONFIDENCE = 0.95

_CELLS_AT_ONCE = 2_000_000  # of the matrix of weights: 16 MB


class Estimate(NamedTuple):
    """A share or a difference of shares with its clustered standard error."""

    value: float
    standard_error: float
    clusters: int

    def interval(self, low: float = 0.0, high: float = 1.0) -> Interval:
        """95 % interval, value +- t (clusters - 1 degrees of freedom) x standard error, cut at the ends."""
        from scipy.stats import t

        if self.clusters < 2:
            return Interval(low, high)
        half = float(t.ppf((1 + CONFIDENCE) / 2, self.clusters - 1)) * self.standard_error
        return Interval(max(low, self.value - half), min(high, self.value + half))


class Accuracy(NamedTuple):
    """Share of right answers.

    wilson : as if the questions were independent
    clustered : closed form over patients; bootstrap : the same by drawing patients (percentiles)
    design_effect : clustered over independent variance; n / design_effect questions would say as much
        if each were another patient's. 1 where the share is 0 or 1.
    """

    right: int
    questions: int
    patients: int
    share: float
    wilson: Interval
    clustered: Interval
    bootstrap: Interval
    design_effect: float


class FailureBounds(NamedTuple):
    """Where the share lies if every failed reply was wrong, and if every one was right."""

    if_wrong: float
    if_right: float
    low: float
    high: float


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
    sums = sums[sums[:, 1] > 0]
    total = sums[:, 1].sum()
    if total == 0:
        raise ValueError("expected at least one question that counts, but found none")
    share = float(sums[:, 0].sum() / total)
    residuals = (sums[:, 0] - share * sums[:, 1]) / total
    return Estimate(share, _root_of_variance(residuals), len(sums))


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


def bootstrap_shares(
    values: ArrayLike,
    clusters: Clusters,
    *,
    among: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Floats:
    """(draws, k) shares when as many patients are drawn with replacement, the same ones for each column.

    Parameters
    ----------
    values : (n, k) 0 or 1, one column per model
    among : (n,) 1 for questions that count; all by default
    """
    matrix = np.asarray(values, dtype=np.float64).reshape(len(clusters.index), -1)
    counted = np.ones(len(matrix)) if among is None else np.asarray(among, dtype=np.float64)
    sums = clusters.sums(np.column_stack([matrix * counted[:, None], counted]))
    random = np.random.default_rng(seed)
    step = max(1, _CELLS_AT_ONCE // clusters.count)
    parts = []
    for start in range(0, draws, step):
        drawn = _weights(random, min(step, draws - start), clusters.count) @ sums
        # a draw may miss every question that counts; it then says nothing
        parts.append(drawn[:, :-1] / np.where(drawn[:, -1:] > 0, drawn[:, -1:], np.nan))
    return np.concatenate(parts)


def percentiles(draws: Floats) -> Interval:
    """The middle 95 % of bootstrap draws; draws that say nothing (NaN) are left out."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    return Interval(float(low), float(high))


def accuracy(right: ArrayLike, clusters: Clusters, *, draws: int = DRAWS, seed: int = SEED) -> Accuracy:
    """Share of right answers with all its intervals.

    Parameters
    ----------
    right : (n,) true where right
    """
    values = np.asarray(right, dtype=np.float64)
    estimate = clustered_share(values, np.ones(len(values)), clusters)
    count = int(values.sum())
    return Accuracy(
        right=count,
        questions=len(values),
        patients=clusters.count,
        share=estimate.value,
        wilson=wilson(count, len(values)),
        clustered=estimate.interval(),
        bootstrap=percentiles(bootstrap_shares(values, clusters, draws=draws, seed=seed)),
        design_effect=design_effect(estimate, len(values)),
    )


def design_effect(estimate: Estimate, questions: int) -> float:
    """Clustered variance of a share over the variance if its questions were independent."""
    independent = estimate.value * (1 - estimate.value) / questions
    return estimate.standard_error**2 / independent if independent > 0 else 1.0


def failure_bounds(right: int, wrong: int, failed: int) -> FailureBounds:
    """The two extremes that failed replies allow, and the Wilson interval that spans both.

    Raises
    ------
    ValueError
        If nothing was asked.
    """
    asked = right + wrong + failed
    return FailureBounds(
        if_wrong=right / asked if asked else 0.0,
        if_right=(right + failed) / asked if asked else 0.0,
        low=wilson(right, asked).low,
        high=wilson(right + failed, asked).high,
    )


def _weights(random: np.random.Generator, draws: int, count: int) -> Floats:
    """(draws, count) how often each of `count` clusters is drawn; ten times as fast as a multinomial."""
    drawn = random.integers(count, size=(draws, count)) + count * np.arange(draws)[:, None]
    return np.bincount(drawn.ravel(), minlength=draws * count).reshape(draws, count).astype(np.float64)


def _root_of_variance(cluster_sums: Floats) -> float:
    count = len(cluster_sums)
    return float(np.sqrt(count / (count - 1) * np.square(cluster_sums).sum())) if count > 1 else float("nan")
