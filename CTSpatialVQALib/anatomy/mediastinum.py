"""Mediastinum and its compartments, bounded by lungs, sternum, spine and diaphragm.

Compartments follow the International Thymic Malignancy Interest Group (Carter et al., Radiographics 2017):
prevascular, visceral, paravertebral; reports call them anterior, middle and posterior.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from CTSpatialVQALib.anatomy.airways import find_airway
from CTSpatialVQALib.anatomy.region import NotDerivable, Region, Space
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

LUNGS = ("lung_left", "lung_right")
SPINE = (
    "vertebrae_C7",
    *(f"vertebrae_T{n}" for n in range(1, 13)),
    *(f"vertebrae_L{n}" for n in range(1, 6)),
)
CAGE = (
    *("sternum", "costal_cartilages", "clavicula_left", "clavicula_right"),
    *(f"rib_{side}_{n}" for side in ("left", "right") for n in range(1, 13)),
)
ABDOMEN = (
    *("liver", "spleen", "stomach", "pancreas", "gallbladder", "colon", "small_bowel", "duodenum"),
    *("kidney_left", "kidney_right", "adrenal_gland_left", "adrenal_gland_right"),
)
HEART = ("heart", "heart_atrium_left", "heart_atrium_right", "heart_ventricle_left", "heart_ventricle_right")
# what lies behind the prevascular compartment
VISCERA = (*HEART, "aorta", "trachea", "esophagus", "pulmonary_vein", "superior_vena_cava")
THROUGH_DIAPHRAGM = (*HEART, "aorta", "esophagus", "inferior_vena_cava")
SPINE_MM = 10.0  # ITMIG: the visceral compartment ends 1 cm behind the front of the vertebral bodies
SPINE_SHARE = 1 / 3  # of the lungs' depth, from their back to the front of the vertebral bodies
VERTEBRA_MM = 30.0  # a thoracic vertebra with its disc
BESIDE_MM = 12.0  # fat around heart, aorta and oesophagus where they pass the diaphragm
ABOVE_DOME_MM = 10.0  # a lung that ends higher than that above all abdominal organs does not end on them
DOME_SHARE = 75.0  # percentile of the right lung's lower end that is taken for the dome without organs
LEAST_HEIGHT_MM = 100.0  # of the lungs in the scan; below that they end beside the liver
LEAST_SHARE = 0.05  # of the largest piece; smaller pieces are corners that no boundary has cut off

BETWEEN = "what lies between the lungs, behind the sternum, in front of the spine and above the diaphragm"


def mediastinum(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    """The mediastinum, or one of its compartments.

    Parameters
    ----------
    side : not used; the mediastinum has none
    """
    if not all(mask.has(lung) for lung in LUNGS):
        return NotDerivable(name, "it needs both lungs")
    space = Space(mask, LUNGS)
    if not space.of(*HEART, "trachea").any() and _height_mm(space) < LEAST_HEIGHT_MM:
        return NotDerivable(name, "the scan shows only the lower ends of the lungs")
    mediastinal = mediastinum_in(space)
    if name == "mediastinum":
        return space.region(name, mediastinal, BETWEEN)
    if name == "upper_mediastinum":
        return _upper(space, mediastinal)
    return _compartment(space, name, mediastinal)


def _compartment(space: Space, name: str, mediastinal: NDArray[np.bool_]) -> Region | NotDerivable:
    """What lies behind heart and trachea is posterior, what of the rest lies in front of vessels anterior."""
    airway_and_heart = space.of(*HEART, "trachea")
    if not airway_and_heart.any():
        return NotDerivable(name, "it needs the heart or the trachea")
    a = space.coordinate(1)
    posterior = mediastinal & (a < _edge_of(space, airway_and_heart, foremost=False))
    if name == "posterior_mediastinum":
        return space.region(name, posterior, f"{BETWEEN}; behind heart and trachea")
    anterior = mediastinal & ~posterior & (a > _edge_of(space, space.of(*VISCERA), foremost=True))
    if name in ("anterior_mediastinum", "prevascular"):
        return space.region(name, anterior, f"{BETWEEN}; in front of heart and great vessels")
    middle = mediastinal & ~posterior & ~anterior
    return space.region(
        name, middle, f"{BETWEEN}; from the front of heart and vessels to the back of heart and trachea"
    )


def _height_mm(space: Space) -> float:
    return space.shape[2] * space.mask.grid.spacing_mm[2]


def mediastinum_in(space: Space) -> NDArray[np.bool_]:
    """The whole mediastinum inside the box of a space around both lungs, (R, A, S) bool."""
    bounds = in_front_of_spine(space) & _behind_sternum(space) & above_diaphragm(space)
    # rows near the apex cut no lung where trachea, oesophagus and vessels enter
    mediastinal = ((between_the_lungs(space) | _entering(space)) & bounds) | space.of(*HEART)
    return _without_corners(mediastinal & ~space.of(*SPINE, *CAGE, *LUNGS, *ABDOMEN))


def _entering(space: Space) -> NDArray[np.bool_]:
    """Oesophagus, aorta, cava, and the trachea above its division, below which it is in the lungs."""
    airway = find_airway(space.mask)
    lowest = -np.inf if airway is None else float(airway.carina[2])
    trachea = space.of("trachea") & (space.coordinate(2) > lowest)
    return space.of("esophagus", "aorta", "superior_vena_cava") | trachea


def between_the_lungs(space: Space) -> NDArray[np.bool_]:
    """In every row from side to side that cuts both lungs, what lies between them."""
    left, right = (space.of(name) for name in LUNGS)
    r = np.arange(space.shape[0])[:, None, None]
    inner_left = np.where(left.any(axis=0), space.shape[0] - 1 - left[::-1].argmax(axis=0), space.shape[0])
    inner_right = np.where(right.any(axis=0), right.argmax(axis=0), -1)
    between: NDArray[np.bool_] = (r > inner_left) & (r < inner_right)
    return between


def in_front_of_spine(space: Space) -> NDArray[np.bool_]:
    """Not behind 10 mm of the vertebral bodies' front, and not between the bodies, where the discs are.

    Without vertebrae, in front of the hindmost third of the lungs, which is about where the bodies end.
    """
    spine = space.of(*SPINE)
    heights = np.flatnonzero(spine.any(axis=(0, 1)))
    if not len(heights):
        return _in_front_of_third(space)
    r, a, at = space.coordinate(0), space.coordinate(1), np.arange(space.shape[2])
    front = np.interp(at, heights, np.where(spine, a, -np.inf).max(axis=(0, 1))[heights])
    # a slice between two bodies may show an arch only: closing lets the bodies above and below decide
    window = max(1, round(VERTEBRA_MM / space.mask.grid.spacing_mm[2]))
    front = ndimage.grey_closing(front, size=window, mode="nearest")
    body = spine & (a > front - SPINE_MM)
    heights = np.flatnonzero(body.any(axis=(0, 1)))
    low, high = np.where(body, r, np.inf).min(axis=(0, 1)), np.where(body, r, -np.inf).max(axis=(0, 1))
    low, high = (np.interp(at, heights, edge[heights]) for edge in (low, high))
    low = ndimage.grey_opening(low, size=window, mode="nearest")
    high = ndimage.grey_closing(high, size=window, mode="nearest")
    beside: NDArray[np.bool_] = (a > front) | ((a > front - SPINE_MM) & ((r < low) | (r > high)))
    return beside


def _in_front_of_third(space: Space) -> NDArray[np.bool_]:
    lungs, a = space.of(*LUNGS), space.coordinate(1)
    if not lungs.any():
        return np.ones(space.shape, dtype=bool)
    back, front = np.where(lungs, a, np.inf).min(axis=(0, 1)), np.where(lungs, a, -np.inf).max(axis=(0, 1))
    with np.errstate(invalid="ignore"):  # slices without lung: infinite less infinite
        bound = np.nan_to_num(back + SPINE_SHARE * (front - back), nan=-np.inf)
    return np.asarray(np.broadcast_to(a > bound, space.shape))


def _behind_sternum(space: Space) -> NDArray[np.bool_]:
    """Behind the back of the sternum in each slice; above and below it behind that of its ends."""
    sternum = space.of("sternum")
    heights = np.flatnonzero(sternum.any(axis=(0, 1)))
    if not len(heights):
        return np.ones(space.shape, dtype=bool)
    a = space.coordinate(1)
    back = np.where(sternum, a, np.inf).min(axis=(0, 1))[heights]
    behind: NDArray[np.bool_] = a < np.interp(np.arange(space.shape[2]), heights, back)
    return np.broadcast_to(behind, space.shape)


def above_diaphragm(space: Space) -> NDArray[np.bool_]:
    """Above abdominal organs and where the lungs end on them; below the dome only beside what passes it.

    In columns with neither, the diaphragm is as high as in the nearest column with one of them.
    """
    s, ends = np.arange(space.shape[2]), lung_ends(space)
    organ_top = _organ_top(space)
    height = np.maximum(organ_top, ends - 1)
    has_height = (organ_top >= 0) | (ends >= 0)
    if not has_height.any():
        return np.ones(space.shape, dtype=bool)
    nearest = ndimage.distance_transform_edt(~has_height, return_distances=False, return_indices=True)
    above = s > height[tuple(nearest)][..., None]
    passing = space.of(*THROUGH_DIAPHRAGM)
    if passing.any():
        above &= (s > _dome(space)) | _beside(space, passing)
    return np.asarray(above)


def lung_ends(space: Space) -> NDArray[np.int64]:
    """Index of the lowest voxel of lung in columns where it ends on the diaphragm, -1 elsewhere; (R, A).

    Where a lung ends higher it lies over the heart, a vessel, or a fissure.
    """
    lungs = space.of(*LUNGS)
    lowest = lungs.argmax(axis=2)
    return np.where(lungs.any(axis=2) & (lowest <= _dome(space)), lowest, -1)


def _organ_top(space: Space) -> NDArray[np.int64]:
    """Index of the highest voxel of an abdominal organ in every column, -1 where there is none; (R, A)."""
    return np.asarray(np.where(space.of(*ABDOMEN), np.arange(space.shape[2]), -1).max(axis=2))


def _dome(space: Space) -> float:
    """Index of the slice of the diaphragm's highest point; -1 if nothing tells it."""
    organ_top = _organ_top(space)
    if (organ_top >= 0).any():
        return float(organ_top.max()) + ABOVE_DOME_MM / space.mask.grid.spacing_mm[2]
    right = space.of("lung_right")
    lowest = right.argmax(axis=2)[right.any(axis=2)]
    return float(np.percentile(lowest, DOME_SHARE)) if lowest.size else -1.0


