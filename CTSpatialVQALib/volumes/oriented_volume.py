"""A CT volume as everything after the file sees it: Hounsfield units on axes to right, anterior, superior."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.axis_orientation import axis_code, check_affine
from CTSpatialVQALib.volumes.check_finding import Finding
from CTSpatialVQALib.volumes.file_facts import FileFacts
from CTSpatialVQALib.volumes.image_file import read_ras


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
    facts : what its file states; None for a volume that is from none

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
    facts: FileFacts | None = None

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

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.hu.shape))
        spacing = " x ".join(f"{mm:.3g}" for mm in self.grid.spacing_mm)
        low, high = int(self.hu.min()), int(self.hu.max())
        return f"CT of {size} voxels, {spacing} mm, {low} to {high} HU, stored as {self.axes}"

    @classmethod
    def from_file(cls, path: Path, *, series: str | None = None) -> Self:
        """Read a CT from any file or folder that `read_ras` reads, slab by slab.

        Floating-point values are rounded to whole HU. Values outside int16 (metal, or padding beyond
        -32768) are set to its ends and counted in `notes`.

        Parameters
        ----------
        series : of a DICOM folder, its SeriesInstanceUID or number

        Raises
        ------
        BadInput
            For what `read_ras` refuses, NaN or infinity among the values, or one value everywhere.
        """
        image = read_ras(path, what="a CT volume", whole_hu=True, series=series)
        return cls(
            image.array,
            image.grid,
            image.stored_axes,
            image.obliqueness_deg,
            image.notes,
            source=str(path),
            facts=image.facts,
        )

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
