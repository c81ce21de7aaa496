"""Do the readers agree more than chance would? Cohen's and Fleiss' kappa, Krippendorff's alpha, intervals.

All three are functions of a table that is summed over items. So the bootstrap draws whole patients, adds up
their tables and evaluates all draws at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from CTSpatialVQALib.errors import BadInput, shown

Floats = npt.NDArray[np.float64]
RESAMPLES = 2000
_CHUNK = 250  # draws at a time, so that memory stays small with many patients


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
    name : cohen_kappa, fleiss_kappa or krippendorff_alpha
    value : None where it is not defined: no items, or all ratings equal, so that chance agrees fully too
    observed : share of agreeing pairs of ratings
    interval : percentile bootstrap over patients; None where `value` is, or with a single patient
    items, patients, raters : that it was computed from
    left_out : items that the coefficient cannot use (rated by too few)
    undefined_draws : share of the draws in which the coefficient is not defined; they are left out
    """

    name: str
    value: float | None
    observed: float | None
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
    """One row per usable item, whose sum the coefficient is a function of, and the patient of each row."""

    rows: Floats
    patients: list[str]
    left_out: int


def cohen_kappa(
    ratings: Iterable[Rating], first: str, second: str, *, bootstrap: Bootstrap = USUAL
) -> Agreement:
    """Agreement of two raters on the items that both rated.

    kappa = (po - pe) / (1 - pe), pe from each rater's own frequencies.

    Raises
    ------
    BadInput
        If a rater has two values for one item, or an item two patients.

    References
    ----------
    J. Cohen, Educ. Psychol. Meas. 20 (1960) 37-46.
    """
    sheet = _Sheet.of(rating for rating in ratings if rating.rater in (first, second))
    size = len(sheet.values)
    rows, patients = [], []
    for item, given in sheet.by_item.items():
        if len(given) == 2:
            table = np.zeros((size, size))
            table[sheet.values[given[first]], sheet.values[given[second]]] = 1
            rows.append(table.ravel())
            patients.append(sheet.patients[item])
    tables = _Tables(_stacked(rows, size * size), patients, len(sheet.by_item) - len(rows))
    return _agreement("cohen_kappa", tables, lambda sums: _cohen(sums, size), 2, bootstrap)


def fleiss_kappa(ratings: Iterable[Rating], *, bootstrap: Bootstrap = USUAL) -> Agreement:
    """Agreement of all raters on the items that every one of them rated.

    kappa = (P - Pe) / (1 - Pe); P is the share of agreeing pairs, Pe comes from the pooled frequencies.

    Raises
    ------
    BadInput
        As in `cohen_kappa`.

    References
    ----------
    J. L. Fleiss, Psychol. Bull. 76 (1971) 378-382.
    """
    sheet = _Sheet.of(ratings)
    raters = len(sheet.raters)
    rows, patients = [], []
    for item, given in sheet.by_item.items():
        if len(given) == raters > 1:
            counts = sheet.counts(given)
            pairs = float((counts * (counts - 1)).sum()) / (raters * (raters - 1))
            rows.append(np.concatenate(([1.0, pairs], counts)))
            patients.append(sheet.patients[item])
    tables = _Tables(_stacked(rows, 2 + len(sheet.values)), patients, len(sheet.by_item) - len(rows))
    return _agreement("fleiss_kappa", tables, _fleiss, raters, bootstrap)


def krippendorff_alpha(ratings: Iterable[Rating], *, bootstrap: Bootstrap = USUAL) -> Agreement:
    """Agreement of any number of raters, nominal values, items with missing ratings included.

    alpha = 1 - Do / De from the coincidence matrix, in which an item rated m times counts each ordered pair
    with 1 / (m - 1). Items rated once say nothing about agreement and are left out.

    Raises
    ------
    BadInput
        As in `cohen_kappa`.

    References
    ----------
    K. Krippendorff, Content Analysis, 4th ed. (2018), chapter 12.
    """
    sheet = _Sheet.of(ratings)
    size = len(sheet.values)
    rows, patients = [], []
    for item, given in sheet.by_item.items():
        if len(given) > 1:
            counts = sheet.counts(given)
            pairs = (np.outer(counts, counts) - np.diag(counts)) / (len(given) - 1)
            rows.append(pairs.ravel())
            patients.append(sheet.patients[item])
    tables = _Tables(_stacked(rows, size * size), patients, len(sheet.by_item) - len(rows))
    return _agreement(
        "krippendorff_alpha", tables, lambda sums: _alpha(sums, size), len(sheet.raters), bootstrap
    )


