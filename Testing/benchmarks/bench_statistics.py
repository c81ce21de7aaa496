"""Error rates of intervals and tests, simulated. Run it as `python Testing/benchmarks/bench_statistics.py`.

Answers are drawn patient by patient: each patient has a share of right answers of his own, from a beta
distribution with the intraclass correlation named. Printed are the coverage of 95 % intervals (goal: never
below 93 %) and the size of tests at 5 % (goal: at most 5.5 %), as they were before and as they are.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, chi2, t

from CTSpatialVQALib.statistics.clusters import Clusters, accuracy, clustered_share
from CTSpatialVQALib.statistics.groups import against_constants
from CTSpatialVQALib.statistics.intervals import Interval, wilson
from CTSpatialVQALib.statistics.paired_tests import Comparison, compare_all
from CTSpatialVQALib.statistics.prediction_powered import prediction_powered

PATIENTS, PER_PATIENT = (5, 10, 20, 50, 100), (2, 8)
SHARES, CORRELATIONS = (0.02, 0.1, 0.3, 0.5, 0.8, 0.98), (0.0, 0.1, 0.3, 0.5)


class Setting(NamedTuple):
    """One way to draw answers; patients have from 1 to twice `per_patient` questions where `uneven`."""

    patients: int
    per_patient: int
    share: float
    correlation: float
    uneven: bool = False


def drawn(setting: Setting, random: np.random.Generator) -> tuple[NDArray[np.bool_], Clusters]:
    """Right or wrong, and whose question it is."""
    sizes = np.full(setting.patients, setting.per_patient)
    if setting.uneven:
        sizes = random.integers(1, 2 * setting.per_patient + 1, setting.patients)
    own = shares_of_patients(setting, random)
    index = np.repeat(np.arange(setting.patients), sizes)
    return random.random(len(index)) < own[index], Clusters(index)


def shares_of_patients(setting: Setting, random: np.random.Generator) -> NDArray[np.float64]:
    """Each patient's own share of right answers."""
    if setting.correlation == 0:
        return np.full(setting.patients, setting.share)
    strength = 1 / setting.correlation - 1
    return random.beta(setting.share * strength, (1 - setting.share) * strength, setting.patients)


def cautious_before(right: NDArray[np.bool_], clusters: Clusters) -> Interval:
    """What the report said before: the wider of Wilson's interval and value +- t x standard error."""
    estimate = clustered_share(right, np.ones(len(right)), clusters)
    half = float(t.ppf(0.975, clusters.count - 1)) * estimate.standard_error
    over_patients = Interval(max(0.0, estimate.value - half), min(1.0, estimate.value + half))
    return max(wilson(int(right.sum()), len(right)), over_patients, key=lambda one: one.high - one.low)


def coverage(setting: Setting, draws: int, random: np.random.Generator) -> tuple[float, float]:
    """Share of the draws whose interval holds the truth: before, and now."""
    before = now = 0
    for _ in range(draws):
        right, clusters = drawn(setting, random)
        old, new = cautious_before(right, clusters), accuracy(right, clusters).interval
        before += old.low <= setting.share <= old.high
        now += new is not None and new.low <= setting.share <= new.high
    return before / draws, now / draws


def chi_squared_before(difference: NDArray[np.float64]) -> float:
    """The p of clustered McNemar as it was: chi-squared however few patients there are."""
    spread = float(np.square(difference).sum())
    return float(chi2.sf(difference.sum() ** 2 / spread, 1)) if spread else 1.0


def size_of_mcnemar(
    patients: int, per_patient: int, telling: float, draws: int, random: np.random.Generator
) -> tuple[float, float, float]:
    """Two equally good models, each patient all for one of them: size before, size now, interval's misses."""
    clusters = Clusters(np.repeat(np.arange(patients), per_patient))
    before = now = missed = 0
    for _ in range(draws):
        sign = random.choice([-1, 0, 1], patients, p=[telling / 2, 1 - telling, telling / 2])
        first, second = np.repeat(sign > 0, per_patient), np.repeat(sign < 0, per_patient)
        (pair,) = compare_all({"a": first, "b": second}, clusters)
        before += chi_squared_before(sign * float(per_patient)) < 0.05
        now += pair.p_clustered < 0.05
        missed += not pair.interval.low <= 0 <= pair.interval.high
    return before / draws, now / draws, missed / draws


def coverage_of_differences(patients: int, draws: int, random: np.random.Generator) -> float:
    """Two models of 60 and 40 %, alike within patients: how often the interval holds 20 points."""
    good = Setting(patients, 4, 0.6, 0.2)
    poor = Setting(patients, 4, 0.4, 0.2)
    held = 0
    for _ in range(draws):
        (first, clusters), (second, _) = drawn(good, random), drawn(poor, random)
        interval = Comparison.of("a", "b", first, second, clusters).interval()
        held += interval.low <= 0.2 <= interval.high
    return held / draws


