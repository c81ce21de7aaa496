"""How do the axes of a volume come to run exactly along the patient's? What every contract starts from."""

# SimpleITK declares types and annotates none of its classes
# mypy: untyped-calls-exclude=SimpleITK

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.axis_orientation import obliqueness_deg
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

MAX_OBLIQUENESS_DEG = 0.1  # turns the far end of a 400 mm scan by less than a voxel
OUTSIDE_HU = -1024
_STEPS_PER_MM = 2**14


class Spacing(NamedTuple):
    """Distance of voxels along R, A and S in mm."""

    r: float
    a: float
    s: float


def spacing_of(grid: Grid) -> Spacing:
    """Spacing in steps of 1/16384 mm.

    Formats keep spacing as float32, as a direction's length or as decimal text, which differ in the eighth
    digit; a model's input must not. The step is a power of two because scanners' spacings (0.703125,
    0.78125 mm) then fall on it and not between two steps.
    The far end of 512 voxels moves by less than 0.02 mm.
    """
    return Spacing(*(round(mm * _STEPS_PER_MM) / _STEPS_PER_MM for mm in grid.spacing_mm))


def straightened(volume: OrientedVolume) -> OrientedVolume:
    """`volume` with its axes along R, A and S: the same one if they are within 0.1 degrees.

    An oblique volume is resampled trilinearly, in float32, on voxels of the same size about the same
    centre; the box grows so that no voxel is lost, and what lies outside the scan is air (-1024 HU).
    """
    if obliqueness_deg(volume.grid.affine) <= MAX_OBLIQUENESS_DEG:
        return volume
    grid = _upright(volume.grid)
    image = sitk.GetImageFromArray(volume.hu.T.astype(np.float32))
    # the grid's own coordinates are used as they are: RAS in, RAS out
    _place(image, volume.grid)
    sampler = sitk.ResampleImageFilter()
    sampler.SetSize(grid.shape)
    sampler.SetOutputSpacing(grid.spacing_mm)
    sampler.SetOutputOrigin([row[3] for row in grid.rows])
    sampler.SetOutputDirection(np.eye(3).ravel().tolist())
    sampler.SetInterpolator(sitk.sitkLinear)
    sampler.SetDefaultPixelValue(OUTSIDE_HU)
    sampled: NDArray[np.float32] = sitk.GetArrayFromImage(sampler.Execute(image)).T
    return OrientedVolume(np.rint(sampled).astype(np.int16), grid, source=volume.source)


def _upright(grid: Grid) -> Grid:
    """Voxels of the same size along R, A, S about the same centre, around the whole turned box."""
    corners = np.array(list(itertools.product(*((-0.5, n - 0.5) for n in grid.shape))))
    world = grid.to_ras(corners)
    spacing = np.array(spacing_of(grid))
    shape = np.ceil((world.max(axis=0) - world.min(axis=0)) / spacing - 1e-6).astype(int)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = world.mean(axis=0) - (shape - 1) / 2 * spacing
    r, a, s = (int(n) for n in shape)
    return Grid.of((r, a, s), affine)


def _place(image: sitk.Image, grid: Grid) -> None:
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin([row[3] for row in grid.rows])
    image.SetDirection((grid.affine[:3, :3] / np.array(grid.spacing_mm)).ravel().tolist())
