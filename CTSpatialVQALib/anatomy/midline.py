"""The patient's midline as the structures of a mask show it, and the side of a point."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.records.structures import opposite, structures
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

NO_MIDLINE = "no structure of the mask tells where the midline is"
MIDLINE_HALF_WIDTH_MM = 10.0  # half the width of a vertebral body's middle: nearer than that is neither side
_UNPAIRED = ("spinal_cord", "sacrum", "sternum", "trachea")


class Midline(NamedTuple):
    """The R coordinate of the sagittal plane, what it was taken from, and how near to it no side is told."""

    r_mm: float
    taken_from: str
    unsure_mm: float = 0.0


def find_midline(mask: AnatomyMask) -> Midline | None:
    """The patient's midline from the first of these that the mask has, or None.

    The median of the vertebrae (one bent vertebra does not move it); spinal cord, sacrum, sternum, trachea;
    the median of the middles between paired structures. What touches the left or right face of the volume is
    left out, because the centre of the part that is inside lies off the patient's plane. The middle of the
    volume is never taken: a scan of half a body has its middle in that half.
    """
    vertebrae = [name for name in mask.structures if name.startswith("vertebrae_") and not _cut(mask, name)]
    if vertebrae:
        return Midline(_median(mask, vertebrae), f"{len(vertebrae)} vertebrae")
    for name in _UNPAIRED:
        if name in mask.label_of and not _cut(mask, name):
            return Midline(_median(mask, [name]), structures()[name].display)
    complete = [
        (name, counterpart)
        for name in mask.structures
        if (counterpart := opposite(name)) is not None
        and counterpart in mask.label_of
        and not (_cut(mask, name) or _cut(mask, counterpart))
    ]
    if complete:
        middles = [
            (centroid_r(mask, name) + centroid_r(mask, counterpart)) / 2 for name, counterpart in complete
        ]
        return Midline(float(np.median(middles)), "the middle between paired structures")
    return None


def side_of(r_mm: float, midline: Midline | None) -> Side | None:
    """The patient's side of a point; within 10 mm of the plane is `midline`; None where that is not known."""
    if midline is None:
        return None
    offset = r_mm - midline.r_mm
    if abs(offset) < midline.unsure_mm:
        return None
    if abs(offset) <= MIDLINE_HALF_WIDTH_MM:
        return Side.MIDLINE
    return Side.RIGHT if offset > 0 else Side.LEFT


def centroid_r(mask: AnatomyMask, name: str) -> float:
    """R coordinate of the centre of the voxels of `name`, a structure with a label of its own."""
    return float(mask.grid.to_ras(mask.statistics[mask.label_of[name]].centroid_index)[0])


def _median(mask: AnatomyMask, names: list[str]) -> float:
    return float(np.median([centroid_r(mask, name) for name in names]))


def _cut(mask: AnatomyMask, name: str) -> bool:
    """Whether the structure touches the left or right face of the volume."""
    statistic = mask.statistics[mask.label_of[name]]
    return statistic.first[0] == 0 or statistic.last[0] == mask.labels.shape[0] - 1
