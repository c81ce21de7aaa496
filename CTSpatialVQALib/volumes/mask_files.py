"""Multilabel files, and folders of one file per structure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import kind_of_file
from CTSpatialVQALib.records.case import MaskNaming
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.structures import Naming, label_names
from CTSpatialVQALib.volumes.image_file import VOLUME_SUFFIXES, RasImage, read_ras
from CTSpatialVQALib.volumes.label_statistics import label_statistics
from CTSpatialVQALib.volumes.mask_labels import (
    LabelArray,
    NamedLabels,
    Part,
    box_of,
    nothing_known,
    nothing_marked,
    overlap_note,
    painted,
    unknown_note,
    whole_labels,
)
from CTSpatialVQALib.volumes.nifti import is_nifti
from CTSpatialVQALib.volumes.nifti_labels import header_names
from CTSpatialVQALib.volumes.structure_names import structure_named

WHAT = "a mask"
_SUFFIXES = (".nii.gz", ".nii", ".seg.nrrd", *VOLUME_SUFFIXES)


class _Names(NamedTuple):
    """Label -> name, where the names come from, and whether that is only assumed."""

    by_label: Mapping[int, str]
    source: str
    assumed: bool = False


def read_multilabel(path: Path, naming: MaskNaming, own_names: Mapping[int, str] | None) -> NamedLabels:
    """One file with a label per structure.

    Labels whose name is no structure of ours are left out with a note; a label without any name is refused.
    """
    image = read_ras(path, what=WHAT)
    labels = whole_labels(path, image.array)
    names, source, assumed = _names_for(path, naming, own_names)
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
    named = {label: name for label in present if (name := structure_named(names[label]))}
    unknown = [label for label in present if label not in named]
    if not named:
        raise nothing_known(path, [names[label] for label in unknown])
    _require_unlike(path, named)
    if unknown:
        labels = _without(labels, unknown)
        counted = {label: counted[label] for label in named}
    notes = (f"label names: {source}", *unknown_note([names[label] for label in unknown]))
    return NamedLabels(labels, image.grid, named, notes, counted, image.notes, assumed)


def _require_unlike(path: Path, named: Mapping[int, str]) -> None:
    """Two labels with one structure: `Liver` and `liver` in one table."""
    if len(set(named.values())) < len(named):
        repeated = next(name for name, count in Counter(named.values()).items() if count > 1)
        labels = [label for label, name in named.items() if name == repeated]
        came = f"labels {labels[0]} and {labels[1]} for {repeated}"
        remedy = "Give each structure one label"
        raise BadInput(path, expected="each structure once", came=came, remedy=remedy)


def read_folder(folder: Path) -> NamedLabels:
    """A folder of files named like the structures; empty ones are skipped, unknown names noted."""
    if not folder.is_dir():
        raise BadInput(folder, expected="a folder of masks", came="no folder", remedy="Check the path")
    files, unknown = _files_by_name(folder)
    grid, parts, empty, findings = None, [], 0, []
    for name, file in files.items():
        image = read_ras(file, what=WHAT)
        grid = grid or image.grid
        _require_one_grid(file, image, grid)
        inside = _one_structure(file, image)
        if not inside.any():
            empty += 1
            continue
        box = box_of(inside)
        parts.append(Part(name, box, inside[box].copy(order="F")))
        findings += [note._replace(message=f"{file.name}: {note.message}") for note in image.notes]
    if grid is None:
        raise nothing_known(folder, unknown)
    if not parts:
        raise nothing_marked(folder)
    result = painted(parts, grid.shape)
    skipped = (f"{empty} files hold no voxel and were skipped",) if empty else ()
    notes = (*skipped, *unknown_note(unknown), *overlap_note(result.overlapping))
    return NamedLabels(result.labels, grid, result.names, notes, findings=tuple(findings))


def _names_for(path: Path, naming: MaskNaming, own_names: Mapping[int, str] | None) -> _Names:
    if own_names is not None:
        return _Names(own_names, "as given")
    if naming != "auto":
        return _Names(label_names(naming), f"TotalSegmentator {naming}, as the study says")
    in_header = header_names(path) if is_nifti(path) else None
    if in_header:
        return _Names(in_header, "from the file's header")
    default: Naming = "total_v2"
    return _Names(label_names(default), f"none in the file, so TotalSegmentator {default} is assumed", True)


def _without(labels: LabelArray, dropped: list[int]) -> LabelArray:
    kept = labels.copy(order="K")
    kept[np.isin(labels, dropped)] = 0
    return kept


class _Files(NamedTuple):
    """Files by structure, and the names of those that are no structure of ours."""

    by_structure: dict[str, Path]
    unknown: list[str]


def _files_by_name(folder: Path) -> _Files:
    by_structure: dict[str, Path] = {}
    unknown: list[str] = []
    for file in sorted(folder.iterdir()):
        suffix = next((ending for ending in _SUFFIXES if file.name.lower().endswith(ending)), None)
        if suffix is None or file.name.startswith(".") or kind_of_file(file) != "a file":
            continue
        name = file.name[: -len(suffix)]
        structure = structure_named(name)
        if structure is None:
            unknown.append(name)
        elif structure in by_structure:
            came = f"{by_structure[structure].name} and {file.name}"
            remedy = "Remove the one that is not meant"
            raise BadInput(folder, expected="one file for each structure", came=came, remedy=remedy)
        else:
            by_structure[structure] = file
    if not by_structure and not unknown:
        expected = "a folder of masks such as liver.nii.gz"
        raise BadInput(folder, expected=expected, came="no mask file", remedy="Check the folder")
    return _Files(by_structure, unknown)


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
        came = f"several values up to {highest}: a multilabel mask, or probabilities"
        remedy = "Give a multilabel mask as a file, and threshold probabilities to 0 and 1"
        raise BadInput(file, expected="one structure in the file", came=came, remedy=remedy)
    return inside
