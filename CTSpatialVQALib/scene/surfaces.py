"""Closed surfaces of voxel blocks by surface nets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from CTSpatialVQALib.scene.crops import VoxelBlock
from CTSpatialVQALib.scene.volumes import image_of, matrix_of

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

# How far a point may move from its voxel's corner, in voxels: large bodies lose their steps, small ones keep
# their volume. VTK's default of 2 halves an adrenal gland at 3 mm; this keeps 88 % of it and 98 % of a liver.
_LEAST_FREEDOM = 0.3
_MOST_FREEDOM = 1.0
_FREE_FROM = 30.0  # voxels across


def surface_of(block: VoxelBlock) -> vtkPolyData:
    """The closed, smoothed surface of `block` in RAS mm, with point normals.

    `vtkSurfaceNets3D` (Gibson 1998, with VTK's constrained smoothing) on the box alone takes a sixth of
    the time of Slicer's own conversion.
    """
    from vtkmodules.vtkCommonTransforms import vtkTransform
    from vtkmodules.vtkFiltersCore import vtkPolyDataNormals, vtkSurfaceNets3D
    from vtkmodules.vtkFiltersGeneral import vtkTransformPolyDataFilter

    spacing = block.grid.spacing_mm
    image = image_of(block.voxels)
    image.SetSpacing(*spacing)  # smoothing happens in millimetres, so thick slices are not over-smoothed
    nets = vtkSurfaceNets3D()
    nets.SetInputData(image)
    nets.SetValue(0, 1)
    nets.SetConstraintScale(_freedom(block.count))
    nets.SetOutputMeshTypeToTriangles()
    to_ras = vtkTransform()
    to_ras.SetMatrix(matrix_of(block.grid))
    to_ras.Translate(*block.offset)
    to_ras.Scale(*(1.0 / np.array(spacing)))
    placed = vtkTransformPolyDataFilter()
    placed.SetTransform(to_ras)
    placed.SetInputConnection(nets.GetOutputPort())
    normals = vtkPolyDataNormals()
    normals.SetInputConnection(placed.GetOutputPort())
    normals.SplittingOff()
    normals.ConsistencyOff()
    normals.Update()
    surface: vtkPolyData = normals.GetOutput()
    surface.GetCellData().Initialize()  # label pairs, which Slicer would take for colours
    return surface


def _freedom(voxels: int) -> float:
    across = float(np.cbrt(voxels))
    return min(_MOST_FREEDOM, max(_LEAST_FREEDOM, across / _FREE_FROM))
