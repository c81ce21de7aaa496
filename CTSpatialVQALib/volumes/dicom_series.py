"""A DICOM series as one volume: slices of one kind, sorted by position, evenly spaced, or a refusal.

Files with one slice each and enhanced multi-frame files are held to the same checks, slice by slice.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes.dicom_catalogue import choose_series, frame_count
from CTSpatialVQALib.volumes.dicom_header import DicomHeader
from CTSpatialVQALib.volumes.dicom_pixels import PixelReader, require_complete
from CTSpatialVQALib.volumes.dicom_slice import DicomSlice, slices_of
from CTSpatialVQALib.volumes.file_facts import FileFacts, Observation
from CTSpatialVQALib.volumes.sample_reader import RasSamples

UNEVEN_NOTED, UNEVEN_REFUSED = 0.01, 0.10  # share of the slice distance
MAX_TILT_DEG = 0.1  # a gantry tilt shifts 300 mm of patient by half a millimetre from here on
SAME_DIRECTION, SAME_SPACING_MM = 1e-3, 1e-3  # files round cosines and millimetres to a few digits
SAME_PLACE_MM = 1e-3
LPS_TO_RAS = np.array([-1.0, -1.0, 1.0])


class DicomVolume(NamedTuple):
    """The slices of one volume from the lowest to the highest position along their normal."""

    facts: FileFacts
    slices: tuple[DicomSlice, ...]


def dicom_volume(path: Path, *, series: str | None, what: str) -> DicomVolume:
    """The one series at `path` (see `choose_series`), without its pixels.

    Raises
    ------
    BadInput
        For several series, slices of different size, direction or spacing, missing or repeated slices, a
        tilted gantry, and elements that are missing or damaged; the message holds no value of a patient.
    """
    choice = choose_series(path, series, what=what)
    _require_one_kind(path, choice.files)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # pydicom warns on the error stream about what is refused or not needed
        slices = [plane for header in choice.files for plane in slices_of(header)]
    localizers = sum(plane.localizer for plane in slices)
    if 0 < localizers < len(slices):
        slices = [plane for plane in slices if not plane.localizer]
    _require_alike(path, slices)
    for first_of_file in {plane.path: plane for plane in slices}.values():
        require_complete(first_of_file)
    ordered, unevenness = _ordered(path, slices)
    observations = (*choice.observations, *_observations(ordered), *unevenness)
    return DicomVolume(_facts(ordered, observations), tuple(ordered))


def read_dicom_samples(volume: DicomVolume, target: RasSamples) -> None:
    """Fill `target` slice by slice, each with its own rescale and sign."""
    target.begin()
    with PixelReader() as reader:
        for k, plane in enumerate(volume.slices):
            target.put(k, _rescaled(reader.stored(plane), plane).T[:, :, np.newaxis])


def _rescaled(stored: NDArray[Any], plane: DicomSlice) -> NDArray[Any]:
    """(rows, columns) values x slope + intercept: exact in whole numbers, else in double precision."""
    if plane.slope == 1.0 and plane.intercept.is_integer():
        if plane.intercept == 0.0:
            return stored
        return stored.astype(np.int32 if stored.itemsize <= 2 else np.int64) + int(plane.intercept)
    return stored * np.float64(plane.slope) + np.float64(plane.intercept)


def _require_one_kind(path: Path, files: Sequence[DicomHeader]) -> None:
    multi = [header for header in files if frame_count(header) > 1]
    if multi and len(files) > 1:
        left_over = f" and {len(files) - len(multi)} others" if len(multi) < len(files) else ""
        came = f"{len(multi)} multi-frame files{left_over} in one series"
        remedy = f"Give one of the files as the CT (for example {multi[0].path.name})"
        raise BadInput(
            path, expected="one multi-frame file, or files of one slice each", came=came, remedy=remedy
        )


def _require_alike(path: Path, slices: list[DicomSlice]) -> None:
    first = slices[0]
    for plane in slices:
        if (plane.pixels.rows, plane.pixels.columns) != (first.pixels.rows, first.pixels.columns):
            raise _refuse(
                path,
                "slices of one size",
                f"{plane.name} of another size",
                "Separate the localizer from the series",
            )
        if np.abs(plane.orientation - first.orientation).max() > SAME_DIRECTION:
            raise _refuse(
                path, "slices of one orientation", f"{plane.name} turned differently", "Separate the series"
            )
        if max(abs(a - b) for a, b in zip(plane.spacing, first.spacing, strict=True)) > SAME_SPACING_MM:
            came = f"{plane.name} with {plane.spacing[0]:g} x {plane.spacing[1]:g} mm"
            expected = (
                f"the PixelSpacing of the other slices ({first.spacing[0]:g} x {first.spacing[1]:g} mm)"
            )
            raise _refuse(path, expected, came, "Separate the reconstructions, or export the series again")


class _Ordered(NamedTuple):
    slices: list[DicomSlice]
    observations: tuple[Observation, ...]


def _ordered(path: Path, slices: list[DicomSlice]) -> _Ordered:
    """Slices along their normal, from the lowest position up, with even steps and no tilt."""
    if len(slices) < 2:
        return _Ordered(slices, ())
    normal = _normal(slices[0])
    ordered = sorted(slices, key=lambda plane: float(plane.position @ normal))
    steps = np.diff([plane.position for plane in ordered], axis=0)
    gaps = steps @ normal
    usual = float(np.median(gaps))
    if gaps.min() <= SAME_PLACE_MM or usual <= SAME_PLACE_MM:
        raise _repeated(path, ordered[int(gaps.argmin()) + 1], slices)
    uneven = float(np.abs(gaps - usual).max() / usual)
    if uneven > UNEVEN_REFUSED:
        worst = int(np.abs(gaps - usual).argmax())
        came = f"a gap of {gaps[worst]:.2f} mm after {ordered[worst].name} where {usual:.2f} mm is usual"
        missing = sum(max(0, round(float(gap) / usual) - 1) for gap in gaps)
        came += f" ({missing} slices missing)" if missing else ""
        raise _refuse(path, "evenly spaced slices", came, "Add the missing slices or export the series again")
    reach = ordered[-1].position - ordered[0].position
    tilt = math.degrees(math.acos(min(1.0, float(reach @ normal / np.linalg.norm(reach)))))
    if tilt > MAX_TILT_DEG:
        came = f"slices shifted sideways by a tilt of {tilt:.2f} degrees"
        raise _refuse(
            path, "an untilted gantry", came, "Resample it to a straight grid (Slicer does so on import)"
        )
    if uneven > UNEVEN_NOTED:
        text = f"{path.name}: slice distances vary by {uneven:.0%} of {usual:.2f} mm, and so do positions"
        return _Ordered(ordered, (Observation("slices_uneven", text),))
    return _Ordered(ordered, ())


def _repeated(path: Path, second: DicomSlice, slices: list[DicomSlice]) -> BadInput:
    acquisitions = len({plane.acquisition for plane in slices})
    came = f"a second slice where {second.name} lies"
    came += f" (the series holds {acquisitions} acquisitions)" if acquisitions > 1 else ""
    remedy = "Remove repeated slices; of several acquisitions or phases export one as a series of its own"
    return _refuse(path, "one slice at each position", came, remedy)


def _observations(slices: list[DicomSlice]) -> list[Observation]:
    observations = []
    if any(plane.modality not in ("CT", "") for plane in slices):
        text = "the DICOM modality is not CT, so its numbers may be no Hounsfield units"
        observations.append(Observation("not_ct", text))
    without = sum(not plane.rescaled for plane in slices)
    if without:
        text = f"{without} of {len(slices)} slices state no rescale; their values stand as stored"
        observations.append(Observation("rescale_not_stated", text))
    rescales = {(plane.slope, plane.intercept, plane.pixels.signed) for plane in slices}
    if len(rescales) > 1:
        text = f"slices are stored in {len(rescales)} ways (rescale or sign); each was read in its own"
        observations.append(Observation("rescale_varies", text))
    return observations


def _facts(slices: list[DicomSlice], observations: tuple[Observation, ...]) -> FileFacts:
    first = slices[0]
    step = (
        (slices[-1].position - first.position) / max(1, len(slices) - 1)
        if len(slices) > 1
        else _normal(first)
    )
    affine = np.eye(4)
    row_mm, column_mm = first.spacing
    # the first index runs along a row, from column to column (DICOM PS3.3, C.7.6.2.1.1)
    affine[:3, 0] = first.orientation[:3] * column_mm
    affine[:3, 1] = first.orientation[3:] * row_mm
    affine[:3, 2] = step
    affine[:3, 3] = first.position
    affine[:3] *= LPS_TO_RAS[:, np.newaxis]
    rescales = {(plane.slope, plane.intercept) for plane in slices}
    slope, intercept = rescales.pop() if len(rescales) == 1 else (1.0, 0.0)
    return FileFacts(
        file_format="DICOM" if first.pixels.frames == 1 else "DICOM multi-frame",
        shape=(first.pixels.columns, first.pixels.rows, len(slices)),
        dtype=_value_type(slices),
        affine=affine,
        orientation_from="ImageOrientationPatient",
        spacing_from="PixelSpacing",
        units="mm",
        slope=slope,
        intercept=intercept,
        rescale_from="RescaleSlope of each slice" if all(plane.rescaled for plane in slices) else None,
        observations=observations,
    )


def _value_type(slices: list[DicomSlice]) -> np.dtype[Any]:
    """The smallest type that holds every value exactly, after the rescale."""
    low, high = 0.0, 0.0
    for plane in slices:
        bits = plane.pixels.bits_stored
        ends = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if plane.pixels.signed else (0, 2**bits - 1)
        if plane.slope != 1.0 or not plane.intercept.is_integer():
            return np.dtype(np.float64)
        low, high = min(low, ends[0] + plane.intercept), max(high, ends[1] + plane.intercept)
    fits = [
        kind
        for kind in (np.int16, np.int32, np.int64)
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max
    ]
    return np.dtype(fits[0] if fits else np.float64)


def _normal(plane: DicomSlice) -> NDArray[np.float64]:
    return np.cross(plane.orientation[:3], plane.orientation[3:])


def _refuse(path: Path, expected: str, came: str, remedy: str) -> BadInput:
    return BadInput(path, expected=expected, came=came, remedy=remedy)
