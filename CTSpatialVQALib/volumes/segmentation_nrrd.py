"""Which segments does a Slicer segmentation (.seg.nrrd) hold, and which structures are they?

Slicer writes each segment's id, name, label value, layer and tags as key/value pairs
(vtkMRMLSegmentationStorageNode), overlapping segments as layers, and only the box around all segments.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.grid import TOLERANCE_MM, Grid
from CTSpatialVQALib.records.structures import structures
from CTSpatialVQALib.volumes.image_file import read_ras
from CTSpatialVQALib.volumes.mask_labels import (
    LabelArray,
    NamedLabels,
    Part,
    box_of,
    nothing_marked,
    overlap_note,
    painted,
    unknown_note,
    whole_labels,
)

_KEY = re.compile(r"^Segment(\d{1,5})_(ID|Name|LabelValue|Layer|Tags)$")
_TRIPLE = re.compile(r"^(?P<scheme>[^^]+)\^(?P<value>[^^]+)\^")


class Segment(NamedTuple):
    """One segment as the header describes it."""

    segment_id: str
    name: str
    label: int
    layer: int
    terminology: str


class _Offset(NamedTuple):
    """Where the first voxel of a cropped segmentation lies in the CT's array."""

    r: int
    a: int
    s: int


def is_segmentation(path: Path) -> bool:
    """Whether the file is a Slicer segmentation: by its name, or by the keys in an .nrrd header."""
    if path.name.lower().endswith(".seg.nrrd"):
        return True
    if path.suffix.lower() != ".nrrd" or not path.is_file():
        return False
    with path.open("rb") as stream:
        return b"Segment0_ID:=" in stream.read(1 << 16)


def read_segmentation(path: Path, ct: Grid | None) -> NamedLabels:
    """All segments that are structures of ours; the others are noted.

    Parameters
    ----------
    ct : put the cropped segmentation back into this grid if its voxels fall on those of the grid
    """
    image = read_ras(path, what="a segmentation", layers=True)
    segments = _segments(path, image.tags)
    layers = image.array if image.array.ndim == 4 else image.array[..., np.newaxis]
    parts, unknown = [], []
    for segment, name in zip(segments, _matched(path, segments), strict=True):
        if name is None:
            unknown.append(segment.name or segment.segment_id)
            continue
        inside = _layer(path, layers, segment) == segment.label
        if inside.any():
            box = box_of(inside)
            parts.append(Part(name, box, inside[box]))
    if not parts:
        raise nothing_marked(path)
    result = painted(parts, image.grid.shape)
    labels, grid = result.labels, image.grid
    notes = (*(one.message for one in image.notes), *unknown_note(unknown), *overlap_note(result.overlapping))
    offset = _offset_in(grid, ct) if ct is not None else None
    if ct is not None and offset is not None and ct.shape != grid.shape:
        labels, grid = _placed(labels, ct, offset), ct
        notes = (*notes, "the segmentation was saved cropped and was put back into the CT's grid")
    return NamedLabels(labels, grid, result.names, notes)


def structure_of(segment: Segment) -> str | None:
    """The structure a segment is: by its id, or else its terminology, or else its name."""
    if segment.segment_id in structures():
        return segment.segment_id
    coded = _code_of(segment.terminology)
    return _by_code().get(coded) or _by_words().get(_words(segment.name))


def _segments(path: Path, tags: tuple[tuple[str, str], ...]) -> tuple[Segment, ...]:
    fields: dict[int, dict[str, str]] = {}
    for key, value in tags:
        match = _KEY.match(key)
        if match:
            fields.setdefault(int(match[1]), {})[match[2]] = value
    if not fields:
        remedy = "Save it from Slicer's Segmentations module, or read it as a multilabel file"
        raise BadInput(
            path, expected="a Slicer segmentation", came="a header without segments", remedy=remedy
        )
    return tuple(_segment(path, number, fields[number]) for number in sorted(fields))


