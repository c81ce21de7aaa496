"""What is a CT volume to everything after the file: Hounsfield units on axes to right, anterior, superior."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.axis_orientation import axis_code, check_affine
from CTSpatialVQALib.volumes.check_finding import Finding
from CTSpatialVQALib.volumes.image_file import read_ras

INT16 = np.iinfo(np.int16)


@dataclass(frozen=True, eq=False)
class OrientedVolume:
    """A CT volume whose array axes run to patient right, anterior and superior.

    Parameters
    ----------
    hu : (R, A, S) int16 array, Hounsfield units; kept read-only and not copied
    grid : array index -> RAS mm
    axes : where the axes ran in the file it came from, for information
    obliqueness_deg : largest angle between an axis and the patient axis it stands for
    notes : what is odd about it

    Raises
    ------
    BadInput
        If the array is not three-dimensional int16 of the grid's shape, holds one value only, or the
        axes of the grid do not run to R, A, S. Use `OrientedVolume.from_file` for anything else.
    """

    hu: NDArray[np.int16]
    grid: Grid
    axes: str = "RAS"
    obliqueness_deg: float = 0.0
    notes: tuple[Finding, ...] = ()
    source: str = "volume"

    def __post_init__(self) -> None:
        if self.hu.dtype != np.int16 or self.hu.ndim != 3 or self.hu.shape != self.grid.shape:
            came = f"{self.hu.dtype} of shape {self.hu.shape} for a grid of {self.grid.shape}"
            raise self._refuse("an int16 (R, A, S) array of its grid's shape", came)
        check_affine(Path(self.source), self.grid.affine, self.grid.shape)
        if axis_code(self.grid.affine) != "RAS":
            raise self._refuse("axes to right, anterior, superior", f"axes to {axis_code(self.grid.affine)}")
        if self.hu.size == 0 or int(self.hu.min()) == int(self.hu.max()):
            raise self._refuse("a CT volume", "one value everywhere: an empty image")
        view = self.hu.view()
        view.flags.writeable = False
        object.__setattr__(self, "hu", view)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a CT from any file or folder that `read_ras` reads.

        Floating-point values are rounded to whole HU. Values outside int16 (metal, or padding beyond
        -32768) are set to its ends and counted in `notes`.

        Raises
        ------
        BadInput
            For what `read_ras` refuses, NaN or infinity among the values, or one value everywhere.
        """
        image = read_ras(path, what="a CT volume")
        hu, clamped = _whole_hu(path, image.array)
        notes = image.notes
        if clamped:
            text = f"{path.name}: {clamped} voxels outside {INT16.min}..{INT16.max} were set to these ends"
            notes = (*notes, Finding("values_clamped", "warning", text))
        return cls(hu, image.grid, image.stored_axes, image.obliqueness_deg, notes, source=str(path))

    @cached_property
    def content_sha256(self) -> str:
        """SHA-256 of shape and voxels (little-endian int16, R fastest, then A, then S)."""
        digest = hashlib.sha256(",".join(str(n) for n in self.hu.shape).encode() + b";<i2;")
        digest.update(np.ascontiguousarray(self.hu.T, dtype="<i2").data)
        return digest.hexdigest()

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between voxels along R, A and S."""
        return self.grid.spacing_mm

    def _refuse(self, expected: str, came: str) -> BadInput:
        return BadInput(self.source, expected=expected, came=came, remedy="Check the file")


def _whole_hu(path: Path, array: NDArray[Any]) -> tuple[NDArray[np.int16], int]:
    """The samples as int16 and how many had to be set to its ends."""
    if array.dtype == np.int16:
        return array, 0
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            missing = int(array.size - np.isfinite(array).sum())
            came = f"{missing} voxels that are NaN or infinite"
            raise BadInput(
                path, expected="a number in every voxel", came=came, remedy="Fill them with -1024 HU"
            )
        array = np.rint(array)
    low, high = array.min(), array.max()
    clamped = 0
    if low < INT16.min or high > INT16.max:
        clamped = int(np.count_nonzero((array < INT16.min) | (array > INT16.max)))
        array = np.clip(array, INT16.min, INT16.max)
    return array.astype(np.int16, order="K"), clamped
