"""Headers of single-file NIfTI-1 and NIfTI-2 (.nii, .nii.gz).

ITK's reader fills what a truncated file lacks with zeros without a word, reads `x.nii` when asked for
`x.nii.gz`, refuses a shear of 0.01 degrees and repairs absurd spacings silently; it does not give the header
extension in which TotalSegmentator stores its names. So the format (348 or 540 bytes of header, one block of
samples) is read here. Sources: nifti1.h and nifti2.h of the NIfTI Data Format Working Group.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import require_regular_file
from CTSpatialVQALib.volumes.byte_stream import ByteStream, DataPlace, Packing, packing_of
from CTSpatialVQALib.volumes.file_facts import FileFacts, Observation

MAX_HEADER_BYTES = 4 * 1024**2
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
_UNITS = {0: "", 1: "metres", 2: "mm", 3: "micrometres"}  # the spatial half of xyzt_units


class _Layout(NamedTuple):
    """Where the fields lie in the header of one version: offset and struct format of each."""

    version: int
    size: int
    magic: tuple[int, bytes]
    dim: tuple[int, str]
    kind: int
    pixdim: tuple[int, str]
    offset: tuple[int, str]
    scale: tuple[int, str]
    units: tuple[int, str]
    codes: tuple[int, str]
    quaternion: tuple[int, str]
    sform: tuple[int, str]


_LAYOUTS = (
    _Layout(
        1,
        348,
        (344, b"n+1\0"),
        (40, "8h"),
        70,
        (76, "8f"),
        (108, "f"),
        (112, "2f"),
        (123, "B"),
        (252, "2h"),
        (256, "6f"),
        (280, "12f"),
    ),
    _Layout(
        2,
        540,
        (4, b"n+2\0\r\n\032\n"),
        (16, "8q"),
        12,
        (104, "8d"),
        (168, "q"),
        (176, "2d"),
        (500, "i"),
        (344, "2i"),
        (352, "6d"),
        (400, "12d"),
    ),
)


class NiftiHeader(NamedTuple):
    """The fields of the header that matter for a volume, in the header's own words."""

    version: int
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
    packing: Packing


def is_nifti(path: Path) -> bool:
    """Whether the name says NIfTI."""
    return path.name.lower().endswith((".nii", ".nii.gz"))


def read_header(path: Path) -> NiftiHeader:
    """The header of `path` and its extensions, without the samples.

    Raises
    ------
    BadInput
        If it is no single-file NIfTI.
    """
    require_regular_file(path, expected="a NIfTI file")
    with path.open("rb") as stream:
        packing = packing_of(stream)
        size = stream.seek(0, 2)
        stream.seek(0)
        return _header(path, ByteStream(path, stream, packing, size))


def nifti_facts(path: Path, header: NiftiHeader) -> FileFacts:
    """What the header states, from the sform or else the qform."""
    place = _placed(path, header)
    return FileFacts(
        file_format=f"NIfTI-{header.version}",
        shape=header.shape,
        dtype=header.dtype,
        affine=place.affine,
        orientation_from=place.taken_from,
        spacing_from=place.taken_from or "pixdim",
        units=_UNITS.get(header.units, f"unit code {header.units}"),
        slope=header.slope,
        intercept=header.intercept,
        rescale_from="scl_slope" if header.slope not in (0.0, 1.0) or header.intercept else None,
        other_affine=place.second_affine,
        other_spacing_mm=header.pixdim[1:4] if place.taken_from == "sform" else None,
        observations=place.observations,
    )


def nifti_samples(path: Path, header: NiftiHeader) -> DataPlace:
    """Where the samples begin."""
    return DataPlace(path, packing=header.packing, unpacked_offset=header.offset)


def _header(path: Path, source: ByteStream) -> NiftiHeader:
    if source.size_on_disk < (32 if source.packing else _LAYOUTS[0].size):
        came = "an empty file" if source.size_on_disk == 0 else f"{source.size_on_disk} bytes"
        raise _not_nifti(path, came)
    if path.name.lower().endswith(".gz") != bool(source.packing):
        came = "gzip data" if source.packing else "data that is not gzip"
        raise _not_nifti(path, came)
    start = bytes(source.take(4))
    order = next(
        (
            (byte_order, layout)
            for byte_order in "<>"
            for layout in _LAYOUTS
            if struct.unpack(byte_order + "i", start)[0] == layout.size
        ),
        None,
    )
    if order is None:
        raise _not_nifti(path, "something else")
    byte_order, layout = order
    raw = start + bytes(source.take(layout.size - 4))
    at, magic = layout.magic
    if raw[at : at + len(magic)] != magic:
        pair = raw[at : at + 4] in (b"ni1\0", b"ni2\0")
        came = "a header whose samples lie in another file (.hdr, .img)" if pair else "something else"
        raise _not_nifti(path, came)
    return _parsed(path, raw, byte_order, layout, source)


