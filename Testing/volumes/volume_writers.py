"""Writers of NIfTI-2, NRRD and MetaImage by hand, so that a test knows every byte."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from Testing.volumes.small_volumes import NIFTI_KINDS

_NRRD_TYPES = {
    "i1": "int8",
    "u1": "uchar",
    "i2": "short",
    "u2": "ushort",
    "i4": "int",
    "f4": "float",
    "f8": "double",
}
_META_TYPES = {
    "i1": "MET_CHAR",
    "u1": "MET_UCHAR",
    "i2": "MET_SHORT",
    "u2": "MET_USHORT",
    "i4": "MET_INT",
    "f4": "MET_FLOAT",
    "f8": "MET_DOUBLE",
}
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def nifti2_bytes(
    array: NDArray[Any],
    affine: NDArray[np.float64],
    *,
    order: str = "<",
    slope: float = 0.0,
    intercept: float = 0.0,
) -> bytes:
    """A NIfTI-2 file, by the offsets of nifti2.h."""
    header = bytearray(540)
    struct.pack_into(order + "i", header, 0, 540)
    header[4:12] = b"n+2\0\r\n\x1a\n"
    struct.pack_into(order + "2h", header, 12, NIFTI_KINDS[array.dtype.str[1:]], array.dtype.itemsize * 8)
    struct.pack_into(order + "8q", header, 16, array.ndim, *array.shape, *(1,) * (7 - array.ndim))
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    struct.pack_into(order + "8d", header, 104, 1, *spacing, 1, 1, 1, 1)
    struct.pack_into(order + "q", header, 168, 544)
    struct.pack_into(order + "2d", header, 176, slope, intercept)
    struct.pack_into(order + "2i", header, 344, 0, 1)
    struct.pack_into(order + "12d", header, 400, *affine[:3].ravel())
    struct.pack_into(order + "i", header, 500, 2)
    return bytes(header) + b"\0" * 4 + array.astype(array.dtype.newbyteorder(order)).tobytes(order="F")


def write_nrrd(
    path: Path,
    array: NDArray[Any],
    affine: NDArray[np.float64],
    *,
    order: str = "<",
    space: str = "left-posterior-superior",
    packed: bool = True,
    more: str = "",
) -> Path:
    """An NRRD in a space of the user's choice."""
    signs = {"left-posterior-superior": (-1, -1, 1), "RAS": (1, 1, 1), "LAS": (-1, 1, 1)}[space]
    inside = np.diag([*signs, 1.0]) @ affine
    directions = " ".join("({})".format(",".join(f"{v:.17g}" for v in inside[:3, axis])) for axis in range(3))
    origin = ",".join(f"{v:.17g}" for v in inside[:3, 3])
    sizes = " ".join(map(str, array.shape))
    header = (
        f"NRRD0004\n# made by a test\ntype: {_NRRD_TYPES[array.dtype.str[1:]]}\ndimension: 3\n"
        f"space: {space}\n"
        f"sizes: {sizes}\nspace directions: {directions}\nkinds: domain domain domain\n"
        f"endian: {'little' if order == '<' else 'big'}\nencoding: {'gzip' if packed else 'raw'}\n"
        f"space origin: ({origin})\n{more}\n"
    )
    data = array.astype(array.dtype.newbyteorder(order)).tobytes(order="F")
    path.write_bytes(header.encode() + (gzip.compress(data, 1) if packed else data))
    return path


def write_meta(
    path: Path, array: NDArray[Any], affine: NDArray[np.float64], *, order: str = "<", packed: bool = True
) -> Path:
    """An .mha, or an .mhd with its samples beside it."""
    inside = LPS @ affine
    spacing = np.linalg.norm(inside[:3, :3], axis=0)
    directions = (inside[:3, :3] / spacing).T.ravel()  # axis by axis
    data = array.astype(array.dtype.newbyteorder(order)).tobytes(order="F")
    data = zlib.compress(data, 1) if packed else data
    local = path.suffix == ".mha"
    header = "".join(
        f"{key} = {value}\n"
        for key, value in (
            ("ObjectType", "Image"),
            ("NDims", 3),
            ("BinaryData", "True"),
            ("BinaryDataByteOrderMSB", order == ">"),
            ("CompressedData", packed),
            *([("CompressedDataSize", len(data))] if packed else []),
            ("TransformMatrix", " ".join(f"{v:.17g}" for v in directions)),
            ("Offset", " ".join(f"{v:.17g}" for v in inside[:3, 3])),
            ("ElementSpacing", " ".join(f"{v:.17g}" for v in spacing)),
            ("DimSize", " ".join(map(str, array.shape))),
            ("ElementType", _META_TYPES[array.dtype.str[1:]]),
            ("ElementDataFile", "LOCAL" if local else f"{path.stem}.raw"),
        )
    ).encode()
    if local:
        path.write_bytes(header + data)
    else:
        path.write_bytes(header)
        path.with_suffix(".raw").write_bytes(data)
    return path
