"""One case with its volume and mask, each read at most once and only when somebody needs it."""

from __future__ import annotations

import hashlib
from functools import cached_property

import numpy as np

from CTSpatialVQALib.anatomy.masks import AnatomyMask, read_mask
from CTSpatialVQALib.imaging.oriented import OrientedVolume
from CTSpatialVQALib.records.case import Case


class CaseData:
    """Lazy access to what a case has.

    Raises
    ------
    BadInput
        On first access to `volume` or `mask`, if the file is not what it must be, or if the mask lies
        on another grid than the CT.
    """

    def __init__(self, case: Case) -> None:
        self.case = case

    @cached_property
    def volume(self) -> OrientedVolume | None:
        """The CT, or None for a case without one."""
        return None if self.case.ct is None else OrientedVolume.from_file(self.case.ct)

    @cached_property
    def mask(self) -> AnatomyMask | None:
        """The anatomy mask on the CT's grid, or None for a case without one."""
        if self.case.mask is None:
            return None
        return read_mask(
            self.case.mask,
            mask_format=self.case.mask_format,
            mask_naming=self.case.mask_naming,
            grid=None if self.volume is None else self.volume.grid,
        )

    @cached_property
    def mask_sha256(self) -> str:
        """Hash of labels, names and grid of the mask; of nothing without a mask."""
        digest = hashlib.sha256()
        if self.mask is not None:
            digest.update(self.mask.grid.to_json().encode())
            digest.update(repr(sorted(self.mask.names.items())).encode())
            # the array is a view with its axes reversed: T makes it contiguous again without a copy
            digest.update(np.ascontiguousarray(self.mask.labels.T).tobytes())
        return digest.hexdigest()
