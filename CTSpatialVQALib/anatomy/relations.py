"""How do two structures of one patient lie to each other?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from CTSpatialVQALib.anatomy.labelstats import Box
from CTSpatialVQALib.anatomy.masks import AnatomyMask, Crop
from CTSpatialVQALib.errors import BadInput, shown


class Relation(NamedTuple):
    """How structure `a` lies to structure `b`; positive means that `a` is more right, above, in front.

    Parameters
    ----------
    right_of_mm, above_mm, front_of_mm : difference of the centroids along R, S and A
    touching : a face of a voxel of the one is a face of a voxel of the other
    enclosed_share : share of the voxels around `a` (faces) that are `b`, 0 to 1; 1 means wholly inside
    """

    right_of_mm: float
    above_mm: float
    front_of_mm: float
    touching: bool
    enclosed_share: float


def compare(mask: AnatomyMask, a: str, b: str) -> Relation:
    """Compare two structures, or unions of parts (`lung_left` from its lobes).

    Raises
    ------
    BadInput
        If one of them is not in the mask.
    """
    require_present(mask, a, b)
    right, front, above = centroid(mask, a) - centroid(mask, b)
    share = enclosed_share(mask, a, b)
    return Relation(float(right), float(above), float(front), share > 0, share)


def enclosed_share(mask: AnatomyMask, a: str, b: str) -> float:
    """Share of the voxels that share a face with `a` and are not `a`, that are `b`."""
    around, box = _neighbours(mask.crop(a, margin=1))
    count = int(np.count_nonzero(around))
    return int(np.count_nonzero(around & _cut(mask, b, box))) / count if count else 0.0


def surface_distance_mm(mask: AnatomyMask, a: str, b: str) -> float:
    """Smallest distance between voxel centres of two structures in mm; 0 if they touch.

    Raises
    ------
    BadInput
        If one of them is not in the mask.
    """
    require_present(mask, a, b)
    around, box = _neighbours(mask.crop(a, margin=1))
    if bool((around & _cut(mask, b, box)).any()):
        return 0.0
    ours, theirs = (_boundary_points(mask, name) for name in (a, b))
    distances, _ = cKDTree(ours).query(theirs, k=1)
    return float(distances.min())


def centroid(mask: AnatomyMask, name: str) -> NDArray[np.float64]:
    """Mean of the voxel centres of `name` or of its parts, RAS mm."""
    found = [mask.statistics[label] for label in mask.labels_of(name)]
    weights = [one.voxels for one in found]
    return mask.grid.to_ras(np.average([one.centroid_index for one in found], axis=0, weights=weights))


def require_present(mask: AnatomyMask, *names: str) -> None:
    """Refuse a name that has no voxels.

    Raises
    ------
    BadInput
        Naming it.
    """
    for name in names:
        if not mask.has(name):
            listed = ", ".join(mask.structures[:5]) + (" ..." if len(mask.structures) > 5 else "")
            raise BadInput(
                "mask",
                expected=f"the structure {shown(name)}",
                came=f"only {listed}",
                remedy="Choose one of these",
            )


class _Around(NamedTuple):
    """Voxels next to a structure, in a box around it."""

    voxels: NDArray[np.bool_]
    box: Box


def _neighbours(crop: Crop) -> _Around:
    return _Around(ndimage.binary_dilation(crop.inside) & ~crop.inside, crop.box)


def _cut(mask: AnatomyMask, name: str, box: Box) -> NDArray[np.bool_]:
    return np.isin(mask.labels[box], mask.labels_of(name))


def _boundary_points(mask: AnatomyMask, name: str) -> NDArray[np.float64]:
    """World points of the voxels of `name` that have a face to something else."""
    crop = mask.crop(name, margin=1)
    edge = crop.inside & ~ndimage.binary_erosion(crop.inside)
    start = np.array([one.start for one in crop.box])
    return mask.grid.to_ras(start + np.argwhere(edge))
