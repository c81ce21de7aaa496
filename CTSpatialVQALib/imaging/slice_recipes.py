"""Preprocessing of the models that take pictures: VILA-M3, MedGemma, Lingshu and Hulu-Med.

Axial pictures are as a radiologist hangs them: anterior up, the patient's right on the left, and the
first picture is the most superior.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.imaging.contract import Arrangement, Pixels
from CTSpatialVQALib.imaging.hounsfield_maps import Bytes, HuWindow, in_grey
from CTSpatialVQALib.imaging.resample import Spacing, resampled_to_patient_axes, spacing_of
from CTSpatialVQALib.imaging.sampling import WORKERS
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

MOST_MEDGEMMA_SLICES = 85
LINGSHU_SLICES = 32
HULU_SLICES = 180  # the default of its own loader for volumes
THREE_WINDOWS = (HuWindow(-1024, 1024), HuWindow(-135, 215), HuWindow(0, 80))
VILA_WINDOW = HuWindow(-150, 250)
FROM_ABOVE = "IPL"
ROWS_AND_COLUMNS = "rows anterior to posterior, columns right to left"


class Stack(NamedTuple):
    """Slices in the order they are shown: `pictures` (N, rows, columns) HU, and their source indices."""

    pictures: NDArray[np.int16]
    indices: tuple[int, ...]
    of: int
    spacing: Spacing


def axial_stack(volume: OrientedVolume, positions: NDArray[np.intp], arrangement: Arrangement) -> Stack:
    """Axial slices at `positions`, counted from the most superior slice, rearranged."""
    upright = resampled_to_patient_axes(volume)
    of = upright.hu.shape[2]
    indices = of - 1 - positions[arrangement.of(len(positions))]
    pictures = upright.hu.T[indices, ::-1, ::-1]
    return Stack(pictures, tuple(int(index) for index in indices), of, spacing_of(upright.grid))


def slice_distance(indices: NDArray[Any] | tuple[int, ...], spacing_mm: float) -> float:
    """Mean distance of neighbouring pictures in mm; the slices' own for one picture."""
    if len(indices) < 2:
        return spacing_mm
    return float(np.abs(np.diff(indices)).mean()) * spacing_mm


def coloured(pictures: NDArray[np.int16], windows: tuple[HuWindow, ...]) -> Bytes:
    """(N, rows, columns) HU as (N, rows, columns[, windows]) grey values, on two threads."""
    shape = (*pictures.shape, len(windows)) if len(windows) > 1 else pictures.shape
    out = np.empty(shape, dtype=np.uint8)

    def fill(number: int) -> None:
        out[number] = in_grey(np.ascontiguousarray(pictures[number]), *windows)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(fill, range(len(pictures))))
    return out


def medgemma_positions(count: int) -> NDArray[np.intp]:
    """Which of `count` slices MedGemma takes: round(i / 85 * (count - 1)), i = 1 to 85; all of up to 85."""
    most = MOST_MEDGEMMA_SLICES
    if count <= most:
        return np.arange(count)
    return np.array([round(i / most * (count - 1)) for i in range(1, most + 1)], dtype=np.intp)


