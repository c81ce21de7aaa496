"""Headers of DICOM files, read by pydicom as raw elements: nothing is converted that is not asked for.

What a header claims is compared with the size of the file before anything is allocated for it, and before
native code (GDCM, for compressed pixels) sees a byte.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

from CTSpatialVQALib.errors import BadInput, one_line, shown

MAX_TEXT_BYTES = 1 << 16  # of one element: a number or a name is shorter
_MAGIC = b"DICM"
_META_BYTES = 1 << 14  # file meta information is a few hundred bytes
_PIXEL_DATA = Tag(0x7FE0, 0x0010)
_UNDEFINED = 0xFFFFFFFF
_LONG_VRS = (b"OB", b"OW", b"OD", b"OF", b"OL", b"OV", b"UN", b"SQ", b"UC", b"UR", b"UT")
DEFLATED = "1.2.840.10008.1.2.1.99"
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_UNCOMPRESSED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", _BIG_ENDIAN)
IMPLICIT_LITTLE = "1.2.840.10008.1.2"

KEYWORDS = (
    "SOPClassUID",
    "SOPInstanceUID",
    "SpecificCharacterSet",
    "ImageType",
    "Modality",
    "SeriesDescription",
    "SeriesInstanceUID",
    "SeriesNumber",
    "AcquisitionNumber",
    "ConvolutionKernel",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "NominalScannedPixelSpacing",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "RescaleSlope",
    "RescaleIntercept",
    "ModalityLUTSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)
_TAGS: list[Any] = [Tag(keyword) for keyword in KEYWORDS]  # pydicom takes tags faster than names


class DamagedElement(ValueError):
    """An element whose value is not what the standard says; the text names it."""


class PixelPlace(NamedTuple):
    """Where the pixels lie in the file.

    Parameters
    ----------
    offset : of the first byte of the value
    length : bytes of the value; None for encapsulated (compressed) frames, which end with the file
    """

    offset: int
    length: int | None
    transfer_syntax: str

    @property
    def compressed(self) -> bool:
        """Whether the frames are encapsulated."""
        return self.transfer_syntax not in _UNCOMPRESSED

    @property
    def byte_order(self) -> str:
        """Numpy's sign of the byte order of uncompressed pixels."""
        return ">" if self.transfer_syntax == _BIG_ENDIAN else "<"


