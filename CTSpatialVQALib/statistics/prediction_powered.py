"""Accuracy from all automatic scores and readers' verdicts on a random part, whatever the scorer's bias.

Prediction-powered inference: the automatic scores of all answers say how the answers spread, the readers'
verdicts on a random part say by how much the scorer is off. A scorer that is always wrong makes the interval
wider, never wrong. Clustered by patient, for readers and scorer see several questions about one patient.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from CTSpatialVQALib.statistics.clusters import Clusters, Floats, design_effect
from CTSpatialVQALib.statistics.intervals import CONFIDENCE, Interval, clopper_pearson


class PredictionPowered(NamedTuple):
    """Share of answers that readers would find right.

    interval : 95 %, over patients; None with fewer than two patients read
    readers_only : share among the answers read, and its interval without the scorer's help
    scorer : share that the scorer finds right, of all answers
    correction : readers' share minus scorer's share, on the answers read
    weight : how much of the scorer is used, 0 (not at all) to 1; chosen so that the variance is least
    read, answers, patients : answers read by readers, all answers, patients read
    gain : as many answers read alone would be needed for this interval as `gain` times those read
    """

    value: float
    interval: Interval | None
    readers_only: float
    readers_interval: Interval | None
    scorer: float
    correction: float
    weight: float
    read: int
    answers: int
    patients: int
    gain: float


class _Parts(NamedTuple):
    """Influence of each patient on the readers' mean, and on what the scorer adds to it."""

    readers: Floats
    scorer: Floats


def prediction_powered(
    scores: ArrayLike,
    verdicts: ArrayLike,
    clusters: Clusters,
    *,
    weight: float | None = None,
    confidence: float = CONFIDENCE,
) -> PredictionPowered:
    """Estimate the share of right answers.

    value = w mean(scores of all) + mean(verdicts - w scores, over those read)

    Parameters
    ----------
    scores : (n,) automatic scores of all answers, 0 to 1 (1/2 where the scorer cannot decide)
    verdicts : (n,) 1 right, 0 wrong, NaN where no reader has read
    clusters : patients of all answers
    weight : w; None chooses the one with the least variance

    Raises
    ------
    ValueError
        If nothing was read, or a score or verdict lies outside 0 to 1.

    References
    ----------
    A. N. Angelopoulos, S. Bates, C. Fannjiang, M. I. Jordan, T. Zrnic, Science 382 (2023) 669-674; the
    weight: A. N. Angelopoulos, J. C. Duchi, T. Zrnic, PPI++, arXiv 2311.01453 (2023); here with cluster sums
    of the influences and an interval by Clopper and Pearson on the effective number of verdicts.
    """
    automatic = np.asarray(scores, dtype=np.float64)
    truth = np.asarray(verdicts, dtype=np.float64)
    read = ~np.isnan(truth)
    for values in (automatic, truth[read]):
        if not ((values >= 0) & (values <= 1)).all():
            raise ValueError("expected scores and verdicts between 0 and 1")
    if not read.any():
        raise ValueError("expected at least one verdict, but found none")
    parts = _influences(automatic, truth, read, clusters)
    chosen = _best_weight(parts) if weight is None else weight
    readers_only = float(truth[read].mean())
    correction = float((automatic[read]).mean())
    value = readers_only + chosen * float(automatic.mean() - correction)
    value = min(1.0, max(0.0, value))
    sums = clusters.sums(np.column_stack([np.where(read, truth, 0.0), read.astype(float)]))
    sums = sums[sums[:, 1] > 0]
    alone = float(np.square(parts.readers).sum())
    together = float(np.square(parts.readers + chosen * parts.scorer).sum())
    together += (chosen / read.sum()) ** 2  # as if one disagreement more had been seen: few show few of them
    gain = max(1.0, alone / together) if alone > 0 and together > 0 else 1.0
    effective = float(sums[:, 1].sum()) / design_effect(sums)
    return PredictionPowered(
        value=value,
        interval=_interval(value, effective * gain, sums, confidence),
        readers_only=readers_only,
        readers_interval=_interval(readers_only, effective, sums, confidence),
        scorer=float(automatic.mean()),
        correction=readers_only - correction,
        weight=chosen,
        read=int(read.sum()),
        answers=len(automatic),
        patients=len(sums),
        gain=gain,
    )


def verdicts_needed(
    scores: ArrayLike, verdicts: ArrayLike, clusters: Clusters, half_width: float
) -> int | None:
    """Further verdicts until the 95 % interval reaches `half_width` to either side; 0 where it does already.

    Parameters
    ----------
    half_width : fraction, 0 < half_width < 1

    Returns
    -------
    int or None
        None where reading all answers would not be enough: other answers have to be asked for.
    """
    if not 0 < half_width < 1:
        raise ValueError("expected a half-width between 0 and 1")
    from scipy.stats import norm

    automatic = np.asarray(scores, dtype=np.float64)
    truth = np.asarray(verdicts, dtype=np.float64)
    read = ~np.isnan(truth)
    parts = _influences(automatic, truth, read, clusters)
    weight = _best_weight(parts)
    from_scores = clusters.sums(automatic - automatic.mean())[:, 0] / len(automatic)
    of_all = _variance(weight * from_scores)
    residual = parts.readers + weight * (parts.scorer - from_scores)
    of_read = _variance(residual)
    allowed = (half_width / float(norm.ppf((1 + CONFIDENCE) / 2))) ** 2
    if allowed <= of_all:
        return None
    needed = math.ceil(of_read * int(read.sum()) / (allowed - of_all))
    return None if needed > len(automatic) else max(0, needed - int(read.sum()))


def _influences(automatic: Floats, truth: Floats, read: NDArray[np.bool_], clusters: Clusters) -> _Parts:
    verdicts = np.where(read, truth, 0.0)
    mean, own = verdicts[read].mean(), automatic[read].mean()
    readers = np.where(read, (verdicts - mean) / read.sum(), 0.0)
    scorer = (automatic - automatic.mean()) / len(automatic) - np.where(
        read, (automatic - own) / read.sum(), 0.0
    )
    return _Parts(clusters.sums(readers)[:, 0], clusters.sums(scorer)[:, 0])


def _best_weight(parts: _Parts) -> float:
    spread = float(np.square(parts.scorer).sum())
    return float(np.clip(-(parts.readers @ parts.scorer) / spread, 0.0, 1.0)) if spread > 0 else 0.0


def _variance(influence: Floats) -> float:
    count = int((influence != 0).sum())
    return float(np.square(influence).sum()) * (count / (count - 1) if count > 1 else 1.0)


def _interval(value: float, effective: float, sums: Floats, confidence: float) -> Interval | None:
    """Clopper-Pearson on the effective number of verdicts, shrunk for few patients (Korn, Graubard)."""
    if len(sums) < 2:
        return None
    from scipy.stats import t

    upper = (1 + confidence) / 2
    shrink = float(t.ppf(upper, max(1.0, sums[:, 1].sum() - 1)) / t.ppf(upper, len(sums) - 1)) ** 2
    size = effective * min(1.0, shrink)
    return clopper_pearson(min(value * size, size), size, confidence)