def cohen_standard_error(table: Sequence[Sequence[int]]) -> float:
    """Large-sample standard error of Cohen's kappa, for independent items.

    Parameters
    ----------
    table : counts, square; rows are the first rater's values, columns the second's

    References
    ----------
    J. L. Fleiss, J. Cohen, B. S. Everitt, Psychol. Bull. 72 (1969) 323-327, formula 13.
    """
    counts = np.asarray(table, dtype=np.float64)
    p = counts / counts.sum()
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    po, pe = float(np.trace(p)), float(rows @ columns)
    kappa = (po - pe) / (1 - pe)
    diagonal = float((np.diag(p) * (1 - (rows + columns) * (1 - kappa)) ** 2).sum())
    cross = p * (columns[:, None] + rows[None, :]) ** 2
    off_diagonal = (1 - kappa) ** 2 * float(cross.sum() - np.trace(cross))
    rest = (kappa - pe * (1 - kappa)) ** 2
    return math.sqrt(diagonal + off_diagonal - rest) / ((1 - pe) * math.sqrt(counts.sum()))


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
            given = by_item.setdefault(rating.item, {})
            if given.setdefault(rating.rater, rating.value) != rating.value:
                raise _twice(rating, f"value of rater {shown(rating.rater)}")
            patient = f"patient {rating.patient}" if rating.patient else f"item {rating.item}"
            if patients.setdefault(rating.item, patient) != patient:
                raise _twice(rating, "patient")
        values = sorted({value for given in by_item.values() for value in given.values()})
        raters = frozenset(rater for given in by_item.values() for rater in given)
        return cls(by_item, patients, {value: at for at, value in enumerate(values)}, raters)

    def counts(self, given: Mapping[str, str]) -> Floats:
        """How often each value was given to one item."""
        found = [self.values[value] for value in given.values()]
        return np.bincount(found, minlength=len(self.values)).astype(np.float64)


def _twice(rating: Rating, what: str) -> BadInput:
    return BadInput(
        f"item {shown(rating.item)}",
        expected=f"one {what}",
        came="two",
        remedy="Give each item an id of its own",
    )


def _stacked(rows: Sequence[Floats], width: int) -> Floats:
    return np.array(rows) if rows else np.zeros((0, width))


def _agreement(
    name: str,
    tables: _Tables,
    ratios: Callable[[Floats], _Ratios],
    raters: int,
    bootstrap: Bootstrap,
) -> Agreement:
    whole = ratios(tables.rows.sum(axis=0, keepdims=True))
    observed, value = float(whole.observed[0]), float(whole.value[0])
    clusters = _by_patient(tables)
    interval, undefined = None, 0.0
    if not math.isnan(value) and len(clusters) > 1:
        drawn = _drawn(clusters, ratios, bootstrap)
        defined = drawn[~np.isnan(drawn)]
        undefined = 1 - len(defined) / len(drawn)
        tail = (1 - bootstrap.confidence) / 2
        interval = Bounds(*(float(end) for end in np.quantile(defined, [tail, 1 - tail])))
    return Agreement(
        name=name,
        value=None if math.isnan(value) else value,
        observed=None if math.isnan(observed) else observed,
        interval=interval,
        items=len(tables.rows),
        patients=len(clusters),
        raters=raters,
        left_out=tables.left_out,
        undefined_draws=undefined,
    )


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


def _alpha(sums: Floats, size: int) -> _Ratios:
    table = sums.reshape(len(sums), size, size)
    each = table.sum(axis=2)
    total = each.sum(axis=1)
    observed = _ratio(np.trace(table, axis1=1, axis2=2), total)
    chance = _ratio((each * (each - 1)).sum(axis=1), total * (total - 1))
    return _Ratios(observed, _ratio(observed - chance, 1 - chance))


def _ratio(above: Floats, below: Floats) -> Floats:
    """NaN where there is nothing to divide by, rounding errors included."""
    found = np.full(below.shape, np.nan)
    usable = below > 1e-12
    found[usable] = above[usable] / below[usable]
    return found
