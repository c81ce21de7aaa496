"""Headers of NRRD files with their samples inside (.nrrd, .seg.nrrd).

Source: the format's definition, teem.sourceforge.net/nrrd/format.html. Read here and not by ITK, because ITK
takes a file without `space` as LPS and a `space units` of centimetres as millimetres, both without a word.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.files import require_regular_file
from CTSpatialVQALib.volumes.byte_stream import DataPlace
from CTSpatialVQALib.volumes.file_facts import FileFacts, Observation

MAX_HEADER_BYTES = 4 << 20
_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": (
        "longlong",
        "long long",
        "long long int",
        "signed long long",
        "signed long long int",
        "int64",
        "int64_t",
    ),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_DTYPE_OF = {name: dtype for dtype, names in _TYPES.items() for name in names}
# to RAS: the signs of the axes of each space that says where left is
_SPACES = {
    "right-anterior-superior": (1, 1, 1),
    "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "las": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1),
    "lps": (-1, -1, 1),
}
_LPS = (-1, -1, 1)
_FIELD = re.compile(r"^([^:#][^:]*): ?(.*)$")  # `key: value`; `key:=value` is a free pair
_PAIR = re.compile(r"^([^#]*?):=(.*)$")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')  # "mm" "mm" "mm", a backslash escapes
_VECTOR = re.compile(r"none|\(([^)]*)\)")  # (1,0,0), or none for an axis that is not in space
_ALIASES = {"datafile": "data file", "lineskip": "line skip", "byteskip": "byte skip"}


class NrrdHeader(NamedTuple):
    """The fields, the free key/value pairs, and where the data begin in the file."""

    fields: Mapping[str, str]
    tags: tuple[tuple[str, str], ...]
    data_start: int


class _Axes(NamedTuple):
    """Which of the stored axes are the three of space, and which is the list of layers."""

    spatial: tuple[int, ...]
    layer: int | None


def read_nrrd_header(path: Path) -> NrrdHeader:
    """The header of `path`.

    Raises
    ------
    BadInput
        If it is no NRRD, its header does not end within 4 MiB, or the samples lie in another file.
    """
    require_regular_file(path, expected="an NRRD file")
    with path.open("rb") as stream:
        head = stream.read(MAX_HEADER_BYTES)
    if not head.startswith(b"NRRD000"):
        raise _refuse(path, "an NRRD file", "something else" if head else "an empty file")
    end = next((at + len(gap) for gap in (b"\n\n", b"\r\n\r\n") if (at := head.find(gap)) >= 0), None)
    if end is None:
        raise _refuse(path, "an NRRD header with its samples after an empty line", "a header without an end")
    fields: dict[str, str] = {}
    tags: list[tuple[str, str]] = []
    for line in head[:end].decode("utf-8", "replace").splitlines()[1:]:
        if pair := _PAIR.match(line):
            tags.append((pair[1], pair[2]))
        elif entry := _FIELD.match(line):
            key = entry[1].strip().lower()
            fields[_ALIASES.get(key, key)] = entry[2].strip()
    if "data file" in fields:
        raise _refuse(path, "samples in the same file", "a header whose samples lie in another file")
    return NrrdHeader(fields, tuple(tags), end)


def nrrd_facts(path: Path, header: NrrdHeader) -> FileFacts:
    """What the header states; without a `space` the axes are taken to run in LPS, as ITK does."""
    fields = header.fields
    sizes = _sizes(path, fields)
    axes = _axes(path, fields, sizes)
    signs = _SPACES.get(fields.get("space", "").lower())
    place = _place(path, fields, axes, signs or _LPS)
    observations: tuple[Observation, ...] = ()
    if "space origin" not in fields:
        text = "the file does not say where its first voxel lies; the origin is taken as 0"
        observations = (Observation("position_not_stated", text),)
    return FileFacts(
        file_format="NRRD",
        shape=tuple(sizes[axis] for axis in axes.spatial),
        dtype=_dtype(path, fields),
        affine=place.affine,
        orientation_from="space" if signs and place.directed else None,
        spacing_from=place.spacing_from,
        units=_units(fields, axes),
        channels=1 if axes.layer is None else sizes[axes.layer],
        other_spacing_mm=place.other_spacing,
        observations=observations,
    )


def nrrd_samples(path: Path, header: NrrdHeader) -> DataPlace:
    """Where the samples begin, packed or not."""
    fields = header.fields
    encoding = fields.get("encoding", "raw").lower()
    if encoding not in ("raw", "gzip", "gz"):
        raise _refuse(path, "raw or gzip samples", f"the encoding {shown(encoding, 20)}")
    start = header.data_start + _bytes_of_lines(path, header)
    skip = _whole(path, "byte skip", fields.get("byte skip", "0"))
    if encoding != "raw":
        return DataPlace(path, start, "gzip", max(0, skip))
    if skip == -1:
        size = math.prod(_sizes(path, fields)) * _dtype(path, fields).itemsize
        start, skip = max(start, path.stat().st_size - size), 0
    return DataPlace(path, start + max(0, skip))


def layer_axis(path: Path, header: NrrdHeader) -> int | None:
    """The stored axis along which several numbers per voxel lie, the fastest being 0; None for one number."""
    return _axes(path, header.fields, _sizes(path, header.fields)).layer


class _Place(NamedTuple):
    affine: NDArray[np.float64]
    directed: bool
    spacing_from: str | None
    other_spacing: tuple[float, ...] | None


def _place(path: Path, fields: Mapping[str, str], axes: _Axes, signs: tuple[int, int, int]) -> _Place:
    spacings = _spacings(path, fields, axes)
    affine = np.eye(4)
    if len(axes.spatial) != 3:  # refused by its shape
        return _Place(affine, False, None, None)
    if "space directions" in fields:
        vectors = _vectors(path, "space directions", fields["space directions"])
        columns = [vectors[axis] for axis in axes.spatial if axis < len(vectors)]
        if len(columns) != 3 or any(vector is None or len(vector) != 3 for vector in columns):
            raise _refuse(
                path, "a direction of three numbers for each axis", shown(fields["space directions"], 80)
            )
        affine[:3, :3] = np.array(columns).T
    elif spacings is not None:
        affine[:3, :3] = np.diag(spacings)
    if "space origin" in fields:
        (origin,) = _vectors(path, "space origin", fields["space origin"])[:1] or [None]
        if origin is None or len(origin) != 3:
            raise _refuse(path, "a space origin of three numbers", shown(fields["space origin"], 60))
        affine[:3, 3] = origin
    affine[:3] *= np.array(signs)[:, np.newaxis]
    directed = "space directions" in fields
    return _Place(
        affine,
        directed,
        "space directions" if directed else "spacings" if spacings is not None else None,
        spacings if directed else None,
    )


def _spacings(path: Path, fields: Mapping[str, str], axes: _Axes) -> tuple[float, ...] | None:
    if "spacings" not in fields:
        return None
    values = _numbers(path, "spacings", fields["spacings"])
    chosen = tuple(values[axis] for axis in axes.spatial if axis < len(values))
    return chosen if len(chosen) == len(axes.spatial) and all(map(math.isfinite, chosen)) else None


def _axes(path: Path, fields: Mapping[str, str], sizes: tuple[int, ...]) -> _Axes:
    """Axes without a direction, or of a kind that is not space, are no axes of the volume."""
    every = tuple(range(len(sizes)))
    directions = _vectors(path, "space directions", fields.get("space directions", ""))
    if len(directions) == len(sizes):
        spatial = tuple(axis for axis in every if directions[axis] is not None)
    else:
        kinds = fields.get("kinds", "").lower().split()
        spatial = tuple(
            a for a in every if len(kinds) != len(sizes) or kinds[a] in ("domain", "space", "???")
        )
    not_spatial = [axis for axis in every if axis not in spatial]
    if len(not_spatial) > 1:
        return _Axes(every, None)  # refused by its shape
    return _Axes(spatial, not_spatial[0] if not_spatial else None)


def _sizes(path: Path, fields: Mapping[str, str]) -> tuple[int, ...]:
    sizes = tuple(_whole(path, "sizes", part) for part in fields.get("sizes", "").split())
    if not sizes or len(sizes) != _whole(path, "dimension", fields.get("dimension", "0")) or min(sizes) < 1:
        came = f"sizes {shown(fields.get('sizes', ''), 40)}"
        raise _refuse(path, "a size for each dimension", came)
    return sizes


def _dtype(path: Path, fields: Mapping[str, str]) -> np.dtype[Any]:
    code = _DTYPE_OF.get(fields.get("type", "").lower())
    if code is None:
        raise _refuse(
            path, "a type of whole or floating-point numbers", f"type {shown(fields.get('type', ''), 30)}"
        )
    order = {"little": "<", "big": ">"}.get(fields.get("endian", "").lower())
    if order is None and code[1] != "1":
        raise _refuse(path, "an endian of little or big", shown(fields.get("endian", "nothing"), 20))
    return np.dtype((order or "<") + code)


def _units(fields: Mapping[str, str], axes: _Axes) -> str:
    """The first unit that is not millimetres, or else the unit."""
    space = [text.strip() for text in _QUOTED.findall(fields.get("space units", ""))]
    by_axis = [text.strip() for text in _QUOTED.findall(fields.get("units", ""))]
    stated = space or [by_axis[axis] for axis in axes.spatial if axis < len(by_axis)]
    not_mm = [unit for unit in stated if unit.lower() not in ("", "mm")]
    return not_mm[0] if not_mm else next(iter(filter(None, stated)), "")


def _bytes_of_lines(path: Path, header: NrrdHeader) -> int:
    """Bytes of the lines that `line skip` passes over."""
    lines = _whole(path, "line skip", header.fields.get("line skip", "0"))
    if lines <= 0:
        return 0
    with path.open("rb") as stream:
        stream.seek(header.data_start)
        block = stream.read(MAX_HEADER_BYTES)
    at = 0
    for _ in range(min(lines, len(block))):
        at = block.find(b"\n", at) + 1
        if at == 0:
            raise _refuse(path, "as many lines as line skip passes over", "a file that ends before")
    return at


def _vectors(path: Path, key: str, text: str) -> list[tuple[float, ...] | None]:
    return [_vector(path, key, match) for match in _VECTOR.finditer(text)]


def _vector(path: Path, key: str, match: re.Match[str]) -> tuple[float, ...] | None:
    return None if match[0] == "none" else tuple(_numbers(path, key, match[1].replace(",", " ")))


def _numbers(path: Path, key: str, text: str) -> list[float]:
    return list(_parsed_numbers(path, key, text))


def _parsed_numbers(path: Path, key: str, text: str) -> Iterator[float]:
    for part in text.split():
        try:
            yield float(part)
        except ValueError as error:
            raise _refuse(path, f"numbers as {key}", shown(text, 60)) from error


def _whole(path: Path, key: str, text: str) -> int:
    if not re.fullmatch(r"-?\d{1,12}", text.strip(), re.ASCII):
        raise _refuse(path, f"a whole number as {key}", shown(text, 30))
    return int(text)


def _refuse(path: Path, expected: str, came: str) -> BadInput:
    remedy = "Save it again as one file, raw or gzip (Slicer writes such .nrrd), or convert it to .nii.gz"
    return BadInput(path, expected=expected, came=came, remedy=remedy)
