"""The same numbers from an independent library."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest

from CTSpatialVQALib.statistics.agreement import Rating, cohen_kappa
from CTSpatialVQALib.statistics.clusters import Clusters, clustered_contrast, clustered_share
from CTSpatialVQALib.statistics.intervals import clopper_pearson, wilson
from CTSpatialVQALib.statistics.paired_tests import holm, mcnemar_clustered, mcnemar_exact, sign_flip_p


@pytest.fixture(scope="module")
def library() -> ModuleType:
    pytest.importorskip("statsmodels", reason="statsmodels is in the extra `test`")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own making, while it is imported
        import statsmodels.api as sm
        import statsmodels.stats.api  # noqa: F401  # makes sm.stats
    return sm


class Sample:
    """Right or wrong, in patients of one to seven questions."""

    random = np.random.default_rng(11)
    patient = np.repeat(np.arange(80), random.integers(1, 8, 80))
    right = (random.random(len(patient)) < random.random(80)[patient]).astype(float)
    inside = random.random(len(patient)) < 0.4
    clusters = Clusters(patient)


def _fitted(library: ModuleType, columns: Sequence[object]) -> object:
    model = library.OLS(Sample.right, np.column_stack(columns))
    # statsmodels multiplies by (n - 1) / (n - k) as well, a factor of regression that a share has not
    return model.fit(cov_type="cluster", cov_kwds={"groups": Sample.patient, "df_correction": True})


def _without_factor(error: float, columns: int) -> float:
    n = len(Sample.right)
    return error / float(np.sqrt((n - 1) / (n - columns)))


def test_clustered_share_is_a_regression_on_a_constant(library: ModuleType) -> None:
    fitted = _fitted(library, [np.ones(len(Sample.right))])
    ours = clustered_share(Sample.right, np.ones(len(Sample.right)), Sample.clusters)
    assert ours.value == pytest.approx(fitted.params[0])  # type: ignore[attr-defined]
    assert ours.standard_error == pytest.approx(_without_factor(fitted.bse[0], 1), rel=1e-9)  # type: ignore[attr-defined]


def test_clustered_contrast_is_the_coefficient_of_the_group(library: ModuleType) -> None:
    fitted = _fitted(library, [np.ones(len(Sample.right)), Sample.inside.astype(float)])
    ours = clustered_contrast(Sample.right, Sample.inside, Sample.clusters)
    assert ours.value == pytest.approx(fitted.params[1])  # type: ignore[attr-defined]
    assert ours.standard_error == pytest.approx(_without_factor(fitted.bse[1], 2), rel=1e-9)  # type: ignore[attr-defined]


def test_holm(library: ModuleType) -> None:
    from statsmodels.stats.multitest import multipletests

    p_values = list(Sample.random.random(12) ** 3)
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


@pytest.mark.parametrize("table", [(3, 9), (0, 4), (120, 121)])
def test_exact_mcnemar(library: ModuleType, table: tuple[int, int]) -> None:
    from statsmodels.stats.contingency_tables import mcnemar

    theirs = mcnemar(np.array([[10, table[0]], [table[1], 10]]), exact=True).pvalue
    assert mcnemar_exact(*table) == pytest.approx(theirs)


def test_kappa_and_the_width_of_its_bootstrap(library: ModuleType) -> None:
    from statsmodels.stats.inter_rater import cohens_kappa

    table = [[200, 50], [100, 150]]
    ratings = [
        Rating(f"{first}-{second}-{at}", rater, str(value))
        for first, row in enumerate(table)
        for second, count in enumerate(row)
        for at in range(count)
        for rater, value in (("a", first), ("b", second))
    ]
    ours, theirs = cohen_kappa(ratings, "a", "b"), cohens_kappa(np.array(table))
    assert ours.value == pytest.approx(theirs.kappa)
    assert ours.interval is not None
    assert (ours.interval.high - ours.interval.low) / (2 * 1.96) == pytest.approx(theirs.std_kappa, rel=0.1)


def test_wilson(library: ModuleType) -> None:
    from statsmodels.stats.proportion import proportion_confint

    assert wilson(31, 97) == pytest.approx(proportion_confint(31, 97, method="wilson"))


@pytest.mark.parametrize("right", [0, 1, 31, 97])
def test_clopper_pearson(library: ModuleType, right: int) -> None:
    from statsmodels.stats.proportion import proportion_confint

    theirs = proportion_confint(right, 97, method="beta")
    assert clopper_pearson(right, 97) == pytest.approx(theirs)


def test_many_patients_are_tested_like_a_mean(library: ModuleType) -> None:
    from scipy.stats import ttest_1samp

    differences = Sample.random.integers(-3, 4, 40)
    differences = differences[differences != 0]
    first = np.concatenate([[d > 0] * abs(d) for d in differences])
    index = np.repeat(np.arange(len(differences)), abs(differences))
    found = mcnemar_clustered(first, ~first, Clusters(index))
    assert found == pytest.approx(ttest_1samp(differences, 0).pvalue)


def test_few_patients_are_tested_by_all_signs(library: ModuleType) -> None:
    from scipy.stats import permutation_test

    differences = np.array([3, -1, 2, 4, 1, -2])
    theirs = permutation_test(
        (differences,), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert sign_flip_p(differences) == pytest.approx(theirs.pvalue)
