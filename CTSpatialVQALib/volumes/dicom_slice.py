"""One slice of a DICOM series, be it a file of its own or a frame of an enhanced multi-frame file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes.dicom_header import DamagedElement, DicomHeader, Elements, PixelPlace

MAX_FRAMES = 65_535
MAX_ROWS = 4096
_CT_FUNCTIONAL = "PixelValueTransformationSequence"
_RESCALE = ("RescaleSlope", "RescaleIntercept")


class StoredPixels(NamedTuple):
    """How the pixels of one file are stored.

    Parameters
    ----------
    bits_stored, high_bit : which of the `bits_allocated` bits are the value (DICOM PS3.5, 8.1.1)
    """

    place: PixelPlace
    rows: int
    columns: int
    frames: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool

    @property
    def frame_bytes(self) -> int:
        """Bytes of one uncompressed frame."""
        return self.rows * self.columns * self.bits_allocated // 8


class DicomSlice(NamedTuple):
    """What one slice states; None where it does not.

    Parameters
    ----------
    name : of the file, with the number of the frame where it has several
    position, orientation : (3,) and (6,) in LPS mm and cosines, as DICOM has them
    spacing : distance of the rows and of the columns in mm
    slope, intercept : of its own rescale, 1 and 0 where it has none
    """

    path: Path
    name: str
    frame: int
    pixels: StoredPixels
    position: NDArray[np.float64]
    orientation: NDArray[np.float64]
    spacing: tuple[float, float]
    slope: float
    intercept: float
    rescaled: bool
    modality: str
    acquisition: str
    localizer: bool


def slices_of(header: DicomHeader) -> tuple[DicomSlice, ...]:
    """Every slice of the file.

    Raises
    ------
    BadInput
        Naming the file and the element that is missing or damaged.
    """
    try:
        pixels = _stored_pixels(header)
        if pixels.frames > 1 or header.elements.has("PerFrameFunctionalGroupsSequence"):
            return tuple(_frames(header, pixels))
        return (_slice(header, pixels, 0, header.path.name, _Groups((header.elements,))),)
    except DamagedElement as error:
        raise _refuse(header, "elements as the DICOM standard has them", str(error)) from error


class _Groups(NamedTuple):
    """Where an attribute is looked for: the frame's functional groups, the shared ones, the file."""

    places: tuple[Elements, ...]

    def numbers(self, sequence: str, keyword: str, count: int) -> tuple[float, ...] | None:
        for place in self.places:
            for holder in (place.item(sequence), place):
                values = holder.numbers(keyword, count) if holder is not None else None
                if values is not None:
                    return values
        return None

    def has(self, sequence: str, keyword: str) -> bool:
        return any(
            holder is not None and holder.has(keyword)
            for place in self.places
            for holder in (place.item(sequence), place)
        )

    def image_type(self) -> tuple[str, ...]:
        for place in self.places:
            for holder in (place.item("CTImageFrameTypeSequence"), place):
                values = (
                    (holder.texts("FrameType") or holder.texts("ImageType")) if holder is not None else ()
                )
                if values:
                    return values
        return ()


def _frames(header: DicomHeader, pixels: StoredPixels) -> Iterator[DicomSlice]:
    shared = tuple(header.elements.items("SharedFunctionalGroupsSequence"))
    groups = tuple(header.elements.items("PerFrameFunctionalGroupsSequence"))
    if len(groups) != pixels.frames:
        came = f"{pixels.frames} frames and the geometry of {len(groups)}"
        raise _refuse(header, "frames that each state where they lie", came)
    for number, group in enumerate(groups):
        name = f"{header.path.name} frame {number + 1}" if pixels.frames > 1 else header.path.name
        yield _slice(header, pixels, number, name, _Groups((group, *shared, header.elements)))