def _segment(path: Path, number: int, field: Mapping[str, str]) -> Segment:
    label, layer = field.get("LabelValue", "1"), field.get("Layer", "0")
    if not (label.isdecimal() and layer.isdecimal() and 0 < int(label) <= 65535):
        came = f"label {shown(label, 20)} in layer {shown(layer, 20)}"
        remedy = "Save the segmentation again"
        raise BadInput(f"{path}: Segment{number}", expected="a label and a layer", came=came, remedy=remedy)
    entry = next((one for one in field.get("Tags", "").split("|") if one.startswith("TerminologyEntry:")), "")
    return Segment(
        segment_id=field.get("ID", ""),
        name=field.get("Name", ""),
        label=int(label),
        layer=int(layer),
        terminology=entry.removeprefix("TerminologyEntry:"),
    )


def _matched(path: Path, segments: tuple[Segment, ...]) -> list[str | None]:
    names = [structure_of(segment) for segment in segments]
    repeated = [name for name, count in Counter(name for name in names if name).items() if count > 1]
    if repeated:
        both = [
            one.name or one.segment_id
            for one, name in zip(segments, names, strict=True)
            if name == repeated[0]
        ]
        came = f"{len(both)} for {repeated[0]} ({', '.join(shown(one, 40) for one in both[:3])})"
        remedy = "Rename or remove the segment that is not meant"
        raise BadInput(path, expected="one segment for each structure", came=came, remedy=remedy)
    return names


def _layer(path: Path, layers: NDArray[Any], segment: Segment) -> LabelArray:
    if segment.layer >= layers.shape[3]:
        came = f"segment {shown(segment.name, 40)} in layer {segment.layer} of {layers.shape[3]}"
        raise BadInput(
            path, expected="a layer that is in the file", came=came, remedy="Save the segmentation again"
        )
    return whole_labels(path, layers[..., segment.layer])


def _code_of(entry: str) -> tuple[str, str]:
    """(code, modifier code) of `context~category~type~modifier~...`, SNOMED CT only."""
    parts = [*entry.split("~"), "", "", "", ""]
    kind, modifier = _TRIPLE.match(parts[2]), _TRIPLE.match(parts[3])
    if kind is None or kind["scheme"] != "SCT":
        return "", ""
    return kind["value"], modifier["value"] if modifier else ""


@cache
def _by_code() -> Mapping[tuple[str, str], str]:
    """Codes that stand for exactly one structure (an effusion may be pleural or pericardial)."""
    coded = [
        ((one.code.value, one.modifier.value if one.modifier else ""), one.name)
        for one in structures().values()
    ]
    often = Counter(code for code, _ in coded)
    return {code: name for code, name in coded if often[code] == 1}


@cache
def _by_words() -> Mapping[str, str]:
    spoken = {_words(one.display): one.name for one in structures().values()}
    return spoken | {_words(name): name for name in structures()}


def _words(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.casefold()))


def _offset_in(grid: Grid, ct: Grid) -> _Offset | None:
    """Where `grid` starts in `ct`, if its voxels are some of the voxels of `ct`."""
    if np.abs(grid.affine[:3, :3] - ct.affine[:3, :3]).max() * max(ct.shape) > TOLERANCE_MM:
        return None
    start = ct.to_index(grid.affine[:3, 3])
    whole = np.rint(start).astype(int)
    if np.abs((start - whole) * ct.spacing_mm).max() > TOLERANCE_MM:
        return None
    if whole.min() < 0 or np.any(whole + grid.shape > ct.shape):
        return None
    return _Offset(int(whole[0]), int(whole[1]), int(whole[2]))


def _placed(labels: LabelArray, ct: Grid, offset: _Offset) -> LabelArray:
    whole = np.zeros(ct.shape, dtype=labels.dtype, order="F")
    r, a, s = (slice(start, start + n) for start, n in zip(offset, labels.shape, strict=True))
    whole[r, a, s] = labels
    return whole
