"""DICOM Segmentation objects (SEG), read by highdicom."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, one_line
from CTSpatialVQALib.optional_packages import require_package
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.axis_orientation import check_affine, check_shape, turn_to_ras, turned
from CTSpatialVQALib.volumes.dicom_header import DamagedElement, read_dicom_header
from CTSpatialVQALib.volumes.dicom_signature import is_dicom
from CTSpatialVQALib.volumes.mask_labels import NamedLabels, Part, box_of
from CTSpatialVQALib.volumes.segments import Segment, identified, in_one_array
from CTSpatialVQALib.volumes.structure_names import ConceptCode

SEG_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_SNOMED = ("SCT", "SRT")  # SRT is the older coding; only SCT codes are compared


def dicom_segmentation(path: Path) -> Path | None:
    """The SEG file that `path` is, or the only one in that folder; None where there is none."""
    files = [path] if path.is_file() else sorted(file for file in path.iterdir() if file.is_file())
    segmentations = [file for file in files if is_dicom(file) and _is_seg(file)]
    if len(segmentations) > 1:
        came = f"{len(segmentations)} of them"
        remedy = "Give the one that is meant as a file"
        raise BadInput(path, expected="one DICOM SEG file", came=came, remedy=remedy)
    return segmentations[0] if segmentations else None


def read_dicom_segmentation(path: Path, ct: Grid | None) -> NamedLabels:
    """All segments that are structures of ours; the others are noted.

    Parameters
    ----------
    ct : put the segmentation back into this grid if its voxels fall on those of the grid

    Raises
    ------
    BadInput
        For fractional segments, frames that make no volume, a file cut short.
    WorkFailed
        Without highdicom.
    """
    highdicom = require_package("highdicom", "Reading a DICOM segmentation")
    _require_complete(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # highdicom and pydicom warn on the error stream
        try:
            segmentation = highdicom.seg.segread(path)
            kind = str(segmentation.SegmentationType)
            segments = [_segment(segmentation, number) for number in segmentation.segment_numbers]
        except Exception as error:  # highdicom and pydicom raise whatever damaged data runs into
            raise _unreadable(path, error) from error
        if kind == "FRACTIONAL":
            remedy = "Export a binary segmentation"
            raise BadInput(path, expected="a binary segmentation", came="a fractional one", remedy=remedy)
        identities = identified(path, segments)
        grid, parts = None, []
        for identity in identities:
            if identity.structure is None:
                continue
            array, affine = _volume(path, segmentation, identity.segment.label)
            grid = Grid.of(array.shape, affine)
            if array.any():
                box = box_of(array)
                parts.append(Part(identity.structure, box, array[box].copy(order="F")))
    return in_one_array(path, identities, parts, grid or Grid.of((2, 2, 2), np.eye(4)), ct, ())


def _volume(path: Path, segmentation: Any, number: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:  # noqa: ANN401
    """One segment on the patient's axes."""
    try:
        volume = segmentation.get_volume(segment_numbers=[number], dtype=np.uint8)
    except Exception as error:  # highdicom raises ValueError and RuntimeError for frames that make no volume
        raise _unreadable(path, error) from error
    samples = np.asarray(volume.array)[..., 0] != 0
    affine = _LPS_TO_RAS @ np.asarray(volume.affine, dtype=np.float64)
    check_affine(path, affine, samples.shape)
    array, turned_to = turned(samples, affine, turn_to_ras(affine))
    return array, turned_to


def _segment(segmentation: Any, number: int) -> Segment:  # noqa: ANN401 - highdicom is imported on demand
    description = segmentation.get_segment_description(number)
    code = description.segmented_property_type
    modifiers = description.get("SegmentedPropertyTypeCodeSequence")[0].get(
        "SegmentedPropertyTypeModifierCodeSequence"
    )
    modifier = str(modifiers[0].CodeValue) if modifiers else ""
    snomed = str(code.scheme_designator) in _SNOMED
    return Segment(
        segment_id="",
        name=str(description.segment_label),
        label=int(number),
        layer=0,
        code=ConceptCode(str(code.value), modifier) if snomed else ConceptCode(""),
    )


def _require_complete(path: Path) -> None:
    """Refuse what claims more frames than the file holds, before highdicom unpacks them."""
    header = read_dicom_header(path)
    try:
        rows, columns = header.elements.whole("Rows") or 0, header.elements.whole("Columns") or 0
        frames = int((header.elements.numbers("NumberOfFrames", 1) or (1.0,))[0])
        bits = header.elements.whole("BitsAllocated") or 1
    except DamagedElement as error:
        raise _unreadable(path, error) from error
    check_shape(path, (max(2, rows), max(2, columns), 2), 1, what="a DICOM segmentation")
    needed = math.ceil(rows * columns * frames * bits / 8)
    length = header.pixels.length if header.pixels else 0
    if frames < 1 or (length is not None and length < needed):
        came = f"{length} bytes for {frames} frames: cut short"
        raise BadInput(path, expected="a complete file", came=came, remedy="Export the segmentation again")


def _is_seg(path: Path) -> bool:
    try:
        return read_dicom_header(path).elements.text("SOPClassUID") in SEG_CLASSES
    except (BadInput, DamagedElement):
        return False


def _unreadable(path: Path, error: Exception) -> BadInput:
    came = f"one that cannot be read ({one_line(f'{type(error).__name__}: {error}', 120)})"
    return BadInput(path, expected="a DICOM segmentation", came=came, remedy="Export it again, or as .nii.gz")
