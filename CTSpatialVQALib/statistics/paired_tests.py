"""Paired tests of two models, or of one model with and without the image, over patients.

Both answered the same questions, so only the questions on which they differ speak; and the questions of one
patient speak together. The interval of the difference is the set of differences that the test does not
reject, at the level at which Holm's correction decides: it excludes 0 exactly where the corrected p is below
0.05.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from CTSpatialVQALib.statistics.clusters import Clusters, Floats
from CTSpatialVQALib.statistics.intervals import CONFIDENCE, Interval

# Below so many patients on whom two models differ, all signs are tried; above it Student's t is close enough.
EXACT_BELOW = 12
_WHOLE = Interval(-1.0, 1.0)
_EQUAL = 1e-9  # sums of whole numbers, which products may leave by rounding


class Paired(NamedTuple):
    """Two models on the same questions.

    only_first, only_second : questions that only one of them has right
    difference : share of the first minus share of the second
    interval : of the difference, over patients, at the level `confidence` at which Holm's correction decides
    p_clustered : McNemar over patients (exact by sign-flips with few of them)
    p_holm : p_clustered, corrected for all pairs compared with it
    informative : patients whose questions tell the two apart
    """

    first: str
    second: str
    questions: int
    only_first: int
    only_second: int
    difference: float
    interval: Interval
    confidence: float
    p_clustered: float
    p_holm: float
    informative: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models on the same questions, summed by patient.

    Parameters
    ----------
    differences : (m,) questions of each patient that only the first has right, minus only the second
    questions : (m,) questions of each patient
    """

    first: str
    second: str
    only_first: int
    only_second: int
    differences: Floats
    questions: Floats

    @classmethod
    def of(
        cls, first: str, second: str, right_first: ArrayLike, right_second: ArrayLike, clusters: Clusters
    ) -> Comparison:
        """From who is right where, both (n,) over the same questions."""
        first_right, second_right = np.asarray(right_first, dtype=bool), np.asarray(right_second, dtype=bool)
        sums = clusters.sums(
            np.column_stack([first_right.astype(float) - second_right, np.ones(len(first_right))])
        )
        only = int((first_right & ~second_right).sum()), int((second_right & ~first_right).sum())
        return cls(first, second, *only, sums[:, 0], sums[:, 1])

    @property
    def difference(self) -> float:
        """Share of the first minus share of the second."""
        return float(self.differences.sum() / self.questions.sum())

    @cached_property
    def p_value(self) -> float:
        """Two-sided p of no difference: sign-flips over patients, or Student's t from twelve of them on."""
        informative = self._informative
        if len(informative) < EXACT_BELOW:
            return sign_flip_p(informative)
        return float(_t_tail(_squared(informative), len(informative)))

    def interval(self, confidence: float = CONFIDENCE) -> Interval:
        """The differences d for which (sum(D - d n))^2 / sum (D - d n)^2 is not above its critical value."""
        critical = self._critical(1 - confidence)
        a, n = float(self.differences.sum()), float(self.questions.sum())
        squares = float(self.differences @ self.differences)
        mixed, sizes = float(self.differences @ self.questions), float(self.questions @ self.questions)
        leading = n**2 - critical * sizes
        if leading <= _EQUAL * n**2:
            return _WHOLE  # a few patients, or one among them with most questions: nothing is excluded
        middle = a * n - critical * mixed
        root = np.sqrt(max(0.0, middle**2 - leading * (a**2 - critical * squares)))
        low, high = (middle - root) / leading, (middle + root) / leading
        return Interval(max(-1.0, float(low)), min(1.0, float(high)))

    @property
    def _informative(self) -> Floats:
        informative: Floats = self.differences[self.differences != 0]
        return informative

    def _critical(self, alpha: float) -> float:
        """The largest (sum D)^2 / sum D^2 that is not rejected at `alpha`."""
        informative = self._informative
        if len(informative) >= EXACT_BELOW:
            return _critical_t(alpha, len(informative))
        if not len(informative):
            return _critical_t(alpha, max(2, len(self.differences)))
        reached = np.sort(np.square(_flipped(informative)))
        kept = reached[: len(reached) - int(np.ceil(alpha * len(reached))) + 1]
        return float(kept[-1] / np.square(informative).sum()) + _EQUAL


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Two-sided p: among the questions on which two models differ, is each as often the right one?

    For questions of different patients; `Comparison` is the test for several questions per patient.
    """
    from scipy.stats import binomtest

    discordant = only_first + only_second
    return float(binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0


def sign_flip_p(differences: ArrayLike) -> float:
    """Two-sided exact p of a sum of differences, each of which could as well have had the other sign.

    Parameters
    ----------
    differences : (k,) one per patient, k at most 20; all 2^k signs are tried

    References
    ----------
    R. A. Fisher, The Design of Experiments (1935), section 21.
    """
    values = np.asarray(differences, dtype=np.float64)
    values = values[values != 0]
    if not len(values):
        return 1.0
    return float((np.abs(_flipped(values)) >= abs(values.sum()) - _EQUAL).mean())


def mcnemar_clustered(first: ArrayLike, second: ArrayLike, clusters: Clusters) -> float:
    """Two-sided p of McNemar's test over patients.

    D_j is the number of questions of patient j that only the first has right, minus those that only the
    second has right. With fewer than twelve patients whose D is not 0, all signs of D are tried; with more,
    sum D / sqrt(sum D^2), the statistic of the reference, is held against Student's t of those patients.

    References
    ----------
    Z. Yang, X. Sun, J. W. Hardin, Biom. J. 52 (2010) 638-652, after N. A. Obuchowski, Stat. Med. 17 (1998)
    1495-1507.
    """
    return Comparison.of("", "", first, second, clusters).p_value


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's step-down correction: p-values that may each be held against the intended error rate.

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


def compare_all(right: Mapping[str, ArrayLike], clusters: Clusters) -> tuple[Paired, ...]:
    """All pairs of models (or of probes of one model), in the order of `right`.

    Parameters
    ----------
    right : name -> (n,) true where right; the same questions in the same order for all
    """
    return corrected(
        [
            Comparison.of(first, second, right[first], right[second], clusters)
            for first, second in combinations(right, 2)
        ]
    )


def corrected(comparisons: Sequence[Comparison]) -> tuple[Paired, ...]:
    """The comparisons with p-values and intervals corrected for all of them."""
    p_values = [comparison.p_value for comparison in comparisons]
    return tuple(
        _paired(comparison, p_holm, len(comparisons))
        for comparison, p_holm in zip(comparisons, holm(p_values), strict=True)
    )


def _paired(comparison: Comparison, p_holm: float, comparisons: int) -> Paired:
    p_value = comparison.p_value
    alpha = (1 - CONFIDENCE) * (p_value / p_holm if p_value > 0 else 1 / comparisons)
    return Paired(
        first=comparison.first,
        second=comparison.second,
        questions=int(comparison.questions.sum()),
        only_first=comparison.only_first,
        only_second=comparison.only_second,
        difference=comparison.difference,
        interval=comparison.interval(1 - alpha),
        confidence=1 - alpha,
        p_clustered=p_value,
        p_holm=p_holm,
        informative=int((comparison.differences != 0).sum()),
    )


def _flipped(values: Floats) -> Floats:
    """(2^k,) the sum of `values` under every choice of signs."""
    sums: NDArray[np.float64] = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def _squared(values: Floats) -> float:
    return float(values.sum() ** 2 / np.square(values).sum())


def _t_tail(squared: float, count: int) -> float:
    """P of (sum D)^2 / sum D^2 of `count` patients: it is a one-sample t statistic in another shape."""
    from scipy.stats import t

    if squared >= count - _EQUAL:
        return 0.0
    return float(2 * t.sf(np.sqrt(squared * (count - 1) / (count - squared)), count - 1))


def _critical_t(alpha: float, count: int) -> float:
    from scipy.stats import t

    squared = float(t.isf(alpha / 2, count - 1)) ** 2
    return count * squared / (count - 1 + squared)
