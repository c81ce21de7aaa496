"""The same numbers from an independent library."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest

from CTSpatialVQALib.statistics.clusters import Clusters, clustered_contrast, clustered_share
from CTSpatialVQALib.statistics.intervals import wilson
from CTSpatialVQALib.statistics.paired_tests import holm, mcnemar_exact


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


def test_wilson(library: ModuleType) -> None:
    from statsmodels.stats.proportion import proportion_confint

    assert wilson(31, 97) == pytest.approx(proportion_confint(31, 97, method="wilson"))
