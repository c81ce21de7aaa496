"""Samples of a file brought into memory by slabs, on the patient's axes, and as whole Hounsfield units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes.axis_orientation import Turn, check_expansion
from CTSpatialVQALib.volumes.byte_stream import DataPlace, opened
from CTSpatialVQALib.volumes.file_facts import FileFacts

_SLAB_BYTES = 1 << 22  # a slab and its converted copy stay within a few times the processor's cache
INT16 = np.iinfo(np.int16)


class RasSamples:
    """An array on the patient's axes that is filled in the order in which a file stores its samples.

    Only one slab of the file is held beside it, so that a CT of double precision needs little more memory
    than its Hounsfield units.

    Parameters
    ----------
    facts : of the file
    turn : how the stored axes are turned to R, A, S
    whole_hu : an int16 array: round to whole numbers and set what is outside to its ends
    scale : apply the slope and intercept of the file; False where the slabs bring Hounsfield units already
    """

    def __init__(self, facts: FileFacts, turn: Turn, *, whole_hu: bool, scale: bool = True) -> None:
        self._scale = _Scale(facts.dtype, facts.slope, facts.intercept, applied=scale)
        self._whole_hu = whole_hu
        self._turn = turn
        self._shape = facts.shape
        self.array: NDArray[Any] = np.empty(0)
        self.as_stored: NDArray[Any] = self.array
        self.clamped = 0
        self.not_finite = 0

    def begin(self) -> None:
        """Allocate the array, once the file is known to hold as many samples as it claims."""
        dtype = np.dtype(np.int16) if self._whole_hu else self._scale.dtype
        shape = tuple(self._shape[axis] for axis in self._turn.axes)
        self.array = np.empty(shape, dtype=dtype, order="F")
        flipped = self.array[tuple(slice(None, None, -1 if flip else 1) for flip in self._turn.flipped)]
        self.as_stored = flipped.transpose(np.argsort(self._turn.axes))

    def put(self, k: int, slab: NDArray[Any]) -> None:
        """Place stored slices (i, j, n) from the `k`-th on."""
        target = self.as_stored[:, :, k : k + slab.shape[2]]
        if not self._whole_hu:
            target[...] = self._scale.applied(slab)
            return
        if slab.dtype == np.int16 and self._scale.trivial:
            target[...] = slab
            return
        values = self._scale.applied(slab)
        if values.dtype.kind == "f":
            finite = np.isfinite(values)
            if not finite.all():
                self.not_finite += int(values.size - np.count_nonzero(finite))
                values = np.where(finite, values, 0)
            values = np.rint(values)
        if values.min() < INT16.min or values.max() > INT16.max:
            self.clamped += int(np.count_nonzero((values < INT16.min) | (values > INT16.max)))
            values = np.clip(values, INT16.min, INT16.max)
        target[...] = values.astype(np.int16, order="K")

    @property
    def is_stored_order(self) -> bool:
        """Whether the samples of a file can be read straight into the array."""
        plain = self._scale.trivial and self.array.dtype == self._scale.stored
        return plain and bool(self.as_stored.flags.f_contiguous)


class _Scale:
    """Slope and intercept of a file, applied in single precision to 8 and 16 bits, else in double."""

    def __init__(self, stored: np.dtype[Any], slope: float, intercept: float, *, applied: bool) -> None:
        self.stored = stored
        # nifti1.h: a slope of 0 means that the values stand as they are
        valid = applied and slope != 0 and bool(np.isfinite([slope, intercept]).all())
        self.trivial = not valid or (slope, intercept) == (1.0, 0.0)
        precise = np.float32 if stored.itemsize <= 2 else np.float64
        self.dtype = stored.newbyteorder("=") if self.trivial else np.dtype(precise)
        self._slope, self._intercept = precise(slope), precise(intercept)

    def applied(self, values: NDArray[Any]) -> NDArray[Any]:
        if self.trivial:
            return values
        scaled: NDArray[Any] = values * self._slope
        scaled += self._intercept
        return scaled


def read_samples(place: DataPlace, facts: FileFacts, target: RasSamples) -> None:
    """Fill `target` with the samples at `place`.

    Raises
    ------
    BadInput
        If the file is cut short, its packed data are damaged, or much more follows.
    """
    in_slice = facts.shape[0] * facts.shape[1]
    size = math.prod(facts.shape) * facts.dtype.itemsize
    with opened(place) as source:
        _check_size(place, size, source.size_on_disk)
        target.begin()
        if target.is_stored_order:
            source.fill(target.array.reshape(-1, order="F").view(np.uint8).data)
            source.finish()
            return
        step = max(1, _SLAB_BYTES // (in_slice * facts.dtype.itemsize))
        buffer = np.empty(in_slice * min(step, facts.shape[2]), dtype=facts.dtype)
        for k in range(0, facts.shape[2], step):
            count = min(step, facts.shape[2] - k)
            slab = buffer[: in_slice * count]
            source.fill(slab.view(np.uint8).data)
            target.put(k, slab.reshape((facts.shape[0], facts.shape[1], count), order="F"))
        source.finish()


def read_layers(place: DataPlace, facts: FileFacts, layer_axis: int) -> NDArray[Any]:
    """(i, j, k, layer) samples of a file with several numbers per voxel.

    Parameters
    ----------
    layer_axis : place of the layers among the four stored axes, the fastest first
    """
    stored = [*facts.shape]
    stored.insert(layer_axis, facts.channels)
    size = math.prod(stored) * facts.dtype.itemsize
    flat = np.empty(size, dtype=np.uint8)
    with opened(place) as source:
        _check_size(place, size, source.size_on_disk)
        source.fill(flat.data)
        source.finish()
    array = flat.view(facts.dtype).reshape(stored, order="F")
    return np.moveaxis(array.astype(facts.dtype.newbyteorder("="), copy=False, order="K"), layer_axis, -1)


def _check_size(place: DataPlace, size: int, size_on_disk: int) -> None:
    """Refuse before anything is allocated: packed data that cannot hold so much, plain data that do not."""
    if place.packing:
        check_expansion(place.path, size, size_on_disk)
    elif size > size_on_disk - place.unpacked_offset:
        came = f"{max(0, size_on_disk - place.unpacked_offset)} bytes for {size} bytes of voxels: cut short"
        remedy = "Copy or convert the file again"
        raise BadInput(place.path, expected="a complete file", came=came, remedy=remedy)
