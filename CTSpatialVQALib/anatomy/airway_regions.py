"""Regions around trachea and main bronchi: hila, paratracheal, carina, subcarinal.

They hold what a radiologist looks through for lymph nodes (IASLC stations 2, 4, 7 and 10): the fat beside the
airway, without lung, bone, heart and great vessels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.airways import Airway, find_airway
from CTSpatialVQALib.anatomy.mediastinum import HEART, LUNGS, SPINE, in_front_of_spine
from CTSpatialVQALib.anatomy.region import NotDerivable, Region, Space
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

HILUM_MM = 25.0
INTO_LUNG_MM = 10.0  # bronchi and vessels branch on their first centimetres in the lung
ROOT_MM = 10.0  # how far the root of a lung reaches out of it
BESIDE_CARINA_MM = 10.0  # nearer to the carina it is subcarinal, not hilar
BRONCHUS_MM = (25.0, 0.0, -15.0)  # from the carina to the end of a main bronchus, away from the midline
BRONCHUS_RADIUS_MM = 8.0
_STEPS = 40  # along a main bronchus: about one per millimetre
BESIDE_TRACHEA_MM = 15.0
CARINA_MM = 15.0
SUBCARINAL_MM = 30.0
SUBCARINAL_WIDE_MM = 20.0  # to each side and to front and back, where the bronchi tell no nearer bound
_SIGN = {Side.RIGHT: 1.0, Side.LEFT: -1.0}
_CUT_OFF = "it needs the trachea down to its division"
VESSELS = (
    *("aorta", "superior_vena_cava", "brachiocephalic_trunk", "brachiocephalic_vein_left"),
    *("brachiocephalic_vein_right", "common_carotid_artery_left", "common_carotid_artery_right"),
    *("subclavian_artery_left", "subclavian_artery_right", "pulmonary_vein"),
)
_OTHER_ORGANS = (*HEART, *VESSELS, *SPINE, "esophagus", "thyroid_gland")


def hilum(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """The root of a lung: 25 mm around where the main bronchus meets it, and what leads there."""
    airway = find_airway(mask)
    if airway is None:
        return NotDerivable(name, _CUT_OFF)
    sides = (side,) if side in (Side.LEFT, Side.RIGHT) else (Side.LEFT, Side.RIGHT)
    lungs = {lung_side: f"lung_{lung_side}" for lung_side in sides if mask.has(f"lung_{lung_side}")}
    space = Space(mask, tuple(lungs.values()), HILUM_MM)
    inside = np.zeros(space.shape, dtype=bool)
    for lung_side, lung in lungs.items():
        inside |= _root_of_lung(space, airway, lung_side, lung)
    note = "25 mm around the place 10 mm inside of where the main bronchus meets the lung"
    return space.region(name, inside & ~space.of(*HEART, "aorta", "esophagus", *SPINE), note)


def _root_of_lung(space: Space, airway: Airway, side: Side, lung: str) -> NDArray[np.bool_]:
    sign, voxels = _SIGN[side], space.of(lung)
    end = airway.bronchi.get(side)
    if end is None:
        end = airway.carina + np.array(BRONCHUS_MM) * (sign, 1.0, 1.0)
    distance = space.distance_mm(voxels)
    entry = _first_near(space, distance, airway.carina, end)
    middle = entry + np.array((sign * INTO_LUNG_MM, 0.0, 0.0))
    near = _squared_distance(space, middle) <= HILUM_MM**2
    lateral = sign * (space.coordinate(0) - airway.carina[0]) > BESIDE_CARINA_MM
    return np.asarray(near & lateral & (distance <= ROOT_MM))


def _first_near(
    space: Space, distance: NDArray[np.float32], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The voxel of lung nearest to where the way from `start` to `end` first comes near it, RAS mm.

    The mask of a main bronchus may go on deep into the lung, and its lumen is no voxel of the lung.
    """
    way = start + np.linspace(0.0, 1.0, _STEPS)[:, None] * (end - start)
    index = np.rint(space.mask.grid.to_index(way)).astype(int) - [part.start for part in space.box]
    index = np.clip(index, 0, np.array(space.shape) - 1)
    off = distance[tuple(index.T)]
    reached = np.flatnonzero(off <= BRONCHUS_RADIUS_MM)
    point = way[reached[0]] if reached.size else way[int(off.argmin())]
    away = np.where(distance == 0, _squared_distance(space, point), np.inf)
    at = np.unravel_index(away.argmin(), space.shape)
    return np.array([space.coordinate(axis).reshape(-1)[n] for axis, n in enumerate(at)])


