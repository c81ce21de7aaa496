"""Where between and around the lungs: mediastinum, hemithorax, hila, beside the trachea, behind bones?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.midline import MIDLINE_HALF_WIDTH_MM, NO_MIDLINE, find_midline
from CTSpatialVQALib.anatomy.region import NotDerivable, Region, Space, sided
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

LUNGS = ("lung_left", "lung_right")
SPINE = tuple(f"vertebrae_T{n}" for n in range(1, 13))
VISCERA = ("heart", "aorta", "trachea", "esophagus", "pulmonary_vein", "superior_vena_cava")
HILUM_MM = 30.0
BELOW_CARINA_MM = 20.0
BESIDE_TRACHEA_MM = 15.0
BEHIND_STERNUM_MM = 20.0
CLAVICLE_MM = 30.0
SPINE_MM = 10.0  # ITMIG: the visceral compartment ends 1 cm behind the front of the vertebral bodies


def between_the_lungs(space: Space) -> NDArray[np.bool_]:
    """In every row from side to side that cuts both lungs, what lies between them and is no bone."""
    left, right = (space.of(name) for name in LUNGS)
    r = np.arange(space.shape[0])[:, None, None]
    inner_left = np.where(left.any(axis=0), space.shape[0] - 1 - left[::-1].argmax(axis=0), space.shape[0])
    inner_right = np.where(right.any(axis=0), right.argmax(axis=0), -1)
    ribs = tuple(f"rib_{side}_{n}" for side in ("left", "right") for n in range(1, 13))
    return (r > inner_left) & (r < inner_right) & ~space.of(*SPINE, "sternum", *ribs)


def mediastinum(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """The mediastinum and its compartments (ITMIG: prevascular, visceral, paravertebral)."""
    if not all(mask.has(lung) for lung in LUNGS):
        return NotDerivable(name, "it needs both lungs")
    space = Space(mask, LUNGS)
    whole, between = between_the_lungs(space), "what lies between the lungs and is no bone"
    if name == "mediastinum":
        return space.region(name, whole, between)
    if name == "upper_mediastinum":
        return _upper(space, whole)
    a = space.coordinate(1)
    viscera = space.of(*VISCERA)
    if not viscera.any():
        return NotDerivable(name, "it needs heart, aorta or trachea")
    front = np.where(viscera, a, -np.inf).max(axis=(0, 1), keepdims=True)
    if name in ("anterior_mediastinum", "prevascular"):
        note = f"{between}, in front of heart and great vessels in each slice"
        return space.region(name, whole & (a > front) & np.isfinite(front), note)
    spine = space.of(*SPINE)
    if not spine.any():
        return NotDerivable(name, "it needs the thoracic vertebrae")
    back = np.where(spine, a, -np.inf).max(axis=(0, 1), keepdims=True) - SPINE_MM
    if name == "posterior_mediastinum":
        return space.region(name, whole & (a < back), f"{between}, from 10 mm behind the front of the spine")
    inside = whole & (a <= front) & (a >= back)
    return space.region(name, inside, f"{between}, from heart and vessels to 10 mm behind the spine's front")


def _upper(space: Space, whole: NDArray[np.bool_]) -> Region | NotDerivable:
    mask, name = space.mask, "upper_mediastinum"
    if all(mask.has(one) for one in ("vertebrae_T4", "vertebrae_T5")):
        centres = [mask.statistics[mask.label_of[f"vertebrae_T{n}"]].centroid_index for n in (4, 5)]
        floor, note = float(mask.grid.to_ras(np.mean(centres, axis=0))[2]), "above the disc T4/T5"
    elif mask.has("heart"):
        top = mask.crop("heart").box[2].stop
        floor, note = float(mask.grid.to_ras((0.0, 0.0, float(top)))[2]), "above the heart"
    else:
        return NotDerivable(name, "it needs the vertebrae T4 and T5, or the heart")
    return space.region(name, whole & (space.coordinate(2) > floor), f"what lies between the lungs, {note}")


def hemithorax(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """From the midline to the outer edge of the lung, in every row from side to side that cuts it."""
    plane = find_midline(mask)
    if plane is None:
        return NotDerivable(name, NO_MIDLINE)
    lungs = tuple(one for one in sided("lung", side) if mask.has(one))
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
    return space.region(name, inside, "rows from the midline to the outer edge of the lung")


def _to_midline(space: Space, middle: float) -> float:
    r = space.coordinate(0)
    return float(max(0.0, r.min() - middle, middle - r.max()))


def hilum(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """A ball of 30 mm around the point of the lung that is nearest to 20 mm below the trachea's lower end."""
    if not mask.has("trachea") or mask.crop("trachea").box[2].start == 0:
        return NotDerivable(name, "it needs the lower end of the trachea")
    carina = _lower_end(mask) - (0.0, 0.0, BELOW_CARINA_MM)
    lungs = tuple(one for one in sided("lung", side) if mask.has(one))
    space = Space(mask, lungs, HILUM_MM)
    coordinates = [space.coordinate(axis) for axis in range(3)]
    inside = np.zeros(space.shape, dtype=bool)
    for lung in lungs:
        voxels = space.of(lung)
        off = sum((one - at) ** 2 for one, at in zip(coordinates, carina, strict=True))
        nearest = np.unravel_index(np.where(voxels, off, np.inf).argmin(), space.shape)
        root = [one.reshape(-1)[at] for one, at in zip(coordinates, nearest, strict=True)]
        inside |= sum((one - at) ** 2 for one, at in zip(coordinates, root, strict=True)) <= HILUM_MM**2
    note = "30 mm around the point of the lung nearest to 20 mm below the trachea's lower end"
    return space.region(name, inside, note)


