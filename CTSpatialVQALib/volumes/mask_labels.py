"""Masks as every reader ends with them: whole labels, their names, one painted array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.structures import structures
from CTSpatialVQALib.volumes.check_finding import Finding
from CTSpatialVQALib.volumes.label_statistics import Box, LabelStatistic

LabelArray = NDArray[np.uint8] | NDArray[np.uint16]


class NamedLabels(NamedTuple):
    """A mask as read: (R, A, S) labels, where they lie, what they are called.

    Parameters
    ----------
    counted : the labels' statistics, where the reader needed them already
    findings : what is odd about the file or contradicts itself in it
    names_assumed : the file states no names
    """

    labels: LabelArray
    grid: Grid
    names: Mapping[int, str]
    notes: tuple[str, ...]
    counted: Mapping[int, LabelStatistic] | None = None
    findings: tuple[Finding, ...] = ()
    names_assumed: bool = False


class Part(NamedTuple):
    """One structure before painting: `inside` (bool) is what `box` cuts out of the whole array."""

    name: str
    box: Box
    inside: NDArray[np.bool_]


class Painted(NamedTuple):
    """All structures in one array, and how many voxels more than one of them claimed."""

    labels: LabelArray
    names: Mapping[int, str]
    overlapping: int


def whole_labels(path: Path, array: NDArray[Any]) -> LabelArray:
    """The samples as labels 0..65535.

    Raises
    ------
    BadInput
        For NaN, fractions, negative values or values beyond 65535.
    """

    def refuse(came: str) -> BadInput:
        remedy = "Give the label volume, not a CT or probabilities"
        return BadInput(path, expected="whole labels from 0 to 65535", came=came, remedy=remedy)

    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise refuse("NaN or infinite values")
        fractional = array[array != np.rint(array)]
        if fractional.size:
            raise refuse(f"fractions ({fractional[0]:.4g}): probabilities or a fractional label map")
    if array.dtype != np.uint8:
        low, high = array.min(), array.max()
        if low < 0:
            raise refuse(f"negative values ({low:.6g})")
        if high > 65535:
            raise refuse(f"values up to {high:.6g}")
        array = array.astype(np.uint8 if high < 256 else np.uint16, order="K")
    return array


def box_of(inside: NDArray[np.bool_]) -> Box:
    """The smallest box around the True samples, of which there is at least one."""
    spans = []
    for axis in range(3):
        along = np.flatnonzero(inside.any(axis=tuple({0, 1, 2} - {axis})))
        spans.append(slice(int(along[0]), int(along[-1]) + 1))
    return spans[0], spans[1], spans[2]


def painted(parts: Sequence[Part], shape: tuple[int, int, int]) -> Painted:
    """All parts in one array; where parts overlap the smaller structure wins.

    A small structure inside a large one (a vessel in the lung) would vanish under it, the large one
    hardly changes. Equal sizes go by the order of the table. Labels are positions in the table, from 1.
    """
    order = {name: at for at, name in enumerate(structures(), start=1)}
    labels: LabelArray = np.zeros(shape, dtype=np.uint8, order="F")
    if len(order) > 255:
        labels = labels.astype(np.uint16)
    overlapping = 0
    # painted last wins, so large ones come first
    for part in sorted(parts, key=lambda part: (-int(np.count_nonzero(part.inside)), -order[part.name])):
        painted_before = labels[part.box]
        overlapping += int(np.count_nonzero(painted_before[part.inside]))
        painted_before[part.inside] = order[part.name]
    return Painted(labels, {order[part.name]: part.name for part in parts}, overlapping)


def overlap_note(overlapping: int) -> tuple[str, ...]:
    """A note about overlaps, if there are any."""
    if not overlapping:
        return ()
    return (f"{overlapping} voxels were claimed by more than one structure; the smaller structure got them",)


def unknown_note(unknown: Sequence[str]) -> tuple[str, ...]:
    """A note about names that are no structures of ours, if there are any."""
    if not unknown:
        return ()
    listed = ", ".join(shown(name, 40) for name in unknown[:10]) + (" ..." if len(unknown) > 10 else "")
    return (f"{len(unknown)} names are no TotalSegmentator structures and were left out: {listed}",)


def nothing_known(path: Path, names: Sequence[str]) -> BadInput:
    """The refusal of a mask in which no name is a structure of ours."""
    listed = ", ".join(shown(name, 40) for name in names[:5]) + (" ..." if len(names) > 5 else "")
    remedy = "Choose a mask of structures that are known, such as those of TotalSegmentator's task total"
    return BadInput(
        path, expected="TotalSegmentator class names", came=f"only unknown ones ({listed})", remedy=remedy
    )


def nothing_marked(path: Path) -> BadInput:
    """The refusal of a mask without a single voxel of a known structure."""
    remedy = "Choose another mask, or run the segmentation again"
    return BadInput(path, expected="a mask with at least one structure", came="an empty mask", remedy=remedy)
