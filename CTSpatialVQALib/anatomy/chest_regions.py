"""Regions of chest and upper abdomen that bones, the midline and whole organs bound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.mediastinum import ABDOMEN, CAGE, HEART, LUNGS, SPINE, above_diaphragm
from CTSpatialVQALib.anatomy.midline import MIDLINE_HALF_WIDTH_MM, NO_MIDLINE, find_midline
from CTSpatialVQALib.anatomy.region import NotDerivable, Region, Space, sided
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

BEHIND_STERNUM_MM = 20.0
CLAVICLE_MM = 30.0


def hemithorax(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """From the midline to the outer edge of the lung, in every row from side to side that cuts it."""
    plane = find_midline(mask)
    if plane is None:
        return NotDerivable(name, NO_MIDLINE)
    lungs = tuple(lung for lung in sided("lung", side) if mask.has(lung))
    space = Space(mask, lungs)
    space = Space(mask, lungs, _to_midline(space, plane.r_mm))
    r, middle = space.coordinate(0), plane.r_mm
    inside = np.zeros(space.shape, dtype=bool)
    for lung in lungs:
        voxels = space.of(lung)
        reach = np.where(voxels, r, np.nan)
        outer = np.nanmax if lung.endswith("right") else np.nanmin
        has = voxels.any(axis=0)
        edge = outer(np.where(has, reach, middle), axis=0)
        inside |= has & (
            (r >= middle) & (r <= edge) if lung.endswith("right") else (r <= middle) & (r >= edge)
        )
    inside &= above_diaphragm(space) | space.of(*lungs)
    note = "rows from the midline to the outer edge of the lung, above the diaphragm"
    return space.region(name, inside, note)


def _to_midline(space: Space, middle: float) -> float:
    r = space.coordinate(0)
    return float(max(0.0, r.min() - middle, middle - r.max()))


def retrosternal(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """The 20 mm behind the sternum."""
    space = Space(mask, ("sternum",), BEHIND_STERNUM_MM)
    sternum = space.of("sternum")
    a = np.broadcast_to(space.coordinate(1), space.shape)
    back = np.where(sternum, a, np.inf).min(axis=1, keepdims=True)
    return space.region(name, (a < back) & (a >= back - BEHIND_STERNUM_MM), "the 20 mm behind the sternum")


def by_clavicle(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """The 30 mm above or below the clavicle, in every upright column that cuts it."""
    space = Space(mask, sided("clavicula", side), CLAVICLE_MM)
    bones = space.of(*space.names)
    s = np.broadcast_to(space.coordinate(2), space.shape)
    if name == "supraclavicular":
        top = np.where(bones, s, -np.inf).max(axis=2, keepdims=True)
        above = (s > top) & (s <= top + CLAVICLE_MM)
        return space.region(name, above, "the 30 mm above the clavicle")
    bottom = np.where(bones, s, np.inf).min(axis=2, keepdims=True)
    return space.region(name, (s < bottom) & (s >= bottom - CLAVICLE_MM), "the 30 mm below the clavicle")


def midline(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """Within 10 mm of the midline, over the whole scan."""
    plane = find_midline(mask)
    if plane is None:
        return NotDerivable(name, NO_MIDLINE)
    space = Space(mask, mask.structures)
    inside = np.broadcast_to(abs(space.coordinate(0) - plane.r_mm) <= MIDLINE_HALF_WIDTH_MM, space.shape)
    return space.region(name, inside.copy(), f"within 10 mm of the midline, taken from {plane.taken_from}")


def upper_abdomen(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """Among organs and ribs, from the top of liver, spleen and stomach to the lower end of the kidneys."""
    organs = tuple(organ for organ in ("liver", "spleen", "stomach") if mask.has(organ))
    kidneys = tuple(kidney for kidney in ("kidney_left", "kidney_right") if mask.has(kidney))
    wide = Space(mask, mask.structures)
    high, low = Space(mask, organs).box[2], Space(mask, kidneys or organs).box[2]
    s = np.arange(wide.box[2].start, wide.box[2].stop)
    slab = (s >= low.start) & (s < high.stop)
    # what lies above a lung or the heart is chest
    chest = np.logical_or.accumulate(wide.of(*LUNGS, *HEART), axis=2)
    inside = slab & _among_organs(wide) & ~chest & ~wide.of(*CAGE, *SPINE)
    until = "the lower end of the kidneys" if kidneys else "the lower end of these organs"
    note = f"from the top of liver, spleen and stomach to {until}, under the diaphragm"
    region = wide.region(name, inside, note)
    return region._replace(taken_from=(*organs, *kidneys)) if isinstance(region, Region) else region


def _among_organs(space: Space) -> NDArray[np.bool_]:
    """From side to side between organs and ribs, from front to back as far as organs reach in the slice."""
    organs = space.of(*ABDOMEN)
    framed = organs | space.of(*CAGE)
    right = np.logical_or.accumulate(framed, axis=0)
    left = np.logical_or.accumulate(framed[::-1], axis=0)[::-1]
    a = np.broadcast_to(space.coordinate(1), space.shape)
    front = np.where(organs, a, -np.inf).max(axis=(0, 1))
    back = np.where(organs, a, np.inf).min(axis=(0, 1))
    return np.asarray(right & left & (a <= front) & (a >= back))
