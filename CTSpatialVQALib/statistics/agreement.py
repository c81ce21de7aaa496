"""Coefficients of agreement between raters: Cohen's and Fleiss' kappa, Krippendorff's alpha, Gwet's AC1.

All are functions of a table that is summed over items. So the bootstrap draws whole patients, adds up
their tables and evaluates all draws at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
RESAMPLES = 2000
_CHUNK = 250  # draws at a time, so that memory stays small with many patients
_MOST_UNDEFINED = 0.05  # of the draws: what is left of them would be a chosen part
_ALIKE = 1e-9  # a spread of draws that is nothing but rounding


class Rating(NamedTuple):
    """One rater's value for one item. Items of one patient are drawn together; "" : the item stands alone."""

    item: str
    rater: str
    value: str
    patient: str = ""


class Bounds(NamedTuple):
    """Ends of an interval, on the scale of the coefficient (-1 to 1)."""

    low: float
    high: float


@dataclass(frozen=True)
class Agreement:
    """A coefficient of agreement and what it rests on.

    Parameters
    ----------
    name : cohen_kappa, fleiss_kappa, krippendorff_alpha or gwet_ac1
    value : None where it is not defined: no items, or all ratings equal, so that chance agrees fully too
    observed : share of agreeing pairs of ratings
    ac1 : Gwet's AC1 of the same ratings, which stays high where nearly all ratings have one value and agree;
        kappa and alpha then are low whatever the raters do
    interval : percentile bootstrap over patients; None where `value` is, with a single patient, where more
        than 5 % of the draws are undefined, or where all draws are alike (0.00 to 0.00 would be no interval)
    items, patients, raters : that it was computed from
    left_out : items that the coefficient cannot use (rated by too few)
    undefined_draws : share of the draws in which the coefficient is not defined; they are left out
    """

    name: str
    value: float | None
    observed: float | None
    ac1: float | None
    interval: Bounds | None
    items: int
    patients: int
    raters: int
    left_out: int = 0
    undefined_draws: float = 0.0


class Bootstrap(NamedTuple):
    """How the intervals are made: coverage, number of draws, seed."""

    confidence: float = 0.95
    resamples: int = RESAMPLES
    seed: int = 0


USUAL = Bootstrap()


class _Ratios(NamedTuple):
    """Observed agreement and the coefficient, one per draw; NaN where not defined."""

    observed: Floats
    value: Floats


class _Tables(NamedTuple):
    """One row per usable item, whose sum the coefficient is a function of, and the patient of each row.

    counts : how often each value was given to each of these items
    """

    rows: Floats
    patients: list[str]
    left_out: int
    counts: Floats


def cohen_kappa(
    ratings: Iterable[Rating], first: str, second: str, *, bootstrap: Bootstrap = USUAL
) -> Agreement:
    """Agreement of two raters on the items that both rated.

    kappa = (po - pe) / (1 - pe), pe from each rater's own frequencies.

    Raises
    ------
    ValueError
        If a rater has two values for one item, or an item two patients.

    References
    ----------
    J. Cohen, Educ. Psychol. Meas. 20 (1960) 37-46.
    """
    sheet = _Sheet.of(rating for rating in ratings if rating.rater in (first, second))
    size = len(sheet.values)

    def row(values: Mapping[str, str]) -> Floats:
        table = np.zeros((size, size))
        table[sheet.values[values[first]], sheet.values[values[second]]] = 1
        return table.ravel()

    tables = sheet.tables(lambda values: len(values) == 2, row, size * size)
    return _agreement("cohen_kappa", tables, lambda sums: _cohen(sums, size), 2, bootstrap)


def fleiss_kappa(ratings: Iterable[Rating], *, bootstrap: Bootstrap = USUAL) -> Agreement:
    """Agreement of all raters on the items that every one of them rated.

    kappa = (P - Pe) / (1 - Pe); P is the share of agreeing pairs, Pe comes from the pooled frequencies.

    Raises
    ------
    ValueError
        As in `cohen_kappa`.

    References
    ----------
    J. L. Fleiss, Psychol. Bull. 76 (1971) 378-382.
    """
    sheet = _Sheet.of(ratings)
    raters = len(sheet.raters)

    def row(values: Mapping[str, str]) -> Floats:
        counts = sheet.counts(values)
        return np.concatenate(([1.0, _agreeing(counts)], counts))

    tables = sheet.tables(lambda values: len(values) == raters > 1, row, 2 + len(sheet.values))
    return _agreement("fleiss_kappa", tables, _fleiss, raters, bootstrap)


