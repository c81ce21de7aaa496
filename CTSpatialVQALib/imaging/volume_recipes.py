"""What do the models see that take a whole volume? M3D-LaMed, Med3DVLM, Merlin, RadFM and CT-CHAT.

Each function is the model's own recipe. What a recipe leaves open (the window of M3D's training pictures,
the direction of axes) is decided here, and told in the model's card.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.imaging.contract import Arrangement, Pixels
from CTSpatialVQALib.imaging.hounsfield_maps import HuWindow
from CTSpatialVQALib.imaging.resample import resampled_to_patient_axes, spacing_of
from CTSpatialVQALib.imaging.sampling import (
    AIR_HU,
    Along,
    Floats,
    Places,
    cut_or_padded,
    half_pixel,
    nearest,
    sampled,
    spaced,
    touched,
)
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

PICTURE_WINDOW = HuWindow(-1000, 400)
HU_RANGE = HuWindow(-1000, 1000)
MERLIN_SHAPE, MERLIN_MM = (224, 224, 160), (1.5, 1.5, 3.0)
CT_CHAT_SHAPE, CT_CHAT_MM = (480, 480, 240), (0.75, 0.75, 1.5)
RADFM_SIDE, RADFM_DEPTHS = (
    256,
    range(4, 65, 4),
)  # its collators' size for 3-D samples; 512 is that of 2-D ones
FROM_ABOVE = "slices superior to inferior, rows anterior to posterior, columns right to left"


class Extent(NamedTuple):
    """Voxels `first` to `first + voxels - 1` of an axis."""

    first: int
    voxels: int


def distances(places: Places, spacing: tuple[float, float, float]) -> tuple[float, float, float]:
    """Distance of samples in mm along slow, middle and fast axis."""
    slow, middle, fast = (axis.step * mm for axis, mm in zip(places, spacing, strict=True))
    return slow, middle, fast


def picture_pixels(volume: OrientedVolume, arrangement: Arrangement, *, depth: int) -> Pixels:
    """M3D's preparation: 8-bit pictures, /255, min-max, crop to the foreground, trilinear resize."""
    upright = resampled_to_patient_axes(volume)
    source = upright.hu.T
    full = resampled_to_patient_axes(arrangement.scale_of(volume)).hu.T
    grey = PICTURE_WINDOW.grey(np.array([full.min(), full.max()]))
    low, high = grey.astype(np.float32) / np.float32(255.0)
    scale = max(high - low, np.float32(1e-8))

    def hu_map(hu: NDArray[np.int16]) -> Floats:
        picture = PICTURE_WINDOW.grey(hu).astype(np.float32)
        picture /= np.float32(255.0)
        picture -= low
        picture /= scale
        return picture

    extents = _foreground(full, int(grey[0]))
    shape = (depth, 256, 256)
    slow, middle, fast = (
        half_pixel(extent.voxels, samples, first=n - extent.first - extent.voxels).turned(n)
        for n, extent, samples in zip(source.shape, extents, shape, strict=True)
    )
    places = Places(arrangement.along(slow), middle, fast)
    r, a, s = spacing_of(upright.grid)
    return Pixels(
        array=sampled(source, places, outside=0.0, hu_map=hu_map)[None, None],
        axes=f"1, 1, {FROM_ABOVE}",
        spacing_mm=distances(places, (s, a, r)),
        hu_map=f"{PICTURE_WINDOW} HU to 0..255, /255, minimum to 0 and maximum to 1, then trilinear",
        used=touched(places.slow),
        of=source.shape[0],
        directions="IPL",
    )


def _foreground(source: NDArray[np.int16], darkest: int) -> tuple[Extent, Extent, Extent]:
    """The box of the voxels brighter than the darkest grey; the whole volume if there are none."""
    every = np.arange(-1024, 3072, dtype=np.int16)
    brighter = every[PICTURE_WINDOW.grey(every) > darkest]
    if not len(brighter) or int(source.max()) < int(brighter[0]):
        slow, middle, fast = (Extent(0, n) for n in source.shape)
        return slow, middle, fast
    return (
        _extent(source, 0, int(brighter[0])),
        _extent(source, 1, int(brighter[0])),
        _extent(source, 2, int(brighter[0])),
    )


def _extent(source: NDArray[np.int16], axis: int, threshold: int) -> Extent:
    """From the first to the last plane with a voxel of at least `threshold`, looked for from outside."""
    planes = np.moveaxis(source, axis, 0)

    def shows(index: int) -> bool:
        return bool(planes[index].max() >= threshold)

    first = next(index for index in range(len(planes)) if shows(index))
    last = next(index for index in reversed(range(len(planes))) if shows(index))
    return Extent(first, last - first + 1)


