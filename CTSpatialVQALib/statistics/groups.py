"""Shares of right answers by group of questions, against other questions and against a constant answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from CTSpatialVQALib.statistics.clusters import Clusters, Estimate, accuracy, clustered_contrast
from CTSpatialVQALib.statistics.intervals import Interval
from CTSpatialVQALib.statistics.paired_tests import holm, mcnemar_clustered


class GroupShare(NamedTuple):
    """Share of right answers in one group of questions.

    interval : 95 %, over patients; None where the group's questions are about one patient
    versus_rest : share inside minus share outside the group; None where one of them is empty
    p, p_holm : of no such difference, over patients; corrected for all groups. None where the questions
        of the group, or all others, are about one patient
    """

    group: str
    right: int
    questions: int
    patients: int
    share: float
    interval: Interval | None
    design_effect: float
    versus_rest: float | None
    p: float | None
    p_holm: float | None


class AgainstConstant(NamedTuple):
    """A share held against always giving one answer to the same questions.

    constant : share of these questions to which the constant answer is right
    p : of no difference, paired, over patients (`paired_tests.mcnemar_clustered`)
    p_holm : p, corrected for all groups of the model
    """

    share: float
    questions: int
    constant: float
    p: float
    p_holm: float


def group_shares(
    right: ArrayLike, members: Mapping[str, ArrayLike], clusters: Clusters
) -> tuple[GroupShare, ...]:
    """Shares by group, in the order of `members`; groups without a question are left out.

    A question may belong to several groups (categories) or to none. Each group is then compared with the
    questions outside it, never with another group with which it shares questions.

    Parameters
    ----------
    right : (n,) true where right
    members : group -> (n,) true for its questions
    """
    values = np.asarray(right, dtype=bool)
    masks = {name: np.asarray(mask, dtype=bool) for name, mask in members.items()}
    shares = [_group(name, values, mask, clusters) for name, mask in masks.items() if mask.any()]
    tested = [at for at, share in enumerate(shares) if share.p is not None]
    corrected = holm([p for share in shares if (p := share.p) is not None])
    for at, p_value in zip(tested, corrected, strict=True):
        shares[at] = shares[at]._replace(p_holm=p_value)
    return tuple(shares)


def membership(labels: Iterable[Iterable[str]], groups: Iterable[str]) -> dict[str, NDArray[np.bool_]]:
    """Group -> (n,) true for the questions that carry its label, each with any number of labels."""
    sets = [frozenset(str(label) for label in own) for own in labels]
    return {group: np.array([group in own for own in sets], dtype=bool) for group in groups}


def against_constants(
    groups: Mapping[str, tuple[ArrayLike, ArrayLike]], clusters: Mapping[str, Clusters]
) -> dict[str, AgainstConstant]:
    """Is a model right on other questions than a constant answer would be? Paired, question by question.

    The constant's share is an estimate from the same questions, so it is never taken as a known number.

    Parameters
    ----------
    groups : group -> who is right where, both (n,) over the group's questions: the model, the constant answer
    clusters : group -> patients of its questions
    """
    p_values = {
        name: mcnemar_clustered(model, constant, clusters[name]) for name, (model, constant) in groups.items()
    }
    corrected = dict(zip(groups, holm(list(p_values.values())), strict=True))
    return {
        name: AgainstConstant(
            share=float(np.mean(np.asarray(model, dtype=bool))),
            questions=len(np.asarray(model)),
            constant=float(np.mean(np.asarray(constant, dtype=bool))),
            p=p_values[name],
            p_holm=corrected[name],
        )
        for name, (model, constant) in groups.items()
    }


def _group(name: str, right: NDArray[np.bool_], mask: NDArray[np.bool_], clusters: Clusters) -> GroupShare:
    inside = accuracy(right, clusters, mask)
    contrast = None if mask.all() else clustered_contrast(right, mask, clusters)
    return GroupShare(
        group=name,
        right=inside.right,
        questions=inside.questions,
        patients=inside.patients,
        share=inside.share,
        interval=inside.interval,
        design_effect=inside.design_effect,
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