def krippendorff_alpha(ratings: Iterable[Rating], *, bootstrap: Bootstrap = USUAL) -> Agreement:
    """Agreement of any number of raters, nominal values, items with missing ratings included.

    alpha = 1 - Do / De from the coincidence matrix, in which an item rated m times counts each ordered pair
    with 1 / (m - 1). Items rated once say nothing about agreement and are left out.

    Raises
    ------
    ValueError
        As in `cohen_kappa`.

    References
    ----------
    K. Krippendorff, Content Analysis, 4th ed. (2018), chapter 12.
    """
    sheet = _Sheet.of(ratings)
    size = len(sheet.values)

    def row(values: Mapping[str, str]) -> Floats:
        counts = sheet.counts(values)
        pairs: Floats = (np.outer(counts, counts) - np.diag(counts)) / (len(values) - 1)
        return pairs.ravel()

    tables = sheet.tables(lambda values: len(values) > 1, row, size * size)
    return _agreement(
        "krippendorff_alpha", tables, lambda sums: _alpha(sums, size), len(sheet.raters), bootstrap
    )


def gwet_ac1(ratings: Iterable[Rating], *, bootstrap: Bootstrap = USUAL) -> Agreement:
    """Agreement of any number of raters by a chance level that does not explode when one value prevails.

    AC1 = (P - Pe) / (1 - Pe); P is the share of agreeing pairs, Pe = sum q_k (1 - q_k) / (K - 1) with
    the mean share q_k of each of the K values. Items rated once are left out.

    Raises
    ------
    ValueError
        As in `cohen_kappa`.

    References
    ----------
    K. L. Gwet, Br. J. Math. Stat. Psychol. 61 (2008) 29-48.
    """
    sheet = _Sheet.of(ratings)

    def row(values: Mapping[str, str]) -> Floats:
        counts = sheet.counts(values)
        return np.concatenate(([1.0, _agreeing(counts)], counts / counts.sum()))

    tables = sheet.tables(lambda values: len(values) > 1, row, 2 + len(sheet.values))
    return _agreement("gwet_ac1", tables, _gwet, len(sheet.raters), bootstrap)


def per_category(
    ratings: Iterable[Rating],
    categories: Mapping[str, Iterable[str]],
    coefficient: Callable[[list[Rating]], Agreement],
) -> dict[str, Agreement]:
    """`coefficient` of the items of each category, by name; an item of several categories counts in each.

    Parameters
    ----------
    categories : item -> its categories
    """
    groups: dict[str, list[Rating]] = {}
    for rating in ratings:
        for category in categories.get(rating.item, ()):
            groups.setdefault(category, []).append(rating)
    return {category: coefficient(groups[category]) for category in sorted(groups)}


@dataclass(frozen=True)
class _Sheet:
    """Ratings by item and rater, and the numbers of the values."""

    by_item: Mapping[str, Mapping[str, str]]
    patients: Mapping[str, str]
    values: Mapping[str, int]
    raters: frozenset[str]

    @classmethod
    def of(cls, ratings: Iterable[Rating]) -> _Sheet:
        by_item: dict[str, dict[str, str]] = {}
        patients: dict[str, str] = {}
        for rating in ratings:
            by_rater = by_item.setdefault(rating.item, {})
            if by_rater.setdefault(rating.rater, rating.value) != rating.value:
                raise _twice(rating, f"value of rater {rating.rater!r}")
            patient = f"patient {rating.patient}" if rating.patient else f"item {rating.item}"
            if patients.setdefault(rating.item, patient) != patient:
                raise _twice(rating, "patient")
        values = sorted({value for by_rater in by_item.values() for value in by_rater.values()})
        raters = frozenset(rater for by_rater in by_item.values() for rater in by_rater)
        return cls(by_item, patients, {value: at for at, value in enumerate(values)}, raters)

    def counts(self, by_rater: Mapping[str, str]) -> Floats:
        """How often each value was given to one item."""
        numbers = [self.values[value] for value in by_rater.values()]
        return np.bincount(numbers, minlength=len(self.values)).astype(np.float64)

    def tables(
        self,
        usable: Callable[[Mapping[str, str]], bool],
        row: Callable[[Mapping[str, str]], Floats],
        width: int,
    ) -> _Tables:
        """One row of `width` numbers per usable item."""
        items = [item for item, by_rater in self.by_item.items() if usable(by_rater)]
        return _Tables(
            _stacked([row(self.by_item[item]) for item in items], width),
            [self.patients[item] for item in items],
            len(self.by_item) - len(items),
            _stacked([self.counts(self.by_item[item]) for item in items], len(self.values)),
        )


def _twice(rating: Rating, what: str) -> ValueError:
    return ValueError(f"item {rating.item!r}: expected one {what}, but found two; give each item its own id")


def _agreeing(counts: Floats) -> float:
    """Share of agreeing pairs among the ratings of one item."""
    ratings = float(counts.sum())
    return float((counts * (counts - 1)).sum()) / (ratings * (ratings - 1))


