"""Coefficients of agreement against tables worked out by hand, a published example and another library."""

from __future__ import annotations

import math
from collections.abc import Sequence

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.statistics.agreement import (
    Agreement,
    Bootstrap,
    Rating,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    per_category,
)

FEW = Bootstrap(resamples=200)
VALUES = ("correct", "incorrect", "unsure")


def of_table(table: Sequence[Sequence[int]]) -> list[Rating]:
    """Two raters' values, as a table of counts says: rows the first, columns the second."""
    found: list[Rating] = []
    for first, row in enumerate(table):
        for second, count in enumerate(row):
            for number in range(count):
                item = f"{first}-{second}-{number}"
                found += [Rating(item, "a", VALUES[first]), Rating(item, "b", VALUES[second])]
    return found


def of_counts(counts: Sequence[Sequence[int]]) -> list[Rating]:
    """Values of anonymous raters: one row per item, how many gave each value."""
    found: list[Rating] = []
    for item, row in enumerate(counts):
        values = [str(value) for value, count in enumerate(row) for _ in range(count)]
        found += [Rating(f"item-{item}", f"rater-{n}", value) for n, value in enumerate(values)]
    return found


def test_cohen_by_hand() -> None:
    # 50 items: 20 both correct, 15 both incorrect, 5 and 10 apart
    found = cohen_kappa(of_table([[20, 5], [10, 15]]), "a", "b", bootstrap=FEW)
    observed = (20 + 15) / 50
    chance = (25 / 50) * (30 / 50) + (25 / 50) * (20 / 50)
    assert found.observed == pytest.approx(observed)
    assert found.value == pytest.approx((observed - chance) / (1 - chance))
    assert found.value == pytest.approx(0.4)
    assert (found.items, found.raters) == (50, 2)


def test_ac1_by_hand() -> None:
    # P = 35/50; q of the first value (25 + 30) / 100 = .55; Pe = 2 x .55 x .45 = .495
    ratings = of_table([[20, 5], [10, 15]])
    found = gwet_ac1(ratings, bootstrap=FEW)
    assert found.value == pytest.approx((0.7 - 0.495) / (1 - 0.495))
    assert cohen_kappa(ratings, "a", "b", bootstrap=FEW).ac1 == found.value


def test_ac1_of_three_values_and_four_raters() -> None:
    # P of the rows 4-0-0, 3-1-0, 2-1-1, 0-4-0: 1, 1/2, 1/6, 1; q = 9/16, 6/16, 1/16
    # Pe = (9 x 7 + 6 x 10 + 1 x 15) / 256 / 2 = 138 / 512
    found = gwet_ac1(of_counts([[4, 0, 0], [3, 1, 0], [2, 1, 1], [0, 4, 0]]), bootstrap=FEW)
    observed, chance = (1 + 1 / 2 + 1 / 6 + 1) / 4, 138 / 512
    assert found.value == pytest.approx((observed - chance) / (1 - chance))


def test_where_one_value_prevails_ac1_says_what_kappa_hides() -> None:
    found = cohen_kappa(of_table([[970, 15], [15, 0]]), "a", "b", bootstrap=FEW)
    assert found.observed == pytest.approx(0.97)
    assert found.value < 0
    assert found.ac1 > 0.96


def test_no_interval_is_told_where_the_draws_say_nothing() -> None:
    # the first rater always says the same: kappa is 0 or undefined in every draw
    constant = cohen_kappa(of_table([[30, 3], [0, 0]]), "a", "b", bootstrap=FEW)
    assert constant.value == 0
    assert constant.interval is None
    # full agreement on three items: a third of the draws is undefined, all others are 1
    assert cohen_kappa(of_table([[2, 0], [0, 1]]), "a", "b", bootstrap=FEW).interval is None


def test_cohen_takes_only_items_that_both_rated() -> None:
    ratings = [*of_table([[3, 1], [1, 3]]), Rating("alone", "a", "unsure"), Rating("other", "c", "unsure")]
    found = cohen_kappa(ratings, "a", "b", bootstrap=FEW)
    assert (found.items, found.left_out) == (8, 1)
    assert found.value == pytest.approx(0.5)  # po = 6/8, pe = 1/2


def test_fleiss_by_hand() -> None:
    # 3 raters, 4 items: 3-0, 3-0, 2-1, 1-2; agreeing pairs of 3: 3, 3, 1, 1 -> P = (3 + 3 + 1 + 1) / 12 = 2/3
    # pooled: 9 and 3 of 12 -> Pe = (9/12)^2 + (3/12)^2 = 5/8; kappa = (2/3 - 5/8) / (3/8) = 1/9
    found = fleiss_kappa(of_counts([[3, 0], [3, 0], [2, 1], [1, 2]]), bootstrap=FEW)
    assert found.observed == pytest.approx(2 / 3)
    assert found.value == pytest.approx(1 / 9)


def test_fleiss_of_the_textbook_table() -> None:
    # ten items, fourteen raters, five values; the published result is 0.210
    counts = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
    assert fleiss_kappa(of_counts(counts), bootstrap=FEW).value == pytest.approx(0.210, abs=5e-4)


def test_fleiss_leaves_out_what_not_everyone_rated() -> None:
    ratings = [*of_counts([[3, 0], [3, 0], [2, 1], [1, 2]]), Rating("half", "rater-0", "0")]
    found = fleiss_kappa(ratings, bootstrap=FEW)
    assert (found.items, found.left_out) == (4, 1)
    assert found.value == pytest.approx(1 / 9)


