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
    clustered_contrast,
    clustered_share,
    design_effect,
    failure_bounds,
)
from CTSpatialVQALib.statistics.groups import against_constants, group_shares, membership
from CTSpatialVQALib.statistics.intervals import clopper_pearson
from CTSpatialVQALib.statistics.paired_tests import (
    Comparison,
    compare_all,
    holm,
    mcnemar_clustered,
    mcnemar_exact,
)
from CTSpatialVQALib.statistics.power import questions_for_difference, questions_for_half_width


def test_clustered_share_of_three_patients() -> None:
    # a: 2 of 2, b: 1 of 3, c: 0 of 1.  p = 3/6 = 1/2
    # residuals y - p n: 2 - 1 = 1, 1 - 1.5 = -1/2, 0 - 1/2 = -1/2; squares 1 + 1/4 + 1/4 = 3/2
    # variance = 3/2 (m / (m - 1)) x 3/2 / 36 = 1/16, standard error 1/4
    found = clustered_share([1, 1, 1, 0, 0, 0], np.ones(6), Clusters.of(list("aabbbc")))
    assert found.value == 0.5
    assert found.standard_error == pytest.approx(0.25, abs=1e-15)
    # 1/16 over p (1 - p) / n = 1/24
    assert design_effect(np.array([[2, 2], [1, 3], [0, 1]])) == pytest.approx(1.5)


def test_the_design_effect_of_few_failures_is_not_taken_from_them_alone() -> None:
    # 10 patients of 4 questions, one wrong answer: the data show 40 / 39 x (36 x .025^2 x ... ) near 1;
    # the least is 1 + (4 - 1) / (1 + 1) = 2.5
    sums = np.array([[4, 4]] * 9 + [[3, 4]])
    assert design_effect(sums) == pytest.approx(2.5)
    # nothing wrong: each patient counts as one question
    assert design_effect(np.array([[4, 4]] * 10)) == 4
    # sizes 1 and 3, all right: sum of squares over sum = 10 / 4
    assert design_effect(np.array([[1, 1], [3, 3]])) == 2.5


def test_korn_graubard_by_hand() -> None:
    # 40 questions of 10 patients, all right: 10 x (t(39) / t(9))^2 = 10 x (2.022691 / 2.262157)^2 = 7.9949
    # no failure: low end (0.05 / 2)^(1 / 7.9949)
    found = accuracy([1] * 40, Clusters.of([str(at // 4) for at in range(40)]))
    effective = 10 * (2.022690920 / 2.262157163) ** 2
    assert found.interval == (pytest.approx(0.025 ** (1 / effective)), 1.0)
    assert accuracy([1, 0], Clusters.of(["a", "a"])).interval is None
    # a patient per question, 5 of 10: variance 10 / 9 x .025 over .025 is 10 / 9, so 9 questions
    five = accuracy([1, 0] * 5, Clusters(np.arange(10)))
    assert five.design_effect == pytest.approx(10 / 9)
    assert five.interval == pytest.approx(clopper_pearson(4.5, 9))


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
    # of the four choices of signs +-3 +-1 all have a sum of at least |2|: p = 1
    first, second = [1, 1, 1, 0, 1], [0, 0, 0, 1, 1]
    assert mcnemar_clustered(first, second, Clusters.of(list("aaabc"))) == 1
    # six patients, all for the first: 2 of 64
    assert mcnemar_clustered([1] * 6, [0] * 6, Clusters(np.arange(6))) == pytest.approx(2 / 64)
    # four all-or-nothing patients can never show a difference
    alike = Clusters.of([name for name in "abcd" for _ in range(5)])
    assert mcnemar_clustered([1] * 20, [0] * 20, alike) == pytest.approx(2 / 16)
    assert mcnemar_clustered(first, first, Clusters.of(list("aaabc"))) == 1


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 30)), min_size=2, max_size=90),
    st.lists(st.booleans(), min_size=90, max_size=90),
)
def test_interval_and_corrected_p_always_say_the_same(
    rows: list[tuple[bool, bool, int]], third: list[bool]
) -> None:
    columns = {
        "a": [row[0] for row in rows],
        "b": [row[1] for row in rows],
        "c": third[: len(rows)],
    }
    for pair in compare_all(columns, Clusters.of([str(row[2]) for row in rows])):
        assert pair.interval.low <= pair.difference <= pair.interval.high
        excluded = pair.interval.low > 0 or pair.interval.high < 0
        assert excluded == (pair.p_holm < 0.05)


