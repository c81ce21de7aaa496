"""Believable sampled boxes, and the turn that brings their axes to right, anterior, superior.

Everything that decides orientation from an affine stands here, free of any file format.
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown

MAX_PER_AXIS = 4096
MAX_BYTES = 4 * 1024**3
MAX_SPACING_MM = 100.0
MAX_SHEAR_DEG = 0.1
MAX_DISTANCE_MM = 1e5  # 100 m: no scanner's coordinates are further from its isocentre


class Turn(NamedTuple):
    """Which stored axis runs to R, A and S, and whether it runs the other way."""

    axes: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]


class Turned(NamedTuple):
    """An array and where it lies after a turn."""

    array: NDArray[Any]
    affine: NDArray[np.float64]


def check_shape(where: Path, shape: tuple[int, ...], bytes_per_voxel: int, *, what: str) -> None:
    """Refuse a shape that is no volume, before anything is allocated for it.

    Raises
    ------
    BadInput
        For other than three axes, an axis of less than 2 or more than 4096 samples, or more than 4 GiB.
    """
    came = " x ".join(str(n) for n in shape)
    expected = f"{what} with three axes"
    if len(shape) != 3 or min(shape, default=0) < 2:
        remedy = "Give one volume: not a single slice, not a time series"
        raise BadInput(where, expected=expected, came=f"an image of {came or 'no'} samples", remedy=remedy)
    if max(shape) > MAX_PER_AXIS:
        raise BadInput(
            where,
            expected=f"{what} of at most {MAX_PER_AXIS} samples along each axis",
            came=f"a header that claims {came}",
            remedy="Check the file; its header is damaged or it is no CT",
        )
    size = math.prod(shape) * bytes_per_voxel
    if size > MAX_BYTES:
        raise BadInput(
            where,
            expected=f"{what} of at most {MAX_BYTES >> 30} GiB",
            came=f"a header that claims {size / 1024**3:.1f} GiB ({came})",
            remedy="Crop or resample the volume",
        )


def check_expansion(where: Path, claimed_bytes: int, stored_bytes: int) -> None:
    """Refuse a header that claims more voxels than deflate could have packed into the data.

    Raises
    ------
    BadInput
        If the voxels would need more than 1100 times the bytes on disk; deflate ends at about 1032.
    """
    if claimed_bytes > 1100 * stored_bytes:
        came = f"{stored_bytes} bytes for {claimed_bytes} bytes of voxels: cut short"
        raise BadInput(where, expected="a complete file", came=came, remedy="Copy or convert the file again")


def check_affine(where: Path, affine: NDArray[np.float64], shape: tuple[int, ...]) -> None:
    """Refuse a grid that cannot be a scanner's: not finite, singular, sheared, absurd spacing.

    Raises
    ------
    BadInput
        Naming the value that cannot be.
    """

    def refuse(expected: str, came: str) -> BadInput:
        remedy = "Correct the header, or convert the original images again"
        return BadInput(where, expected=expected, came=came, remedy=remedy)

    if not np.isfinite(affine).all():
        raise refuse("finite positions and directions", "a header with NaN or infinity in its geometry")
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    if spacing.min() <= 1e-6 or spacing.max() > MAX_SPACING_MM:
        came = " x ".join(f"{mm:.4g}" for mm in spacing)
        raise refuse(f"a spacing between 0 and {MAX_SPACING_MM:.0f} mm", f"{came} mm")
    directions = affine[:3, :3] / spacing
    cosines = np.abs((directions.T @ directions)[np.triu_indices(3, 1)])
    shear = math.degrees(math.asin(min(1.0, float(cosines.max()))))
    if shear > MAX_SHEAR_DEG:
        raise refuse(
            f"axes at right angles (within {MAX_SHEAR_DEG} degrees)", f"axes sheared by {shear:.2f} degrees"
        )
    corners = np.array(list(itertools.product(*((0, n - 1) for n in shape[:3]))))
    if np.abs(corners @ affine[:3, :3].T + affine[:3, 3]).max() > MAX_DISTANCE_MM:
        raise refuse(
            "a volume within 100 m of the origin", f"an origin at {shown(affine[:3, 3].tolist())} mm"
        )


def turn_to_ras(affine: NDArray[np.float64]) -> Turn:
    """The permutation and flips that bring the stored axes nearest to R, A, S.

    Of the six ways to pair stored axes with patient axes the one with the largest summed cosine is taken,
    so an oblique volume is turned as a whole and never axis by axis into a contradiction.
    """
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    size = np.abs(directions)
    axes = max(
        itertools.permutations(range(3)), key=lambda order: sum(size[w, a] for w, a in enumerate(order))
    )
    right, anterior, superior = (bool(directions[world, axis] < 0) for world, axis in enumerate(axes))
    return Turn((axes[0], axes[1], axes[2]), (right, anterior, superior))


def axis_code(affine: NDArray[np.float64]) -> str:
    """Where the stored axes run, e.g. 'LPS': the first to the left, then posterior, then superior."""
    turn = turn_to_ras(affine)
    letters = [""] * 3
    for world, axis in enumerate(turn.axes):
        letters[axis] = ("LPI" if turn.flipped[world] else "RAS")[world]
    return "".join(letters)


def obliqueness_deg(affine: NDArray[np.float64]) -> float:
    """Largest angle between a stored axis and the patient axis it is nearest to, in degrees."""
    directions = np.abs(affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0))
    cosines = [directions[world, axis] for world, axis in enumerate(turn_to_ras(affine).axes)]
    return math.degrees(math.acos(min(1.0, float(min(cosines)))))


def turned_affine(affine: NDArray[np.float64], shape: tuple[int, ...], turn: Turn) -> NDArray[np.float64]:
    """The affine of an array of `shape` after `turn`; positions stay."""
    matrix = np.eye(4)
    matrix[:3, :3] = 0.0
    for new, (old, flipped) in enumerate(zip(turn.axes, turn.flipped, strict=True)):
        matrix[old, new] = -1.0 if flipped else 1.0
        matrix[old, 3] = shape[old] - 1 if flipped else 0
    return np.asarray(affine @ matrix)


def turned(array: NDArray[Any], affine: NDArray[np.float64], turn: Turn) -> Turned:
    """The array with its first three axes turned, R fastest in memory, and its new affine; positions stay."""
    view = array.transpose(*turn.axes, *range(3, array.ndim))
    view = view[tuple(slice(None, None, -1 if flipped else 1) for flipped in turn.flipped)]
    return Turned(np.asfortranarray(view), turned_affine(affine, array.shape[:3], turn))
