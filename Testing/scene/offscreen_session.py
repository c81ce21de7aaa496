"""A reading scene over offscreen views, and what its pictures show."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.records.structures import Colour
from CTSpatialVQALib.scene.core import HeadlessCore
from CTSpatialVQALib.scene.reading_scene import ReadingScene
from Testing.scene.offscreen_views import OffscreenViews, Size

SIZE = Size(240, 240)


class Session(NamedTuple):
    """Scene, views and reading of one test."""

    core: HeadlessCore
    views: OffscreenViews
    reading: ReadingScene

    def node_count(self) -> int:
        return int(self.core.scene.GetNumberOfNodes())

    def segments(self, node_name: str) -> tuple[str, ...]:
        segmentation = self.core.scene.GetFirstNodeByName(node_name).GetSegmentation()
        return tuple(segmentation.GetNthSegmentID(n) for n in range(segmentation.GetNumberOfSegments()))

    def surfaces(self, node_name: str) -> tuple[str, ...]:
        """Those of its segments that have one."""
        segmentation = self.core.scene.GetFirstNodeByName(node_name).GetSegmentation()
        return tuple(
            name
            for name in self.segments(node_name)
            if segmentation.GetSegment(name).GetRepresentation("Closed surface") is not None
        )

    def slice_offsets(self) -> tuple[float, ...]:
        return tuple(view.logic.GetSliceNode().GetSliceOffset() for view in self.views.slices().values())


def painted(pixels: NDArray[np.uint8], colour: Colour, tolerance: float = 24) -> NDArray[np.bool_]:
    """Where a picture has a colour as an outline draws it."""
    close: NDArray[np.bool_] = (np.abs(pixels - 255.0 * np.array(colour)) < tolerance).all(axis=-1)
    return close


def tinted(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a picture is not grey."""
    spread: NDArray[np.bool_] = np.ptp(pixels.astype(int), axis=-1) > 12
    return spread
