"""What an image file states about its samples, in the same terms for every format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Observation(NamedTuple):
    """Something odd about a file; `file_gate` says how severe it is.

    Parameters
    ----------
    code : a key of `file_gate.SEVERITIES`
    text : one sentence without the file's name
    """

    code: str
    text: str


@dataclass(frozen=True)
class FileFacts:
    """What the header of an image file states; nothing is judged here.

    Parameters
    ----------
    file_format : e.g. 'NIfTI-1', 'NRRD', 'MetaImage', 'DICOM'
    shape : samples along the stored axes i, j, k, the fastest first; (channel counts are in `channels`)
    dtype : of one stored sample
    affine : (4, 4), index (i, j, k) -> RAS mm, from what is stated or, where nothing is, as ITK assumes it
    orientation_from : the field that states the directions of the axes; None where none does
    spacing_from : the field that states the distance of the samples; None where none does
    units : of positions and distances as written; '' where the file does not say, which means millimetres
    channels : numbers per voxel
    slope, intercept : Hounsfield units = stored value x slope + intercept
    rescale_from : the field that states them; None where none does
    other_affine : a second statement of position and orientation (a qform beside an sform)
    other_spacing_mm : a second statement of the spacing along i, j, k
    observations : what only readers of this format can see
    """

    file_format: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    affine: NDArray[np.float64] = field(repr=False)
    orientation_from: str | None
    spacing_from: str | None
    units: str = ""
    channels: int = 1
    slope: float = 1.0
    intercept: float = 0.0
    rescale_from: str | None = None
    other_affine: NDArray[np.float64] | None = field(default=None, repr=False)
    other_spacing_mm: tuple[float, ...] | None = None
    observations: tuple[Observation, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Plain values as `check --json` prints them."""
        return {
            "format": self.file_format,
            "stored_type": self.dtype.name,
            "orientation_from": self.orientation_from,
            "spacing_from": self.spacing_from,
            "units": self.units or "not stated, taken as mm",
            "rescale": {"slope": self.slope, "intercept": self.intercept, "from": self.rescale_from},
        }