class Elements:
    """Typed access to the raw elements of a data set or of an item of a sequence."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    def text(self, keyword: str) -> str:
        """The value as text without padding; '' where it is absent or empty."""
        raw = self._raw(keyword)
        if not raw:
            return ""
        if len(raw) > MAX_TEXT_BYTES:
            raise DamagedElement(f"{keyword} of {len(raw)} bytes")
        try:
            return raw.decode("utf-8").strip("\0 ")
        except UnicodeDecodeError:
            return raw.decode("latin-1").strip("\0 ")

    def texts(self, keyword: str) -> tuple[str, ...]:
        """The values of an element with several."""
        return tuple(part.strip() for part in self.text(keyword).split("\\")) if self.text(keyword) else ()

    def numbers(self, keyword: str, count: int) -> tuple[float, ...] | None:
        """Exactly `count` decimal strings, or None where the element is absent or empty.

        Raises
        ------
        DamagedElement
            For other text (a decimal comma), another count, NaN or infinity.
        """
        text = self.text(keyword)
        if not text:
            return None
        try:
            values = tuple(float(part) for part in text.split("\\"))
        except ValueError as error:
            raise DamagedElement(f"{keyword} {shown(text, 40)}") from error
        if len(values) != count or not all(abs(value) < 1e9 for value in values):
            raise DamagedElement(f"{keyword} {shown(text, 40)}")
        return values

    def whole(self, keyword: str) -> int | None:
        """A binary unsigned number (US), or None where it is absent or empty."""
        raw = self._raw(keyword)
        if not raw:
            return None
        if len(raw) != 2:
            raise DamagedElement(f"{keyword} of {len(raw)} bytes")
        return int(struct.unpack(("<" if self._little(keyword) else ">") + "H", raw)[0])

    def items(self, keyword: str) -> Iterator[Elements]:
        """The items of a sequence."""
        tag = Tag(keyword)
        if tag not in self._dataset:
            return
        try:
            items = list(self._dataset[tag].value or ())
        except Exception as error:  # pydicom raises whatever parsing damaged bytes runs into
            raise DamagedElement(f"{keyword} that cannot be read") from error
        for item in items:
            if not isinstance(item, Dataset):
                raise DamagedElement(f"{keyword} that is no sequence")
            yield Elements(item)

    def item(self, keyword: str) -> Elements | None:
        """The first item of a sequence, or None."""
        return next(self.items(keyword), None)

    def has(self, keyword: str) -> bool:
        """Whether the element is there, be it empty."""
        return Tag(keyword) in self._dataset

    def _raw(self, keyword: str) -> bytes | None:
        element = self._dataset.get_item(Tag(keyword)) if self.has(keyword) else None
        if element is None or element.value is None:
            return None
        if isinstance(element.value, bytes):
            return element.value
        if isinstance(element.value, str):  # file meta information is converted by pydicom
            return element.value.encode()
        raise DamagedElement(f"{keyword} in an unexpected form")

    def _little(self, keyword: str) -> bool:
        element = self._dataset.get_item(Tag(keyword))
        return not isinstance(element, RawDataElement) or element.is_little_endian


class DicomHeader(NamedTuple):
    """The elements of one file that matter for an image, and where its pixels lie (None: it has none)."""

    path: Path
    elements: Elements
    pixels: PixelPlace | None
    size_on_disk: int


def read_dicom_header(path: Path) -> DicomHeader:
    """The elements of `KEYWORDS` and the place of the pixels.

    Raises
    ------
    BadInput
        If the file is damaged; the message holds no value of a patient.
    """
    try:
        with path.open("rb") as stream:
            return _read(path, stream)
    except (OSError, BadInput):
        raise
    except Exception as error:  # pydicom raises whatever parsing damaged bytes runs into
        came = f"a damaged DICOM file ({one_line(type(error).__name__)})"
        raise BadInput(path, expected="a DICOM file", came=came, remedy="Export the series again") from error


def _read(path: Path, stream: BinaryIO) -> DicomHeader:
    size = stream.seek(0, 2)
    stream.seek(0)
    if _says_deflated(stream):  # pydicom would inflate the whole data set, however large it becomes
        came, remedy = "a deflated data set", "Export the series without compression"
        raise BadInput(path, expected="a DICOM file that is not deflated", came=came, remedy=remedy)
    dataset = pydicom.dcmread(stream, stop_before_pixels=True, force=True, specific_tags=_TAGS)
    syntax = Elements(dataset.file_meta).text("TransferSyntaxUID") or _guessed_syntax(dataset)
    return DicomHeader(path, Elements(dataset), _pixel_place(stream, syntax, size), size)


def _says_deflated(stream: BinaryIO) -> bool:
    """Whether the data set is deflated, by the file meta information.

    Its elements (group 0002, always explicit little endian) are walked here because pydicom, which would do
    it too, inflates the whole data set before it returns.
    """
    stream.seek(128)
    if stream.read(4) != _MAGIC:
        stream.seek(0)
        return False
    head = stream.read(_META_BYTES)
    stream.seek(0)
    at = 0
    while head[at : at + 2] == b"\x02\x00" and at + 8 <= len(head):
        long = head[at + 4 : at + 6] in _LONG_VRS
        start = at + (12 if long else 8)
        length = int.from_bytes(head[at + 8 : start] if long else head[at + 6 : start], "little")
        if head[at + 2 : at + 4] == b"\x10\x00":
            return head[start : start + length].strip(b"\0 ") == DEFLATED.encode()
        at = start + length
    return at > len(head)  # no file of a scanner states so much before its transfer syntax


def _guessed_syntax(dataset: Dataset) -> str:
    """Of files without file meta information: as pydicom found the elements to be written."""
    implicit, little = dataset.original_encoding
    return IMPLICIT_LITTLE if implicit else _UNCOMPRESSED[1] if little else _BIG_ENDIAN


def _pixel_place(stream: BinaryIO, syntax: str, size: int) -> PixelPlace | None:
    """The value of the pixel data element, at which pydicom has left the stream."""
    start = stream.tell()
    head = stream.read(12)
    order = ">" if syntax == _BIG_ENDIAN else "<"
    if (
        len(head) < 8
        or BaseTag((struct.unpack_from(order + "H", head)[0] << 16) | _element(order, head)) != _PIXEL_DATA
    ):
        return None
    if syntax == IMPLICIT_LITTLE:
        length, offset = struct.unpack_from("<I", head, 4)[0], start + 8
    elif head[4:6] in _LONG_VRS and len(head) == 12:
        length, offset = struct.unpack_from(order + "I", head, 8)[0], start + 12
    else:
        length, offset = struct.unpack_from(order + "H", head, 6)[0], start + 8
    undefined = length == _UNDEFINED
    return PixelPlace(offset, None if undefined else min(length, size - offset), syntax)


def _element(order: str, head: bytes) -> int:
    return int(struct.unpack_from(order + "H", head, 2)[0])
