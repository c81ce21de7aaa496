"""Place and size of several structures taken together, as one operand of a question names them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.measure import StructureMeasure, measure_one
from CTSpatialVQALib.language.spatial_question import Operand
from CTSpatialVQALib.records.structures import structures
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask


class Body(NamedTuple):
    """One or several structures as one body.

    Parameters
    ----------
    words : of the question
    structures : as the question names it
    names : of these the ones it was measured from, or the combined structures that they are parts of
    volume_ml : of everything with its labels
    centroid, low, high : (3,) RAS mm, specks left aside; low and high are the outermost voxel centres
    side : of the patient's midline; bilateral if its structures lie on both sides; None without a midline
    level : the vertebra at the height of its largest structure, if the mask has one near
    """

    words: str
    structures: tuple[str, ...]
    names: tuple[str, ...]
    volume_ml: float
    centroid: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    side: Side | None
    level: str | None


def body_of(mask: AnatomyMask, operand: Operand) -> Body | None:
    """Measure the structures of `operand` that the mask has; None if it has none of them."""
    names = _present(mask, operand.structures)
    measured = [measure for name in names if (measure := measure_one(mask, name)) is not None]
    if not measured:
        return None
    volumes = np.array([measure.volume_ml for measure in measured])
    bounds = np.array([measure.body_bounds_ras for measure in measured]).reshape(-1, 3, 2)
    largest = measured[int(volumes.argmax())]
    return Body(
        words=operand.words,
        structures=operand.structures,
        names=names,
        volume_ml=float(volumes.sum()),
        centroid=volumes @ np.array([measure.body_centroid_ras for measure in measured]) / volumes.sum(),
        low=bounds[:, :, 0].min(axis=0),
        high=bounds[:, :, 1].max(axis=0),
        side=_side(measured),
        level=largest.level if largest.level_from == "vertebrae" else None,
    )


def _present(mask: AnatomyMask, names: tuple[str, ...]) -> tuple[str, ...]:
    """Of `names` those in the mask; where it has none, the combined structures they are parts of."""
    own = tuple(name for name in names if mask.has(name))
    if own:
        return own
    parents = dict.fromkeys(structures()[name].parent for name in names)
    return tuple(parent for parent in parents if parent is not None and mask.has(parent))


def _side(measured: list[StructureMeasure]) -> Side | None:
    sides = {measure.side for measure in measured}
    return sides.pop() if len(sides) == 1 else Side.BILATERAL
