"""Readers' verdicts and all scores together: worked by hand, against the published formulas, simulated."""

from __future__ import annotations

import math

import numpy as np
import pytest

from CTSpatialVQALib.statistics.clusters import Clusters
from CTSpatialVQALib.statistics.prediction_powered import prediction_powered, verdicts_needed

NAN = float("nan")


def test_the_verdicts_correct_the_scores_by_hand() -> None:
    # eight answers, the scorer finds six right; of the four read it found three right, readers two
    scores = [1, 1, 1, 0, 1, 1, 1, 0]
    verdicts = [1, 1, 0, 0, NAN, NAN, NAN, NAN]
    clusters = Clusters(np.arange(8))
    found = prediction_powered(scores, verdicts, clusters, weight=1.0)
    assert found.value == pytest.approx(6 / 8 + (2 - 3) / 4)
    assert (found.scorer, found.readers_only, found.correction) == (0.75, 0.5, -0.25)
    assert (found.read, found.answers, found.patients) == (4, 8, 4)
    # without the scorer it is the readers' share
    alone = prediction_powered(scores, verdicts, clusters, weight=0.0)
    assert alone.value == 0.5
    assert alone.interval == alone.readers_interval


def test_a_scorer_that_says_nothing_is_not_used() -> None:
    found = prediction_powered([1] * 20, [1, 0] * 5 + [NAN] * 10, Clusters(np.arange(20)))
    assert (found.weight, found.value, found.gain) == (0.0, 0.5, 1.0)


def published(y: np.ndarray, own: np.ndarray, rest: np.ndarray, lam: float) -> tuple[float, float]:
    """Estimate and standard error as PPI++ states them, for labelled and unlabelled answers apart."""
    value = lam * rest.mean() + (y - lam * own).mean()
    variance = lam**2 * rest.var() / len(rest) + (y - lam * own).var() / len(y)
    return float(value), math.sqrt(variance)


def test_estimate_and_gain_are_those_of_the_published_formulas() -> None:
    random = np.random.default_rng(5)
    truth = random.random(4000) < 0.4
    scores = np.where(random.random(4000) < 0.85, truth, ~truth).astype(float)
    read = random.choice(4000, 600, replace=False)
    verdicts = np.full(4000, NAN)
    verdicts[read] = truth[read]
    rest = np.setdiff1d(np.arange(4000), read)
    found = prediction_powered(scores, verdicts, Clusters(np.arange(4000)))
    # all answers together with weight w are the others apart with weight w (N - n) / N
    lam = found.weight * len(rest) / 4000
    value, error = published(truth[read].astype(float), scores[read], scores[rest], lam)
    assert found.value == pytest.approx(value)
    alone = math.sqrt(truth[read].var() / len(read))
    assert found.gain == pytest.approx((alone / error) ** 2, rel=0.03)
    # and the weight is the best one: cov / ((1 + n / (N - n)) var)
    best = np.cov(truth[read], scores[read])[0, 1] / scores.var() / (1 + 600 / len(rest))
    assert lam == pytest.approx(best, abs=0.03)
    interval = found.interval
    assert interval is not None
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * error, rel=0.06)


def test_the_interval_holds_whatever_the_bias_of_the_scorer() -> None:
    random = np.random.default_rng(8)
    for flattery in (0.0, 0.4, 1.0):  # share of answers that the scorer calls right without looking
        held = 0
        for _ in range(150):
            own = random.beta(3, 7, 60)
            index = np.repeat(np.arange(60), 6)
            truth = random.random(360) < own[index]
            scores = np.where(random.random(360) < flattery, 1.0, truth)
            verdicts = np.full(360, NAN)
            read = random.choice(360, 80, replace=False)
            verdicts[read] = truth[read]
            interval = prediction_powered(scores, verdicts, Clusters(index)).interval
            held += interval is not None and interval.low <= 0.3 <= interval.high
        assert held >= 0.91 * 150


def test_how_many_further_verdicts_are_needed() -> None:
    random = np.random.default_rng(2)
    truth = random.random(5000) < 0.5
    scores = np.where(random.random(5000) < 0.9, truth, ~truth).astype(float)
    clusters = Clusters(np.arange(5000))

    def needed(read: int, half_width: float) -> int | None:
        verdicts = np.full(5000, NAN)
        verdicts[:read] = truth[:read]
        return verdicts_needed(scores, verdicts, clusters, half_width)

    first = needed(100, 0.05)
    assert first is not None
    assert 20 < first < 400
    # with that many the interval is as wide as asked for, and no more are needed
    verdicts = np.full(5000, NAN)
    verdicts[: 100 + first] = truth[: 100 + first]
    interval = prediction_powered(scores, verdicts, clusters).interval
    assert interval is not None
    assert (interval.high - interval.low) / 2 == pytest.approx(0.05, abs=0.015)
    assert needed(3000, 0.05) == 0
    assert needed(100, 0.001) is None


def test_nothing_read_and_values_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one verdict"):
        prediction_powered([1.0], [NAN], Clusters(np.arange(1)))
    with pytest.raises(ValueError, match="between 0 and 1"):
        prediction_powered([2.0], [1.0], Clusters(np.arange(1)))
