"""Stored pixel values of DICOM slices: uncompressed read here, compressed decoded by GDCM (in SimpleITK).

GDCM never sees the header that came with the file: it gets a header of ours around one compressed frame,
whose own claim about its size has been compared with Rows and Columns before.
"""

# SimpleITK declares types and annotates none of its classes
# mypy: untyped-calls-exclude=SimpleITK

from __future__ import annotations

import os
import struct
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.decoders.base import RLELosslessDecoder
from pydicom.uid import UID, CTImageStorage, RLELossless, generate_uid

from CTSpatialVQALib.errors import BadInput, one_line
from CTSpatialVQALib.volumes.dicom_slice import DicomSlice, StoredPixels

_ONE_AT_A_TIME = threading.RLock()
_SOI, _JPEG2000 = b"\xff\xd8", b"\xff\x4f\xff\x51"
# Start of frame of JPEG (ITU-T T.81) and JPEG-LS (T.87); C4, C8 and CC are other markers
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})


class PixelReader:
    """Reads slices one by one and keeps the last file open, as frames of one file follow each other."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._stream: BinaryIO | None = None
        self._frames: Iterator[bytes] | None = None
        self._next_frame = 0

    def __enter__(self) -> PixelReader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def stored(self, plane: DicomSlice) -> NDArray[Any]:
        """(rows, columns) stored values, signed as the file says, without bits that are not the value."""
        stream = self._opened(plane.path)
        if plane.pixels.place.compressed:
            values = _decoded(plane, self._compressed(plane, stream))
        else:
            stream.seek(plane.pixels.place.offset + plane.frame * plane.pixels.frame_bytes)
            data = stream.read(plane.pixels.frame_bytes)
            if len(data) < plane.pixels.frame_bytes:
                raise cut_short(plane)
            kind = plane.pixels.place.byte_order + "u" + str(plane.pixels.bits_allocated // 8)
            values = np.frombuffer(data, dtype=kind).reshape(plane.pixels.rows, plane.pixels.columns)
        return _value_bits(values, plane.pixels)

    def _opened(self, path: Path) -> BinaryIO:
        if path != self._path or self._stream is None:
            if self._stream is not None:
                self._stream.close()
            self._path, self._stream = path, path.open("rb")
            self._frames, self._next_frame = None, 0
        return self._stream

    def _compressed(self, plane: DicomSlice, stream: BinaryIO) -> bytes:
        """The bytes of one encapsulated frame; the file holds them in an order of its own."""
        try:
            if self._frames is None or plane.frame < self._next_frame:
                stream.seek(plane.pixels.place.offset)
                self._frames = generate_frames(stream, number_of_frames=plane.pixels.frames)
                self._next_frame = 0
            data = b""
            while self._next_frame <= plane.frame:
                data = next(self._frames)
                self._next_frame += 1
        except Exception as error:  # pydicom raises whatever parsing damaged bytes runs into
            raise cut_short(plane) from error
        return data


def require_complete(plane: DicomSlice) -> None:
    """Refuse a file with fewer pixels than it claims, before anything is allocated for them."""
    length, needed = plane.pixels.place.length, plane.pixels.frames * plane.pixels.frame_bytes
    if not plane.pixels.place.compressed and (length is None or length < needed):
        raise cut_short(plane)


def cut_short(plane: DicomSlice) -> BadInput:
    """The refusal of a file with fewer pixels than it claims."""
    came = f"{plane.path.name}, a damaged DICOM file (cut short)"
    return BadInput(
        plane.path, expected="slices that can all be read", came=came, remedy="Export the series again"
    )


def _value_bits(values: NDArray[Any], pixels: StoredPixels) -> NDArray[Any]:
    """The value without other bits around it, which old files use for overlays, with its sign."""
    kind = ("i" if pixels.signed else "u") + str(pixels.bits_allocated // 8)
    native = values.astype("u" + kind[1], copy=False)
    unused = pixels.bits_allocated - pixels.bits_stored
    if unused:
        native = np.left_shift(native, pixels.bits_allocated - 1 - pixels.high_bit)
        values = np.right_shift(native.view(kind), unused)
        return values
    return native.view(kind)


def _decoded(plane: DicomSlice, data: bytes) -> NDArray[Any]:
    """One compressed frame as unsigned stored values."""
    if plane.pixels.place.transfer_syntax == RLELossless:
        return _run_lengths(plane, data)
    claimed = _claimed_size(data)
    if claimed != (plane.pixels.rows, plane.pixels.columns):
        came = f"{plane.name} with a compressed picture of another size ({claimed[0]} x {claimed[1]})"
        raise BadInput(
            plane.path, expected="pictures of the stated size", came=came, remedy="Export the series again"
        )
    with tempfile.TemporaryDirectory() as folder, native_silence():
        path = Path(folder) / "frame.dcm"
        _write_frame(path, plane, data)
        reader = sitk.ImageFileReader()
        reader.SetImageIO("GDCMImageIO")
        reader.SetFileName(str(path))
        try:
            image = reader.Execute()
        except RuntimeError as error:
            reason = one_line(str(error).splitlines()[-1] if str(error) else "no reason given", 80)
            came = f"{plane.name} with compressed pixels that cannot be decoded ({reason})"
            remedy = "Export the series uncompressed (dcmdjpeg, gdcmconv --raw)"
            raise BadInput(plane.path, expected="readable pixels", came=came, remedy=remedy) from error
    values: NDArray[Any] = np.squeeze(sitk.GetArrayFromImage(image))
    if values.shape != (plane.pixels.rows, plane.pixels.columns):
        raise cut_short(plane)
    return values.astype("u" + str(plane.pixels.bits_allocated // 8))


def _run_lengths(plane: DicomSlice, data: bytes) -> NDArray[Any]:
    """By pydicom: GDCM fails where rows x columns is odd. A run is at most 64 times its bytes."""
    pixels = plane.pixels
    options: dict[str, Any] = {
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
        "photometric_interpretation": "MONOCHROME2",
        "samples_per_pixel": 1,
        "rows": pixels.rows,
        "columns": pixels.columns,
        "bits_allocated": pixels.bits_allocated,
        "bits_stored": pixels.bits_allocated,
        "pixel_representation": 0,
    }
    try:
        values, _ = RLELosslessDecoder.as_array(encapsulate([data]), index=0, raw=True, **options)
    except Exception as error:  # pydicom raises whatever decoding damaged bytes runs into
        raise cut_short(plane) from error
    return np.asarray(values).astype(f"u{pixels.bits_allocated // 8}", copy=False)


def _claimed_size(data: bytes) -> tuple[int, int]:
    """(rows, columns) as the compressed picture itself says; 0, 0 where it says nothing that can be read."""
    if data[:4] == _JPEG2000 and len(data) >= 24:
        width, height, left, top = struct.unpack_from(">4I", data, 8)
        return height - top, width - left
    if data[:2] != _SOI:
        return 0, 0
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return 0, 0
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">2H", data, at + 5)
            return height, width
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return 0, 0


def _write_frame(path: Path, plane: DicomSlice, data: bytes) -> None:
    """A DICOM file of our own around one compressed frame: the stored values, without rescale."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, generate_uid()
    meta.TransferSyntaxUID = UID(plane.pixels.place.transfer_syntax)
    frame = Dataset()
    frame.file_meta = meta
    frame.SOPClassUID, frame.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    frame.Rows, frame.Columns = plane.pixels.rows, plane.pixels.columns
    frame.SamplesPerPixel, frame.PhotometricInterpretation = 1, "MONOCHROME2"
    frame.BitsAllocated = plane.pixels.bits_allocated
    frame.BitsStored = plane.pixels.bits_stored
    frame.HighBit = plane.pixels.bits_stored - 1
    frame.PixelRepresentation = int(plane.pixels.signed)
    frame.PixelData = encapsulate([data])
    frame["PixelData"].is_undefined_length = True
    frame.save_as(path, enforce_file_format=True)


@contextmanager
def native_silence() -> Iterator[None]:
    """Keep what C++ code prints on the error stream off the user's terminal; failures raise anyway.

    GDCM writes to file descriptor 2 directly, so only the descriptor can be turned away.
    """
    with _ONE_AT_A_TIME, tempfile.TemporaryFile() as sink:
        before = sitk.ProcessObject.GetGlobalWarningDisplay()
        sitk.ProcessObject.SetGlobalWarningDisplay(False)
        try:
            kept = os.dup(2)
        except OSError:  # a process without an error stream (a Windows GUI) has nothing to silence
            kept = None
        try:
            if kept is not None:
                if sys.stderr is not None:
                    sys.stderr.flush()
                os.dup2(sink.fileno(), 2)
            yield
        finally:
            if kept is not None:
                os.dup2(kept, 2)
                os.close(kept)
            sitk.ProcessObject.SetGlobalWarningDisplay(before)
