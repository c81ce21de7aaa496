"""Which value lies between the voxels? Trilinear and nearest sampling along the axes of an oriented array.

Every recipe of every model samples along the patient's axes, so where its samples lie is told by three
lists of continuous source indices: resizing, cropping, padding and turning an axis round are all done to
those lists, and voxels are touched once. An index of NaN lies outside the volume.

Arithmetic is float32, weight by weight and in a fixed order, so the same voxels give the same bytes on any
machine. (A resampler that works in the image's own int16 truncates towards zero and fills the outside with
whatever number it likes.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

AIR_HU = -1000.0
WORKERS = 2

Floats = NDArray[np.float32]
HuMap = Callable[[NDArray[np.int16]], Floats]


class Along(NamedTuple):
    """The samples of one output axis.

    Parameters
    ----------
    at : continuous indices into the source axis, NaN outside the volume
    step : distance of neighbouring samples in source voxels
    """

    at: NDArray[np.float64]
    step: float

    def turned(self, voxels: int) -> Along:
        """The samples that the same rule takes of the source axis turned round, in its turned order."""
        return Along(voxels - 1 - self.at, self.step)


class Places(NamedTuple):
    """Where the samples lie along the slow, middle and fast axis of an array."""

    slow: Along
    middle: Along
    fast: Along


def half_pixel(voxels: int, samples: int, *, first: int = 0) -> Along:
    """Resize `voxels` voxels, beginning at `first`, to `samples` samples that cover the same extent.

    The convention of `torch.nn.functional.interpolate(align_corners=False)`: sample k lies at
    (k + 1/2) * voxels / samples - 1/2, and at the outermost voxel where that is beyond it.
    """
    step = voxels / samples
    at = (np.arange(samples) + 0.5) * step - 0.5
    return Along(first + np.clip(at, 0, voxels - 1), step)


def from_corner(voxels: int, samples: int) -> Along:
    """Resize without the half-pixel shift: sample k lies at k * voxels / samples. No official recipe does.

    As SimpleITK has it, the image ends half a voxel beyond the last centre; what lies farther is outside.
    """
    step = voxels / samples
    at = np.arange(samples) * step
    return Along(np.where(at > voxels - 0.5, np.nan, np.minimum(at, voxels - 1)), step)


def nearest(voxels: int, samples: int) -> Along:
    """Resize by the voxel floor(k * voxels / samples), as torch's mode `nearest`."""
    return Along(np.floor(np.arange(samples) * (voxels / samples)), voxels / samples)


def spaced(voxels: int, spacing_mm: float, wanted_mm: float) -> Along:
    """Samples every `wanted_mm` from the centre of the first voxel, as MONAI's Spacing.

    It makes round((voxels - 1) * spacing / wanted) + 1 samples, the last at most half a step beyond the
    centre of the last voxel, where that voxel's value is taken.
    """
    step = wanted_mm / spacing_mm
    samples = round((voxels - 1) / step + 1)
    return Along(np.minimum(np.arange(samples) * step, voxels - 1), step)


def whole(voxels: int) -> Along:
    """Every voxel as it is."""
    return Along(np.arange(voxels, dtype=np.float64), 1.0)


def cut_or_padded(axis: Along, samples: int, *, start: int) -> Along:
    """`samples` samples of `axis`: cut from `start` on where there are more, else padded evenly with NaN."""
    have = len(axis.at)
    if have >= samples:
        return Along(axis.at[start : start + samples], axis.step)
    before = (samples - have) // 2
    at = np.full(samples, math.nan)
    at[before : before + have] = axis.at
    return Along(at, axis.step)


def touched(axis: Along) -> tuple[int, ...]:
    """The source indices that have a weight in some sample, each once, in the order they are met."""
    inside = axis.at[~np.isnan(axis.at)]
    low, high = np.floor(inside), np.ceil(inside)
    backwards = len(inside) > 1 and inside[-1] < inside[0]
    met = np.stack([high, low] if backwards else [low, high], axis=1).ravel()
    return tuple(dict.fromkeys(int(index) for index in met))


def as_float(hu: NDArray[np.int16]) -> Floats:
    """Hounsfield units as they are."""
    return hu.astype(np.float32)


def sampled(source: NDArray[np.int16], places: Places, *, outside: float, hu_map: HuMap = as_float) -> Floats:
    """Trilinear samples of `source` after `hu_map`.

    Parameters
    ----------
    source : (slow, middle, fast) int16 array, Hounsfield units
    outside : the value of samples outside the volume, on the scale of `hu_map`
    hu_map : applied to the voxels before anything is interpolated

    Returns
    -------
    (len(slow), len(middle), len(fast)) float32, C-contiguous
    """
    inside = [~np.isnan(axis.at) for axis in places]
    slow, middle, fast = (_Weights.of(axis.at[kept]) for axis, kept in zip(places, inside, strict=True))
    out = np.full([len(axis.at) for axis in places], outside, dtype=np.float32)
    rows, columns = (_as_slice(kept) for kept in inside[1:])

    def fill(job: tuple[int, int]) -> None:
        position, k = job
        plane = hu_map(source[slow.low[k]])
        if slow.high_weight[k]:
            plane = plane * slow.low_weight[k] + hu_map(source[slow.high[k]]) * slow.high_weight[k]
        out[position, rows, columns] = fast.apply(middle.apply(plane, 0), 1)

    jobs = [(int(position), k) for k, position in enumerate(np.flatnonzero(inside[0]))]
    with ThreadPoolExecutor(WORKERS) as pool:  # numpy lets go of the interpreter while it computes
        list(pool.map(fill, jobs))
    return out


class _Weights(NamedTuple):
    """The two neighbours of every sample and how much each of them counts."""

    low: NDArray[np.intp]
    high: NDArray[np.intp]
    low_weight: Floats
    high_weight: Floats

    @classmethod
    def of(cls, at: NDArray[np.float64]) -> _Weights:
        low = np.floor(at)
        above = at - low
        return cls(
            low.astype(np.intp),
            np.ceil(at).astype(np.intp),
            (1.0 - above).astype(np.float32),
            above.astype(np.float32),
        )

    def apply(self, plane: Floats, axis: int) -> Floats:
        low = plane.take(self.low, axis=axis)
        if not self.high_weight.any():
            return low
        along = (slice(None), None) if axis == 0 else (None, slice(None))
        low *= self.low_weight[along]
        high = plane.take(self.high, axis=axis)
        high *= self.high_weight[along]
        low += high
        return low


def _as_slice(kept: NDArray[np.bool_]) -> slice:
    places = np.flatnonzero(kept)
    return slice(int(places[0]), int(places[-1]) + 1)