def merlin_pixels(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """Merlin's transforms: RAS, 1.5 x 1.5 x 3 mm, [-1000, 1000] to [0, 1], 224 x 224 x 160, padding 0."""
    upright = resampled_to_patient_axes(volume)
    spacing = spacing_of(upright.grid)
    axes = []
    for n, mm, wanted_mm, samples in zip(upright.hu.shape, spacing, MERLIN_MM, MERLIN_SHAPE, strict=True):
        axis = spaced(n, mm, wanted_mm)
        axes.append(cut_or_padded(axis, samples, start=len(axis.at) // 2 - samples // 2))
    places = Places(arrangement.along(axes[2]), axes[1], axes[0])
    hu = sampled(upright.hu.T, places, outside=AIR_HU)
    slow, middle, fast = distances(places, (spacing.s, spacing.a, spacing.r))
    return Pixels(
        array=np.ascontiguousarray(HU_RANGE.unit(hu).transpose(2, 1, 0))[None, None],
        axes="1, 1, R left to right, A posterior to anterior, S inferior to superior",
        spacing_mm=(fast, middle, slow),
        hu_map="trilinear, then [-1000, 1000] HU to [0, 1]; outside 0",
        used=touched(places.slow),
        of=upright.hu.shape[2],
        directions="SAR",
    )


def radfm_pixels(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """RadFM's preparation: min-max, nearest resize to 256 x 256 x D.

    D is the multiple of 4 in 4..64 nearest to the number of slices, the smaller of two, as its
    `stack_images` chooses it. Minimum and maximum are those of the file, a scanner's padding included.
    """
    upright = resampled_to_patient_axes(volume)
    source = upright.hu.T
    full = resampled_to_patient_axes(arrangement.scale_of(volume)).hu
    low, high = int(full.min()), int(full.max())
    window = HuWindow(low, max(high, low + 1))
    count = source.shape[0]
    depth = min(RADFM_DEPTHS, key=lambda multiple: (abs(multiple - count), multiple))
    places = Places(
        arrangement.along(nearest(count, depth).turned(count)),
        nearest(source.shape[1], RADFM_SIDE).turned(source.shape[1]),
        nearest(source.shape[2], RADFM_SIDE).turned(source.shape[2]),
    )
    r, a, s = spacing_of(upright.grid)
    slow, middle, fast = distances(places, (s, a, r))
    return Pixels(
        array=one_channel_as_three(sampled(source, places, outside=0.0, hu_map=window.unit)),
        axes="1, 1, channel, rows anterior to posterior, columns right to left, slices superior to inferior",
        spacing_mm=(middle, fast, slow),
        hu_map="minimum to 0, maximum to 1, nearest; three equal channels",
        used=touched(places.slow),
        of=count,
        directions="IPL",
    )


def one_channel_as_three(values: Floats) -> Floats:
    """(slices, rows, columns) as [1, 1, 3, rows, columns, slices]; the channels share their memory."""
    channel = np.ascontiguousarray(values.transpose(1, 2, 0))
    return np.broadcast_to(channel, (1, 1, 3, *channel.shape))


def ct_chat_pixels(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """CT-CHAT's volume stage: clip, 0.75 x 0.75 x 1.5 mm, centre 480 x 480 x 240, padding -1."""
    upright = resampled_to_patient_axes(volume)
    spacing = spacing_of(upright.grid)
    r, a, s = (
        ct_chat_axis(n, mm, wanted_mm, samples)
        for n, mm, wanted_mm, samples in zip(
            upright.hu.shape, spacing, CT_CHAT_MM, CT_CHAT_SHAPE, strict=True
        )
    )
    count_r, count_a, _ = upright.hu.shape
    places = Places(arrangement.along(s), a.turned(count_a), r.turned(count_r))
    slow, middle, fast = distances(places, (spacing.s, spacing.a, spacing.r))
    return Pixels(
        array=ct_chat_array(upright.hu.T, places),
        axes="1, 1, slices inferior to superior, rows right to left, columns anterior to posterior",
        spacing_mm=(slow, fast, middle),
        hu_map="[-1000, 1000] HU, trilinear, /1000; outside -1",
        used=touched(places.slow),
        of=upright.hu.shape[2],
        directions="SPL",
    )


def ct_chat_axis(voxels: int, spacing_mm: float, wanted_mm: float, samples: int) -> Along:
    """One axis resized to int(voxels * (spacing / target)) samples, then cut or padded about its middle.

    The brackets are those of the model's code: 150 voxels of 0.7 mm make 69 samples of 1.5 mm, not 70.
    """
    count = int(voxels * (spacing_mm / wanted_mm))
    return cut_or_padded(half_pixel(voxels, count), samples, start=max((count - samples) // 2, 0))


def ct_chat_array(source: NDArray[np.int16], places: Places) -> Floats:
    """[1, 1, slices, x, y] of (slices, y, x) voxels: CT-CHAT's rows are x and its columns y."""

    def clipped(hu: NDArray[np.int16]) -> Floats:
        return np.clip(hu, -1000, 1000).astype(np.float32)

    values = sampled(source, places, outside=AIR_HU, hu_map=clipped)
    values /= np.float32(1000.0)
    return np.ascontiguousarray(values.transpose(0, 2, 1))[None, None]
