"""In which order did the file store the voxels? Only what reproduces a careless loader asks this."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume


def as_stored(volume: OrientedVolume) -> NDArray[np.int16]:
    """The voxels as `SimpleITK.GetArrayFromImage` gives them: (k, j, i), whatever that is in the patient.

    `volume.axes` tells where i, j and k ran: read from an 'LPS' file the slices run to superior, the rows to
    posterior and the columns to the patient's left; from a 'RAS' file rows and columns run the other way.
    """
    axes = ["RAS".find(letter) if letter in "RAS" else "LPI".find(letter) for letter in volume.axes]
    flips = tuple(slice(None, None, -1 if letter in "LPI" else 1) for letter in volume.axes)
    return volume.hu.transpose(axes)[flips].T


def stored_spacing(volume: OrientedVolume) -> tuple[float, float, float]:
    """Distance of the voxels of `as_stored` along k, j and i in mm."""
    axes = ["RAS".find(letter) if letter in "RAS" else "LPI".find(letter) for letter in volume.axes]
    i, j, k = (volume.spacing_mm[axis] for axis in axes)
    return k, j, i
