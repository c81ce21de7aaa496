"""Stripes that tell a claim from a fact; Slicer's segmentations offer no hatching.

A segment can be filled and outlined, but not dashed or hatched. So the claim's label map itself is striped:
the structure cut into slabs perpendicular to (1, 1, 1), which run obliquely through axial, coronal and
sagittal slices alike. It needs no observer and no display of its own, and looks the same in Slicer as here.
"""

# VTK's numpy bridge is untyped
# mypy: untyped-calls-exclude=vtkmodules

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.scene.crops import VoxelBlock

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

_DUTY = 0.4  # part of a period that is painted: the CT stays visible between the stripes
_STRIPES_ACROSS = 6.0  # of a ball of the structure's volume
_LEAST_MM, _MOST_MM = (
    4.0,
    11.0,
)  # along an axis; finer ones blur on a screen, wider ones do not read as hatching
_VOXELS_PER_PERIOD = 5.0  # at least, or the stripes alias
_MOST_REFINED = 4
_LEAST_BAND_MM, _MOST_BAND_MM, _RINGS = 6.0, 14.0, 9.0  # in 3D, seen from farther away
_BAND_DUTY = 0.5
_LIFTED_MM = 0.6  # surfaces in one place flicker


def period_mm(block: VoxelBlock) -> float:
    """Distance of neighbouring stripes along any axis, in mm."""
    across_mm = 2 * (block.count * block.grid.voxel_ml * 1000 * 3 / (4 * np.pi)) ** (1 / 3)
    return float(min(_MOST_MM, max(_LEAST_MM, across_mm / _STRIPES_ACROSS)))


def striped(block: VoxelBlock) -> VoxelBlock:
    """The stripes of the structure; on finer voxels where the block's are too coarse to draw them."""
    period = period_mm(block)
    steps = np.array(block.grid.spacing_mm) * _VOXELS_PER_PERIOD / period
    r, a, s = (int(n) for n in np.clip(np.ceil(steps), 1, _MOST_REFINED))
    fine = _refined(block, (r, a, s))
    return VoxelBlock(fine.voxels & _stripes(fine, period), fine.offset, fine.grid)


def _refined(block: VoxelBlock, times: tuple[int, int, int]) -> VoxelBlock:
    """Every voxel cut into `times` parts along R, A and S; itself if that is one each."""
    if times == (1, 1, 1):
        return block
    parts = np.array(times)
    voxels = np.asfortranarray(block.voxels)
    for axis, n in enumerate(times):
        voxels = np.repeat(voxels, n, axis=axis)
    affine = block.grid.affine @ np.diag([*(1.0 / parts), 1.0])
    affine[:3, 3] = block.grid.to_ras(np.array(block.offset) - 0.5 + 0.5 / parts)
    r, a, s = voxels.shape
    return VoxelBlock(np.asfortranarray(voxels), (0, 0, 0), Grid.of((r, a, s), affine))


def _stripes(block: VoxelBlock, period: float) -> NDArray[np.uint8]:
    """1 in the slabs. The phase is linear in the index; counted in 256ths of a period it wraps in uint8."""
    turns = 256.0 / period
    per_index = block.grid.affine[:3, :3].sum(axis=0) * turns
    starts = (float(block.grid.affine[:3, 3].sum()) * turns, 0.0, 0.0)
    r, a, s = (
        np.rint(start + step * (first + np.arange(size))).astype(np.int64).astype(np.uint8)
        for start, step, first, size in zip(starts, per_index, block.offset, block.voxels.shape, strict=True)
    )
    phase = (s[:, None, None] + a[None, :, None]) + r[None, None, :]  # R fastest in memory, as in the block
    painted: NDArray[np.uint8] = (phase < round(256 * _DUTY)).view(np.uint8).T
    return painted


def banded(surface: vtkPolyData) -> vtkPolyData:
    """Rings of a surface in RAS mm, a little outside of it so that both can be drawn.

    They lie across the body's length: triangles follow the voxels, so oblique rings would be frayed.
    """
    from vtkmodules.util import numpy_support
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    points = numpy_support.vtk_to_numpy(surface.GetPoints().GetData())
    normals = surface.GetPointData().GetNormals()
    corners = numpy_support.vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    low, high = surface.GetBounds()[4:]
    period = min(_MOST_BAND_MM, max(_LEAST_BAND_MM, (high - low) / _RINGS))
    phase = np.mod((points[:, 2][corners].mean(axis=1) - low) / period, 1.0)
    kept = corners[phase < _BAND_DUTY].astype(np.int64)
    cells = vtkCellArray()
    cells.SetData(3, numpy_support.numpy_to_vtkIdTypeArray(kept.ravel(), deep=True))
    outside = points + _LIFTED_MM * numpy_support.vtk_to_numpy(normals)
    lifted = vtkPoints()
    lifted.SetData(numpy_support.numpy_to_vtk(outside, deep=True))
    bands = vtkPolyData()
    bands.SetPoints(lifted)
    bands.SetPolys(cells)
    bands.GetPointData().SetNormals(normals)
    return bands
