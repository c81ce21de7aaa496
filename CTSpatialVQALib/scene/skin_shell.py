"""Skin of the patient as a faint shell in the 3D view, which shows where the structures lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.crops import MARGIN, VoxelBlock
from CTSpatialVQALib.scene.surfaces import surface_of

if TYPE_CHECKING:
    from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

SKIN_HU = -300  # between air (-1000) and fat (-100), with room for noise and partial volume
_COARSE_MM = 5.0  # finds the skin; a chest wall of two samples withstands the opening that frees the table
_MOST_VOXELS = 60_000  # a faint shell needs no more, and translucent triangles are slow to draw
_CROPPED = 0.35  # with more of the four long sides inside the body, its outline is the box of the scan
_OPACITY = 0.18
_COLOUR = (0.85, 0.8, 0.75)


def body_block(volume: OrientedVolume) -> VoxelBlock | None:
    """The patient's body on a coarse grid: the largest dense component, filled.

    None if all is air, or if the scan is cropped so far inside the body that there is no skin to show.
    """
    step = tuple(max(1, round(_COARSE_MM / mm)) for mm in volume.grid.spacing_mm)
    coarse = volume.hu[:: step[0], :: step[1], :: step[2]]
    inside = _largest(ndimage.binary_opening(coarse > SKIN_HU))
    if inside is None:
        return None
    for axial in range(inside.shape[2]):  # slice by slice: the lungs and bowel are open at the volume's ends
        inside[:, :, axial] = ndimage.binary_fill_holes(inside[:, :, axial])
    sides = (inside[0], inside[-1], inside[:, 0], inside[:, -1])
    if np.mean([side.mean() for side in sides]) > _CROPPED:
        return None
    affine = volume.grid.affine @ np.diag([*step, 1.0])
    r, a, s = coarse.shape
    padded = np.pad(inside, MARGIN).astype(np.uint8)
    return VoxelBlock(padded, (-MARGIN, -MARGIN, -MARGIN), Grid.of((r, a, s), affine))


def add_body(
    scene: MrmlObject, volume: OrientedVolume, *, most_voxels: int = _MOST_VOXELS
) -> MrmlObject | None:
    """Add the skin as a model that only the 3D view shows; None if `body_block` finds none.

    Parameters
    ----------
    most_voxels : a larger body gets a coarser surface
    """
    block = body_block(volume)
    if block is None:
        return None
    node = scene.AddNewNodeByClass("vtkMRMLModelNode", "Body outline")
    node.SetAndObservePolyData(surface_of(block.coarsened(most_voxels)))
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetColor(*_COLOUR)
    display.SetOpacity(_OPACITY)
    display.SetVisibility2D(False)
    display.SetBackfaceCulling(True)
    return node


def _largest(inside: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    labels, count = ndimage.label(inside)
    if count == 0:
        return None
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    largest: NDArray[np.bool_] = labels == int(sizes.argmax())
    return largest
