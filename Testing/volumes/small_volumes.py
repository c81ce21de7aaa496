"""Small volumes for the tests, and writers of files that are independent of the code that reads them."""

from __future__ import annotations

import gzip
import itertools
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.structures import label_names, structures
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

NIFTI_KINDS = {
    "u1": 2,
    "i2": 4,
    "i4": 8,
    "f4": 16,
    "f8": 64,
    "i1": 256,
    "u2": 512,
    "u4": 768,
    "i8": 1024,
    "u8": 1280,
}
AXIS_CODES = tuple(
    "".join(letters)
    for order in itertools.permutations(("RL", "AP", "SI"))
    for letters in itertools.product(*order)
)


class Stored(NamedTuple):
    """Samples in some storage order and their affine (index -> RAS mm)."""

    array: NDArray[Any]
    affine: NDArray[np.float64]


def oblique_affine(
    spacing: tuple[float, float, float], degrees: tuple[float, float, float]
) -> NDArray[np.float64]:
    """Axes near R, A, S, turned about each of them in turn."""
    rotation = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(degrees)):
        one, two = (other for other in range(3) if other != axis)
        turn = np.eye(3)
        turn[one, one] = turn[two, two] = np.cos(angle)
        turn[one, two], turn[two, one] = -np.sin(angle), np.sin(angle)
        rotation = rotation @ turn
    affine = np.eye(4)
    affine[:3, :3] = rotation * spacing
    affine[:3, 3] = (-31.5, 12.25, -140.0)
    return affine


def stored_as(code: str, array: NDArray[Any], affine: NDArray[np.float64]) -> Stored:
    """The same patient with the storage axes running to `code`; built voxel by voxel of the index map.

    `array` runs to R, A, S. For 'LIP' the first stored axis runs to the left, and so on.
    """
    patient_axis = ["RAS".find(letter) if letter in "RAS" else "LPI".find(letter) for letter in code]
    moved = np.transpose(array, patient_axis)
    matrix = np.zeros((4, 4))
    matrix[3, 3] = 1.0
    for stored_axis, (letter, axis) in enumerate(zip(code, patient_axis, strict=True)):
        if letter in "LPI":
            moved = np.flip(moved, stored_axis)
            matrix[axis, stored_axis] = -1.0
            matrix[axis, 3] = array.shape[axis] - 1
        else:
            matrix[axis, stored_axis] = 1.0
    return Stored(moved, affine @ matrix)


def speckled(shape: tuple[int, int, int] = (9, 7, 5), seed: int = 3) -> NDArray[np.int16]:
    """No two orders of these values look alike."""
    return np.random.default_rng(seed).integers(-1000, 1500, shape).astype(np.int16)


def nifti_bytes(
    array: NDArray[Any],
    affine: NDArray[np.float64],
    *,
    extension: bytes = b"",
    order: str = "<",
    fields: Mapping[int, bytes] | None = None,
) -> bytes:
    """A NIfTI-1 file written by hand; `fields` overwrite bytes of the header, by offset."""
    ecode = struct.pack(order + "2i", 8 + len(extension), 0) + extension if extension else b""
    start = 352 + len(ecode)
    header = bytearray(348)
    struct.pack_into(order + "i", header, 0, 348)
    struct.pack_into(order + "8h", header, 40, array.ndim, *array.shape, *(1,) * (7 - array.ndim))
    kind = NIFTI_KINDS[array.dtype.str[1:]]
    struct.pack_into(order + "2h", header, 70, kind, array.dtype.itemsize * 8)
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    struct.pack_into(order + "8f", header, 76, 1, *spacing, 1, 1, 1, 1)
    struct.pack_into(order + "3f", header, 108, start, 0, 0)
    header[123] = 2
    struct.pack_into(order + "2h", header, 252, 0, 1)
    struct.pack_into(order + "12f", header, 280, *affine[:3].ravel())
    header[344:348] = b"n+1\0"
    for offset, value in (fields or {}).items():
        header[offset : offset + len(value)] = value
    flag = b"\1\0\0\0" if extension else b"\0\0\0\0"
    samples = array.astype(array.dtype.newbyteorder(order)).tobytes(order="F")
    return bytes(header) + flag + ecode + samples


def write_nifti(path: Path, array: NDArray[Any], affine: NDArray[np.float64], **more: Any) -> Path:
    """Write a NIfTI-1 file, packed if its name ends in .gz."""
    data = nifti_bytes(array, affine, **more)
    path.write_bytes(gzip.compress(data, 1) if path.name.endswith(".gz") else data)
    return path


def caret_table(names: Mapping[int, str]) -> bytes:
    """The label table as TotalSegmentator writes it."""
    rows = "".join(f'<Label Key="{key}" Red="1"><![CDATA[{name}]]></Label>' for key, name in names.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?> <CaretExtension><VolumeInformation Index="0"><LabelTable>'
        f"{rows}</LabelTable></VolumeInformation></CaretExtension>"
    ).encode()


class Ball(NamedTuple):
    """A structure of a test body: centre in RAS mm and radius in mm."""

    r: float
    a: float
    s: float
    radius: float


