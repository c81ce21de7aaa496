"""The anatomy mask of one patient: labelled voxels, their structures and their grid."""

# SimpleITK declares types and annotates none of its classes
# mypy: untyped-calls-exclude=SimpleITK

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.files import kind_of_file
from CTSpatialVQALib.records.case import MaskFormat, MaskNaming
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.structures import children, structures
from CTSpatialVQALib.volumes.check_finding import Finding
from CTSpatialVQALib.volumes.connected_components import main_pieces
from CTSpatialVQALib.volumes.dicom_signature import is_dicom
from CTSpatialVQALib.volumes.label_statistics import Box, LabelStatistic, label_statistics
from CTSpatialVQALib.volumes.mask_files import read_folder, read_multilabel
from CTSpatialVQALib.volumes.mask_labels import LabelArray, NamedLabels
from CTSpatialVQALib.volumes.segmentation_nrrd import is_segmentation, read_segmentation


class Crop(NamedTuple):
    """A structure cut out: `inside` (bool) is what `box` cuts out of the whole (R, A, S) array."""

    box: Box
    inside: NDArray[np.bool_]

    @property
    def start(self) -> NDArray[np.float64]:
        """(3,) index of the first voxel of the box in the whole array."""
        return np.array([cut.start for cut in self.box], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class AnatomyMask:
    """Labelled voxels of one patient.

    Parameters
    ----------
    labels : (R, A, S) uint8 or uint16, 0 is background; R fastest in memory is quickest to measure
    grid : array index -> RAS mm
    names : label -> class name of structures.csv; each name once
    notes : what a reader should know about how the mask was read
    findings : what is odd about its file, with severity
    names_assumed : the file states no names, and those of TotalSegmentator's task `total` were taken
    counted : `statistics` of just these labels, where they are known already: counting a chest takes 0.15 s

    Raises
    ------
    BadInput
        If shape, type or names do not fit together.
    """

    labels: LabelArray
    grid: Grid
    names: Mapping[int, str]
    notes: tuple[str, ...] = ()
    counted: Mapping[int, LabelStatistic] | None = field(default=None, repr=False)
    findings: tuple[Finding, ...] = ()
    names_assumed: bool = False

    def __post_init__(self) -> None:
        if self.labels.dtype not in (np.uint8, np.uint16) or self.labels.shape != self.grid.shape:
            came = f"{self.labels.dtype} of shape {self.labels.shape} for a grid of {self.grid.shape}"
            raise _refuse("unsigned labels of their grid's shape", came)
        unknown = sorted(set(self.names.values()) - set(structures()))
        if unknown:
            raise _refuse("class names of TotalSegmentator", shown(unknown[0]))
        if len(set(self.names.values())) < len(self.names):
            raise _refuse("each class name once", "two labels with one name")
        unnamed = sorted(set(self.statistics) - set(self.names))
        if unnamed:
            raise _refuse("a name for each label", f"label {unnamed[0]} without one")

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.labels.shape))
        return f"Anatomy mask of {len(self.names)} structures, {size} voxels"

    @cached_property
    def statistics(self) -> Mapping[int, LabelStatistic]:
        """Voxels, centre and box of every label that has voxels."""
        return label_statistics(self.labels) if self.counted is None else self.counted

    @cached_property
    def label_of(self) -> Mapping[str, int]:
        """Class name -> label, of the structures that have voxels, in the order of the table."""
        present = {self.names[label]: label for label in self.statistics}
        return MappingProxyType({name: present[name] for name in structures() if name in present})

    @cached_property
    def _bodies(self) -> dict[str, Crop | None]:
        return {}

    @property
    def structures(self) -> tuple[str, ...]:
        """The names that have voxels of their own, in the order of the table."""
        return tuple(self.label_of)

    def has(self, name: str) -> bool:
        """Whether `name`, or a part of it, has voxels."""
        return bool(self.labels_of(name))

    def labels_of(self, name: str) -> tuple[int, ...]:
        """The label of `name`, or else those of its parts: the lobes, for `lung_left`."""
        if name in self.label_of:
            return (self.label_of[name],)
        return tuple(itertools.chain.from_iterable(self.labels_of(child) for child in children(name)))

    def as_separated(self, names: Iterable[str]) -> tuple[str, ...]:
        """`names` as this mask separates them: a lobe that it does not tell from its lung becomes the lung.

        What the mask has neither way stays as it is; each name once.
        """
        return tuple(dict.fromkeys(self._as_separated(name) for name in names))

    def _as_separated(self, name: str) -> str:
        structure = structures().get(name)
        if self.has(name) or structure is None or structure.parent is None:
            return name
        return structure.parent if self.has(structure.parent) else name

    def voxels_of(self, name: str) -> NDArray[np.bool_]:
        """(R, A, S) bool: where `name` is; a parent without a label of its own is the union of its parts."""
        return self._among(self.labels, self.labels_of(name))

    def crop(self, name: str, margin: int = 0) -> Crop:
        """`name` cut out with `margin` voxels around it, as far as the array goes.

        Raises
        ------
        KeyError
            If `name` has no voxels.
        """
        statistics = [self.statistics[label] for label in self.labels_of(name)]
        if not statistics:
            raise KeyError(name)
        first = np.min([part.first for part in statistics], axis=0) - margin
        last = np.max([part.last for part in statistics], axis=0) + margin
        box = self._clipped(first, last)
        return Crop(box, self._among(self.labels[box], self.labels_of(name)))

    def body(self, name: str, crop: Crop | None = None) -> Crop | None:
        """`name` without specks, in the box of what is left; None where it has no specks (then see `crop`).

        Remembered once found, because a question measures the same structure several times; what is kept
        is only the crops of structures that have specks.

        Parameters
        ----------
        whole : the crop of `name` without margin, where it is at hand already
        """
        if name not in self._bodies:
            crop = crop or self.crop(name)
            main = main_pieces(crop.inside)
            self._bodies[name] = None if main is None else _tight(main, crop.box)
        return self._bodies[name]

    def _clipped(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> Box:
        r, a, s = (
            slice(max(0, int(low)), min(n, int(high) + 1))
            for low, high, n in zip(first, last, self.labels.shape, strict=True)
        )
        return r, a, s

    def _among(self, labels: LabelArray, chosen: tuple[int, ...]) -> NDArray[np.bool_]:
        if len(chosen) == 1:
            return np.asarray(labels == chosen[0])
        table = np.zeros(np.iinfo(self.labels.dtype).max + 1, dtype=bool)
        table[list(chosen)] = True
        return np.asarray(table[labels])


def _tight(inside: NDArray[np.bool_], box: Box) -> Crop:
    """`inside`, which lies at `box` of the whole array, in the smallest box."""
    cut = []
    for axis in range(3):
        filled = np.flatnonzero(inside.any(axis=tuple({0, 1, 2} - {axis})))
        cut.append(slice(int(filled[0]), int(filled[-1]) + 1))
    r, a, s = (slice(at.start + kept.start, at.start + kept.stop) for at, kept in zip(box, cut, strict=True))
    return Crop((r, a, s), np.asfortranarray(inside[cut[0], cut[1], cut[2]]))


def read_mask(
    path: Path,
    *,
    mask_format: MaskFormat = "auto",
    mask_naming: MaskNaming = "auto",
    grid: Grid | None = None,
    names: Mapping[int, str] | None = None,
) -> AnatomyMask:
    """Read a TotalSegmentator multilabel file, a folder of one file per structure, or a Slicer segmentation.

    Parameters
    ----------
    mask_naming : 'auto' takes the names in the file, or else those of TotalSegmentator's version 2
    grid : the CT's; another grid is refused, except that a Slicer segmentation, which Slicer saves cropped,
        is put back into it when its voxels fall on the CT's
    names : label -> class name, over everything else (multilabel files only)

    Raises
    ------
    BadInput
        One line that names the file: for everything `read_ras` refuses, another grid (both are named),
        labels that are negative, fractional or unknown, and a mask in which nothing is marked.
    """
    dicom = _dicom_file(path) if mask_format in ("auto", "segmentation") else None
    if mask_format == "folder" or (mask_format == "auto" and path.is_dir()):
        read = read_folder(path) if dicom is None else _dicom(dicom, grid)
    elif dicom is not None:
        read = _dicom(dicom, grid)
    elif mask_format == "segmentation" or (mask_format == "auto" and is_segmentation(path)):
        read = read_segmentation(path, grid)
    else:
        read = read_multilabel(path, mask_naming, names)
    if grid is not None:
        require_same_grid(path, read.grid, grid)
    return AnatomyMask(
        read.labels, read.grid, read.names, read.notes, read.counted, read.findings, read.names_assumed
    )


def _dicom_file(path: Path) -> Path | None:
    """The DICOM segmentation that is meant, if it is one; a folder of named masks is none."""
    if kind_of_file(path) not in ("a file", "a folder"):
        return None
    files = [path] if path.is_file() else [file for file in path.iterdir() if kind_of_file(file) == "a file"]
    if not any(is_dicom(file) for file in files):
        return None
    from CTSpatialVQALib.volumes.dicom_segmentation import dicom_segmentation  # pydicom only where needed

    return dicom_segmentation(path)


def _dicom(path: Path, grid: Grid | None) -> NamedLabels:
    from CTSpatialVQALib.volumes.dicom_segmentation import read_dicom_segmentation

    return read_dicom_segmentation(path, grid)


class AnotherGrid(BadInput):
    """A mask that does not lie voxel on voxel of the CT."""


def require_same_grid(path: Path, mask: Grid, ct: Grid) -> None:
    """Refuse a mask that does not lie voxel on voxel of the CT.

    Raises
    ------
    AnotherGrid
        Naming both grids.
    """
    if not mask.matches(ct):
        raise AnotherGrid(
            path,
            expected=f"a mask on the CT's grid ({ct})",
            came=f"one on another grid ({mask})",
            remedy="Choose the mask that was made from this CT, or resample it to the CT's grid",
        )


def resample(mask: AnatomyMask, grid: Grid) -> AnatomyMask:
    """`mask` on another grid by nearest neighbour, with a note that says so and what was lost.

    A mask that fits already is given back as it is.

    Raises
    ------
    BadInput
        If nothing of the mask lies inside `grid`.
    """
    if mask.grid.matches(grid):
        return mask
    image = _as_itk(mask.labels, mask.grid)
    target = _as_itk(np.zeros((1, 1, 1), dtype=mask.labels.dtype), grid)
    sampler = sitk.ResampleImageFilter()
    sampler.SetSize(grid.shape)
    sampler.SetOutputSpacing(target.GetSpacing())
    sampler.SetOutputOrigin(target.GetOrigin())
    sampler.SetOutputDirection(target.GetDirection())
    sampler.SetInterpolator(sitk.sitkNearestNeighbor)
    labels: NDArray[Any] = sitk.GetArrayFromImage(sampler.Execute(image)).T
    if not labels.any():
        raise _refuse(f"a mask that overlaps the CT ({grid})", f"one that lies elsewhere ({mask.grid})")
    text = f"the mask was resampled by nearest neighbour from {mask.grid} to {grid}"
    moved = AnatomyMask(
        labels,
        grid,
        mask.names,
        (*mask.notes, text),
        findings=mask.findings,
        names_assumed=mask.names_assumed,
    )
    lost = [name for name in mask.structures if not moved.has(name)]
    if lost:
        more = f"; lost by it: {len(lost)} structures ({', '.join(lost[:5])})"
        moved = replace(moved, notes=(*mask.notes, text + more))
    return moved


def _as_itk(labels: LabelArray, grid: Grid) -> sitk.Image:
    image = sitk.GetImageFromArray(np.ascontiguousarray(labels.T))
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / np.array(grid.spacing_mm)).ravel().tolist())
    return image


def _refuse(expected: str, came: str) -> BadInput:
    return BadInput("mask", expected=expected, came=came, remedy="Check the mask and its names")
