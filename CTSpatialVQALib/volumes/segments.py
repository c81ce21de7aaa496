"""Segments as Slicer segmentations and DICOM SEG objects describe them, and which structures they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.grid import TOLERANCE_MM, Grid
from CTSpatialVQALib.volumes.check_finding import Finding
from CTSpatialVQALib.volumes.mask_labels import (
    LabelArray,
    NamedLabels,
    Part,
    nothing_known,
    nothing_marked,
    overlap_note,
    painted,
    unknown_note,
)
from CTSpatialVQALib.volumes.structure_names import (
    ConceptCode,
    same_anatomy,
    structure_coded,
    structure_named,
)


class Segment(NamedTuple):
    """One segment as the header describes it.

    Parameters
    ----------
    name : what Slicer and other viewers show
    label, layer : its voxels have this value in this layer
    code : of its terminology or property type
    """

    segment_id: str
    name: str
    label: int
    layer: int
    code: ConceptCode


class Identified(NamedTuple):
    """A segment with the structure that it is (None: none of ours), and what speaks against it."""

    segment: Segment
    structure: str | None
    findings: tuple[Finding, ...] = ()


class _Offset(NamedTuple):
    """Where the first voxel of a cropped segmentation lies in the CT's array."""

    r: int
    a: int
    s: int


def structure_of(path: Path, segment: Segment) -> Identified:
    """The structure a segment is: by its name, which is what people see, or else its id or terminology.

    Raises
    ------
    BadInput
        If the name says nothing, and id and terminology contradict each other.
    """
    by_name = structure_named(segment.name)
    claims = {"id": structure_named(segment.segment_id), "terminology": structure_coded(segment.code)}
    stated = {what: name for what, name in claims.items() if name is not None}
    if by_name is None:
        return _by_hidden_claims(path, segment, stated)
    against = [f"its {what} says {name}" for what, name in stated.items() if not same_anatomy(name, by_name)]
    if not against:
        return Identified(segment, by_name)
    text = (
        f"segment {shown(segment.name, 40)} contradicts itself: {' and '.join(against)}; the name was taken"
    )
    return Identified(segment, by_name, (Finding("segment_contradictory", "warning", text),))


def _by_hidden_claims(path: Path, segment: Segment, stated: dict[str, str]) -> Identified:
    """By id or terminology, which Slicer does not show in its list of segments."""
    if len(stated) == 2 and not same_anatomy(stated["id"], stated["terminology"]):
        came = (
            f"{shown(segment.name, 40)}, whose id says {stated['id']} and terminology {stated['terminology']}"
        )
        remedy = "Rename the segment in Slicer to what it is, and save again"
        raise BadInput(path, expected="segments that do not contradict themselves", came=came, remedy=remedy)
    structure = stated.get("id") or stated.get("terminology")
    if structure is None or segment.name == "":
        return Identified(segment, structure)
    text = f"segment {shown(segment.name, 40)} was taken for {structure} by its {next(iter(stated))}"
    return Identified(segment, structure, (Finding("segment_named_otherwise", "info", text),))


def identified(path: Path, segments: Iterable[Segment]) -> tuple[Identified, ...]:
    """Every segment with its structure.

    Raises
    ------
    BadInput
        If two are one structure, or have one label in one layer.
    """
    identities = tuple(structure_of(path, segment) for segment in segments)
    _require_unlike(path, identities)
    places = Counter((identity.segment.layer, identity.segment.label) for identity in identities)
    for identity in identities:
        if places[identity.segment.layer, identity.segment.label] > 1:
            at = f"label {identity.segment.label} of layer {identity.segment.layer}"
            came = f"{at} for {_names_at(identities, identity)}"
            remedy = "Save the segmentation again with a current Slicer"
            raise BadInput(path, expected="one segment for each label of a layer", came=came, remedy=remedy)
    return identities


def _require_unlike(path: Path, identities: Sequence[Identified]) -> None:
    counts = Counter(identity.structure for identity in identities if identity.structure)
    for structure, count in counts.items():
        if count > 1:
            both = [
                identity.segment.name or identity.segment.segment_id
                for identity in identities
                if identity.structure == structure
            ]
            came = f"{count} for {structure} ({', '.join(shown(name, 40) for name in both[:3])})"
            remedy = "Rename or remove the segment that is not meant"
            raise BadInput(path, expected="one segment for each structure", came=came, remedy=remedy)


def _names_at(identities: Sequence[Identified], place: Identified) -> str:
    at = (place.segment.layer, place.segment.label)
    return " and ".join(
        shown(identity.segment.name, 40)
        for identity in identities
        if (identity.segment.layer, identity.segment.label) == at
    )


def in_one_array(
    path: Path,
    identities: Sequence[Identified],
    parts: Sequence[Part],
    grid: Grid,
    ct: Grid | None,
    findings: tuple[Finding, ...],
) -> NamedLabels:
    """The parts painted into one array, put back into the CT's grid where they were saved cropped."""
    unknown = [
        identity.segment.name or identity.segment.segment_id
        for identity in identities
        if identity.structure is None
    ]
    if not parts:
        raise nothing_known(path, unknown) if len(unknown) == len(identities) else nothing_marked(path)
    result = painted(parts, grid.shape)
    labels = result.labels
    notes = (*unknown_note(unknown), *overlap_note(result.overlapping))
    offset = _offset_in(grid, ct) if ct is not None else None
    if ct is not None and offset is not None and ct.shape != grid.shape:
        labels, grid = _placed(labels, ct, offset), ct
        notes = (*notes, "the segmentation was saved cropped and was put back into the CT's grid")
    every = (*findings, *(finding for identity in identities for finding in identity.findings))
    return NamedLabels(labels, grid, result.names, notes, findings=every)


def _offset_in(grid: Grid, ct: Grid) -> _Offset | None:
    """Where `grid` starts in `ct`, if its voxels are some of the voxels of `ct`."""
    if np.abs(grid.affine[:3, :3] - ct.affine[:3, :3]).max() * max(ct.shape) > TOLERANCE_MM:
        return None
    start: NDArray[np.float64] = ct.to_index(grid.affine[:3, 3])
    index = np.rint(start).astype(int)
    if np.abs((start - index) * ct.spacing_mm).max() > TOLERANCE_MM:
        return None
    if index.min() < 0 or np.any(index + grid.shape > ct.shape):
        return None
    return _Offset(int(index[0]), int(index[1]), int(index[2]))


def _placed(labels: LabelArray, ct: Grid, offset: _Offset) -> LabelArray:
    placed = np.zeros(ct.shape, dtype=labels.dtype, order="F")
    r, a, s = (slice(start, start + n) for start, n in zip(offset, labels.shape, strict=True))
    placed[r, a, s] = labels
    return placed
