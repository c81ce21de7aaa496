"""Where does every sample of this file lie in the patient? The one place where orientation is decided.

Whatever the storage order, callers get an array whose axes run to the patient's right, anterior and
superior, and the grid that says where each sample lies. Nothing is resampled: an oblique volume keeps
its samples and its obliqueness.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.axis_orientation import (
    StoredImage,
    axis_code,
    obliqueness_deg,
    turn_to_ras,
    turned,
)
from CTSpatialVQALib.volumes.check_finding import Finding
from CTSpatialVQALib.volumes.dicom_series import read_series
from CTSpatialVQALib.volumes.itk_file import read_itk
from CTSpatialVQALib.volumes.nifti import is_nifti, read_nifti

ITK_SUFFIXES = (".nrrd", ".mha", ".mhd")


@dataclass(frozen=True)
class RasImage:
    """Samples of a file, turned so that their axes run to R, A and S.

    Parameters
    ----------
    array : (R, A, S) samples, or (R, A, S, layer) of a layered segmentation; R fastest in memory, read-only
    grid : array index -> RAS mm
    stored_axes : where the axes ran in the file, e.g. 'LPS'
    obliqueness_deg : largest angle between an axis and the patient axis it stands for
    notes : what is odd about the file without being a reason to refuse it
    tags : free key/value pairs of an NRRD or MetaImage header
    """

    array: NDArray[Any]
    grid: Grid
    stored_axes: str
    obliqueness_deg: float
    notes: tuple[Finding, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


def read_ras(path: Path, *, what: str, layers: bool = False) -> RasImage:
    """Read one scalar volume from .nii, .nii.gz, .nrrd, .mha, .mhd or a folder with one DICOM series.

    Parameters
    ----------
    what : what the file should be, as it stands in messages: 'a CT volume', 'a mask'
    layers : accept an .nrrd with several numbers per voxel

    Raises
    ------
    BadInput
        One line that names the file: missing, not a volume, several numbers per voxel, cut short, larger
        than 4 GiB, a grid that is singular, sheared by more than 0.1 degrees or of absurd spacing.
    """
    try:
        stored = _stored(path, what, layers)
    except OSError as error:
        came = error.strerror or "a file that cannot be opened"
        raise BadInput(path, expected=what, came=came, remedy="Check the path and the permissions") from error
    except MemoryError as error:
        came = "a volume larger than the free memory"
        raise BadInput(path, expected=what, came=came, remedy="Crop or resample it") from error
    return _turned(stored)


def _stored(path: Path, what: str, layers: bool) -> StoredImage:
    if not path.exists():
        raise BadInput(path, expected=what, came="no such file", remedy="Check the path")
    if path.is_dir():
        return read_series(path, what=what)
    if is_nifti(path):
        return read_nifti(path, what=what)
    if path.suffix.lower() in ITK_SUFFIXES:
        return read_itk(path, what=what, layers=layers)
    remedy = "Convert it to .nii.gz"
    if path.suffix.lower() in (".dcm", ".ima"):
        remedy = "Give the folder that holds the DICOM series"
    expected = f"{what} as .nii.gz, .nii, .nrrd, .mha, .mhd or a DICOM folder"
    raise BadInput(path, expected=expected, came=f"a file ending in {shown(path.suffix)}", remedy=remedy)


def _turned(stored: StoredImage) -> RasImage:
    turn = turn_to_ras(stored.affine)
    array, affine = turned(stored.array, stored.affine, turn)
    array.flags.writeable = False
    right, anterior, superior = array.shape[:3]
    return RasImage(
        array=array,
        grid=Grid.of((right, anterior, superior), affine),
        stored_axes=axis_code(stored.affine),
        obliqueness_deg=obliqueness_deg(stored.affine),
        notes=stored.notes,
        tags=stored.tags,
    )
