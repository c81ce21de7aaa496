"""How is a volume changed for a probe? Mirrored, a structure erased or outlined; nothing else moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.resample import OUTSIDE_HU, resampled_to_patient_axes
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

EDGE_VOXELS = 1  # around a structure, where a voxel still holds part of it
RING_VOXELS = 6
SMOOTHED_VOXELS = 1.5
MARK_HU = 1500
MARK_VOXELS = 2

Box = tuple[slice, slice, slice]


def mirrored(volume: OrientedVolume) -> OrientedVolume:
    """The patient with left and right exchanged about the volume's middle, on the patient's axes."""
    upright = resampled_to_patient_axes(volume)
    return replace(upright, hu=np.asfortranarray(upright.hu[::-1]))


def erased(volume: OrientedVolume, mask: AnatomyMask, structures: Sequence[str]) -> OrientedVolume:
    """`structures`, and one voxel around them, replaced by what surrounds them.

    Each voxel takes the value of the nearest voxel outside (in mm), then the patch is smoothed. Without
    randomness: the same volume and mask give the same voxels.

    Raises
    ------
    BadInput
        If the mask lies on another grid or has none of the structures.
    """
    inside = _voxels(volume, mask, structures)
    inside = ndimage.binary_dilation(inside, iterations=EDGE_VOXELS)
    box = _box(inside, RING_VOXELS)
    hu, patch = volume.hu[box], inside[box]
    if patch.all():
        filled = np.full(hu.shape, OUTSIDE_HU, dtype=np.float32)
    else:
        nearest = ndimage.distance_transform_edt(
            patch, sampling=volume.spacing_mm, return_distances=False, return_indices=True
        )
        filled = ndimage.gaussian_filter(hu[tuple(nearest)].astype(np.float32), SMOOTHED_VOXELS)
    return _changed(volume, box, patch, np.rint(filled).astype(np.int16))


def marked(volume: OrientedVolume, mask: AnatomyMask, structures: Sequence[str]) -> OrientedVolume:
    """`structures` outlined: in each axial slice the two voxels outside them shine.

    The outline has 1500 HU, or the volume's greatest value where that is less, so that no scale changes.

    Raises
    ------
    BadInput
        If the mask lies on another grid or has none of the structures.
    """
    inside = _voxels(volume, mask, structures)
    box = _box(inside, MARK_VOXELS + 1)
    in_plane = ndimage.generate_binary_structure(2, 1)[:, :, None]
    body = inside[box]
    outline = ndimage.binary_dilation(body, in_plane, iterations=MARK_VOXELS) & ~body
    bright = np.int16(min(MARK_HU, int(volume.hu.max())))
    return _changed(volume, box, outline, np.full(body.shape, bright))


def _voxels(volume: OrientedVolume, mask: AnatomyMask, structures: Sequence[str]) -> NDArray[np.bool_]:
    if not mask.grid.matches(volume.grid):
        came = f"one on another grid ({mask.grid})"
        remedy = "Use the mask that was made from this volume"
        raise BadInput(
            "probe", expected=f"a mask on the volume's grid ({volume.grid})", came=came, remedy=remedy
        )
    present = [name for name in structures if mask.has(name)]
    if not present:
        names = ", ".join(structures) or "no structure"
        raise BadInput(
            "probe",
            expected="a structure that the mask has",
            came=names,
            remedy="Name structures that `measure` lists",
        )
    inside = mask.voxels_of(present[0])
    for name in present[1:]:
        inside = inside | mask.voxels_of(name)
    return inside


def _box(inside: NDArray[np.bool_], margin: int) -> Box:
    slices = ndimage.find_objects(inside.astype(np.uint8))[0]
    r, a, s = (
        slice(max(0, part.start - margin), min(n, part.stop + margin))
        for part, n in zip(slices, inside.shape, strict=True)
    )
    return r, a, s


def _changed(
    volume: OrientedVolume, box: Box, where: NDArray[np.bool_], values: NDArray[np.int16]
) -> OrientedVolume:
    hu = volume.hu.copy(order="F")
    hu[box] = np.where(where, values, hu[box])
    return replace(volume, hu=hu)
