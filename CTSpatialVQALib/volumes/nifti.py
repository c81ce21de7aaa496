"""What does a NIfTI-1 file (.nii, .nii.gz) hold? Read whole or refused, never padded.

ITK's reader fills what a truncated file lacks with zeros without a word, reads `x.nii` when asked for
`x.nii.gz`, refuses a shear of 0.01 degrees and repairs absurd spacings silently. A CT half of water
would be measured as if it were a patient, so the format (348 bytes of header, one block of samples)
is read here. Source: nifti1.h of the NIfTI Data Format Working Group.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.volumes.axis_orientation import (
    StoredImage,
    axis_code,
    check_affine,
    check_expansion,
    check_shape,
)
from CTSpatialVQALib.volumes.check_finding import Finding

HEADER_BYTES = 348
MAX_HEADER_BYTES = 4 * 1024**2
_CHUNK = 1 << 18  # small enough for the processor's cache, as is what it unpacks to
_PIECE = 1 << 20
_MAX_TRAILING = 1 << 20
_KINDS = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
_REFUSED_KINDS = {128: "RGB pixels", 2304: "RGBA pixels", 32: "complex numbers", 1792: "complex numbers"}


class NiftiHeader(NamedTuple):
    """The fields of the header that matter for a volume, in the header's own words."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    pixdim: tuple[float, ...]
    offset: int
    slope: float
    intercept: float
    units: int
    qform_code: int
    sform_code: int
    quaternion: tuple[float, ...]
    sform: tuple[float, ...]
    extensions: bytes


def is_nifti(path: Path) -> bool:
    """Whether the name says NIfTI."""
    return path.name.lower().endswith((".nii", ".nii.gz"))


def read_header(path: Path) -> NiftiHeader:
    """The header of `path` and its extensions, without the samples.

    Raises
    ------
    BadInput
        If it is no NIfTI-1 file.
    """
    with path.open("rb") as stream:
        return _header(path, _Bytes(path, stream))


def read_nifti(path: Path, *, what: str) -> StoredImage:
    """The samples, scaled as the header says, and their place; refuses everything that is not one volume."""
    with path.open("rb") as stream:
        source = _Bytes(path, stream)
        header = _header(path, source)
        check_shape(path, header.shape, header.dtype.itemsize, what=what)
        affine, notes = _affine(path, header)
        check_affine(path, affine, header.shape)
        array = _samples(path, source, header)
    return StoredImage(array, affine, notes)


@cache
def _quickest_inflate() -> Any:  # noqa: ANN401 - a module of zlib's interface
    """Intel's ISA-L where the package `isal` is installed: half of the time."""
    try:
        return import_module("isal.isal_zlib")
    except ImportError:
        return zlib


class _Bytes:
    """The uncompressed bytes of a plain or gzip file, counted, whole or refused."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.path = path
        self.packed = stream.read(2) == b"\x1f\x8b"
        self.size_on_disk = stream.seek(0, 2)
        stream.seek(0)
        self._pieces = self._unpacked(stream) if self.packed else iter(lambda: stream.read(_CHUNK), b"")
        self._left = memoryview(b"")

    def take(self, count: int) -> bytearray:
        """Exactly the next `count` bytes."""
        taken = bytearray(count)
        self.fill(memoryview(taken))
        return taken

    def fill(self, target: memoryview) -> None:
        """Fill `target` with the next bytes, or refuse the file as cut short."""
        at, wanted = 0, len(target)
        while at < wanted:
            # a view, because slicing bytes would copy every piece once more
            piece = self._left or memoryview(self._next())
            used = min(len(piece), wanted - at)
            target[at : at + used] = piece[:used]
            self._left = piece[used:]
            at += used

    def finish(self) -> None:
        """Read on to the end, so that gzip's checksum is compared; refuse a long tail."""
        extra = len(self._left) + sum(len(piece) for piece in self._bounded_tail())
        if extra > _MAX_TRAILING:
            raise self._refuse("no more data than the header claims", "more data after the last voxel")

    def _bounded_tail(self) -> Iterator[bytes]:
        seen = 0
        for piece in self._pieces if self.packed else ():
            seen += len(piece)
            yield piece
            if seen > _MAX_TRAILING:
                return

    def _next(self) -> bytes:
        piece = next(self._pieces, b"")
        if not piece:
            raise self._refuse("a complete file", "one that is cut short")
        return piece

    def _unpacked(self, stream: BinaryIO) -> Iterator[bytes]:
        """Pieces of at most 1 MiB; gzip files may be several streams one after the other, then zeros."""
        unpacking = _quickest_inflate()
        unpacker, pending = None, b""
        while pending or (pending := stream.read(_CHUNK)):
            if unpacker is None:
                pending = pending.lstrip(b"\0")
                unpacker = unpacking.decompressobj(wbits=31) if pending else None
                continue
            try:
                piece = unpacker.decompress(pending, _PIECE)
            except unpacking.error as error:
                raise self._refuse("sound gzip data", f"damaged data ({error})") from error
            pending = unpacker.unconsumed_tail
            if unpacker.eof:
                pending, unpacker = unpacker.unused_data, None
            if piece:
                yield piece
        if unpacker is not None:
            raise self._refuse("a complete gzip file", "one that is cut short")

    def _refuse(self, expected: str, came: str) -> BadInput:
        return BadInput(self.path, expected=expected, came=came, remedy="Copy or convert the file again")


