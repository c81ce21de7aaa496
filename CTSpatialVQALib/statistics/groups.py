"""How does a model do in each category and each question form, and is that more than chance?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from CTSpatialVQALib.statistics.clusters import (
    Clusters,
    Estimate,
    clustered_contrast,
    clustered_share,
    design_effect,
)
from CTSpatialVQALib.statistics.intervals import Interval, wilson
from CTSpatialVQALib.statistics.paired_tests import holm


class GroupShare(NamedTuple):
    """Share of right answers in one group of questions.

    versus_rest : share inside minus share outside the group; None where one of them is empty
    p, p_holm : of no such difference, over patients; corrected for all groups. None where the questions
        of the group, or all others, are about one patient
    """

    group: str
    right: int
    questions: int
    share: float
    wilson: Interval
    clustered: Interval
    design_effect: float
    versus_rest: float | None
    p: float | None
    p_holm: float | None


class AgainstChance(NamedTuple):
    """A share held against a chance level: exact binomial, two-sided."""

    share: float
    questions: int
    chance: float
    p: float


def group_shares(
    right: ArrayLike, members: Mapping[str, ArrayLike], clusters: Clusters
) -> tuple[GroupShare, ...]:
    """Shares by group, in the order given; groups without a question are left out.

    A question may belong to several groups (categories) or to none. Each group is then compared with the
    questions outside it, never with another group with which it shares questions.

    Parameters
    ----------
    right : (n,) true where right
    members : group -> (n,) true for its questions
    """
    values = np.asarray(right, dtype=bool)
    masks = {name: np.asarray(mask, dtype=bool) for name, mask in members.items()}
    found = [_group(name, values, mask, clusters) for name, mask in masks.items() if mask.any()]
    tested = [at for at, one in enumerate(found) if one.p is not None]
    corrected = holm([p for one in found if (p := one.p) is not None])
    for at, p_value in zip(tested, corrected, strict=True):
        found[at] = found[at]._replace(p_holm=p_value)
    return tuple(found)


def membership(labels: Iterable[Iterable[str]], groups: Iterable[str]) -> dict[str, NDArray[np.bool_]]:
    """Group -> (n,) true for the questions that carry its label, each with any number of labels."""
    sets = [frozenset(str(label) for label in own) for own in labels]
    return {group: np.array([group in own for own in sets], dtype=bool) for group in groups}


def against_chance(right: int, questions: int, chance: float) -> AgainstChance:
    """Is a share another one than chance gives? Exact binomial test, the questions taken as independent.

    Parameters
    ----------
    chance : probability of being right by chance, 0 to 1
    """
    from scipy.stats import binomtest

    return AgainstChance(
        right / questions, questions, chance, float(binomtest(right, questions, chance).pvalue)
    )


def _group(name: str, right: NDArray[np.bool_], mask: NDArray[np.bool_], clusters: Clusters) -> GroupShare:
    estimate = clustered_share(right, mask, clusters)
    count, questions = int(right[mask].sum()), int(mask.sum())
    contrast = None if mask.all() else clustered_contrast(right, mask, clusters)
    return GroupShare(
        group=name,
        right=count,
        questions=questions,
        share=estimate.value,
        wilson=wilson(count, questions),
        clustered=estimate.interval(),
        design_effect=design_effect(estimate, questions),
        versus_rest=contrast and contrast.value,
        p=contrast and _contrast_p(right, mask, clusters, contrast),
        p_holm=None,
    )


def _contrast_p(
    right: NDArray[np.bool_], mask: NDArray[np.bool_], clusters: Clusters, contrast: Estimate
) -> float | None:
    """Degrees of freedom from the side with fewer patients: one patient shows no spread, however many others.

    Where all inside or all outside are right, or wrong, that side's variance is estimated as nothing; the
    p value is then not below that of Fisher's exact test.
    """
    from scipy.stats import fisher_exact

    patients = min(len(np.unique(clusters.index[side])) for side in (mask, ~mask))
    p_value = _two_sided(contrast.value, contrast.standard_error, patients)
    inside, outside = right[mask], right[~mask]
    if p_value is None or (0 < inside.mean() < 1 and 0 < outside.mean() < 1):
        return p_value
    table = [[side.sum(), (~side).sum()] for side in (inside, outside)]
    return max(p_value, float(fisher_exact(table).pvalue))


def _two_sided(value: float, standard_error: float, clusters: int) -> float | None:
    from scipy.stats import t

    if clusters < 2 or not standard_error > 0:
        return None
    return float(2 * t.sf(abs(value) / standard_error, clusters - 1))
