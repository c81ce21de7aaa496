"""Regions of the lungs: under the pleura, central, at a fissure, apex, base, beside the mediastinum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.mediastinum import lung_ends, mediastinum_in
from CTSpatialVQALib.anatomy.region import NotDerivable, Region, Space, sided
from CTSpatialVQALib.records.structures import children
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

SUBPLEURAL_MM = 10.0
PERIPHERAL_MM = 20.0
PLEURA_MM = 5.0
SHEET_MM = 5.0
END_SHARE = 0.2  # of a lung's height that is called its apex or its base


def lungs_of(mask: AnatomyMask, side: Side | None) -> tuple[str, ...]:
    """The lungs of a side that the mask has, whole or as lobes."""
    return tuple(name for name in sided("lung", side) if mask.has(name))


def by_depth(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """`subpleural`, `peripheral`, `central`: by the distance from the surface of the whole lung."""
    space = Space(mask, lungs_of(mask, side), 2 * max(mask.grid.spacing_mm))
    lungs = space.of(*space.names)
    depth = space.depth_mm(lungs)
    if name == "subpleural":
        return space.region(name, lungs & (depth <= SUBPLEURAL_MM), "lung within 10 mm of its surface")
    if name == "peripheral":
        return space.region(name, lungs & (depth <= PERIPHERAL_MM), "lung within 20 mm of its surface")
    return space.region(name, lungs & (depth > PERIPHERAL_MM), "lung deeper than 20 mm from its surface")


def fissure(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """Where neighbouring lobes of one lung share a face."""
    lungs = lungs_of(mask, side)
    lobes = {lung: tuple(lobe for lobe in children(lung) if mask.has(lobe)) for lung in lungs}
    if not any(len(parts) > 1 for parts in lobes.values()):
        return NotDerivable(name, "the mask does not separate the lobes of a lung")
    space = Space(mask, tuple(lobe for parts in lobes.values() for lobe in parts))
    inside = np.zeros(space.shape, dtype=bool)
    for parts in lobes.values():
        inside |= _borders(
            np.asarray(space.mask.labels[space.box]), [mask.labels_of(lobe)[0] for lobe in parts]
        )
    return space.region(name, inside, "voxels of lobes that share a face with another lobe of the lung")


def _borders(labels: NDArray[np.generic], lobes: list[int]) -> NDArray[np.bool_]:
    inside = np.isin(labels, lobes)
    borders = np.zeros_like(inside)
    for axis in range(3):
        after, before = [slice(None)] * 3, [slice(None)] * 3
        after[axis], before[axis] = slice(1, None), slice(None, -1)
        first, second = tuple(after), tuple(before)
        border = inside[first] & inside[second] & (labels[first] != labels[second])
        borders[first] |= border
        borders[second] |= border
    return borders


def end_of_lung(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """`lung_apex` and `lung_base`: the upper and the lower fifth of each lung's height."""
    space = Space(mask, lungs_of(mask, side))
    inside = np.zeros(space.shape, dtype=bool)
    for lung in space.names:
        voxels = space.of(lung)
        filled = np.flatnonzero(voxels.any(axis=(0, 1)))
        length = max(1, round(END_SHARE * len(filled)))
        ends = filled[-length:] if name == "lung_apex" else filled[:length]
        inside[:, :, ends] |= voxels[:, :, ends]
    which = "upper" if name == "lung_apex" else "lower"
    return space.region(name, inside, f"the {which} fifth of each lung's height in the scan")


def pleura(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """A shell around the lungs, with the effusion where there is a mask of it."""
    thick = max(PLEURA_MM, *mask.grid.spacing_mm)
    space = Space(mask, lungs_of(mask, side), thick)
    lungs = space.of(*space.names)
    shell = (space.distance_mm(lungs) <= thick) & ~lungs
    return space.region(
        name, shell | space.of("pleural_effusion"), f"{thick:.3g} mm around the lungs, and the effusion"
    )


def diaphragm(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """The sheet under the lungs: the 5 mm below their lower ends, where these lie on the diaphragm."""
    space = Space(mask, lungs_of(mask, None), SHEET_MM)
    thick = max(1, round(SHEET_MM / mask.grid.spacing_mm[2]))
    of_side = space.of(*lungs_of(mask, side)).any(axis=2)
    lowest = np.where(of_side, lung_ends(space), -1)
    s = np.arange(space.shape[2])
    inside = (s < lowest[..., None]) & (s >= lowest[..., None] - thick)
    return space.region(name, inside, "the 5 mm under the lungs; only as good as their lower surface")


def paramediastinal(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """Lung within 20 mm of the mediastinum."""
    space = Space(mask, lungs_of(mask, None))
    if len(space.names) < 2:
        return NotDerivable(name, "it needs both lungs")
    near = space.distance_mm(mediastinum_in(space)) <= PERIPHERAL_MM
    return space.region(name, near & space.of(*lungs_of(mask, side)), "lung within 20 mm of the mediastinum")
