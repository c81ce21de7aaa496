"""Small patients for the tests of what models are shown."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.demo.phantom import Phantom, make_patient
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from Testing.volumes.small_volumes import stored_as, write_nifti


@cache
def phantom(index: int = 0) -> Phantom:
    return make_patient(index, "tiny")


def phantom_volume(index: int = 0) -> OrientedVolume:
    return OrientedVolume(phantom(index).hu, phantom(index).grid)


def volume_of(hu: NDArray[np.generic], spacing: tuple[float, float, float] = (2, 2, 2)) -> OrientedVolume:
    grid = Grid.of(hu.shape, np.diag([*spacing, 1.0]))  # type: ignore[arg-type]
    return OrientedVolume(np.asfortranarray(hu.astype(np.int16)), grid)


def stored_phantom(folder: Path, code: str, index: int = 0) -> OrientedVolume:
    """The phantom written with its axes running to `code`, and read again."""
    one = phantom(index)
    return OrientedVolume.from_file(
        write_nifti(folder / f"{code}.nii", *stored_as(code, one.hu, one.grid.affine))
    )


def ramp(axis: int, shape: tuple[int, int, int] = (40, 36, 100)) -> OrientedVolume:
    """HU that rise with the index along one axis of R, A, S: -140 and 3 more per voxel."""
    index = np.indices(shape)[axis]
    return volume_of(-140 + 3 * index)
