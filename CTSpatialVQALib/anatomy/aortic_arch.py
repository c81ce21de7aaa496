"""Side of the trachea on which the aortic arch passes."""

from __future__ import annotations

import numpy as np

from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

ARCH_MM = 25.0  # the arch is the topmost 25 mm of the aorta, which above it has branches of other classes


def arch_right_of_trachea_mm(mask: AnatomyMask) -> float | None:
    """How far right of the trachea the arch lies, negative for the usual left; None if it cannot be seen.

    The arch must lie inside the scan, with the trachea at its height.
    """
    if not (mask.has("aorta") and mask.has("trachea")):
        return None
    aorta, trachea = (mask.crop(name) for name in ("aorta", "trachea"))
    top = aorta.box[2].stop
    bottom = max(aorta.box[2].start, top - max(1, round(ARCH_MM / mask.grid.spacing_mm[2])))
    low, high = max(bottom, trachea.box[2].start), min(top, trachea.box[2].stop)
    if top >= mask.labels.shape[2] or high <= low:
        return None
    middles = []
    for crop in (aorta, trachea):
        part = crop.inside[:, :, low - crop.box[2].start : high - crop.box[2].start]
        if not part.any():
            return None
        r, a, s = np.argwhere(part).mean(axis=0)
        middles.append(mask.grid.to_ras(crop.start + np.array([r, a, s + low - crop.box[2].start]))[0])
    return float(middles[0] - middles[1])
