"""Confidence intervals of proportions: of independent answers (Wilson) and over patients (Korn-Graubard)."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """Lower and upper end of an interval of fractions, 0 to 1."""

    low: float
    high: float


@cache
def wilson(right: int, decided: int, confidence: float = CONFIDENCE) -> Interval:
    """Wilson score interval of `right / decided`, without continuity correction.

    For answers that are independent of each other: one per patient, or labels of single questions. For
    several questions per patient use `korn_graubard`.

    Parameters
    ----------
    right, decided : counts, 0 <= right <= decided and decided >= 1
    confidence : coverage, between 0 and 1

    Returns
    -------
    Interval
        Fractions, not percent.

    Raises
    ------
    ValueError
        If there is nothing to divide by or the counts contradict each other.

    References
    ----------
    E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212; computed by scipy.stats.
    """
    if not 0 <= right <= decided or decided < 1:
        raise ValueError(f"expected 0 <= right <= decided and decided >= 1, but found {right} of {decided}")
    from scipy.stats import binomtest  # a second to load, and not every report has a decided answer

    ends = binomtest(right, decided).proportion_ci(confidence_level=confidence, method="wilson")
    return Interval(float(ends.low), float(ends.high))


def clopper_pearson(right: float, decided: float, confidence: float = CONFIDENCE) -> Interval:
    """Exact binomial interval; the counts may be fractions, as an effective sample has them.

    Parameters
    ----------
    right, decided : 0 <= right <= decided, decided > 0

    References
    ----------
    C. J. Clopper, E. S. Pearson, Biometrika 26 (1934) 404-413, through quantiles of the beta distribution.
    """
    if not 0 <= right <= decided or not decided > 0:
        raise ValueError(f"expected 0 <= right <= decided and decided > 0, but found {right} of {decided}")
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = 0.0 if right == 0 else float(beta.ppf(tail, right, decided - right + 1))
    high = 1.0 if right == decided else float(beta.ppf(1 - tail, right + 1, decided - right))
    return Interval(low, high)


def korn_graubard(
    share: float, questions: int, design_effect: float, patients: int, confidence: float = CONFIDENCE
) -> Interval | None:
    """Interval of a share over patients: Clopper-Pearson on the effective number of questions.

    The effective number is n / design effect x (t(n - 1) / t(patients - 1))^2, at most n.

    Parameters
    ----------
    share : 0 to 1
    design_effect : at least 1; see `clusters.design_effect`
    patients : that the questions are about

    Returns
    -------
    Interval or None
        None with fewer than two patients, which show no spread between patients.

    References
    ----------
    E. L. Korn, B. I. Graubard, Surv. Methodol. 24 (1998) 193-201.
    """
    if patients < 2:
        return None
    from scipy.stats import t

    upper = (1 + confidence) / 2
    shrink = float(t.ppf(upper, questions - 1) / t.ppf(upper, patients - 1)) ** 2
    effective = min(float(questions), questions / design_effect * shrink)
    return clopper_pearson(min(share * effective, effective), effective, confidence)
