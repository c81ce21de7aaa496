"""Where is the plane between the patient's left and right halves, and on which side does a point lie?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.records.structures import opposite, structures
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

MIDLINE_HALF_WIDTH_MM = 10.0
_UNPAIRED = ("spinal_cord", "sacrum", "sternum", "trachea")


class Midline(NamedTuple):
    """The R coordinate of the sagittal plane, and what it was taken from."""

    r_mm: float
    taken_from: str


def find_midline(mask: AnatomyMask) -> Midline:
    """The patient's midline: from the first of these that the mask has.

    The median of the vertebrae (one bent or half cut vertebra does not move it); spinal cord, sacrum,
    sternum, trachea; the median of the middles between paired structures; the middle of the volume.
    """
    vertebrae = [name for name in mask.structures if name.startswith("vertebrae_")]
    if vertebrae:
        return Midline(_median(mask, vertebrae), f"{len(vertebrae)} vertebrae")
    for name in _UNPAIRED:
        if mask.has(name):
            return Midline(_median(mask, [name]), structures()[name].display)
    # both of a pair must lie inside the volume, or the middle moves towards the complete one
    pairs = [
        (name, other) for name in mask.structures if (other := opposite(name)) and other in mask.label_of
    ]
    whole = [(one, other) for one, other in pairs if not (_cut(mask, one) or _cut(mask, other))] or pairs
    if whole:
        middles = [(centroid_r(mask, one) + centroid_r(mask, other)) / 2 for one, other in whole]
        return Midline(float(np.median(middles)), "the middle between paired structures")
    centre = mask.grid.to_ras(tuple((n - 1) / 2 for n in mask.grid.shape))  # type: ignore[arg-type]
    return Midline(float(centre[0]), "the middle of the volume")


def midline_r(mask: AnatomyMask) -> float | None:
    """R coordinate in mm of the patient's midline, or None if no structure tells it."""
    found = find_midline(mask)
    return None if found.taken_from == "the middle of the volume" else found.r_mm


def side_of(r_mm: float, midline_mm: float) -> Side:
    """The patient's side of a point; within 10 mm of the plane is `midline`."""
    offset = r_mm - midline_mm
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
    found = mask.statistics[mask.label_of[name]]
    return found.first[0] == 0 or found.last[0] == mask.labels.shape[0] - 1
