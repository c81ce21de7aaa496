"""Headers of MetaImage files (.mha, and .mhd with its samples beside it).

Source: the reference of MetaIO (itk.org/Wiki/MetaIO/Documentation). Read here and not by ITK, because ITK
takes a file without a matrix as lying along LPS, and any `DistanceUnits` as millimetres, both without a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.files import kind_of_file, require_regular_file
from CTSpatialVQALib.volumes.byte_stream import GZIP_MAGIC, DataPlace
from CTSpatialVQALib.volumes.file_facts import FileFacts, Observation

MAX_HEADER_BYTES = 4 << 20
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",  # four bytes in MetaIO, whatever the machine
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
_LINE = re.compile(rb"^[ \t]*(\w+)[ \t]*[=:][ \t]*([^\r\n]*)\r?\n?")  # `Key = Value`
_MATRIX_KEYS = ("TransformMatrix", "Rotation", "Orientation")
_OFFSET_KEYS = ("Offset", "Position", "Origin")


class MetaHeader(NamedTuple):
    """The fields of a MetaImage, and where its data begin."""

    fields: Mapping[str, str]
    data_start: int


def read_meta_header(path: Path) -> MetaHeader:
    """All fields up to `ElementDataFile`, which is the last.

    Raises
    ------
    BadInput
        If it is no MetaImage.
    """
    require_regular_file(path, expected="a MetaImage file")
    with path.open("rb") as stream:
        head = stream.read(MAX_HEADER_BYTES)
    fields: dict[str, str] = {}
    at = 0
    while match := _LINE.match(head[at : at + (1 << 16)]):
        key = match[1].decode("ascii", "replace")
        fields[key] = match[2].decode("utf-8", "replace").strip()
        at += match.end()
        if key == "ElementDataFile":
            return MetaHeader(fields, at)
    came = (
        "a header that does not say so in its first 4 MiB, or in another form" if fields else "something else"
    )
    raise _refuse(path, "a MetaImage header that ends with ElementDataFile", came)


def meta_facts(path: Path, header: MetaHeader) -> FileFacts:
    """What the header states; without a matrix the axes are taken to run in LPS, as ITK does."""
    fields = header.fields
    shape = _whole_numbers(path, "DimSize", fields.get("DimSize", ""))
    if len(shape) != _whole(path, "NDims", fields.get("NDims", "0")):
        raise _refuse(path, "a DimSize for each of NDims", shown(fields.get("DimSize", ""), 40))
    spacing_key = next((key for key in ("ElementSpacing", "ElementSize") if key in fields), None)
    matrix_key = next((key for key in _MATRIX_KEYS if key in fields), None)
    return FileFacts(
        file_format="MetaImage",
        shape=shape,
        dtype=_dtype(path, fields),
        affine=_affine(path, fields, spacing_key, matrix_key) if len(shape) == 3 else np.eye(4),
        orientation_from=matrix_key,
        spacing_from=spacing_key,
        units=fields.get("DistanceUnits", "").replace("?", ""),
        channels=_whole(path, "ElementNumberOfChannels", fields.get("ElementNumberOfChannels", "1")),
        observations=tuple(_observations(path, fields)),
    )


def meta_samples(path: Path, header: MetaHeader) -> DataPlace:
    """Where the samples begin: after the header, or in one file beside it.

    A header that points anywhere else is refused: a case folder from outside must not make us read other
    files of this computer as if they were images.
    """
    fields = header.fields
    if fields.get("BinaryData", "True").lower() not in ("true", "1", "t"):
        raise _refuse(path, "binary samples", "samples written as text")
    source, start = _data_file(path, header)
    skip = _whole(path, "HeaderSize", fields.get("HeaderSize", "0"))
    if fields.get("CompressedData", "False").lower() in ("true", "1", "t"):
        with source.open("rb") as stream:
            stream.seek(start)
            packing = "gzip" if stream.read(2) == GZIP_MAGIC else "zlib"
        return DataPlace(source, start, "gzip" if packing == "gzip" else "zlib")
    if skip == -1:
        facts = meta_facts(path, header)
        size = int(np.prod(facts.shape, dtype=np.int64)) * facts.dtype.itemsize * facts.channels
        return DataPlace(source, max(start, source.stat().st_size - size))
    return DataPlace(source, start + max(0, skip))


def _data_file(path: Path, header: MetaHeader) -> tuple[Path, int]:
    name = header.fields["ElementDataFile"]
    if name.upper() == "LOCAL":
        return path, header.data_start
    beside = path.parent / name
    if Path(name).name != name or kind_of_file(beside) != "a file":
        raise _refuse(path, "samples in a file beside the header", f"ElementDataFile {shown(name)}")
    return beside, 0


def _affine(
    path: Path, fields: Mapping[str, str], spacing_key: str | None, matrix_key: str | None
) -> NDArray[np.float64]:
    affine = np.eye(4)
    spacing = _numbers(path, spacing_key, fields[spacing_key], 3) if spacing_key else np.ones(3)
    if matrix_key:
        # MetaIO lists the direction of each axis in turn; as columns they turn an index into a point
        affine[:3, :3] = _numbers(path, matrix_key, fields[matrix_key], 9).reshape(3, 3).T
    affine[:3, :3] *= spacing
    offset_key = next((key for key in _OFFSET_KEYS if key in fields), None)
    if offset_key:
        affine[:3, 3] = _numbers(path, offset_key, fields[offset_key], 3)
    return np.asarray(LPS_TO_RAS @ affine)


def _observations(path: Path, fields: Mapping[str, str]) -> list[Observation]:
    observations = []
    if not any(key in fields for key in _OFFSET_KEYS):
        text = "the file does not say where its first voxel lies; the origin is taken as 0"
        observations.append(Observation("position_not_stated", text))
    slope = fields.get("ElementToIntensityFunctionSlope", "1")
    intercept = fields.get("ElementToIntensityFunctionOffset", "0")
    numbers = [float(_numbers(path, "ElementToIntensityFunction", text, 1)[0]) for text in (slope, intercept)]
    if numbers != [1.0, 0.0]:
        text = (
            "the header states an intensity function, which ITK and Slicer ignore; the values stand as stored"
        )
        observations.append(Observation("rescale_not_applied", text))
    return observations


def _dtype(path: Path, fields: Mapping[str, str]) -> np.dtype[Any]:
    code = _TYPES.get(fields.get("ElementType", ""))
    if code is None:
        came = f"ElementType {shown(fields.get('ElementType', ''), 30)}"
        raise _refuse(path, "an ElementType of whole or floating-point numbers", came)
    big = next(
        (fields[key] for key in ("BinaryDataByteOrderMSB", "ElementByteOrderMSB") if key in fields), "False"
    )
    return np.dtype((">" if big.lower() in ("true", "1", "t") else "<") + code)


def _numbers(path: Path, key: str, text: str, count: int) -> NDArray[np.float64]:
    try:
        values = np.array([float(part) for part in text.split()])
    except ValueError as error:
        raise _refuse(path, f"numbers as {key}", shown(text, 60)) from error
    if len(values) != count:
        raise _refuse(path, f"{count} numbers as {key}", shown(text, 60))
    return values


def _whole_numbers(path: Path, key: str, text: str) -> tuple[int, ...]:
    return tuple(_whole(path, key, part) for part in text.split())


def _whole(path: Path, key: str, text: str) -> int:
    if not re.fullmatch(r"-?\d{1,12}", text.strip(), re.ASCII):
        raise _refuse(path, f"a whole number as {key}", shown(text, 30))
    return int(text)


def _refuse(path: Path, expected: str, came: str) -> BadInput:
    remedy = "Save it as one file (.nrrd, .mha or .nii.gz)"
    return BadInput(path, expected=expected, came=came, remedy=remedy)
