"""The middle of the body's outline in a CT, for masks without a structure that shows the midline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.midline import Midline
from CTSpatialVQALib.records.grid import Grid

TISSUE_HU = -300  # skin, fat and all within; air outside, and in the lung, is below
LEAST_WIDTH_MM = 150.0  # narrower is a limb, a head or a crop
LEAST_SLICES = 5
MOST_SPREAD_MM = 20.0  # between the slices: a body that lies obliquely has no one middle
UNSURE_MM = 30.0  # an arm, a breast or a blanket on one side moves the outline's middle by half its width
_STEP_MM = 10.0  # every slice would not be better


def outline_midline(hu: NDArray[np.int16], grid: Grid) -> Midline | None:
    """The median over slices of the middle between the body's left and right edge, or None.

    Slices count in which air lies on both sides of the body, so that a scan of half a body has none. Points
    within 30 mm of it have no side.

    Parameters
    ----------
    hu : (R, A, S) Hounsfield units of the whole CT
    grid : of `hu`
    """
    step = max(1, round(_STEP_MM / grid.spacing_mm[2]))
    middles = [
        middle for s in range(0, hu.shape[2], step) if (middle := _middle(hu[:, :, s], grid, s)) is not None
    ]
    if len(middles) < LEAST_SLICES:
        return None
    low, high = np.percentile(middles, (10, 90))
    if high - low > MOST_SPREAD_MM:
        return None
    return Midline(float(np.median(middles)), "the outline of the body in the CT", unsure_mm=UNSURE_MM)


def _middle(values: NDArray[np.int16], grid: Grid, s: int) -> float | None:
    """R in mm of the middle of one (R, A) slice's tissue; None where it is narrow or cut off at a side."""
    columns = np.count_nonzero(values > TISSUE_HU, axis=1)
    if columns.max(initial=0) == 0:
        return None
    wide = np.flatnonzero(columns > 0.1 * columns.max())  # not a table's edge, a tube, a blanket's fold
    if columns[0] or columns[-1] or (wide[-1] - wide[0]) * grid.spacing_mm[0] < LEAST_WIDTH_MM:
        return None
    index = np.array([(wide[0] + wide[-1]) / 2, (values.shape[1] - 1) / 2, float(s)])
    return float(grid.to_ras(index)[0])
