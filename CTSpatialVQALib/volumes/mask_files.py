"""How are a multilabel file and a folder of one file per structure read?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.case import MaskNaming
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.structures import Naming, label_names, structures
from CTSpatialVQALib.volumes.image_file import VOLUME_SUFFIXES, RasImage, read_ras
from CTSpatialVQALib.volumes.label_statistics import label_statistics
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
from CTSpatialVQALib.volumes.nifti import is_nifti
from CTSpatialVQALib.volumes.nifti_labels import header_names

WHAT = "a mask"
_SUFFIXES = (".nii.gz", ".nii", ".seg.nrrd", *VOLUME_SUFFIXES)


class _Names(NamedTuple):
    """Label -> name, and where the names come from."""

    by_label: Mapping[int, str]
    source: str


def read_multilabel(path: Path, naming: MaskNaming, given: Mapping[int, str] | None) -> NamedLabels:
    """One file with a label per structure.

    Labels whose name is no structure of ours are left out with a note; a label without any name is refused.
    """
    image = read_ras(path, what=WHAT)
    labels = whole_labels(path, image.array)
    names, source = _names_for(path, naming, given)
    counted = label_statistics(labels)
    present = sorted(counted)
    if not present:
        raise nothing_marked(path)
    unnamed = [label for label in present if label not in names]
    if unnamed:
        came = f"label {unnamed[0]}" + (
            f" and {len(unnamed) - 1} more without one" if unnamed[1:] else " without one"
        )
        remedy = "Say which class map the mask follows (mask_naming), or choose a TotalSegmentator mask"
        raise BadInput(path, expected=f"a name for each label ({source})", came=came, remedy=remedy)
    known = {label: names[label] for label in present if names[label] in structures()}
    unknown = [label for label in present if label not in known]
    if not known:
        came = f"none that is known ({', '.join(shown(names[one], 40) for one in unknown[:3])})"
        raise BadInput(path, expected="TotalSegmentator class names", came=came, remedy="Choose another mask")
    if unknown:
        labels = _without(labels, unknown)
        counted = {label: counted[label] for label in known}
    notes = (*(note.message for note in image.notes), *unknown_note([names[one] for one in unknown]))
    return NamedLabels(labels, image.grid, known, (f"label names: {source}", *notes), counted)


def read_folder(folder: Path) -> NamedLabels:
    """A folder of files named like the structures; empty ones are skipped, unknown names noted."""
    if not folder.is_dir():
        raise BadInput(folder, expected="a folder of masks", came="no folder", remedy="Check the path")
    files = _files_by_name(folder)
    grid, parts, empty, unknown, notes = None, [], 0, [], []
    for name, file in files.items():
        if name not in structures():
            unknown.append(name)
            continue
        image = read_ras(file, what=WHAT)
        grid = grid or image.grid
        _require_one_grid(file, image, grid)
        inside = _one_structure(file, image)
        if not inside.any():
            empty += 1
            continue
        box = box_of(inside)
        parts.append(Part(name, box, inside[box].copy(order="F")))
        notes += [f"{file.name}: {note.message}" for note in image.notes]
    if grid is None or not parts:
        raise nothing_marked(folder)
    result = painted(parts, grid.shape)
    skipped = (f"{empty} files hold no voxel and were skipped",) if empty else ()
    all_notes = (*notes, *skipped, *unknown_note(unknown), *overlap_note(result.overlapping))
    return NamedLabels(result.labels, grid, result.names, all_notes)


def _names_for(path: Path, naming: MaskNaming, given: Mapping[int, str] | None) -> _Names:
    if given is not None:
        return _Names(given, "as given")
    if naming != "auto":
        return _Names(label_names(naming), f"TotalSegmentator {naming}, as told")
    in_header = header_names(path) if is_nifti(path) else None
    if in_header:
        return _Names(in_header, "from the file's header")
    default: Naming = "total_v2"
    return _Names(label_names(default), f"none in the file, so TotalSegmentator {default} is assumed")


def _without(labels: LabelArray, dropped: list[int]) -> LabelArray:
    kept = labels.copy(order="K")
    kept[np.isin(labels, dropped)] = 0
    return kept


def _files_by_name(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for file in sorted(folder.iterdir()):
        suffix = next((one for one in _SUFFIXES if file.name.lower().endswith(one)), None)
        if suffix is None or file.name.startswith(".") or not file.is_file():
            continue
        name = file.name[: -len(suffix)]
        if name in found:
            came = f"{found[name].name} and {file.name}"
            remedy = "Remove the one that is not meant"
            raise BadInput(folder, expected="one file for each structure", came=came, remedy=remedy)
        found[name] = file
    if not found:
        expected = "a folder of masks such as liver.nii.gz"
        raise BadInput(folder, expected=expected, came="no mask file", remedy="Check the folder")
    return found


def _require_one_grid(file: Path, image: RasImage, grid: Grid) -> None:
    if not image.grid.matches(grid):
        remedy = "Put the masks of one CT into a folder of their own"
        raise BadInput(
            file,
            expected=f"the grid of the other masks ({grid})",
            came=f"another ({image.grid})",
            remedy=remedy,
        )


def _one_structure(file: Path, image: RasImage) -> NDArray[np.bool_]:
    labels = whole_labels(file, image.array)
    inside = np.asarray(labels != 0)
    highest = labels.max()
    if highest and np.any(inside & (labels != highest)):
        remedy = "A multilabel mask is given as a file, not in a folder of structures"
        raise BadInput(file, expected="one structure in the file", came="several labels", remedy=remedy)
    return inside
