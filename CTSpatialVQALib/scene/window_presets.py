"""Window presets of Resources/display.toml, and the preset for the structures of a question."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.structures import structures
from CTSpatialVQALib.resources import resource

DEFAULT_WINDOW = "lung"


class Window(NamedTuple):
    """A grey scale: black at `level - width / 2`, white at `level + width / 2`, in HU."""

    name: str
    level: float
    width: float

    def grey(self, hu: NDArray[np.floating]) -> NDArray[np.uint8]:
        """Hounsfield units of any shape as grey values 0 to 255."""
        scaled = (hu - (self.level - self.width / 2)) * (255.0 / self.width)
        grey: NDArray[np.uint8] = np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)
        return grey

    def __str__(self) -> str:
        """Name, level and width as written beside the picture."""
        return f"{self.name} window, level {self.level:.0f}, width {self.width:.0f} HU"


@cache
def windows() -> Mapping[str, Window]:
    """All presets by name."""
    presets = tomllib.loads(resource("display.toml").read_text(encoding="utf-8"))["window"]
    return MappingProxyType(
        {
            name: Window(name, float(preset["level"]), float(preset["width"]))
            for name, preset in presets.items()
        }
    )


def window_named(name: str) -> Window:
    """The preset `name`.

    Raises
    ------
    BadInput
        If there is no such preset.
    """
    if name not in windows():
        raise BadInput(
            "window",
            expected="one of " + ", ".join(windows()),
            came=shown(name),
            remedy="Choose a preset of Resources/display.toml",
        )
    return windows()[name]


def window_for(names: Iterable[str]) -> Window:
    """The preset most structures of `names` are looked at with; the first named wins a tie, lung if none."""
    table = structures()
    counts = Counter(table[name].window for name in names if name in table)
    return window_named(counts.most_common(1)[0][0] if counts else DEFAULT_WINDOW)