def near_trachea(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """Beside, in front of or behind the trachea, within 15 mm; at or below its lower end."""
    space = Space(mask, ("trachea",), HILUM_MM)
    trachea = space.of("trachea")
    r, a, s = (space.coordinate(axis) for axis in range(3))
    if name in ("carina", "subcarinal"):
        if mask.crop("trachea").box[2].start == 0:
            return NotDerivable(name, "the trachea is cut off below")
        end = _lower_end(mask)
        if name == "carina":
            near = (r - end[0]) ** 2 + (a - end[1]) ** 2 + (s - end[2]) ** 2 <= BESIDE_TRACHEA_MM**2
            return space.region(name, near, "15 mm around the lower end of the trachea's mask")
        beside = (abs(r - end[0]) <= BESIDE_TRACHEA_MM) & (abs(a - end[1]) <= BESIDE_TRACHEA_MM)
        below = beside & (s < end[2]) & (s >= end[2] - HILUM_MM)
        return space.region(name, below, "up to 30 mm below the lower end of the trachea's mask")
    count = np.maximum(trachea.sum(axis=(0, 1), keepdims=True), 1)
    dr, da = (one - np.where(trachea, one, 0).sum(axis=(0, 1), keepdims=True) / count for one in (r, a))
    shell = (space.distance_mm(trachea) <= BESIDE_TRACHEA_MM) & ~trachea & trachea.any(axis=(0, 1))
    towards = {
        "paratracheal": (abs(dr) >= abs(da)) & _on(side, dr),
        "pretracheal": da > abs(dr),
        "retrotracheal": -da > abs(dr),
    }
    return space.region(name, shell & towards[name], "within 15 mm of the trachea, on that side of it")


def _on(side: Side | None, dr: NDArray[np.float64]) -> NDArray[np.bool_]:
    if side is Side.RIGHT:
        return dr > 0
    return dr < 0 if side is Side.LEFT else np.ones_like(dr, dtype=bool)


def _lower_end(mask: AnatomyMask) -> NDArray[np.float64]:
    """RAS mm of the middle of the lowest slice of the trachea."""
    crop = mask.body("trachea") or mask.crop("trachea")
    r, a = np.argwhere(crop.inside[:, :, 0]).mean(axis=0)
    return mask.grid.to_ras(crop.start + np.array([r, a, 0.0]))


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
    """From the top of liver, spleen and stomach to the lower end of the kidneys, without lung."""
    organs = tuple(one for one in ("liver", "spleen", "stomach") if mask.has(one))
    kidneys = tuple(one for one in ("kidney_left", "kidney_right") if mask.has(one))
    wide = Space(mask, mask.structures)
    high, low = Space(mask, organs).box[2], Space(mask, kidneys or organs).box[2]
    s = np.arange(wide.box[2].start, wide.box[2].stop)
    slab = (s >= low.start) & (s < high.stop)
    inside = slab & ~wide.of(*LUNGS)
    until = "the lower end of the kidneys" if kidneys else "the lower end of these organs"
    found = wide.region(name, inside, f"from the top of liver, spleen and stomach to {until}, without lung")
    return found._replace(taken_from=(*organs, *kidneys)) if isinstance(found, Region) else found
