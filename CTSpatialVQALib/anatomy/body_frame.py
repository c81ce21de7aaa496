"""Side, level, depth and centricity of a point, relative to the structures of the mask.

Everything is relative to the structures of the mask, because the edge of a scan says nothing about the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.midline import Midline, find_midline
from CTSpatialVQALib.records.words import Centricity, Depth
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

LEVEL_REACH_MM = 25.0  # a vertebra and the disc below it are at most about 40 mm high
LEAST_BODY_MM = 50.0  # structures that lie nearer together tell nothing about the body's depth and width
_THIRDS = ("lower third", "middle third", "upper third")


class VertebralLevel(NamedTuple):
    """A height in the body: `T8` from the vertebrae, or a third of the scan where the mask has none."""

    name: str
    taken_from: str


class BodyFrame(NamedTuple):
    """What places in one body are measured against.

    Parameters
    ----------
    vertebrae : short name (T8) -> S coordinate of its centre, mm
    back_a, front_a : A coordinates of the hindmost and the foremost centre of a structure, mm
    midline : None where no structure shows it: then nothing has a side or a centricity
    half_width_mm : distance of the outermost centre of a structure from the midline; 0 without one
    bottom_s, top_s : of the scan, mm
    """

    midline: Midline | None
    vertebrae: Mapping[str, float]
    back_a: float
    front_a: float
    half_width_mm: float
    bottom_s: float
    top_s: float


def frame_of(mask: AnatomyMask, outline: Midline | None = None) -> BodyFrame:
    """Measure the frame once; every structure is then placed in it.

    Parameters
    ----------
    outline : the midline where no structure of the mask shows it (see `body_outline`)
    """
    midline = find_midline(mask) or outline
    centres = mask.grid.to_ras(np.array([statistic.centroid_index for statistic in mask.statistics.values()]))
    corners = _corners(mask)
    vertebrae = {
        name.removeprefix("vertebrae_"): float(mask.grid.to_ras(mask.statistics[label].centroid_index)[2])
        for name, label in mask.label_of.items()
        if name.startswith("vertebrae_")
    }
    return BodyFrame(
        midline=midline,
        vertebrae=vertebrae,
        back_a=float(centres[:, 1].min()),
        front_a=float(centres[:, 1].max()),
        half_width_mm=0.0 if midline is None else float(np.abs(centres[:, 0] - midline.r_mm).max()),
        bottom_s=float(corners[:, 2].min()),
        top_s=float(corners[:, 2].max()),
    )


def level_of(s_mm: float, frame: BodyFrame) -> VertebralLevel | None:
    """The vertebra at this height, if one is within 25 mm; without vertebrae the third of the scan."""
    if frame.vertebrae:
        nearest = min(frame.vertebrae, key=lambda name: abs(frame.vertebrae[name] - s_mm))
        near = abs(frame.vertebrae[nearest] - s_mm) <= LEVEL_REACH_MM
        return VertebralLevel(nearest, "vertebrae") if near else None
    height = frame.top_s - frame.bottom_s
    third = min(2, max(0, int(3 * (s_mm - frame.bottom_s) / height))) if height > 0 else 1
    return VertebralLevel(_THIRDS[third], "fraction of the scan's height")


def depth_of(a_mm: float, frame: BodyFrame) -> Depth | None:
    """Front or back third between the foremost and the hindmost structure; None in the middle third."""
    deep = frame.front_a - frame.back_a
    if deep < LEAST_BODY_MM:
        return None
    share = (a_mm - frame.back_a) / deep
    return Depth.ANTERIOR if share > 2 / 3 else Depth.POSTERIOR if share < 1 / 3 else None


def centricity_of(r_mm: float, frame: BodyFrame) -> Centricity | None:
    """Within a third of the half width of the midline is central, beyond two thirds peripheral."""
    if frame.midline is None or frame.half_width_mm < LEAST_BODY_MM:
        return None
    share = abs(r_mm - frame.midline.r_mm) / frame.half_width_mm
    return Centricity.CENTRAL if share < 1 / 3 else Centricity.PERIPHERAL if share > 2 / 3 else None


def _corners(mask: AnatomyMask) -> NDArray[np.float64]:
    ends = [(0.0, n - 1.0) for n in mask.grid.shape]
    return mask.grid.to_ras(np.array(np.meshgrid(*ends)).reshape(3, -1).T)