def test_alpha_by_hand_with_a_missing_rating() -> None:
    # items: aaa, ab, b, bb (the single b says nothing)
    # coincidences: aaa: 6 pairs / 2 = 3 of aa; ab: 1 ab + 1 ba; bb: 2 of bb -> n = 7, n_a = 4, n_b = 3
    # Do = 2/7; De = 2 * 4 * 3 / (7 * 6) = 4/7; alpha = 1/2
    ratings = [
        *(Rating("1", rater, "a") for rater in "xyz"),
        Rating("2", "x", "a"),
        Rating("2", "y", "b"),
        Rating("3", "z", "b"),
        Rating("4", "y", "b"),
        Rating("4", "z", "b"),
    ]
    found = krippendorff_alpha(ratings, bootstrap=FEW)
    assert found.value == pytest.approx(0.5)
    assert found.observed == pytest.approx(5 / 7)
    assert (found.items, found.raters, found.left_out) == (3, 3, 1)


@given(
    st.lists(st.lists(st.sampled_from(["", "a", "b", "c"]), min_size=3, max_size=3), min_size=2, max_size=20)
)
def test_alpha_is_that_of_an_independent_library(rows: list[list[str]]) -> None:
    ratings = [
        Rating(f"item-{item}", f"rater-{rater}", value)
        for item, row in enumerate(rows)
        for rater, value in enumerate(row)
        if value
    ]
    ours = krippendorff_alpha(ratings, bootstrap=Bootstrap(resamples=2)).value
    pairable = {value for row in rows if sum(map(bool, row)) > 1 for value in row if value}
    if len(pairable) < 2:
        assert ours is None
        return
    codes = {"": np.nan, "a": 0.0, "b": 1.0, "c": 2.0}
    data = np.array([[codes[value] for value in row] for row in rows]).T
    theirs = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_agreement_is_undefined_where_all_say_the_same() -> None:
    ratings = [Rating(str(item), rater, "correct") for item in range(5) for rater in "ab"]
    for found in (
        cohen_kappa(ratings, "a", "b", bootstrap=FEW),
        fleiss_kappa(ratings, bootstrap=FEW),
        krippendorff_alpha(ratings, bootstrap=FEW),
    ):
        assert (found.value, found.observed, found.interval) == (None, 1.0, None)


def test_nothing_rated_is_told_as_nothing() -> None:
    for found in (cohen_kappa([], "a", "b"), fleiss_kappa([]), krippendorff_alpha([])):
        assert (found.value, found.observed, found.interval, found.items) == (None, None, None, 0)


def test_draws_in_which_kappa_is_undefined_are_counted() -> None:
    found = cohen_kappa(of_table([[2, 0], [0, 1]]), "a", "b", bootstrap=Bootstrap(resamples=4000))
    # all three draws are one of the two (8/27) or all the third (1/27)
    assert found.undefined_draws == pytest.approx(9 / 27, abs=0.03)
    assert found.value == pytest.approx(1.0)


def clustered(patients: int) -> list[Rating]:
    return [
        rating._replace(patient=f"p-{int(rating.item.rsplit('-', 1)[1]) % patients}")
        for rating in of_table([[40, 10], [10, 40]])
    ]


def width(found: Agreement) -> float:
    assert found.interval is not None
    return found.interval.high - found.interval.low


def test_items_of_one_patient_are_drawn_together() -> None:
    # every patient ten times the same pair of values: the information of ten items, not of a hundred
    alike = [
        Rating(f"{patient}-{n}", rater, value, f"p-{patient}")
        for patient, values in enumerate([("a", "a"), ("b", "b"), ("a", "b"), ("a", "a"), ("b", "b")] * 2)
        for n in range(10)
        for rater, value in zip("xy", values, strict=True)
    ]
    alone = [rating._replace(patient="") for rating in alike]
    together, apart = (cohen_kappa(ratings, "x", "y") for ratings in (alike, alone))
    assert together.value == apart.value
    assert (together.patients, apart.patients) == (10, 100)
    assert width(together) == pytest.approx(width(apart) * math.sqrt(10), rel=0.3)


def test_one_patient_gives_no_interval() -> None:
    found = krippendorff_alpha(clustered(1))
    assert found.value is not None
    assert found.interval is None


def test_intervals_are_the_same_every_time_and_in_any_order() -> None:
    ratings = clustered(9)
    assert krippendorff_alpha(ratings) == krippendorff_alpha(ratings[::-1])
    assert krippendorff_alpha(ratings) != krippendorff_alpha(ratings, bootstrap=Bootstrap(seed=1))


def test_each_category_has_its_own_agreement() -> None:
    ratings = [*of_table([[3, 1], [1, 3]])]
    items = {rating.item for rating in ratings}
    categories = {item: ("all", "apart") if item[0] != item[2] else ("all",) for item in items}
    found = per_category(ratings, categories, lambda some: cohen_kappa(some, "a", "b", bootstrap=FEW))
    assert list(found) == ["all", "apart"]
    assert found["all"].value == pytest.approx(0.5)
    assert found["apart"].value == pytest.approx(-1.0)  # po = 0, pe = 1/2


@pytest.mark.parametrize(
    "again",
    [Rating("1", "a", "incorrect"), Rating("1", "b", "correct", patient="p-2")],
    ids=["value", "patient"],
)
def test_two_values_or_patients_of_one_item_are_refused(again: Rating) -> None:
    with pytest.raises(ValueError, match="but found two"):
        krippendorff_alpha([Rating("1", "a", "correct"), again])