def _beside(space: Space, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Within 12 mm of `inside` in the plane of each slice."""
    r, a = (max(1, round(BESIDE_MM / space.mask.grid.spacing_mm[axis])) for axis in (0, 1))
    wide = ndimage.maximum_filter1d(inside.view(np.uint8), 2 * r + 1, axis=0, mode="constant")
    wide = ndimage.maximum_filter1d(wide, 2 * a + 1, axis=1, mode="constant")
    return np.asarray(wide > 0)


def _edge_of(space: Space, inside: NDArray[np.bool_], *, foremost: bool) -> NDArray[np.float64]:
    """A of the front (or back) of `inside` in every column from front to back.

    In columns beside it that of the whole slice, in slices without it that of the nearest one with it.

    Returns
    -------
    (R, 1, S) float, mm
    """
    a = space.coordinate(1)
    edge = np.where(inside, a, -np.inf).max(axis=1) if foremost else np.where(inside, a, np.inf).min(axis=1)
    of_slice = edge.max(axis=0) if foremost else edge.min(axis=0)
    heights = np.flatnonzero(np.isfinite(of_slice))
    of_slice = np.interp(np.arange(space.shape[2]), heights, of_slice[heights])
    filled: NDArray[np.float64] = np.where(np.isfinite(edge), edge, of_slice)[:, None, :]
    return filled


def _without_corners(mediastinal: NDArray[np.bool_]) -> NDArray[np.bool_]:
    pieces, count = ndimage.label(mediastinal)
    if count < 2:
        return mediastinal
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray((sizes >= LEAST_SHARE * sizes.max())[pieces])


def _upper(space: Space, mediastinal: NDArray[np.bool_]) -> Region | NotDerivable:
    mask, name = space.mask, "upper_mediastinum"
    if all(mask.has(vertebra) for vertebra in ("vertebrae_T4", "vertebrae_T5")):
        centres = [mask.statistics[mask.label_of[f"vertebrae_T{n}"]].centroid_index for n in (4, 5)]
        floor, note = float(mask.grid.to_ras(np.mean(centres, axis=0))[2]), "above the disc T4/T5"
    elif mask.has("heart"):
        top = mask.crop("heart").box[2].stop
        floor, note = float(mask.grid.to_ras((0.0, 0.0, float(top)))[2]), "above the heart"
    else:
        return NotDerivable(name, "it needs the vertebrae T4 and T5, or the heart")
    return space.region(name, mediastinal & (space.coordinate(2) > floor), f"{BETWEEN}; {note}")
