"""One picture of what the models are shown of the same patient, and of the same patient stored another way.

A model's own contract gives the same picture however the file is stored; what the published run sent does
not, and a reader sees at once which models were shown left for right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from CTSpatialVQALib.imaging.contract import Contract, Prepared, prepare
from CTSpatialVQALib.imaging.preview import BACKGROUND, QUIET_TEXT, TEXT, draw_tile, tile_of
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

# Orders that converters really write. Only LPS reached the published loaders the right way round.
STORAGE_ORDERS = ("LPS", "RAS")
SLICE_PIXELS, MARGIN, CAPTION = 176, 20, 44
CELL = SLICE_PIXELS + 2 * MARGIN
NAME_WIDTH = 120


class _Column(NamedTuple):
    variant: str  # after the model's name: "" or "@published"
    stored: str  # axis code of the file

    @property
    def caption(self) -> str:
        recipe = "the published run" if self.variant else "the model's own recipe"
        return f"{recipe}\nfile stored {self.stored}"


def gallery(volume: OrientedVolume, models: Sequence[str], contracts: Mapping[str, Contract]) -> Image.Image:
    """A row for each model: the middle slice of its contract and of its published variant, stored two ways.

    Parameters
    ----------
    volume : the patient; how its file is stored is replaced by each of `STORAGE_ORDERS`
    models : names of contracts without variant, in the order of the rows
    contracts : by name; a model without `@published` leaves those columns empty
    """
    from PIL import Image, ImageDraw, ImageFont

    variants = sorted(
        {name.removeprefix(model) for model in models for name in contracts if _is_of(name, model)}
    )
    columns = [_Column(variant, stored) for variant in variants for stored in STORAGE_ORDERS]
    size = (NAME_WIDTH + len(columns) * CELL, CAPTION + len(models) * CELL)
    canvas = Image.new("RGB", size, BACKGROUND)
    draw = ImageDraw.Draw(canvas)
    for number, column in enumerate(columns):
        middle = (NAME_WIDTH + (number + 0.5) * CELL, CAPTION / 2)
        font = ImageFont.load_default(12)
        draw.text(middle, column.caption, fill=TEXT, anchor="mm", align="center", font=font)
    for number, model in enumerate(models):
        _draw_row(canvas, draw, CAPTION + number * CELL, volume, model, columns, contracts)
    return canvas


def _is_of(name: str, model: str) -> bool:
    return name == model or name.startswith(f"{model}@")


def _draw_row(
    canvas: Image.Image,
    draw: ImageDraw.ImageDraw,
    top: int,
    volume: OrientedVolume,
    model: str,
    columns: Sequence[_Column],
    contracts: Mapping[str, Contract],
) -> None:
    from PIL import ImageFont

    draw.text((10, top + CELL / 2), model, fill=TEXT, anchor="lm", font=ImageFont.load_default(14))
    for number, column in enumerate(columns):
        left = NAME_WIDTH + number * CELL
        contract = contracts.get(model + column.variant)
        if contract is None:
            place = (left + CELL / 2, top + CELL / 2)
            draw.text(place, "none", fill=QUIET_TEXT, anchor="mm", font=ImageFont.load_default(11))
            continue
        prepared = _shown(contract, volume, column.stored)
        draw_tile(canvas, tile_of(prepared, position=0.5), (left, top), prepared, (SLICE_PIXELS, MARGIN))


def _shown(contract: Contract, volume: OrientedVolume, stored: str) -> Prepared:
    return prepare(contract, replace(volume, axes=stored))
