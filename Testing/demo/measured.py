"""What a phantom's arrays say when they are measured with plain arithmetic, not by the library."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from CTSpatialVQALib.demo.phantom import Phantom


@dataclass(frozen=True)
class Measured:
    """One phantom and its measures in world RAS mm."""

    phantom: Phantom

    @cached_property
    def value_of(self) -> dict[str, int]:
        return {name: value for value, name in self.phantom.names.items()}

    @cached_property
    def _crops(self) -> list[tuple[slice, ...] | None]:
        return ndimage.find_objects(self.phantom.labels)

    def inside(self, name: str) -> NDArray[np.bool_]:
        """The structure within its own bounding box."""
        return self.phantom.labels[self._crop(name)] == self.value_of[name]

    def _crop(self, name: str) -> tuple[slice, ...]:
        crop = self._crops[self.value_of[name] - 1]
        assert crop is not None
        return crop

    def places(self, name: str) -> NDArray[np.float64]:
        """Every voxel of the structure."""
        first = np.array([part.start for part in self._crop(name)])
        return self.phantom.grid.to_ras(np.argwhere(self.inside(name)) + first)

    def centre(self, name: str) -> NDArray[np.float64]:
        return np.asarray(self.places(name).mean(axis=0))

    def hu_of(self, name: str) -> NDArray[np.int16]:
        return self.phantom.hu[self._crop(name)][self.inside(name)]

    def voxels(self, *names: str) -> NDArray[np.bool_]:
        """Where in the whole volume any of the structures is."""
        return np.isin(self.phantom.labels, [self.value_of[name] for name in names if name in self.value_of])

    @cached_property
    def midline(self) -> float:
        return float(np.mean([self.centre(f"vertebrae_T{n}")[0] for n in range(4, 11)]))

    def side(self, name: str) -> str:
        return "right" if self.centre(name)[0] > self.midline else "left"

    def _index(self, ras: tuple[float, float, float]) -> tuple[int, int, int]:
        i, j, k = np.rint(self.phantom.grid.to_index(ras)).astype(int)
        return int(i), int(j), int(k)

    def label_at(self, ras: tuple[float, float, float]) -> str | None:
        return self.phantom.names.get(int(self.phantom.labels[self._index(ras)]))

    def hu_at(self, ras: tuple[float, float, float]) -> float:
        """Mean of the 3 x 3 x 3 voxels around a place."""
        i, j, k = self._index(ras)
        return float(self.phantom.hu[i - 1 : i + 2, j - 1 : j + 2, k - 1 : k + 2].mean())
