"""Is one model better than another, or a model better with the image than without? Paired tests.

Both answered the same questions, so only the questions on which they differ speak; and the questions of one
patient speak together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from CTSpatialVQALib.statistics.clusters import (
    DRAWS,
    SEED,
    Clusters,
    bootstrap_shares,
    clustered_share,
    percentiles,
)
from CTSpatialVQALib.statistics.intervals import Interval


class Paired(NamedTuple):
    """Two models on the same questions.

    only_first, only_second : questions that only one of them has right
    difference : share of the first minus share of the second
    clustered, bootstrap : 95 % intervals of the difference, over patients
    p_exact : exact McNemar, the questions taken as independent
    p_clustered : McNemar over patients
    p_holm : p_clustered, corrected for all pairs compared with it
    """

    first: str
    second: str
    questions: int
    only_first: int
    only_second: int
    difference: float
    clustered: Interval
    bootstrap: Interval
    p_exact: float
    p_clustered: float
    p_holm: float


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Two-sided p: among the questions on which two models differ, is each as often the right one?"""
    from scipy.stats import binomtest

    discordant = only_first + only_second
    return float(binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0


def mcnemar_clustered(first: ArrayLike, second: ArrayLike, clusters: Clusters) -> float:
    """Two-sided p of McNemar's test with clusters: (sum D_j)^2 / sum D_j^2 is chi-squared, 1 df.

    D_j is the number of questions of patient j that only the first has right, minus those that only the
    second has right. With one question per patient it is McNemar's own statistic, uncorrected.

    References
    ----------
    Z. Yang, X. Sun, J. W. Hardin, Biom. J. 52 (2010) 638-652, after N. A. Obuchowski, Stat. Med. 17 (1998)
    1495-1507.
    """
    from scipy.stats import chi2

    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    sums = clusters.sums(difference)[:, 0]
    spread = float(np.square(sums).sum())
    return float(chi2.sf(sums.sum() ** 2 / spread, 1)) if spread else 1.0


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's step-down correction: p-values that may each be held against the wanted error rate.

    References
    ----------
    S. Holm, Scand. J. Stat. 6 (1979) 65-70.
    """
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    corrected = [1.0] * len(p_values)
    largest = 0.0
    for rank, at in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[at]))
        corrected[at] = largest
    return tuple(corrected)


def compare_all(
    right: Mapping[str, ArrayLike], clusters: Clusters, *, draws: int = DRAWS, seed: int = SEED
) -> tuple[Paired, ...]:
    """All pairs of models (or of probes of one model), in the order given.

    Parameters
    ----------
    right : name -> (n,) true where right; the same questions in the same order for all
    """
    if len(right) < 2:
        return ()
    matrix = np.column_stack([np.asarray(column, dtype=bool) for column in right.values()])
    drawn = bootstrap_shares(matrix, clusters, draws=draws, seed=seed)
    pairs = list(combinations(range(len(right)), 2))
    p_values = [mcnemar_clustered(matrix[:, one], matrix[:, two], clusters) for one, two in pairs]
    names = list(right)
    return tuple(
        _paired(names[one], names[two], matrix[:, [one, two]], clusters)._replace(
            bootstrap=percentiles(drawn[:, one] - drawn[:, two]), p_clustered=p_value, p_holm=corrected
        )
        for (one, two), p_value, corrected in zip(pairs, p_values, holm(p_values), strict=True)
    )


def _paired(first: str, second: str, both: NDArray[np.bool_], clusters: Clusters) -> Paired:
    one, two = both[:, 0], both[:, 1]
    only_first, only_second = int((one & ~two).sum()), int((two & ~one).sum())
    estimate = clustered_share(one.astype(float) - two, np.ones(len(one)), clusters)
    return Paired(
        first=first,
        second=second,
        questions=len(both),
        only_first=only_first,
        only_second=only_second,
        difference=estimate.value,
        clustered=estimate.interval(low=-1.0),
        bootstrap=Interval(-1.0, 1.0),
        p_exact=mcnemar_exact(only_first, only_second),
        p_clustered=1.0,
        p_holm=1.0,
    )