def uniform_positions(count: int, most: int) -> NDArray[np.intp]:
    """`wanted` of `count` slices from the first to the last at equal distances; all where there are fewer."""
    if count <= most:
        return np.arange(count)
    if most == 1:
        return np.array([count // 2])
    return np.rint(np.linspace(0, count - 1, most)).astype(np.intp)


def colour_pixels(stack: Stack, windows: tuple[HuWindow, ...]) -> Pixels:
    """A stack in three windows as red, green and blue."""
    s, a, r = slice_distance(stack.indices, stack.spacing.s), stack.spacing.a, stack.spacing.r
    names = ", ".join(f"{window} HU" for window in windows)
    return Pixels(
        array=coloured(stack.pictures, windows),
        axes=f"slices superior to inferior, {ROWS_AND_COLUMNS}, red green blue",
        spacing_mm=(s, a, r),
        hu_map=f"red, green, blue: {names} to 0..255, rounded",
        used=stack.indices,
        of=stack.of,
        directions=FROM_ABOVE,
        labels=("",) * len(stack.indices),
    )


def medgemma_pixels(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """MedGemma 1.5: at most 85 axial slices in three windows, at the scanner's resolution."""
    positions = medgemma_positions(resampled_to_patient_axes(volume).hu.shape[2])
    return colour_pixels(axial_stack(volume, positions, arrangement), THREE_WINDOWS)


def lingshu_pixels(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """Lingshu: it has no recipe for volumes; 32 uniform axial slices in MedGemma's windows."""
    positions = uniform_positions(resampled_to_patient_axes(volume).hu.shape[2], LINGSHU_SLICES)
    return colour_pixels(axial_stack(volume, positions, arrangement), THREE_WINDOWS)


def vila_pixels(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """VILA-M3: one axial slice, number n // 2 counted from below, level 50 width 400, truncated."""
    count = resampled_to_patient_axes(volume).hu.shape[2]
    from_above = np.array([count - 1 - count // 2])
    return grey_pixels(axial_stack(volume, from_above, arrangement), VILA_WINDOW)


def grey_pixels(stack: Stack, window: HuWindow) -> Pixels:
    """A stack in one window, truncated to whole grey values as numpy's `astype(uint8)` does."""
    s, a, r = slice_distance(stack.indices, stack.spacing.s), stack.spacing.a, stack.spacing.r
    return Pixels(
        array=window.grey_truncated(stack.pictures),
        axes=f"slices superior to inferior, {ROWS_AND_COLUMNS}",
        spacing_mm=(s, a, r),
        hu_map=f"{window} HU to 0..255, truncated",
        used=stack.indices,
        of=stack.of,
        directions=FROM_ABOVE,
        labels=("",) * len(stack.indices),
    )


def hulu_positions(count: int) -> NDArray[np.intp]:
    """Which of `count` slices Hulu-Med's loader takes: 180 at equal distances, some twice if fewer."""
    return np.linspace(0, count - 1, HULU_SLICES, dtype=int).astype(np.intp)


def hulu_pixels(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """Hulu-Med's slices, 180 from inferior to superior, each stretched from its minimum to its maximum.

    Its loader turns nothing; here the slices hang as a radiologist hangs them, whatever the file stores.
    """
    count = resampled_to_patient_axes(volume).hu.shape[2]
    positions = count - 1 - hulu_positions(count)
    stack = axial_stack(volume, positions, arrangement)
    full = axial_stack(arrangement.scale_of(volume), positions, arrangement).pictures
    return stretched_pixels(stack, full, f"slices inferior to superior, {ROWS_AND_COLUMNS}", "SPL")


def stretched_pixels(stack: Stack, full: NDArray[np.int16], axes: str, directions: str) -> Pixels:
    """A stack whose slices are each stretched to 0..255 by their minimum and maximum, truncated.

    Parameters
    ----------
    full : the same slices as no probe has changed them, which minimum and maximum come from
    """
    s, a, r = slice_distance(stack.indices, stack.spacing.s), stack.spacing.a, stack.spacing.r
    return Pixels(
        array=np.stack([_stretched(*pair) for pair in zip(stack.pictures, full, strict=True)]),
        axes=axes,
        spacing_mm=(s, a, r),
        hu_map="each slice: minimum to 0, maximum to 255, truncated; no window",
        used=stack.indices,
        of=stack.of,
        directions=directions,
        labels=("",) * len(stack.indices),
    )


def _stretched(picture: NDArray[np.int16], full: NDArray[np.int16]) -> Bytes:
    values = picture.astype(np.float64)
    low, high = float(full.min()), float(full.max())
    if high > low:
        values = (values - low) / (high - low) * 255.0
    # a flat slice is not scaled by the loader either; numpy would wrap what lies outside 0..255
    return np.clip(values, 0, 255).astype(np.uint8)
