"""Carina and main bronchi, found in the mask of the trachea.

TotalSegmentator's trachea often goes on into the main bronchi, so its lowest voxel may lie in a lung.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

_LEAST_SHARE = 0.15  # of the slice's lumen that a second piece must have to be a bronchus
_SUSTAINED_MM = 4.0  # over which both bronchi must be seen: a single ragged slice is no bifurcation
_EIGHT = np.ones((3, 3), dtype=bool)


class Airway(NamedTuple):
    """The trachea's division.

    Parameters
    ----------
    carina : (3,) RAS mm, between the main bronchi where they part, or the trachea's lower end
    is_division : whether the bronchi were seen to part
    bronchi : the far end of the main bronchus on a side, (3,) RAS mm, where it was seen
    """

    carina: NDArray[np.float64]
    is_division: bool
    bronchi: dict[Side, NDArray[np.float64]]


class _Lumen(NamedTuple):
    """One piece of the airway in one axial slice: index of its centre, and its share of the lumen."""

    centre: NDArray[np.float64]
    share: float


def find_airway(mask: AnatomyMask) -> Airway | None:
    """The division of the trachea; None where the mask has no trachea, or the scan cuts it off below."""
    if not mask.has("trachea"):
        return None
    crop = mask.body("trachea") or mask.crop("trachea")
    slices = [_lumina(crop.inside[:, :, s], s, crop.start) for s in range(crop.inside.shape[2])]
    division = _division(slices, mask.grid.spacing_mm[2])
    if division is not None:
        pair = slices[division]
        carina = mask.grid.to_ras(np.mean([lumen.centre for lumen in pair[:2]], axis=0))
        return Airway(carina, True, _bronchi(mask, slices[: division + 1], carina))
    if crop.box[2].start == 0:
        return None
    return Airway(mask.grid.to_ras(slices[0][0].centre), False, {})


def _division(slices: list[list[_Lumen]], slice_mm: float) -> int | None:
    """Index of the highest slice from which downwards two lumina are seen; None if there is none."""
    sustained = max(2, round(_SUSTAINED_MM / slice_mm))
    parted = [len(lumina) > 1 for lumina in slices]
    for top in range(len(slices) - 1, -1, -1):
        if all(parted[max(0, top - sustained + 1) : top + 1]):
            return top
    return None


def _lumina(inside: NDArray[np.bool_], s: int, start: NDArray[np.float64]) -> list[_Lumen]:
    """Pieces of a slice, the largest first, without crumbs."""
    pieces, count = ndimage.label(inside, _EIGHT)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
    total = max(1, int(sizes.sum()))
    order = [n for n in np.argsort(-sizes) if sizes[n] >= _LEAST_SHARE * total]
    return [
        _Lumen(start + np.array([*np.argwhere(pieces == n + 1).mean(axis=0), s]), sizes[n] / total)
        for n in order
    ]


def _bronchi(
    mask: AnatomyMask, slices: list[list[_Lumen]], carina: NDArray[np.float64]
) -> dict[Side, NDArray[np.float64]]:
    """The farthest lumen on each side of the carina."""
    points = mask.grid.to_ras(np.array([lumen.centre for lumina in slices for lumen in lumina]))
    ends: dict[Side, NDArray[np.float64]] = {}
    for side, sign in ((Side.RIGHT, 1.0), (Side.LEFT, -1.0)):
        away = sign * (points[:, 0] - carina[0])
        if (away > 0).any():
            ends[side] = points[int(away.argmax())]
    return ends
