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
_BINARY_STEP_MM = 2.0**-14  # fields of view are divided by powers of two: 360 mm / 512 = 0.703125 mm
_DECIMAL_STEP_MM = 1e-6  # DICOM's decimal strings rarely have more places
_NOISE = 2.5e-7  # two units in the last place of a float32


class Spacing(NamedTuple):
    """Distance of voxels along R, A and S in mm."""

    r: float
    a: float
    s: float


def spacing_of(grid: Grid) -> Spacing:
    """Spacing as single precision, the precision of a NIfTI header, free of the noise of its last digit.

    Formats keep spacing as float32, as the length of a direction or as decimal text; these differ in the
    eighth digit, and a model's input must not. A value that is a scanner's round number but for that noise
    (a multiple of 1/16384 mm such as 0.703125, or of 1e-6 mm) is taken as that number. Anything else is
    used as it is: a model's own code rounds nothing either.
    """
    return Spacing(*(_without_noise(mm) for mm in grid.spacing_mm))


def _without_noise(mm: float) -> float:
    for step in (_BINARY_STEP_MM, _DECIMAL_STEP_MM):
        round_number = round(mm / step) * step
        if abs(round_number - mm) <= _NOISE * mm:
            return float(np.float32(round_number))
    return float(np.float32(mm))


def resampled_to_patient_axes(volume: OrientedVolume) -> OrientedVolume:
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
