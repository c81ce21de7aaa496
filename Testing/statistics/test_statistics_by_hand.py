"""Own statistics against tables worked out by hand; the arithmetic stands beside each."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.statistics.clusters import (
    Clusters,
    accuracy,
    bootstrap_shares,
    clustered_contrast,
    clustered_share,
    design_effect,
    failure_bounds,
    percentiles,
)
from CTSpatialVQALib.statistics.groups import against_chance, group_shares, membership
from CTSpatialVQALib.statistics.paired_tests import compare_all, holm, mcnemar_clustered, mcnemar_exact
from CTSpatialVQALib.statistics.power import questions_for_difference, questions_for_half_width


def test_clustered_share_of_three_patients() -> None:
    # a: 2 of 2, b: 1 of 3, c: 0 of 1.  p = 3/6 = 1/2
    # residuals y - p n: 2 - 1 = 1, 1 - 1.5 = -1/2, 0 - 1/2 = -1/2; squares 1 + 1/4 + 1/4 = 3/2
    # variance = 3/2 (m / (m - 1)) x 3/2 / 36 = 1/16, standard error 1/4
    found = clustered_share([1, 1, 1, 0, 0, 0], np.ones(6), Clusters.of(list("aabbbc")))
    assert found.value == 0.5
    assert found.standard_error == pytest.approx(0.25, abs=1e-15)
    # 1/16 over p (1 - p) / n = 1/24
    assert design_effect(found, 6) == pytest.approx(1.5)
    # t(0.975, 2 degrees of freedom) = 4.302653; 0.5 +- 1.0757 is cut to 0 and 1
    assert found.interval() == (0, 1)
    assert found.interval(low=-9, high=9).high == pytest.approx(0.5 + 4.302652729 / 4)


def test_questions_that_do_not_count_leave_their_patient_out() -> None:
    found = clustered_share([1, 0, 1, 0], [1, 1, 0, 0], Clusters.of(list("abcc")))
    # a: 1 of 1, b: 0 of 1: residuals 1/2 and -1/2, variance 2 x 1/2 / 4 = 1/4
    assert (found.value, found.standard_error, found.clusters) == (0.5, 0.5, 2)


def test_no_question_that_counts_has_no_share() -> None:
    with pytest.raises(ValueError, match="at least one question"):
        clustered_share([1], [0], Clusters.of(["a"]))


def test_contrast_within_one_patient_cancels_what_the_patient_adds() -> None:
    # in every patient the question inside is right and the one outside wrong: difference 1, no spread
    found = clustered_contrast([1, 0, 1, 0], [True, False, True, False], Clusters.of(list("aabb")))
    assert (found.value, found.standard_error) == (1.0, 0.0)


def test_contrast_by_hand() -> None:
    # inside right 1, 0; outside 1, 0; every question another patient: difference 0
    # influence: +-1/2 over 2 = +-1/4 each, squares 4/16; variance 4/3 x 1/4 = 1/3
    found = clustered_contrast([1, 0, 1, 0], [True, True, False, False], Clusters.of(list("abcd")))
    assert found.value == 0
    assert found.standard_error == pytest.approx(math.sqrt(1 / 3))


def test_a_group_about_one_patient_is_no_better_and_no_worse_than_the_rest() -> None:
    right = [0] + [1, 0] * 5
    (found,) = group_shares(right, {"one": [True] + [False] * 10}, Clusters.of(list("aaabbbcccdd")))
    assert (found.share, found.p, found.p_holm) == (0, None, None)


def test_a_group_without_spread_has_no_smaller_p_than_fishers() -> None:
    # inside 0 of 2; outside 9 of 16, about half in each patient, so that hardly any spread can be seen
    patients = list("ab") + [name for name in "cdef" for _ in range(4)]
    right = [0, 0] + [1, 1, 0, 0] * 3 + [1, 1, 1, 0]
    (found,) = group_shares(right, {"two": [True] * 2 + [False] * 16}, Clusters.of(patients))
    # Fisher: 9 of 18 are right; two wrong ones, or as extreme two right ones: 2 x (9 x 8) / (18 x 17)
    assert found.p == pytest.approx(2 * 72 / 306)


def test_exact_mcnemar_by_hand() -> None:
    # 1 against 5: two-sided 2 x (1 + 6) / 2^6 = 14/64
    assert mcnemar_exact(1, 5) == pytest.approx(14 / 64)
    assert mcnemar_exact(0, 0) == 1


def test_clustered_mcnemar_by_hand() -> None:
    # patient a: first right in 3 that second has wrong (D = 3); b: D = -1; c: D = 0
    # (3 - 1)^2 / (9 + 1) = 0.4 on 1 degree of freedom: p = erfc(sqrt(0.4 / 2))
    first, second = [1, 1, 1, 0, 1], [0, 0, 0, 1, 1]
    found = mcnemar_clustered(first, second, Clusters.of(list("aaabc")))
    assert found == pytest.approx(math.erfc(math.sqrt(0.2)), abs=1e-12)
    assert mcnemar_clustered(first, first, Clusters.of(list("aaabc"))) == 1


def test_holm_by_hand() -> None:
    # 0.01 x 4, then 0.02 x 3, then 0.03 x 2 (not below the one before), then 0.5
    assert holm([0.02, 0.5, 0.01, 0.03]) == pytest.approx((0.06, 0.5, 0.04, 0.06))
    assert holm([]) == ()
    assert holm([0.9, 0.8]) == (1.0, 1.0)


def test_failure_bounds() -> None:
    found = failure_bounds(right=6, wrong=2, failed=2)
    assert (found.if_wrong, found.if_right) == (0.6, 0.8)
    assert found.low < 0.6
    assert found.high > 0.8
    with pytest.raises(ValueError, match="decided >= 1"):
        failure_bounds(0, 0, 0)


def test_exact_binomial_against_chance() -> None:
    # 5 of 5 against 1/2: 2 / 32
    assert against_chance(5, 5, 0.5) == (1.0, 5, 0.5, pytest.approx(1 / 16))


def test_questions_needed() -> None:
    # 1.959964^2 x 0.3 x 0.7 / 0.01^2 = 8067.06
    assert questions_for_half_width(0.3, 0.01) == 8068
    assert questions_for_half_width(0.3, 0.01, design_effect=1.5) == 12101
    # Connor: (1.959964 sqrt 0.25 + 0.841621 sqrt(0.25 - 0.0001))^2 / 0.0001
    # = (0.979982 + 0.420726)^2 / 0.0001 = 19619.9
    assert questions_for_difference(0.01, 0.25) == pytest.approx(19620, abs=1)
    with pytest.raises(ValueError, match="discordant"):
        questions_for_difference(0.3, 0.2)


def test_a_question_of_two_categories_counts_in_both() -> None:
    groups = membership([("depth", "side"), ("side",), (), ("depth",)], ("side", "depth", "extent"))
    found = group_shares([1, 1, 0, 0], groups, Clusters.of(list("abcd")))
    assert [(one.group, one.right, one.questions) for one in found] == [("side", 2, 2), ("depth", 1, 2)]
    side = found[0]
    assert side.versus_rest == 1.0
    assert found[1].p_holm is not None


def test_a_group_of_everything_is_compared_with_nothing() -> None:
    (found,) = group_shares([1, 0], {"all": [True, True]}, Clusters.of(list("ab")))
    assert (found.versus_rest, found.p, found.p_holm) == (None, None, None)


def test_bootstrap_draws_patients_and_is_repeatable() -> None:
    # one patient all right, one all wrong: a draw of two patients gives 0, 1/2 or 1 and nothing else
    clusters = Clusters.of(list("aaab"))
    drawn = bootstrap_shares([1, 1, 1, 0], clusters, draws=500, seed=1)
    assert set(np.round(drawn[:, 0], 6)) == {0.0, 0.75, 1.0}
    assert np.array_equal(drawn, bootstrap_shares([1, 1, 1, 0], clusters, draws=500, seed=1))
    assert not np.array_equal(drawn, bootstrap_shares([1, 1, 1, 0], clusters, draws=500, seed=2))
    assert percentiles(drawn) == (0, 1)


def test_bootstrap_and_closed_form_agree() -> None:
    random = np.random.default_rng(0)
    index = np.repeat(np.arange(300), random.integers(1, 8, 300))
    lucky = random.random(300)[index]
    right = random.random(len(index)) < lucky
    found = accuracy(right, Clusters(index))
    assert found.design_effect > 1.5
    assert found.bootstrap == pytest.approx(found.clustered, abs=0.006)
    assert found.wilson.low > found.clustered.low


def test_comparison_has_one_row_per_pair_and_corrects_for_all() -> None:
    random = np.random.default_rng(3)
    columns = {name: random.random(200) < share for name, share in (("a", 0.3), ("b", 0.5), ("c", 0.32))}
    clusters = Clusters.of([f"p{at // 4}" for at in range(200)])
    found = compare_all(columns, clusters, draws=400)
    assert [(one.first, one.second) for one in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    for one in found:
        assert one.difference == pytest.approx((one.only_first - one.only_second) / 200)
        assert one.clustered.low < one.difference < one.clustered.high
        assert one.p_holm >= one.p_clustered
    assert found[0].difference < -0.1
    assert compare_all({"a": columns["a"]}, clusters) == ()


@given(st.lists(st.booleans(), min_size=2, max_size=40))
def test_a_patient_per_question_gives_the_textbook_standard_error(right: list[bool]) -> None:
    count, share = len(right), sum(right) / len(right)
    found = clustered_share(right, np.ones(count), Clusters.of([f"p{at:03}" for at in range(count)]))
    assert found.standard_error == pytest.approx(math.sqrt(share * (1 - share) / (count - 1)), abs=1e-12)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_a_patient_per_question_gives_mcnemar_s_own_statistic(pairs: list[tuple[bool, bool]]) -> None:
    only_first = sum(one and not two for one, two in pairs)
    only_second = sum(two and not one for one, two in pairs)
    found = mcnemar_clustered(
        [one for one, _ in pairs],
        [two for _, two in pairs],
        Clusters.of([str(at) for at in range(len(pairs))]),
    )
    if only_first + only_second:
        statistic = (only_first - only_second) ** 2 / (only_first + only_second)
        assert found == pytest.approx(math.erfc(math.sqrt(statistic / 2)), abs=1e-12)
    else:
        assert found == 1