def test_interval_of_a_difference_by_hand() -> None:
    # 20 patients of one question, D = +1 in 15 and -1 in 5; c^2 = 20 t^2 / (19 + t^2), t(19) = 2.0930
    # (10 - 20 d)^2 = c^2 (20 - 20 d + 20 d^2); t^2 = 4.3807, c^2 = 3.7473
    critical = 20 * 2.093024054**2 / (19 + 2.093024054**2)
    a, b, c = 400 - 20 * critical, -(400 - 20 * critical), 100 - 20 * critical
    ends = sorted((-b + sign * math.sqrt(b * b - 4 * a * c)) / (2 * a) for sign in (-1, 1))
    right = [1] * 15 + [0] * 5
    found = Comparison.of("a", "b", right, [1 - one for one in right], Clusters(np.arange(20)))
    assert found.interval() == (pytest.approx(ends[0]), pytest.approx(min(1.0, ends[1])))


def test_holm_by_hand() -> None:
    # 0.01 x 4, then 0.02 x 3, then 0.03 x 2 (not below the one before), then 0.5
    assert holm([0.02, 0.5, 0.01, 0.03]) == pytest.approx((0.06, 0.5, 0.04, 0.06))
    assert holm([]) == ()
    assert holm([0.9, 0.8]) == (1.0, 1.0)


def test_failure_bounds() -> None:
    assert failure_bounds(right=6, wrong=2, failed=2) == (0.6, 0.8)
    with pytest.raises(ValueError, match="at least one question"):
        failure_bounds(0, 0, 0)


def test_a_constant_answer_is_compared_question_by_question() -> None:
    # ten patients; the model is right on one more question than the constant, and on nothing else differs:
    # nothing can be said, whatever the shares
    constant = [1] * 5 + [0] * 5
    model = [1] * 6 + [0] * 4
    clusters = Clusters(np.arange(10))
    found = against_constants({"form": (model, constant)}, {"form": clusters})["form"]
    assert found == (0.6, 10, 0.5, 1.0, 1.0)
    # right exactly where the constant is wrong, of seven patients: 2 / 128, times two forms
    both = {"a": ([1] * 7, [0] * 7), "b": ([1] * 3, [0] * 3)}
    pair = against_constants(both, {"a": Clusters(np.arange(7)), "b": Clusters(np.arange(3))})
    assert (pair["a"].p, pair["a"].p_holm) == (pytest.approx(2 / 128), pytest.approx(4 / 128))


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


def test_the_interval_widens_with_what_patients_share() -> None:
    random = np.random.default_rng(0)
    index = np.repeat(np.arange(300), random.integers(1, 8, 300))
    lucky = random.random(300)[index]
    found = accuracy(random.random(len(index)) < lucky, Clusters(index))
    alone = accuracy(random.random(len(index)) < 0.5, Clusters(np.arange(len(index))))
    assert found.design_effect > 1.5
    assert found.interval.high - found.interval.low > 1.2 * (alone.interval.high - alone.interval.low)


def test_comparison_has_one_row_per_pair_and_corrects_for_all() -> None:
    random = np.random.default_rng(3)
    columns = {name: random.random(200) < share for name, share in (("a", 0.3), ("b", 0.5), ("c", 0.32))}
    clusters = Clusters.of([f"p{at // 4}" for at in range(200)])
    found = compare_all(columns, clusters)
    assert [(one.first, one.second) for one in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    for one in found:
        assert one.difference == pytest.approx((one.only_first - one.only_second) / 200)
        assert one.interval.low < one.difference < one.interval.high
        assert one.p_holm >= one.p_clustered
    assert found[0].difference < -0.1
    assert compare_all({"a": columns["a"]}, clusters) == ()


@given(st.lists(st.booleans(), min_size=2, max_size=40))
def test_a_patient_per_question_gives_the_textbook_standard_error(right: list[bool]) -> None:
    count, share = len(right), sum(right) / len(right)
    found = clustered_share(right, np.ones(count), Clusters.of([f"p{at:03}" for at in range(count)]))
    assert found.standard_error == pytest.approx(math.sqrt(share * (1 - share) / (count - 1)), abs=1e-12)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_exact_and_t_test_meet_where_they_change_over(pairs: list[tuple[bool, bool]]) -> None:
    only_first = sum(one and not two for one, two in pairs)
    only_second = sum(two and not one for one, two in pairs)
    found = mcnemar_clustered(
        [one for one, _ in pairs],
        [two for _, two in pairs],
        Clusters.of([str(at) for at in range(len(pairs))]),
    )
    exact = mcnemar_exact(only_first, only_second)
    if only_first + only_second < 12:
        # with a question per patient the sign-flips are McNemar's exact test
        assert found == pytest.approx(exact)
    else:
        assert found == pytest.approx(exact, abs=0.35)
