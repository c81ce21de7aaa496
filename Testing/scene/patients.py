"""A small patient: liver, kidney on the right; spleen, kidney on the left; a heart; and a ring of colon."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.structures import label_names
from CTSpatialVQALib.scene.colours import display_colours
from CTSpatialVQALib.scene.compose import TILE
from CTSpatialVQALib.scene.opengl import OpenGLState
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

MRML = OpenGLState(True, "")
FLAT = OpenGLState(False, "the test says so")


class Ball(NamedTuple):
    """An ellipsoid: centre and half axes in RAS mm."""

    centre: tuple[float, float, float]
    half: tuple[float, float, float]


# the body is 280 x 180 x 250 mm around (0, 0, 100)
BALLS = {
    "liver": Ball((70, 10, 110), (50, 50, 45)),
    "spleen": Ball((-85, -30, 120), (25, 25, 30)),
    "heart": Ball((-15, 40, 180), (35, 30, 30)),
    "kidney_left": Ball((-60, -45, 60), (20, 20, 35)),
    "kidney_right": Ball((60, -45, 50), (20, 20, 35)),
}


class Patient(NamedTuple):
    """What a renderer is opened with."""

    volume: OrientedVolume
    mask: AnatomyMask


class Spot(NamedTuple):
    """The box around the coloured pixels of a tile: its middle and its size, in pixels."""

    column: float
    row: float
    width: int
    height: int


def make_patient(
    spacing: tuple[float, float, float] = (5, 5, 5), turned_deg: float = 0, mirrored: bool = False
) -> Patient:
    """The patient, scanned with this spacing by a scanner turned about the long axis."""
    r_size, a_size, s_size = (int(size / mm) for size, mm in zip((320, 220, 250), spacing, strict=True))
    shape = (r_size, a_size, s_size)
    grid = Grid.of(shape, _affine(spacing, turned_deg, shape))
    points = grid.to_ras(np.stack(np.indices(shape), axis=-1).astype(float)) * (-1 if mirrored else 1, 1, 1)
    r, a, s = np.moveaxis(points, -1, 0)
    hu = np.full(shape, -1000, dtype=np.int16, order="F")
    hu[(abs(r) < 140) & (abs(a) < 90)] = 20
    names = dict(label_names("total_v2"))
    label_of = {name: label for label, name in names.items()}
    labels = np.zeros(shape, dtype=np.uint8, order="F")
    for name, (centre, half) in BALLS.items():
        labels[(((points - centre) / half) ** 2).sum(axis=-1) <= 1] = label_of[name]
    ring = np.hypot(r, s - 70)
    labels[(ring > 60) & (ring < 85) & (abs(a - 75) < 12)] = label_of["colon"]
    hu[labels > 0] = 110
    return Patient(OrientedVolume(hu, grid), AnatomyMask(labels, grid, names))


def tiles_of(png: Path) -> tuple[NDArray[np.uint8], ...]:
    """Axial, coronal, sagittal and 3D tile of a picture."""
    picture = np.asarray(Image.open(png).convert("RGB"))
    starts = (4, 4 + TILE + 4)
    return tuple(picture[row : row + TILE, column : column + TILE] for row in starts for column in starts)


def spot_of(tile: NDArray[np.uint8], name: str, names: tuple[str, ...]) -> Spot:
    """Where the outline of `name` is on a slice tile of a picture of `names`."""
    painted = (np.abs(tile - 255.0 * np.array(display_colours(names)[name])) < 14).all(axis=-1)
    rows, columns = np.nonzero(painted)
    assert rows.size > 20, f"{name} is not drawn on this tile"
    return Spot(
        column=float(columns.min() + columns.max()) / 2,
        row=float(rows.min() + rows.max()) / 2,
        width=int(np.ptp(columns)) + 1,
        height=int(np.ptp(rows)) + 1,
    )


def _affine(
    spacing: tuple[float, float, float], turned_deg: float, shape: tuple[int, int, int]
) -> NDArray[np.float64]:
    turn = np.radians(turned_deg)
    turned = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turned * spacing
    affine[:3, 3] = (0, 0, 100) - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return affine