def _header(path: Path, source: _Bytes) -> NiftiHeader:
    if source.size_on_disk < (32 if source.packed else HEADER_BYTES):
        came = "an empty file" if source.size_on_disk == 0 else f"{source.size_on_disk} bytes"
        raise _not_nifti(path, came)
    if path.name.lower().endswith(".gz") != source.packed:
        came = "gzip data" if source.packed else "data that is not gzip"
        raise _not_nifti(path, came)
    raw = bytes(source.take(HEADER_BYTES))
    order = next((one for one in "<>" if struct.unpack_from(one + "i", raw)[0] == HEADER_BYTES), None)
    if order is None or raw[344:348] != b"n+1\0":
        came = "a two-file NIfTI header" if raw[344:348] == b"ni1\0" else "something else"
        raise _not_nifti(path, came)
    return _parsed(path, raw, order, source)


def _parsed(path: Path, raw: bytes, order: str, source: _Bytes) -> NiftiHeader:
    dims = struct.unpack_from(order + "8h", raw, 40)
    kind = struct.unpack_from(order + "h", raw, 70)[0]
    if kind not in _KINDS:
        came = _REFUSED_KINDS.get(kind, f"NIfTI data type {kind}")
        raise BadInput(
            path, expected="one number per voxel", came=came, remedy="Give the CT or label volume itself"
        )
    pixdim = struct.unpack_from(order + "8f", raw, 76)
    start, slope, intercept = struct.unpack_from(order + "3f", raw, 108)
    if not HEADER_BYTES <= start <= MAX_HEADER_BYTES:
        raise _not_nifti(path, f"a header whose data start at byte {start:.6g}")
    shape = dims[1 : 1 + dims[0]] if 1 <= dims[0] <= 7 else ()
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    qform_code, sform_code = struct.unpack_from(order + "2h", raw, 252)
    return NiftiHeader(
        shape=shape,
        dtype=np.dtype(order + _KINDS[kind]),
        pixdim=pixdim,
        offset=int(start),
        slope=slope,
        intercept=intercept,
        units=raw[123] & 0x07,
        qform_code=qform_code,
        sform_code=sform_code,
        quaternion=struct.unpack_from(order + "6f", raw, 256),
        sform=struct.unpack_from(order + "12f", raw, 280),
        extensions=order.encode() + bytes(source.take(int(start) - HEADER_BYTES)),
    )


def extension_texts(header: NiftiHeader) -> Iterator[bytes]:
    """The contents of the header's extensions, in their order (nifti1.h: esize, ecode, data)."""
    order, data = header.extensions[:1].decode(), header.extensions[1:]
    if len(data) < 4 or data[0] == 0:
        return
    at = 4
    while at + 8 <= len(data):
        size = struct.unpack_from(order + "i", data, at)[0]
        if size < 8 or at + size > len(data):
            return
        yield data[at + 8 : at + size]
        at += size


def _affine(path: Path, header: NiftiHeader) -> tuple[NDArray[np.float64], tuple[Finding, ...]]:
    if header.units not in (0, 2):
        came = {1: "metres", 3: "micrometres"}.get(header.units, f"unit code {header.units}")
        raise BadInput(path, expected="millimetres", came=came, remedy="Convert the file to millimetres")
    sform = np.vstack([np.array(header.sform, dtype=np.float64).reshape(3, 4), (0, 0, 0, 1)])
    if header.sform_code > 0:
        return sform, (*_stretched(header, sform), *_contradictions(header, sform))
    if header.qform_code > 0:
        return _qform(header), ()
    return _undeclared(header), (_NOT_STATED,)