def _slice(header: DicomHeader, pixels: StoredPixels, frame: int, name: str, groups: _Groups) -> DicomSlice:
    position = groups.numbers("PlanePositionSequence", "ImagePositionPatient", 3)
    orientation = groups.numbers("PlaneOrientationSequence", "ImageOrientationPatient", 6)
    if position is None or orientation is None:
        raise _refuse(header, "slices that state where they lie", f"{name} without position or orientation")
    if header.elements.has("ModalityLUTSequence"):
        raise _refuse(header, "a rescale slope and intercept", f"{name} with a lookup table instead")
    slope, intercept = (groups.numbers(_CT_FUNCTIONAL, keyword, 1) for keyword in _RESCALE)
    if (slope is None) != (intercept is None) or slope == (0.0,):
        raise _refuse(header, "a rescale slope with its intercept", f"{name} with a damaged rescale")
    return DicomSlice(
        path=header.path,
        name=name,
        frame=frame,
        pixels=pixels,
        position=np.array(position),
        orientation=_unit_vectors(header, name, np.array(orientation)),
        spacing=_spacing(header, name, groups),
        slope=1.0 if slope is None else slope[0],
        intercept=0.0 if intercept is None else intercept[0],
        rescaled=slope is not None,
        modality=header.elements.text("Modality"),
        acquisition=header.elements.text("AcquisitionNumber"),
        localizer="LOCALIZER" in groups.image_type()[2:3],
    )


def _unit_vectors(header: DicomHeader, name: str, orientation: NDArray[np.float64]) -> NDArray[np.float64]:
    row, column = orientation[:3], orientation[3:]
    lengths = np.array([np.linalg.norm(row), np.linalg.norm(column)])
    # 1e-3: files round cosines to a few digits; more is another number
    if np.abs(lengths - 1).max() > 1e-3 or abs(float(row @ column)) > 1e-3:
        raise _refuse(header, "an orientation of two unit vectors at right angles", f"{name} with another")
    return orientation


def _spacing(header: DicomHeader, name: str, groups: _Groups) -> tuple[float, float]:
    values = groups.numbers("PixelMeasuresSequence", "PixelSpacing", 2)
    if values is None:
        detector = header.elements.has("ImagerPixelSpacing") or header.elements.has(
            "NominalScannedPixelSpacing"
        )
        why = "only the spacing at the detector (ImagerPixelSpacing)" if detector else "none"
        state = "an empty one" if groups.has("PixelMeasuresSequence", "PixelSpacing") else why
        raise _refuse(header, "PixelSpacing, in mm in the patient", f"{name} with {state}")
    if min(values) <= 0:
        raise _refuse(header, "PixelSpacing above 0", f"{name} with {values[0]:g} and {values[1]:g}")
    return values[0], values[1]


def _stored_pixels(header: DicomHeader) -> StoredPixels:
    elements = header.elements
    numbers = {
        key: elements.whole(key) for key in ("Rows", "Columns", "BitsAllocated", "PixelRepresentation")
    }
    samples = elements.whole("SamplesPerPixel")
    colour = elements.text("PhotometricInterpretation")
    if samples not in (1, None) or not (colour.startswith("MONOCHROME") or colour == ""):
        came = f"SamplesPerPixel {samples}" if samples not in (1, None) else "a colour image"
        raise _refuse(header, "one number per voxel", came, "Choose the CT series, not a picture made of it")
    rows, columns, allocated = numbers["Rows"], numbers["Columns"], numbers["BitsAllocated"]
    if header.pixels is None or not rows or not columns:
        raise _refuse(header, "a DICOM image", "a file without one")
    if max(rows, columns) > MAX_ROWS:
        raise _refuse(
            header, f"at most {MAX_ROWS} rows and columns", f"a header that claims {rows} x {columns}"
        )
    if allocated not in (8, 16, 32):
        raise _refuse(header, "8, 16 or 32 bits for a pixel", f"{allocated}")
    stored = elements.whole("BitsStored") or allocated
    high = elements.whole("HighBit")
    high = stored - 1 if high is None else high
    if not (0 < stored <= allocated and stored - 1 <= high < allocated):
        raise _refuse(
            header, "stored bits within the allocated ones", f"{stored} up to bit {high} of {allocated}"
        )
    return StoredPixels(
        place=header.pixels,
        rows=rows,
        columns=columns,
        frames=_frame_count(header),
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high,
        signed=numbers["PixelRepresentation"] == 1,
    )


def _frame_count(header: DicomHeader) -> int:
    values = header.elements.numbers("NumberOfFrames", 1)
    count = 1 if values is None else int(values[0])
    if not 1 <= count <= MAX_FRAMES:
        raise _refuse(header, f"1 to {MAX_FRAMES} frames", f"{count}")
    return count


def _refuse(header: DicomHeader, expected: str, came: str, remedy: str = "") -> BadInput:
    remedy = remedy or "Export the series again, or remove files that are no slices of it"
    return BadInput(header.path, expected=expected, came=came, remedy=remedy)