def near_trachea(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """`paratracheal`, `pretracheal`, `retrotracheal`, `carina` or `subcarinal`."""
    airway = find_airway(mask)
    if name in ("carina", "subcarinal"):
        if airway is None:
            return NotDerivable(name, _CUT_OFF)
        space = Space(mask, ("trachea",), SUBCARINAL_MM)
        return _carina(space, airway) if name == "carina" else _subcarinal(space, airway)
    space = Space(mask, ("trachea",), BESIDE_TRACHEA_MM)
    trachea = space.of("trachea") & _above_carina(space, airway) & _below_apex(space)
    if not trachea.any():
        return NotDerivable(name, "nothing of the trachea above its division is in the scan")
    r, a = space.coordinate(0), space.coordinate(1)
    count = np.maximum(trachea.sum(axis=(0, 1), keepdims=True), 1)
    dr, da = (at - np.where(trachea, at, 0).sum(axis=(0, 1), keepdims=True) / count for at in (r, a))
    towards = {
        "paratracheal": (abs(dr) >= abs(da)) & _on_side(side, dr),
        "pretracheal": da > abs(dr),
        "retrotracheal": -da > abs(dr),
    }
    near = space.distance_mm(trachea) <= BESIDE_TRACHEA_MM
    shell = near & trachea.any(axis=(0, 1)) & towards[name]
    note = "within 15 mm of the trachea in the chest, above its division, on that side of it"
    return space.region(name, shell & _is_fat(space), note)


def _above_carina(space: Space, airway: Airway | None) -> NDArray[np.bool_]:
    lowest = -np.inf if airway is None else float(airway.carina[2])
    return np.asarray(space.coordinate(2) > lowest)


def _below_apex(space: Space) -> NDArray[np.bool_]:
    """In the chest, not in the neck: as high as a lung reaches, where the mask has one."""
    lungs = [space.mask.crop(lung).box[2].stop for lung in LUNGS if space.mask.has(lung)]
    s = np.arange(space.box[2].start, space.box[2].stop)
    below = s < max(lungs, default=space.box[2].stop)
    return np.asarray(below.reshape(1, 1, -1))


def _is_fat(space: Space) -> NDArray[np.bool_]:
    """Neither airway nor lung nor another organ, and not behind the front of the spine."""
    return ~space.of("trachea", *LUNGS, *_OTHER_ORGANS) & in_front_of_spine(space)


def _carina(space: Space, airway: Airway) -> Region | NotDerivable:
    where = "the division of the trachea" if airway.is_division else "the lower end of the trachea's mask"
    near = _squared_distance(space, airway.carina) <= CARINA_MM**2
    return space.region("carina", np.asarray(near), f"15 mm around {where}")


def _subcarinal(space: Space, airway: Airway) -> Region | NotDerivable:
    r, a, s = (space.coordinate(axis) - airway.carina[axis] for axis in range(3))
    below = (s < 0) & (s >= -SUBCARINAL_MM)
    near = (abs(r) <= SUBCARINAL_WIDE_MM) & (abs(a) <= SUBCARINAL_WIDE_MM)
    between = _between_bronchi(space, airway)
    note = "up to 30 mm below the carina, between the main bronchi"
    return space.region("subcarinal", near & below & between & _is_fat(space), note)


def _between_bronchi(space: Space, airway: Airway) -> NDArray[np.bool_]:
    """In slices with bronchi, what lies between their inner walls."""
    bronchi, r = space.of("trachea"), space.coordinate(0)
    right, left = bronchi & (r > airway.carina[0]), bronchi & (r < airway.carina[0])
    inner_right = np.where(right, r, np.inf).min(axis=(0, 1), keepdims=True)
    inner_left = np.where(left, r, -np.inf).max(axis=(0, 1), keepdims=True)
    return np.asarray((r < inner_right) & (r > inner_left))


def _on_side(side: Side | None, dr: NDArray[np.float64]) -> NDArray[np.bool_]:
    if side in _SIGN:
        return np.asarray(_SIGN[side] * dr > 0)
    return np.ones_like(dr, dtype=bool)


def _squared_distance(space: Space, point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of every voxel from a point in RAS mm, mm²."""
    r, a, s = ((space.coordinate(axis) - point[axis]) ** 2 for axis in range(3))
    squared: NDArray[np.float64] = r + a + s
    return squared
