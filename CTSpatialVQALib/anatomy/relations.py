"""Relations of two structures of one patient: direction, distance, contact.

Specks (see `pieces`) are left aside: a stray voxel neither moves a centre nor makes a contact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, Crop
from CTSpatialVQALib.volumes.label_statistics import Box


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
    right, front, above = body_centroid(mask, a) - body_centroid(mask, b)
    share = enclosed_share(mask, a, b)
    return Relation(float(right), float(above), float(front), share > 0, share)


def enclosed_share(mask: AnatomyMask, a: str, b: str) -> float:
    """Share of the voxels that share a face with `a` and are not `a`, that are `b`."""
    around, box = _around(mask, a)
    count = int(np.count_nonzero(around))
    return int(np.count_nonzero(around & _cut_out(_body(mask, b), box))) / count if count else 0.0


def touching(mask: AnatomyMask, a: str, b: str) -> bool:
    """Whether a face of a voxel of the one is a face of a voxel of the other.

    Only where their boxes meet can they touch, so that two large organs cost no more than their border.
    """
    ours, theirs = _body(mask, a), _body(mask, b)
    box = _shared(_grown(ours.box, mask), theirs.box)
    if box is None:
        return False
    wide = _grown(box, mask)
    near = _next_to(_cut_out(ours, wide))
    return bool((near & _cut_out(theirs, wide)).any())


def surface_distance_mm(mask: AnatomyMask, a: str, b: str) -> float:
    """Smallest distance between voxel centres of two structures in mm; 0 if they touch.

    Raises
    ------
    BadInput
        If one of them is not in the mask.
    """
    require_present(mask, a, b)
    if touching(mask, a, b):
        return 0.0
    ours, theirs = (_boundary_points(mask, name) for name in (a, b))
    distances, _ = cKDTree(ours).query(theirs, k=1)
    return float(distances.min())


def centroid(mask: AnatomyMask, name: str) -> NDArray[np.float64]:
    """Mean of the voxel centres of `name` or of its parts, RAS mm; specks count, nothing is searched."""
    statistics = [mask.statistics[label] for label in mask.labels_of(name)]
    weights = [statistic.voxels for statistic in statistics]
    return mask.grid.to_ras(
        np.average([statistic.centroid_index for statistic in statistics], axis=0, weights=weights)
    )


def body_centroid(mask: AnatomyMask, name: str) -> NDArray[np.float64]:
    """Mean of the voxel centres of `name` without its specks, RAS mm."""
    body = mask.body(name)
    if body is None:
        return centroid(mask, name)
    return mask.grid.to_ras(body.start + np.argwhere(body.inside).mean(axis=0))


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


def _body(mask: AnatomyMask, name: str) -> Crop:
    return mask.body(name) or mask.crop(name)


def _around(mask: AnatomyMask, name: str) -> _Around:
    body = _body(mask, name)
    box = _grown(body.box, mask)
    inside = _cut_out(body, box)
    return _Around(_next_to(inside) & ~inside, box)


def _next_to(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Voxels with a face to one of `inside`; several times faster than a binary dilation."""
    faces = np.zeros_like(inside)
    for axis in range(3):
        after, before = [slice(None)] * 3, [slice(None)] * 3
        after[axis], before[axis] = slice(1, None), slice(None, -1)
        faces[tuple(after)] |= inside[tuple(before)]
        faces[tuple(before)] |= inside[tuple(after)]
    return faces


def _grown(box: Box, mask: AnatomyMask) -> Box:
    r, a, s = (
        slice(max(0, part.start - 1), min(n, part.stop + 1))
        for part, n in zip(box, mask.labels.shape, strict=True)
    )
    return r, a, s


def _shared(first: Box, second: Box) -> Box | None:
    r, a, s = (slice(max(x.start, y.start), min(x.stop, y.stop)) for x, y in zip(first, second, strict=True))
    return (r, a, s) if all(part.stop > part.start for part in (r, a, s)) else None


def _cut_out(body: Crop, box: Box) -> NDArray[np.bool_]:
    """What of `body` lies in `box`, as an array of the size of `box`."""
    voxels = np.zeros([part.stop - part.start for part in box], dtype=bool, order="F")
    both = _shared(body.box, box)
    if both is not None:
        into = tuple(slice(b.start - x.start, b.stop - x.start) for b, x in zip(both, box, strict=True))
        from_ = tuple(slice(b.start - x.start, b.stop - x.start) for b, x in zip(both, body.box, strict=True))
        voxels[into] = body.inside[from_]
    return voxels


def _boundary_points(mask: AnatomyMask, name: str) -> NDArray[np.float64]:
    """World points of the voxels of `name` that have a face to something else."""
    body = _body(mask, name)
    padded = np.zeros([n + 2 for n in body.inside.shape], dtype=bool, order="F")
    padded[1:-1, 1:-1, 1:-1] = body.inside
    edge = (_next_to(~padded) & padded)[1:-1, 1:-1, 1:-1]
    return mask.grid.to_ras(body.start + np.argwhere(edge))
