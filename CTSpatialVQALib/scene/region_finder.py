"""Where is a place that has no class of its own? Derived beside the GUI: it may take a second."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.anatomy.measure import Point
from CTSpatialVQALib.anatomy.region import NotDerivable, Region
from CTSpatialVQALib.anatomy.regions import find_region
from CTSpatialVQALib.scene.crops import MARGIN, StructureCrop
from CTSpatialVQALib.scene.shown_anatomy import ShownRegion
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

_MOST_KEPT = 24  # as voxels, of which a lung's periphery has millions


class FoundRegion(NamedTuple):
    """A region as voxels (None: it cannot be derived), and how it was made or why not."""

    crop: StructureCrop | None
    note: str


class RegionFinder:
    """Derives the regions of one mask in a thread of its own, which touches no MRML and no Qt.

    The last ones are remembered.
    """

    def __init__(self, mask: AnatomyMask | None) -> None:
        self._mask = mask
        self._asked: OrderedDict[str, Future[FoundRegion]] = OrderedDict()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="region")

    def ask(self, region: ShownRegion) -> None:
        """Start deriving it, unless that was asked before."""
        if region.key not in self._asked:
            self._asked[region.key] = self._pool.submit(derive, self._mask, region)
            if len(self._asked) > _MOST_KEPT:
                self._asked.popitem(last=False)

    def found(self, region: ShownRegion) -> FoundRegion | None:
        """The region, or None while it is being derived."""
        self.ask(region)
        asked = self._asked[region.key]
        return asked.result() if asked.done() else None

    def wait(self, region: ShownRegion) -> FoundRegion:
        """The region, however long that takes."""
        self.ask(region)
        return self._asked[region.key].result()

    def close(self) -> None:
        """Stop; what is being derived now is finished in vain."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def derive(mask: AnatomyMask | None, region: ShownRegion) -> FoundRegion:
    """The voxels of `region`, or the reason why there are none."""
    if mask is None:
        return FoundRegion(None, "this case has no anatomy mask")
    found = find_region(mask, region.name, side=region.side, within=region.within)
    if isinstance(found, NotDerivable):
        return FoundRegion(None, found.why)
    return FoundRegion(_crop(mask, region.key, found), found.note)


def _crop(mask: AnatomyMask, key: str, region: Region) -> StructureCrop:
    filled = [
        np.flatnonzero(region.inside.any(axis=tuple(other for other in range(3) if other != axis)))
        for axis in range(3)
    ]
    tight = region.inside[tuple(slice(one[0], one[-1] + 1) for one in filled)]
    r, a, s = (part.start + int(one[0]) - MARGIN for part, one in zip(region.box, filled, strict=True))
    voxels = np.pad(tight.view(np.uint8), MARGIN)
    within = np.argwhere(voxels)
    nearest = within[int(np.linalg.norm(within - within.mean(axis=0), axis=1).argmin())]
    inside = Point(*mask.grid.to_ras((nearest + np.array((r, a, s))).astype(np.float64)).tolist())
    return StructureCrop(voxels, (r, a, s), mask.grid, key, inside)
