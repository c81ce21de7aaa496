"""Image files of every format as arrays on the patient's axes: the one place where orientation is decided.

Whatever the storage order, callers get an array whose axes run to the patient's right, anterior and
superior, and the grid that says where each sample lies. Nothing is resampled: an oblique volume keeps
its samples and its obliqueness. Each format fills the same facts, one gate judges them (`file_gate`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.files import kind_of_file
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes import metaimage, nifti, nrrd
from CTSpatialVQALib.volumes.axis_orientation import (
    axis_code,
    obliqueness_deg,
    turn_to_ras,
    turned,
    turned_affine,
)
from CTSpatialVQALib.volumes.check_finding import Finding
from CTSpatialVQALib.volumes.dicom_signature import is_dicom
from CTSpatialVQALib.volumes.file_facts import FileFacts
from CTSpatialVQALib.volumes.file_gate import judge_header, judge_samples
from CTSpatialVQALib.volumes.sample_reader import RasSamples, read_layers, read_samples

NRRD_SUFFIXES = (".nrrd",)
META_SUFFIXES = (".mha", ".mhd")
VOLUME_SUFFIXES = (*NRRD_SUFFIXES, *META_SUFFIXES)


@dataclass(frozen=True)
class RasImage:
    """Samples of a file, turned so that their axes run to R, A and S.

    Parameters
    ----------
    array : (R, A, S) samples, or (R, A, S, layer) of a layered segmentation; R fastest in memory, read-only
    grid : array index -> RAS mm
    stored_axes : where the axes ran in the file, e.g. 'LPS'
    obliqueness_deg : largest angle between an axis and the patient axis it stands for
    facts : what the file states
    notes : what the gate found odd about it without refusing it
    tags : free key/value pairs of an NRRD header
    """

    array: NDArray[Any]
    grid: Grid
    stored_axes: str
    obliqueness_deg: float
    facts: FileFacts
    notes: tuple[Finding, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


class _Source(NamedTuple):
    """A file whose header is read: its facts, and how its samples are brought into an array."""

    facts: FileFacts
    fill: Callable[[RasSamples], None]
    layers: Callable[[], NDArray[Any]] | None = None
    tags: tuple[tuple[str, str], ...] = ()
    scaled: bool = False


def read_ras(
    path: Path, *, what: str, layers: bool = False, whole_hu: bool = False, series: str | None = None
) -> RasImage:
    """Read one scalar volume from .nii, .nii.gz, .nrrd, .mha, .mhd or DICOM.

    Parameters
    ----------
    what : what the file should be, as it stands in messages: 'a CT volume', 'a mask'
    layers : accept an .nrrd with several numbers per voxel
    whole_hu : give int16: rounded, and set to its ends where a value is outside
    series : of a DICOM folder, its SeriesInstanceUID or number

    Raises
    ------
    BadInput
        One line that names the file: missing, not a volume, several numbers per voxel, cut short, larger
        than 4 GiB, a grid that is singular, sheared by more than 0.1 degrees or of absurd spacing, units
        other than millimetres.
    """
    try:
        source = _source(path, what, series)
        notes = judge_header(path, source.facts, what=what, layers=layers)
        return _read(path, source, notes, whole_hu)
    except OSError as error:
        came = error.strerror or "a file that cannot be opened"
        raise BadInput(path, expected=what, came=came, remedy="Check the path and the permissions") from error
    except MemoryError as error:
        came = "a volume larger than the free memory"
        raise BadInput(path, expected=what, came=came, remedy="Crop or resample it") from error


def _source(path: Path, what: str, series: str | None) -> _Source:
    kind = kind_of_file(path)
    if kind not in ("a file", "a folder"):
        came = "no such file" if kind == "nothing" else kind
        raise BadInput(path, expected=what, came=came, remedy="Check the path")
    suffix = path.suffix.lower()
    if kind == "a file" and nifti.is_nifti(path):
        header = nifti.read_header(path)
        place = nifti.nifti_samples(path, header)
        facts = nifti.nifti_facts(path, header)
        return _Source(facts, lambda target: read_samples(place, facts, target))
    if kind == "a file" and suffix in NRRD_SUFFIXES:
        return _nrrd_source(path)
    if kind == "a file" and suffix in META_SUFFIXES:
        meta = metaimage.read_meta_header(path)
        meta_facts = metaimage.meta_facts(path, meta)
        meta_place = metaimage.meta_samples(path, meta)
        return _Source(meta_facts, lambda target: read_samples(meta_place, meta_facts, target))
    if kind == "a folder" or path.name.upper() == "DICOMDIR" or is_dicom(path):
        return _dicom_source(path, series, what)
    remedy = "Convert it to .nii.gz" if suffix not in (".dcm", ".ima") else "Export the series again"
    expected = f"{what} as .nii.gz, .nii, .nrrd, .mha, .mhd or DICOM"
    came = f"a file ending in {shown(path.suffix)} that is none of these"
    raise BadInput(path, expected=expected, came=came, remedy=remedy)


def _dicom_source(path: Path, series: str | None, what: str) -> _Source:
    # importing pydicom takes longer than reading a small volume of another format
    from CTSpatialVQALib.volumes.dicom_series import dicom_volume, read_dicom_samples

    volume = dicom_volume(path, series=series, what=what)
    return _Source(volume.facts, lambda target: read_dicom_samples(volume, target), scaled=True)


def _nrrd_source(path: Path) -> _Source:
    header = nrrd.read_nrrd_header(path)
    facts = nrrd.nrrd_facts(path, header)
    place = nrrd.nrrd_samples(path, header)
    axis = nrrd.layer_axis(path, header)
    layers = None if axis is None else lambda: read_layers(place, facts, axis)
    return _Source(facts, lambda target: read_samples(place, facts, target), layers, header.tags)


def _read(path: Path, source: _Source, notes: tuple[Finding, ...], whole_hu: bool) -> RasImage:
    facts = source.facts
    turn = turn_to_ras(facts.affine)
    if facts.channels > 1 and source.layers is not None:
        array, affine = turned(source.layers(), facts.affine, turn)
    else:
        samples = RasSamples(facts, turn, whole_hu=whole_hu, scale=not source.scaled)
        source.fill(samples)
        array, affine = samples.array, turned_affine(facts.affine, facts.shape, turn)
        notes += judge_samples(path, size=array.size, clamped=samples.clamped, not_finite=samples.not_finite)
    array.flags.writeable = False
    right, anterior, superior = array.shape[:3]
    return RasImage(
        array=array,
        grid=Grid.of((right, anterior, superior), affine),
        stored_axes=axis_code(facts.affine),
        obliqueness_deg=obliqueness_deg(facts.affine),
        facts=facts,
        notes=notes,
        tags=source.tags,
    )
