"""Preprocessing of the published run of the benchmark, kept so that the difference can be shown.

Nothing here is a recommendation. Unlike every other contract these depend on how a file stores its
voxels, because the loaders they reproduce did.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.imaging.contract import Arrangement, Pixels
from CTSpatialVQALib.imaging.hounsfield_maps import Bytes, HuWindow
from CTSpatialVQALib.imaging.prepared_files import as_stored, stored_spacing
from CTSpatialVQALib.imaging.resample import Spacing
from CTSpatialVQALib.imaging.sampling import Places, from_corner, half_pixel, sampled, touched
from CTSpatialVQALib.imaging.slice_recipes import (
    LINGSHU_SLICES,
    MOST_MEDGEMMA_SLICES,
    THREE_WINDOWS,
    Stack,
    colour_pixels,
    hulu_positions,
    stretched_pixels,
    uniform_positions,
)
from CTSpatialVQALib.imaging.volume_recipes import (
    CT_CHAT_SHAPE,
    ct_chat_array,
    ct_chat_axis,
    distances,
    merlin_pixels,
    one_channel_as_three,
)
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

MEDGEMMA_WINDOWS = (HuWindow(-1225, 1025), HuWindow(-135, 215), HuWindow(0, 80))
JPEG_QUALITY, CHROMA_HALVED = 75, 2
RADFM_DEPTH, RADFM_SIDE = 128, 512
RADFM_RANGE = HuWindow(-1024, 1024)
MEDGEMMA_SIDE = 896
PIXEL_TYPE_HU = 2.0  # the run passed SimpleITK's number of the type int16 as the value outside the volume


def picture_pixels(volume: OrientedVolume, arrangement: Arrangement, *, depth: int) -> Pixels:
    """M3D, Med3DVLM: resampled as int16 from the corner voxel in storage order, then min-max."""
    source = as_stored(volume)
    slow, middle, fast = (from_corner(n, m) for n, m in zip(source.shape, (depth, 256, 256), strict=True))
    places = Places(arrangement.along(slow), middle, fast)
    # SimpleITK resamples an int16 image in its own type, which truncates towards zero
    hu = np.trunc(sampled(source, places, outside=PIXEL_TYPE_HU))
    low, high = _range(as_stored(arrangement.scale_of(volume)), Places(slow, middle, fast))
    return Pixels(
        array=((hu - np.float32(low)) / np.float32(max(high - low, 1.0)))[None, None],
        axes=f"1, 1, {_stored_axes(volume)}",
        spacing_mm=distances(places, stored_spacing(volume)),
        hu_map=f"sampled from the corner, 2 HU beyond the last voxel, then [{low:g}, {high:g}] HU to [0, 1]",
        used=touched(places.slow),
        of=source.shape[0],
        directions=volume.axes[::-1],
    )


def _range(source: NDArray[np.int16], places: Places) -> tuple[float, float]:
    """Least and greatest value of all samples, of whichever slices are then shown."""
    hu = np.trunc(sampled(source, places, outside=PIXEL_TYPE_HU))
    return float(hu.min()), float(hu.max())


def merlin_permuted(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """Merlin: right in everything but the order of the axes."""
    right = merlin_pixels(volume, arrangement)
    r, a, s = right.spacing_mm
    return Pixels(
        array=np.ascontiguousarray(right.array.transpose(0, 1, 4, 3, 2)),
        axes="1, 1, S inferior to superior, A posterior to anterior, R left to right",
        spacing_mm=(s, a, r),
        hu_map=right.hu_map,
        used=right.used,
        of=right.of,
        directions=right.directions,
    )


def radfm_pixels(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """RadFM: clipped instead of min-max, linear, 128 slices where at most 64 were trained.

    Where between the voxels the run sampled is not documented; half-pixel centres are taken here.
    """
    source = as_stored(volume)
    slow, middle, fast = (
        half_pixel(n, m) for n, m in zip(source.shape, (RADFM_DEPTH, RADFM_SIDE, RADFM_SIDE), strict=True)
    )
    places = Places(arrangement.along(slow), middle, fast)
    k, j, i = distances(places, stored_spacing(volume))
    return Pixels(
        array=one_channel_as_three(sampled(source, places, outside=0.0, hu_map=RADFM_RANGE.unit)),
        axes=f"1, 1, channel, rows, columns, slices of: {_stored_axes(volume)}",
        spacing_mm=(j, i, k),
        hu_map=f"{RADFM_RANGE} HU clipped to [0, 1], trilinear; three equal channels",
        used=touched(places.slow),
        of=source.shape[0],
        directions=volume.axes[::-1],
    )


def ct_chat_pixels(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """CT-CHAT: every voxel taken as a cube of 1 mm, whatever it is."""
    source = as_stored(volume)
    k, j, i = (
        ct_chat_axis(n, 1.0, wanted_mm, samples)
        for n, wanted_mm, samples in zip(source.shape, (1.5, 0.75, 0.75), CT_CHAT_SHAPE[::-1], strict=True)
    )
    places = Places(arrangement.along(k), j, i)
    slow, middle, fast = distances(places, stored_spacing(volume))
    return Pixels(
        array=ct_chat_array(source, places),
        axes=f"1, 1, slices, columns, rows of: {_stored_axes(volume)}",
        spacing_mm=(slow, fast, middle),
        hu_map="[-1000, 1000] HU, trilinear, /1000; outside -1; spacing taken as 1 x 1 x 1 mm",
        used=touched(places.slow),
        of=source.shape[0],
        directions=volume.axes[::-1],
    )


def medgemma_pixels(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """MedGemma: another first window, uniform slices in storage order, 896 x 896, JPEG."""
    pixels = colour_pixels(_stored_stack(volume, MOST_MEDGEMMA_SLICES, arrangement), MEDGEMMA_WINDOWS)
    return Pixels(
        array=np.stack([_through_jpeg(picture) for picture in pixels.array]),
        axes=f"{_stored_axes(volume)}, red green blue",
        spacing_mm=_square_spacing(pixels, MEDGEMMA_SIDE),
        hu_map=f"{pixels.hu_map}; 896 x 896 bilinear; JPEG quality {JPEG_QUALITY}, 4:2:0",
        used=pixels.used,
        of=pixels.of,
        directions=volume.axes[::-1],
        labels=pixels.labels,
    )


def lingshu_pixels(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """Lingshu: 32 uniform slices in storage order."""
    pixels = colour_pixels(_stored_stack(volume, LINGSHU_SLICES, arrangement), THREE_WINDOWS)
    return Pixels(
        array=pixels.array,
        axes=f"{_stored_axes(volume)}, red green blue",
        spacing_mm=pixels.spacing_mm,
        hu_map=pixels.hu_map,
        used=pixels.used,
        of=pixels.of,
        directions=volume.axes[::-1],
        labels=pixels.labels,
    )


def hulu_pixels(volume: OrientedVolume, arrangement: Arrangement) -> Pixels:
    """Hulu-Med's own loader: slices along the third stored axis, rows and columns along the first two."""
    source = as_stored(volume)
    chosen = hulu_positions(source.shape[0])
    chosen = chosen[arrangement.of(len(chosen))]
    k, j, i = stored_spacing(volume)
    stack = Stack(
        source[chosen].transpose(0, 2, 1),
        tuple(int(index) for index in chosen),
        source.shape[0],
        Spacing(j, i, k),
    )
    full = as_stored(arrangement.scale_of(volume))[chosen].transpose(0, 2, 1)
    code = volume.axes
    return stretched_pixels(
        stack,
        full,
        f"as stored: slices to {code[2]}, rows to {code[0]}, columns to {code[1]}",
        code[2] + code[:2],
    )


def _stored_stack(volume: OrientedVolume, most: int, arrangement: Arrangement) -> Stack:
    source = as_stored(volume)
    positions = uniform_positions(source.shape[0], most)
    chosen = positions[arrangement.of(len(positions))]
    k, j, i = stored_spacing(volume)
    return Stack(source[chosen], tuple(int(index) for index in chosen), source.shape[0], Spacing(i, j, k))


def _stored_axes(volume: OrientedVolume) -> str:
    code = volume.axes
    return f"as stored: slices to {code[2]}, rows to {code[1]}, columns to {code[0]}"


def _through_jpeg(picture: Bytes) -> Bytes:
    from PIL import Image

    packed = io.BytesIO()
    square = Image.fromarray(picture).resize((MEDGEMMA_SIDE, MEDGEMMA_SIDE), Image.Resampling.BILINEAR)
    square.save(packed, "JPEG", quality=JPEG_QUALITY, subsampling=CHROMA_HALVED)
    with Image.open(packed) as image:
        return np.asarray(image)


def _square_spacing(pixels: Pixels, side: int) -> tuple[float, float, float]:
    s, a, r = pixels.spacing_mm
    rows, columns = pixels.array.shape[1:3]
    return s, a * rows / side, r * columns / side