def _stacked(rows: Sequence[Floats], width: int) -> Floats:
    return np.array(rows) if rows else np.zeros((0, width))


def _agreement(
    name: str,
    tables: _Tables,
    ratios: Callable[[Floats], _Ratios],
    raters: int,
    bootstrap: Bootstrap,
) -> Agreement:
    estimate = ratios(tables.rows.sum(axis=0, keepdims=True))
    observed, value = float(estimate.observed[0]), float(estimate.value[0])
    clusters = _by_patient(tables)
    interval, undefined = None, 0.0
    if not math.isnan(value) and len(clusters) > 1:
        drawn = _drawn(clusters, ratios, bootstrap)
        undefined = float(np.isnan(drawn).mean())
        interval = _percentiles(drawn[~np.isnan(drawn)], undefined, bootstrap.confidence)
    return Agreement(
        name=name,
        value=None if math.isnan(value) else value,
        observed=None if math.isnan(observed) else observed,
        ac1=_ac1_of(tables.counts),
        interval=interval,
        items=len(tables.rows),
        patients=len(clusters),
        raters=raters,
        left_out=tables.left_out,
        undefined_draws=undefined,
    )


def _percentiles(drawn: Floats, undefined: float, confidence: float) -> Bounds | None:
    if undefined > _MOST_UNDEFINED or not len(drawn) or np.ptp(drawn) < _ALIKE:
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Bounds(float(low), float(high))


def _ac1_of(counts: Floats) -> float | None:
    """AC1 of items from how often each value was given to each of them."""
    if not len(counts):
        return None
    pairs = [[1.0, _agreeing(row)] for row in counts]
    sums = np.concatenate([np.array(pairs), counts / counts.sum(axis=1, keepdims=True)], axis=1).sum(axis=0)
    value = float(_gwet(sums[None, :]).value[0])
    return None if math.isnan(value) else value


def _by_patient(tables: _Tables) -> Floats:
    """The tables summed over the items of each patient, patients in the order of their names."""
    names = {patient: at for at, patient in enumerate(sorted(set(tables.patients)))}
    sums = np.zeros((len(names), tables.rows.shape[1]))
    np.add.at(sums, [names[patient] for patient in tables.patients], tables.rows)
    return sums


def _drawn(clusters: Floats, ratios: Callable[[Floats], _Ratios], bootstrap: Bootstrap) -> Floats:
    """The coefficient in each draw of as many patients as there are, with replacement."""
    random = np.random.default_rng(bootstrap.seed)
    count = len(clusters)
    parts = []
    for start in range(0, bootstrap.resamples, _CHUNK):
        draws = min(_CHUNK, bootstrap.resamples - start)
        weights = random.multinomial(count, np.full(count, 1 / count), size=draws)
        parts.append(ratios(weights @ clusters).value)
    return np.concatenate(parts)


def _cohen(sums: Floats, size: int) -> _Ratios:
    table = sums.reshape(len(sums), size, size)
    total = table.sum(axis=(1, 2))
    observed = _ratio(np.trace(table, axis1=1, axis2=2), total)
    chance = _ratio((table.sum(axis=2) * table.sum(axis=1)).sum(axis=1), total**2)
    return _Ratios(observed, _ratio(observed - chance, 1 - chance))


def _fleiss(sums: Floats) -> _Ratios:
    items, pairs, counts = sums[:, 0], sums[:, 1], sums[:, 2:]
    observed = _ratio(pairs, items)
    chance = _ratio((counts**2).sum(axis=1), counts.sum(axis=1) ** 2)
    return _Ratios(observed, _ratio(observed - chance, 1 - chance))


def _gwet(sums: Floats) -> _Ratios:
    items, pairs, shares = sums[:, 0], sums[:, 1], sums[:, 2:]
    observed = _ratio(pairs, items)
    prevalence = shares / np.where(items > 0, items, np.nan)[:, None]
    values = np.full(len(sums), float(shares.shape[1] - 1))
    chance = _ratio((prevalence * (1 - prevalence)).sum(axis=1), values)
    return _Ratios(observed, _ratio(observed - chance, 1 - chance))


def _alpha(sums: Floats, size: int) -> _Ratios:
    table = sums.reshape(len(sums), size, size)
    each = table.sum(axis=2)
    total = each.sum(axis=1)
    observed = _ratio(np.trace(table, axis1=1, axis2=2), total)
    chance = _ratio((each * (each - 1)).sum(axis=1), total * (total - 1))
    return _Ratios(observed, _ratio(observed - chance, 1 - chance))


def _ratio(above: Floats, below: Floats) -> Floats:
    """NaN where there is nothing to divide by, rounding errors included."""
    ratio = np.full(below.shape, np.nan)
    usable = below > 1e-12
    ratio[usable] = above[usable] / below[usable]
    return ratio
