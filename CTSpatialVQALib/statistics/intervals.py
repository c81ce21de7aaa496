"""How far can a share found in a sample be from the truth? Intervals for proportions."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Interval(NamedTuple):
    """Lower and upper end of an interval of fractions, 0 to 1."""

    low: float
    high: float


@cache
def wilson(right: int, decided: int, confidence: float = 0.95) -> Interval:
    """Wilson score interval of `right / decided`, without continuity correction.

    It stays inside 0 to 1 and is usable for small counts and at 0 or 100 %, where the textbook interval
    has no width. It takes the questions as independent; questions about one patient are not quite.

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

    found = binomtest(right, decided).proportion_ci(confidence_level=confidence, method="wilson")
    return Interval(float(found.low), float(found.high))