def _parsed(path: Path, raw: bytes, order: str, layout: _Layout, source: ByteStream) -> NiftiHeader:
    def fields(place: tuple[int, str]) -> tuple[Any, ...]:
        return struct.unpack_from(order + place[1], raw, place[0])

    kind = fields((layout.kind, "h"))[0]
    if kind not in _KINDS:
        came = _REFUSED_KINDS.get(kind, f"NIfTI data type {kind}")
        remedy = "Give the CT or label volume itself"
        raise BadInput(path, expected="one number per voxel", came=came, remedy=remedy)
    start = fields(layout.offset)[0]
    if not layout.size <= start <= MAX_HEADER_BYTES:
        raise _not_nifti(path, f"a header whose data start at byte {start:.6g}")
    dims = fields(layout.dim)
    shape = dims[1 : 1 + dims[0]] if 1 <= dims[0] <= 7 else ()
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    slope, intercept = fields(layout.scale)
    qform_code, sform_code = fields(layout.codes)
    return NiftiHeader(
        version=layout.version,
        shape=shape,
        dtype=np.dtype(order + _KINDS[kind]),
        pixdim=fields(layout.pixdim),
        offset=int(start),
        slope=slope,
        intercept=intercept,
        units=fields(layout.units)[0] & 0x07,
        qform_code=qform_code,
        sform_code=sform_code,
        quaternion=fields(layout.quaternion),
        sform=fields(layout.sform),
        extensions=order.encode() + bytes(source.take(int(start) - layout.size)),
        packing=source.packing,
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


class _Placed(NamedTuple):
    """The affine that is used, the field it comes from, and a second one where the file has two."""

    affine: NDArray[np.float64]
    taken_from: str | None
    second_affine: NDArray[np.float64] | None = None
    observations: tuple[Observation, ...] = ()


def _placed(path: Path, header: NiftiHeader) -> _Placed:
    sform = np.vstack([np.array(header.sform, dtype=np.float64).reshape(3, 4), (0, 0, 0, 1)])
    qform = _qform(header) if header.qform_code > 0 else None
    if header.sform_code > 0:
        if _sound(sform):
            return _Placed(sform, "sform", qform)
        if qform is None or not _sound(qform):
            came = "an sform that is zero, not finite or flat, and no sound qform beside it"
            remedy = "Correct the header, or convert the original images again"
            raise BadInput(path, expected="an sform with three directions", came=came, remedy=remedy)
        text = "the sform is zero, not finite or flat; the qform was used, other programs may not"
        return _Placed(qform, "qform", None, (Observation("sform_unusable", text),))
    if qform is not None:
        return _Placed(qform, "qform")
    # ITK's, and so Slicer's, reading of a file without codes: axes run to left, posterior, superior
    undeclared = np.diag([-header.pixdim[1], -header.pixdim[2], header.pixdim[3], 1.0])
    return _Placed(undeclared.astype(np.float64), None)


def _sound(affine: NDArray[np.float64]) -> bool:
    """Whether the three axes are finite and span a volume, however small."""
    if not np.isfinite(affine).all():
        return False
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    return bool(spacing.min() > 0 and abs(np.linalg.det(affine[:3, :3] / spacing)) > 1e-6)


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
        spacing = np.full(3, np.nan)  # a negative spacing has no meaning here: refused by the gate
    affine = np.eye(4)
    affine[:3, :3] = rotation * (spacing * (1.0, 1.0, qfac))
    affine[:3, 3] = offset
    return affine


def _not_nifti(path: Path, came: str) -> BadInput:
    remedy = "Check that the file is what its name says, or save it again as .nii.gz (Slicer, dcm2niix)"
    return BadInput(path, expected="a NIfTI file", came=came, remedy=remedy)