_NOT_STATED = Finding(
    "orientation_not_stated",
    "error",
    "the file does not say how it lies in the patient (no sform or qform code); left and right are a guess",
)


def _stretched(header: NiftiHeader, sform: NDArray[np.float64]) -> tuple[Finding, ...]:
    """ITK takes the spacing from pixdim and only the directions from the sform: say if they differ."""
    spacing, stated = np.linalg.norm(sform[:3, :3], axis=0), np.array(header.pixdim[1:4], dtype=np.float64)
    if np.allclose(spacing, stated, rtol=0.01, atol=1e-3):
        return ()
    text = (
        f"the spacing {shown(stated.round(3).tolist())} contradicts the sform, which was used; others may not"
    )
    return (Finding("spacing_contradictory", "warning", text),)


def _contradictions(header: NiftiHeader, sform: NDArray[np.float64]) -> tuple[Finding, ...]:
    if header.qform_code <= 0 or not np.isfinite(sform).all() or abs(np.linalg.det(sform[:3, :3])) < 1e-9:
        return ()
    qform = _qform(header)
    if not np.isfinite(qform).all() or abs(np.linalg.det(qform[:3, :3])) < 1e-9:
        return ()
    if axis_code(qform) != axis_code(sform):
        text = f"the file contradicts itself: its sform says {axis_code(sform)}, its qform {axis_code(qform)}"
        return (Finding("orientation_contradictory", "error", text + "; the sform was used"),)
    corner = np.array([*(n - 1 for n in header.shape[:3]), 1.0])
    apart = max(np.abs((sform - qform) @ point).max() for point in (corner, np.array([0.0, 0, 0, 1])))
    if apart > 1.0:
        text = f"sform and qform of the file place it {apart:.1f} mm apart; the sform was used"
        return (Finding("position_contradictory", "warning", text),)
    return ()


def _qform(header: NiftiHeader) -> NDArray[np.float64]:
    """Method 2 of nifti1.h: rotation by the unit quaternion (a, b, c, d), third axis times qfac."""
    b, c, d, *offset = (float(value) for value in header.quaternion)
    a = max(0.0, 1.0 - (b * b + c * c + d * d)) ** 0.5
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    qfac = -1.0 if header.pixdim[0] < 0 else 1.0
    spacing = np.array(header.pixdim[1:4], dtype=np.float64)
    if spacing.min() < 0:
        spacing = np.full(3, np.nan)  # a negative spacing has no meaning here: refused by check_affine
    affine = np.eye(4)
    affine[:3, :3] = rotation * (spacing * (1.0, 1.0, qfac))
    affine[:3, 3] = offset
    return affine


def _undeclared(header: NiftiHeader) -> NDArray[np.float64]:
    """ITK's, and so Slicer's, reading of a file without codes: axes run to left, posterior, superior."""
    return np.diag([-header.pixdim[1], -header.pixdim[2], header.pixdim[3], 1.0]).astype(np.float64)


def _samples(path: Path, source: _Bytes, header: NiftiHeader) -> NDArray[Any]:
    size = int(np.prod(header.shape, dtype=np.int64)) * header.dtype.itemsize
    check_expansion(path, size, source.size_on_disk)
    if not source.packed and size > source.size_on_disk:
        came = f"{source.size_on_disk} bytes for {size} bytes of voxels"
        remedy = "Copy or convert the file again"
        raise BadInput(path, expected="a complete file", came=came + ": cut short", remedy=remedy)
    flat = np.empty(size, dtype=np.uint8)
    source.fill(flat.data)
    source.finish()
    array = flat.view(header.dtype).reshape(header.shape, order="F")
    if not header.dtype.isnative:
        array = array.astype(header.dtype.newbyteorder("="), order="F")
    return _scaled(array, header)


def _scaled(array: NDArray[Any], header: NiftiHeader) -> NDArray[Any]:
    slope, intercept = header.slope, header.intercept
    if slope == 0 or not np.isfinite([slope, intercept]).all() or (slope, intercept) == (1.0, 0.0):
        return array  # nifti1.h: a slope of 0 means that the values stand as they are
    precise = np.float32 if array.dtype.itemsize <= 2 else np.float64
    scaled: NDArray[Any] = array * precise(slope) + precise(intercept)
    return scaled


def _not_nifti(path: Path, came: str) -> BadInput:
    remedy = "Check that the file is what its name says, or convert it again"
    return BadInput(path, expected="a NIfTI-1 file", came=came, remedy=remedy)
