"""How do Hounsfield units become the numbers a model was trained on? Windows and linear scales."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.resources import resource

Bytes = NDArray[np.uint8]


class HuWindow(NamedTuple):
    """A window from `low` HU (black) to `high` HU (white)."""

    low: float
    high: float

    def unit(self, hu: NDArray[np.generic]) -> NDArray[np.float32]:
        """0 at `low` and below, 1 at `high` and above, float32."""
        clipped: NDArray[np.float32] = np.clip(hu, self.low, self.high).astype(np.float32)
        clipped -= np.float32(self.low)
        clipped /= np.float32(self.high - self.low)
        return clipped

    def grey(self, hu: NDArray[np.generic]) -> Bytes:
        """0 to 255, rounded to the nearest (ties to even): `unit` times 255 in float32."""
        grey: Bytes = np.rint(self.unit(hu) * np.float32(255.0)).astype(np.uint8)
        return grey

    def grey_truncated(self, hu: NDArray[np.generic]) -> Bytes:
        """0 to 255, cut to the whole number below: `unit` times 255 in float32."""
        grey: Bytes = (self.unit(hu) * np.float32(255.0)).astype(np.uint8)
        return grey

    def __str__(self) -> str:
        """Its ends in HU."""
        return f"[{self.low:g}, {self.high:g}]"


def in_grey(hu: NDArray[np.int16], *windows: HuWindow) -> Bytes:
    """Slices in one window (..., H, W), or several as channels (..., H, W, len(windows)).

    Every value is looked up in a table of all 65536 possible ones, made with `HuWindow.grey`.
    """
    tables = _table(windows)
    index = hu.view(np.uint16)
    return np.take(tables, index, axis=0, mode="clip")


@cache
def _table(windows: tuple[HuWindow, ...]) -> Bytes:
    every = np.arange(2**16, dtype=np.uint16).view(np.int16)
    if len(windows) == 1:
        return windows[0].grey(every)
    return np.stack([window.grey(every) for window in windows], axis=-1)


@cache
def preset(name: str) -> HuWindow:
    """A window of Resources/display.toml, by name.

    Raises
    ------
    BadInput
        If there is no such window.
    """
    presets = tomllib.loads(resource("display.toml").read_text(encoding="utf-8"))["window"]
    if name not in presets:
        raise BadInput(
            "window", expected=f"one of {', '.join(presets)}", came=shown(name), remedy="Choose one"
        )
    level, width = float(presets[name]["level"]), float(presets[name]["width"])
    return HuWindow(level - width / 2, level + width / 2)
