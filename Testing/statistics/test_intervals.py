"""Wilson intervals against values worked out by hand."""

from __future__ import annotations

import math

import pytest

from CTSpatialVQALib.statistics.intervals import wilson

Z = 1.959963984540054


def test_half_of_thirty_eight_by_hand() -> None:
    # centre stays 1/2; half-width = z / (1 + z^2/n) * sqrt(1/4/n + z^2/4/n^2), worked out with n = 38
    interval = wilson(19, 38)
    assert interval.low == pytest.approx(0.348499, abs=1e-6)
    assert interval.high == pytest.approx(0.651501, abs=1e-6)


def test_one_of_ten_as_in_textbooks() -> None:
    interval = wilson(1, 10)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.0179, 0.4042)


def test_none_right_has_an_upper_end_above_zero() -> None:
    interval = wilson(0, 10)
    assert interval.low == pytest.approx(0.0, abs=1e-12)
    assert interval.high == pytest.approx(Z**2 / (10 + Z**2))  # Wilson's limit for zero successes


def test_all_right_mirrors_none_right() -> None:
    assert wilson(10, 10).low == pytest.approx(1 - wilson(0, 10).high)


def test_higher_confidence_is_wider() -> None:
    assert (
        wilson(19, 38, 0.99).low < wilson(19, 38).low < 0.5 < wilson(19, 38).high < wilson(19, 38, 0.99).high
    )


def test_a_large_sample_agrees_with_the_normal_approximation() -> None:
    interval = wilson(4000, 10000)
    assert interval.high - interval.low == pytest.approx(2 * Z * math.sqrt(0.4 * 0.6 / 10000), rel=1e-3)


@pytest.mark.parametrize(("right", "decided"), [(0, 0), (3, 2), (-1, 4)])
def test_impossible_counts_are_refused(right: int, decided: int) -> None:
    with pytest.raises(ValueError, match="expected 0 <= right <= decided"):
        wilson(right, decided)
