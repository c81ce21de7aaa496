"""Statistics of labels: how many voxels each has, their centre and their box."""

# SimpleITK declares types and annotates none of its classes
# mypy: untyped-calls-exclude=SimpleITK

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

Box = tuple[slice, slice, slice]


class LabelStatistic(NamedTuple):
    """One label of a label array; indices along (R, A, S).

    Parameters
    ----------
    centroid_index : mean index of its voxels
    first, last : the outermost indices, both inside the structure's box
    """

    voxels: int
    centroid_index: tuple[float, float, float]
    first: tuple[int, int, int]
    last: tuple[int, int, int]

    @property
    def box(self) -> Box:
        """The slices that cut the structure out of its array."""
        r, a, s = (slice(low, high + 1) for low, high in zip(self.first, self.last, strict=True))
        return r, a, s


def label_statistics(labels: NDArray[Any]) -> Mapping[int, LabelStatistic]:
    """Statistics of every label but 0 in an (R, A, S) array of unsigned integers.

    SimpleITK's LabelShapeStatistics without perimeter and oriented box is the fastest known way: it works
    on runs along the fastest axis, so an array with R fastest in memory is read without a copy in between.
    """
    image = sitk.GetImageFromArray(np.ascontiguousarray(labels.T))
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.ComputePerimeterOff()
    shape.ComputeFeretDiameterOff()
    shape.ComputeOrientedBoundingBoxOff()
    shape.Execute(image)
    return MappingProxyType({int(label): _statistic(shape, label) for label in shape.GetLabels()})


def _statistic(shape: sitk.LabelShapeStatisticsImageFilter, label: int) -> LabelStatistic:
    r, a, s, *size = shape.GetBoundingBox(label)
    centre = shape.GetCentroid(label)
    return LabelStatistic(
        voxels=int(shape.GetNumberOfPixels(label)),
        centroid_index=(centre[0], centre[1], centre[2]),
        first=(r, a, s),
        last=(r + size[0] - 1, a + size[1] - 1, s + size[2] - 1),
    )
