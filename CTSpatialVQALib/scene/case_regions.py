"""Regions of the open case, derived one at a time on a mask of few voxels."""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from CTSpatialVQALib.anatomy.measure import Point
from CTSpatialVQALib.anatomy.region import NotDerivable, Region
from CTSpatialVQALib.anatomy.regions import find_region, region_with_own_mask
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.scene.crops import MARGIN, StructureCrop
from CTSpatialVQALib.scene.shown_anatomy import ShownRegion
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

_MOST_KEPT = 24  # as voxels, of which a lung's periphery has millions
# A region is a place to look at, rough to a few millimetres; on so many voxels the slowest of them takes a
# twentieth of a second, on those of a thin-sliced chest more than one.
_MOST_VOXELS = 6_000_000
_FINEST_MM = 1.5


class DerivedRegion(NamedTuple):
    """A region as voxels (None: it cannot be derived), and how it was made or why not."""

    crop: StructureCrop | None
    note: str


class CaseRegions:
    """The regions of one mask. Nothing happens by itself: `derive` works when it is called, and no longer.

    No thread does it: Slicer's event loop holds the interpreter's lock, so a thread would hardly run.
    """

    def __init__(self, mask: AnatomyMask | None) -> None:
        self._mask = mask
        self._derived: OrderedDict[str, DerivedRegion] = OrderedDict()

    def derived(self, region: ShownRegion) -> DerivedRegion | None:
        """The region if it was derived before, or None."""
        return self._derived.get(region.key)

    @property
    def is_prepared(self) -> bool:
        """Whether the mask of few voxels is there."""
        return "_thinned" in self.__dict__ or self._mask is None

    def prepare(self) -> None:
        """Make the mask of few voxels, which takes about as long as a region."""
        _ = None if self._mask is None else self._thinned

    def derive(self, region: ShownRegion) -> DerivedRegion:
        """The region, derived now if it has not been; the last ones are remembered."""
        if region.key not in self._derived:
            self._derived[region.key] = self._derive(region)
            if len(self._derived) > _MOST_KEPT:
                self._derived.popitem(last=False)
        self._derived.move_to_end(region.key)
        return self._derived[region.key]

    def _derive(self, region: ShownRegion) -> DerivedRegion:
        if self._mask is None:
            return DerivedRegion(None, "this case has no anatomy mask")
        # what has a mask of its own may be as thin as a coronary artery
        mask = self._mask if region_with_own_mask(self._mask, region.name) else self._thinned
        derived = find_region(mask, region.name, side=region.side, within=region.within)
        if isinstance(derived, NotDerivable):
            return DerivedRegion(None, derived.why)
        return DerivedRegion(_crop(mask, region.key, derived), derived.note)

    @cached_property
    def _thinned(self) -> AnatomyMask:
        assert self._mask is not None
        return thinned(self._mask)


def thinned(mask: AnatomyMask) -> AnatomyMask:
    """Every n-th voxel of `mask` along R, A and S: not finer than 1.5 mm, and at most six million.

    The grid says where they lie; a mask that has so few is returned as it is.
    """
    spacing = np.array(mask.grid.spacing_mm)
    aim_mm = max(_FINEST_MM, float((mask.labels.size * spacing.prod() / _MOST_VOXELS) ** (1 / 3)))
    step = np.maximum(1, np.rint(aim_mm / spacing).astype(int))
    if (step == 1).all():
        return mask
    first = (step - 1) // 2
    r, a, s = (slice(int(start), None, int(stride)) for start, stride in zip(first, step, strict=True))
    labels: Any = np.asfortranarray(mask.labels[r, a, s])
    affine = mask.grid.affine @ np.diag([*step, 1.0])
    affine[:3, 3] = mask.grid.to_ras(first.astype(np.float64))
    return AnatomyMask(labels, Grid.of(labels.shape, affine), mask.names)


def _crop(mask: AnatomyMask, key: str, region: Region) -> StructureCrop:
    profiles = [region.inside.any(axis=tuple({0, 1, 2} - {axis})) for axis in range(3)]
    filled = [np.flatnonzero(profile) for profile in profiles]
    tight = region.inside[tuple(slice(at[0], at[-1] + 1) for at in filled)]
    r, a, s = (part.start + int(at[0]) - MARGIN for part, at in zip(region.box, filled, strict=True))
    voxels = np.asfortranarray(np.pad(tight.view(np.uint8), MARGIN))
    inside = np.argwhere(voxels)
    nearest = inside[int(((inside - inside.mean(axis=0)) ** 2).sum(axis=1).argmin())]
    point = Point(*mask.grid.to_ras((nearest + np.array((r, a, s))).astype(np.float64)).tolist())
    return StructureCrop(voxels, (r, a, s), mask.grid, key, point)
