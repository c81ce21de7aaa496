"""Pictures of prepared arrays: the very values a model receives.

Nothing is windowed again: values are scaled from the contract's own range to grey, and letters that say
where the array's rows and columns run stand outside the pixels.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract import Prepared
from CTSpatialVQALib.imaging.hounsfield_maps import Bytes
from CTSpatialVQALib.imaging.slice_recipes import uniform_positions

if TYPE_CHECKING:
    from PIL import Image

MOST_TILES = 12
TILE_PIXELS = 288
MARGIN, HEADER, FOOTER = 24, 44, 18
BACKGROUND, TEXT, QUIET_TEXT = (24, 26, 30), (226, 229, 233), (150, 155, 163)
_AGAINST = dict(zip("RLAPSI", "LRPAIS", strict=True))


class Tile(NamedTuple):
    """One slice of a prepared array as grey or colour values, and its number in the array."""

    pixels: Bytes
    number: int


def preview(prepared: Prepared) -> Image.Image:
    """A montage of at most twelve slices, spread evenly, in the order and orientation of the array.

    Raises
    ------
    BadInput
        If there are no pixels: the probe `text_only`.
    """
    from PIL import Image

    if not prepared.array.size:
        remedy = "Leave out --preview"
        raise BadInput("preview", expected="pixels", came="a presentation without any", remedy=remedy)
    tiles = _tiles(prepared)
    columns = min(4, len(tiles))
    rows = math.ceil(len(tiles) / columns)
    height, width = _shown_size(tiles[0].pixels)
    cell_w, cell_h = width + 2 * MARGIN, height + 2 * MARGIN + FOOTER
    canvas = Image.new("RGB", (columns * cell_w, HEADER + rows * cell_h), BACKGROUND)
    _write_header(canvas, prepared)
    for place, tile in enumerate(tiles):
        left, top = place % columns * cell_w, HEADER + place // columns * cell_h
        draw_tile(canvas, tile, (left, top), prepared)
    return canvas


def _tiles(prepared: Prepared) -> list[Tile]:
    stack = stack_of(prepared)
    low, high = _range_of(stack)
    chosen = uniform_positions(len(stack), MOST_TILES)
    return [Tile(_grey(stack[number], low, high), int(number)) for number in chosen]


def tile_of(prepared: Prepared, *, position: float) -> Tile:
    """The slice at `position` of the stack, from 0 (the first) to 1 (the last)."""
    stack = stack_of(prepared)
    number = round(position * (len(stack) - 1))
    return Tile(_grey(stack[number], *_range_of(stack)), number)


def stack_of(prepared: Prepared) -> NDArray[Any]:
    """The array as (slices, rows, columns[, 3]): leading axes of one and repeated channels dropped."""
    contract, array = prepared.contract, prepared.array
    if contract.slices is None:
        return array[None]
    places = [array.ndim + axis for axis in (contract.slices, contract.rows, contract.columns)]
    last = contract.kind == "images" and contract.columns == -2
    keep = [*places, array.ndim - 1] if last else places
    array = array.transpose([axis for axis in range(array.ndim) if axis not in keep] + keep)
    while array.ndim > len(keep):
        array = array[0]
    return array


class _Range(NamedTuple):
    low: float
    high: float


def _range_of(stack: NDArray[Any]) -> _Range:
    """The range of the contract's scale, which float contracts keep to: 0 to 1, or -1 to 1."""
    if stack.dtype == np.uint8:
        return _Range(0, 255)
    return _Range(-1 if stack.min() < 0 else 0, 1)


def _grey(values: NDArray[Any], low: float, high: float) -> Bytes:
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    scaled: Bytes = np.rint(np.clip((values - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    return scaled


class _Size(NamedTuple):
    height: int
    width: int


def _shown_size(pixels: Bytes, longest: int = TILE_PIXELS) -> _Size:
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    return _Size(max(1, round(height * scale)), max(1, round(width * scale)))


def _write_header(canvas: Image.Image, prepared: Prepared) -> None:
    from PIL import ImageDraw, ImageFont

    shown = prepared.presentation
    draw = ImageDraw.Draw(canvas)
    size = " x ".join(str(n) for n in shown.shape)
    draw.text((8, 4), f"{shown.contract}  {shown.probe}  {size}", fill=TEXT, font=ImageFont.load_default(14))
    draw.text((8, 24), shown.hu_map, fill=QUIET_TEXT, font=ImageFont.load_default(12))


def draw_tile(
    canvas: Image.Image,
    tile: Tile,
    corner: tuple[int, int],
    prepared: Prepared,
    size: tuple[int, int] = (TILE_PIXELS, MARGIN),
) -> None:
    """Draw a slice with the letters of its edges.

    Parameters
    ----------
    corner : left and top of the cell on the canvas, in pixels
    size : longest side of the slice and width of the margin around it, in pixels
    """
    from PIL import Image, ImageDraw, ImageFont

    (left, top), (longest, margin) = corner, size
    height, width = _shown_size(tile.pixels, longest)
    image = Image.fromarray(tile.pixels).convert("RGB").resize((width, height), Image.Resampling.NEAREST)
    canvas.paste(image, (left + margin, top + margin))
    draw = ImageDraw.Draw(canvas)
    middle_x, middle_y = left + margin + width / 2, top + margin + height / 2
    far_x, far_y = left + margin * 1.5 + width, top + margin * 1.5 + height
    if prepared.directions:
        down, across = prepared.directions[1], prepared.directions[2]
        for letter, place in (
            (_AGAINST[across], (left + margin / 2, middle_y)),
            (across, (far_x, middle_y)),
            (_AGAINST[down], (middle_x, top + margin / 2)),
            (down, (middle_x, far_y)),
        ):
            draw.text(place, letter, fill=TEXT, anchor="mm", font=ImageFont.load_default(15))
    draw.text(
        (left + margin, far_y + 2), f"[{tile.number}]", fill=QUIET_TEXT, font=ImageFont.load_default(11)
    )
