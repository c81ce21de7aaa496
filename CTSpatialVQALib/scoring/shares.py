"""A share of counted things with its interval over patients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from CTSpatialVQALib.statistics.clusters import Clusters, accuracy
from CTSpatialVQALib.statistics.intervals import Interval


class Share(NamedTuple):
    """A share of counted things.

    interval : 95 %, over patients (over question texts where pairs of patients are counted); None with one
    """

    hits: int
    among: int
    value: float
    interval: Interval | None


def share_of(flags: Sequence[bool], clusters: Sequence[str]) -> Share | None:
    """The share of true flags, each with the cluster it belongs to; None where there are none."""
    if not flags:
        return None
    share = accuracy(flags, Clusters.of(clusters))
    return Share(share.right, len(flags), share.share, share.interval)
