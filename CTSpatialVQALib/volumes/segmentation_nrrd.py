"""Slicer segmentations (.seg.nrrd): their segments, layers and representations.

Slicer writes each segment's id, name, label value, layer and tags as key/value pairs
(vtkMRMLSegmentationStorageNode), overlapping segments as layers, and only the box around all segments.
Slicer 4.10 and before wrote neither layers nor label values: each segment is a layer of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.image_file import read_ras
from CTSpatialVQALib.volumes.mask_labels import NamedLabels, Part, box_of, whole_labels
from CTSpatialVQALib.volumes.segments import Segment, identified, in_one_array
from CTSpatialVQALib.volumes.structure_names import ConceptCode

_KEY = re.compile(r"^Segment(\d{1,5})_(ID|Name|LabelValue|Layer|Tags)$")
_TRIPLE = re.compile(r"^(?P<scheme>[^^]+)\^(?P<value>[^^]+)\^")  # scheme^value^meaning of a terminology entry
# what the samples are: the source representation, called master before Slicer 5.2
_SOURCE_KEYS = ("Segmentation_SourceRepresentation", "Segmentation_MasterRepresentation")
_CONTAINED = "Segmentation_ContainedRepresentationNames"


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

    Raises
    ------
    BadInput
        For a fractional label map, segments that share a label or contradict themselves, and values that
        belong to no segment.
    """
    image = read_ras(path, what="a segmentation", layers=True)
    tags = dict(image.tags)
    _require_binary(path, tags)
    layers = image.array if image.array.ndim == 4 else image.array[..., np.newaxis]
    identities = identified(path, _segments(path, tags, layers.shape[3]))
    _require_labels_only(path, layers, [identity.segment for identity in identities])
    parts = []
    for identity in identities:
        inside = layers[..., identity.segment.layer] == identity.segment.label
        if identity.structure is not None and inside.any():
            box = box_of(inside)
            parts.append(Part(identity.structure, box, inside[box]))
    return in_one_array(path, identities, parts, image.grid, ct, image.notes)


def _require_binary(path: Path, tags: Mapping[str, str]) -> None:
    source = next((tags[key] for key in _SOURCE_KEYS if key in tags), "")
    contained = tags.get(_CONTAINED, "")
    if "fractional" in source.lower() or (not source and "fractional" in contained.lower()):
        raise _fractional(path, "a fractional labelmap, as its header says")


def _fractional(path: Path, came: str) -> BadInput:
    remedy = (
        "In Slicer make the binary labelmap the source representation (Segmentations module) and save again"
    )
    return BadInput(path, expected="a binary labelmap", came=came, remedy=remedy)


def _require_labels_only(path: Path, layers: NDArray[Any], segments: list[Segment]) -> None:
    """Every value of a layer is 0 or the label of a segment; probabilities are not."""
    for layer in range(layers.shape[3]):
        labels = [0, *(segment.label for segment in segments if segment.layer == layer)]
        unnamed = np.setdiff1d(np.unique(layers[..., layer]), labels)
        if unnamed.size > 2:
            came = f"values such as {unnamed[0]:g} and {unnamed[-1]:g} in layer {layer} that are no label: "
            raise _fractional(path, came + "a fractional labelmap, or a damaged file")
        if unnamed.size:
            came = f"the value {unnamed[0]:g} in layer {layer}"
            remedy = "Save the segmentation again with a current Slicer"
            raise BadInput(path, expected="values that are labels of segments", came=came, remedy=remedy)
        whole_labels(path, layers[..., layer])


def _segments(path: Path, tags: Mapping[str, str], layer_count: int) -> tuple[Segment, ...]:
    fields: dict[int, dict[str, str]] = {}
    for key, value in tags.items():
        match = _KEY.match(key)
        if match:
            fields.setdefault(int(match[1]), {})[match[2]] = value
    if not fields:
        remedy = "Save it from Slicer's Segmentations module, or read it as a multilabel file"
        raise BadInput(
            path, expected="a Slicer segmentation", came="a header without segments", remedy=remedy
        )
    old = not any("Layer" in field or "LabelValue" in field for field in fields.values())
    if old and len(fields) != layer_count:
        came = f"{len(fields)} segments without layers in a file of {layer_count}"
        remedy = "Open it in Slicer and save it again"
        raise BadInput(path, expected="a layer for each segment", came=came, remedy=remedy)
    segments = [
        _segment(path, number, fields[number], default_layer=order if old else 0)
        for order, number in enumerate(sorted(fields))
    ]
    for segment in segments:
        if segment.layer >= layer_count:
            came = f"segment {shown(segment.name, 40)} in layer {segment.layer} of {layer_count}"
            remedy = "Save the segmentation again"
            raise BadInput(path, expected="a layer that is in the file", came=came, remedy=remedy)
    return tuple(segments)


def _segment(path: Path, number: int, field: Mapping[str, str], *, default_layer: int) -> Segment:
    label, layer = field.get("LabelValue", "1"), field.get("Layer", str(default_layer))
    if not (label.isdecimal() and layer.isdecimal() and 0 < int(label) <= 65535):
        came = f"label {shown(label, 20)} in layer {shown(layer, 20)}"
        remedy = "Save the segmentation again"
        raise BadInput(f"{path}: Segment{number}", expected="a label and a layer", came=came, remedy=remedy)
    entry = next((tag for tag in field.get("Tags", "").split("|") if tag.startswith("TerminologyEntry:")), "")
    return Segment(
        segment_id=field.get("ID", ""),
        name=field.get("Name", ""),
        label=int(label),
        layer=int(layer),
        code=terminology_code(entry.removeprefix("TerminologyEntry:")),
    )


def terminology_code(entry: str) -> ConceptCode:
    """Type and modifier of `context~category~type~modifier~...`, SNOMED CT only."""
    parts = [*entry.split("~"), "", "", "", ""]
    kind, modifier = _TRIPLE.match(parts[2]), _TRIPLE.match(parts[3])
    if kind is None or kind["scheme"] != "SCT":
        return ConceptCode("")
    return ConceptCode(kind["value"], modifier["value"] if modifier else "")