# a crude adult: what matters is which organ lies to which side of which
BODY: Mapping[str, Ball] = {
    "spinal_cord": Ball(0, -60, 0, 8),
    **{f"vertebrae_T{n}": Ball(0, -45, 130 - 24 * n, 10) for n in range(2, 11)},
    "sternum": Ball(0, 70, 40, 12),
    "liver": Ball(45, 10, -80, 42),
    "spleen": Ball(-70, -20, -75, 22),
    "stomach": Ball(-45, 20, -85, 24),
    "gallbladder": Ball(35, 40, -125, 10),
    "heart": Ball(-18, 25, 10, 36),
    "kidney_right": Ball(50, -40, -130, 18),
    "kidney_left": Ball(-50, -40, -128, 18),
    "lung_upper_lobe_right": Ball(65, 0, 70, 34),
    "lung_lower_lobe_right": Ball(65, -10, 0, 30),
    "lung_upper_lobe_left": Ball(-65, 0, 70, 34),
    "lung_lower_lobe_left": Ball(-70, -25, 0, 26),
    "clavicula_right": Ball(60, 50, 125, 8),
    "clavicula_left": Ball(-60, 50, 125, 8),
}
BODY_HU = {"lung": -800, "vertebrae": 250, "sternum": 200, "clavicula": 300}


class Body(NamedTuple):
    """A test body: HU and labels on one grid."""

    hu: NDArray[np.int16]
    labels: NDArray[np.uint8]
    names: Mapping[int, str]
    grid: Grid

    @property
    def mask(self) -> AnatomyMask:
        return AnatomyMask(self.labels, self.grid, self.names)


def body(spacing_mm: float = 4.0) -> Body:
    """Organs as balls in an oval of soft tissue, air around it, noise of 12 HU."""
    half = np.array([120.0, 100.0, 160.0])
    shape = tuple(int(n) for n in 2 * half / spacing_mm + 1)
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = -half
    grid = Grid.of(shape, affine)  # type: ignore[arg-type]
    r, a, s = np.moveaxis(grid.to_ras(np.moveaxis(np.indices(shape), 0, -1)), -1, 0)
    hu = np.where((r / 112) ** 2 + (a / 92) ** 2 < 1, 40, -1000).astype(np.float64)
    labels = np.zeros(shape, dtype=np.uint8, order="F")
    order = {name: number for number, name in enumerate(structures(), start=1)}
    for name, ball in BODY.items():
        inside = (r - ball.r) ** 2 + (a - ball.a) ** 2 + (s - ball.s) ** 2 < ball.radius**2
        labels[inside] = order[name]
        hu[inside] = next((value for key, value in BODY_HU.items() if name.startswith(key)), 55)
    hu += np.random.default_rng(1).normal(0, 12, shape)
    return Body(np.rint(hu).astype(np.int16), labels, {order[name]: name for name in BODY}, grid)


def block_mask(
    blocks: Mapping[str, tuple[slice, slice, slice]], shape: tuple[int, int, int] = (24, 20, 16)
) -> AnatomyMask:
    """Boxes of voxels of 1 x 2 x 3 mm with the world origin at index 0."""
    labels = np.zeros(shape, dtype=np.uint8, order="F")
    for number, box in enumerate(blocks.values(), start=1):
        labels[box] = number
    grid = Grid.of(shape, np.diag([1.0, 2.0, 3.0, 1.0]))
    return AnatomyMask(labels, grid, dict(enumerate(blocks, start=1)))


# Boxes of 4 mm voxels with known places: label of TotalSegmentator's `total` v2 -> first and last index
BOX_SHAPE = (60, 40, 60)
BOXES: Mapping[int, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    1: ((10, 10, 20), (18, 18, 28)),  # spleen, left
    5: ((34, 14, 20), (50, 30, 32)),  # liver, right
    2: ((38, 8, 8), (43, 13, 16)),  # kidney_right
    3: ((16, 8, 11), (21, 13, 19)),  # kidney_left, higher
    51: ((24, 18, 33), (34, 28, 44)),  # heart
    26: ((28, 2, 2), (32, 6, 6)),  # vertebrae_S1
    29: ((28, 2, 10), (32, 6, 14)),  # vertebrae_L3
    32: ((28, 2, 26), (32, 6, 30)),  # vertebrae_T12
}


def box_labels() -> NDArray[np.uint8]:
    """The boxes as an (R, A, S) label array."""
    labels = np.zeros(BOX_SHAPE, np.uint8, order="F")
    for label, (first, last) in BOXES.items():
        labels[tuple(slice(low, high + 1) for low, high in zip(first, last, strict=True))] = label
    return labels


def box_mask() -> AnatomyMask:
    """The boxes as a mask, 4 mm, world origin at index 0."""
    known = label_names("total_v2")
    grid = Grid.of(BOX_SHAPE, np.diag([4.0, 4.0, 4.0, 1.0]))
    return AnatomyMask(box_labels(), grid, {label: known[label] for label in BOXES})