def size_against_constant(
    patients: int, share: float, draws: int, random: np.random.Generator
) -> tuple[float, float]:
    """A model as good as the constant, on other questions: size of the binomial test, and of the paired."""
    setting = Setting(patients, 4, share, 0.1)
    before = now = 0
    for _ in range(draws):
        (model, clusters), (constant, _) = drawn(setting, random), drawn(setting, random)
        level = float(constant.mean())
        before += binomtest(int(model.sum()), len(model), level).pvalue < 0.05
        now += against_constants({"form": (model, constant)}, {"form": clusters})["form"].p < 0.05
    return before / draws, now / draws


def coverage_of_readers(
    verdicts: int, share: float, flattery: float, draws: int, random: np.random.Generator
) -> tuple[float, float, float]:
    """Readers and scores together: coverage, mean width, and mean width of readers alone.

    The scorer is right in 90 % and calls the share `flattery` of all answers right without looking.
    """
    held, width, alone = 0, 0.0, 0.0
    for _ in range(draws):
        truth, clusters = drawn(Setting(100, 6, share, 0.1), random)
        scores = np.where(random.random(len(truth)) < 0.9, truth, ~truth).astype(float)
        scores[random.random(len(truth)) < flattery] = 1.0
        seen = np.full(len(truth), np.nan)
        read = random.choice(len(truth), verdicts, replace=False)
        seen[read] = truth[read]
        found = prediction_powered(scores, seen, clusters)
        if found.interval is None or found.readers_interval is None:
            continue
        held += found.interval.low <= share <= found.interval.high
        width += found.interval.high - found.interval.low
        alone += found.readers_interval.high - found.readers_interval.low
    return held / draws, width / draws, alone / draws


def settings() -> Iterator[Setting]:
    """All combinations, and a few with uneven patients."""
    for combination in itertools.product(PATIENTS, PER_PATIENT, SHARES, CORRELATIONS):
        yield Setting(*combination)
    for patients, share in itertools.product((10, 50), (0.02, 0.5, 0.9)):
        yield Setting(patients, 6, share, 0.3, uneven=True)


def print_worst(rows: list[tuple[Setting, float, float]]) -> None:
    for title, column in (("before", 1), ("now", 2)):
        worst = sorted(rows, key=lambda row, at=column: row[at])[:3]  # type: ignore[misc]
        below = sum(row[column] < 0.93 for row in rows)
        print(f"coverage {title}: {below} of {len(rows)} settings below 93 %; lowest:")
        for row in worst:
            print(f"  {row[column]:.1%} with {row[0]}")


def main(report: Callable[[str], None] = print) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--seed", type=int, default=20260508)
    chosen = parser.parse_args()
    random = np.random.default_rng(chosen.seed)
    noise = 196 * (0.0475 / chosen.draws) ** 0.5
    report(f"{chosen.draws} draws: a coverage of 95 % is seen to within {noise:.1f} points")
    print_worst([(one, *coverage(one, chosen.draws, random)) for one in settings()])
    draws = 10 * chosen.draws
    for patients, telling in ((4, 1.0), (6, 0.9), (9, 0.9), (12, 0.9), (20, 0.9), (40, 0.1), (40, 0.5)):
        before, now, missed = size_of_mcnemar(patients, 4, telling, draws, random)
        report(
            f"McNemar, {patients} patients, {telling:.0%} of them all-or-nothing: size {before:.1%} before,"
            f" {now:.1%} now; interval misses 0 in {missed:.1%}"
        )
    for patients in (8, 14, 50):
        held = coverage_of_differences(patients, draws, random)
        report(f"interval of a difference, {patients} patients: holds it in {held:.1%}")
    for patients, share in ((20, 0.3), (60, 0.5)):
        before, now = size_against_constant(patients, share, draws, random)
        report(
            f"against a constant, {patients} patients, {share:.0%}: size {before:.1%} before, {now:.1%} now"
        )
    for verdicts, share, flattery in ((50, 0.3, 0.0), (50, 0.95, 0.0), (100, 0.3, 0.5), (200, 0.6, 1.0)):
        held, width, alone = coverage_of_readers(verdicts, share, flattery, chosen.draws, random)
        report(
            f"{verdicts} verdicts, {share:.0%} right, scorer flatters {flattery:.0%}: holds it in {held:.1%};"
            f" width {100 * width:.0f} points, of readers alone {100 * alone:.0f}"
        )


if __name__ == "__main__":
    main()
