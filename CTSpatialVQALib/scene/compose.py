"""Composition of an evidence picture from four tiles: letters, scale bars and legend, drawn with Pillow.

Both renderers end here, so a picture made without OpenGL reads like one made with it.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from CTSpatialVQALib.records.structures import Colour, structures
from CTSpatialVQALib.scene.planes import EdgeLetters, SlicePlane
from CTSpatialVQALib.scene.shown_anatomy import Role

TILE = 420  # pixels, width and height of each of the four tiles
RESEARCH_ONLY = "Research use only"

_GAP = 4
_LINE = 22
_COLUMNS = 3
_BACKGROUND = (24, 26, 30)
_PANEL = (36, 39, 45)
_TEXT = (226, 229, 233)
_QUIET = (150, 155, 163)
_ROLE_WORDS = {Role.QUESTION: "asked", Role.CLAIMED: "claimed", Role.REFERENCE: "reference"}
_HATCH_STEP = 5
_BARS_MM = (200, 100, 50, 20, 10, 5, 2, 1)
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Tile(NamedTuple):
    """One of the four pictures.

    Parameters
    ----------
    pixels : (TILE, TILE, 3) uint8 RGB
    mm_per_pixel : draws a scale bar; None where there is no one scale (perspective)
    """

    pixels: NDArray[np.uint8]
    caption: str
    letters: EdgeLetters | None = None
    mm_per_pixel: float | None = None


class LegendEntry(NamedTuple):
    """A structure asked for, by class name; drawn in `colour`, or None if it is not in the mask.

    Parameters
    ----------
    roles : on whose behalf it is drawn, where the picture tells them apart; its swatch is drawn like it
    """

    name: str
    colour: Colour | None
    roles: tuple[Role, ...] = ()
    note: str = ""
    display: str = ""

    @property
    def text(self) -> str:
        """The name as a reader knows it."""
        structure = structures().get(self.name)
        display = self.display or (structure.display if structure else self.name.replace("_", " "))
        if self.colour is None:
            return f"{display} ({self.note or 'not in mask'})"
        roles = ", ".join(_ROLE_WORDS[role] for role in self.roles)
        return f"{display}: {roles}" if roles else display


def slice_tile(pixels: NDArray[np.uint8], plane: SlicePlane) -> Tile:
    """The tile of a slice, its caption saying where it lies."""
    at = f"{plane.through_letter} {abs(plane.through_mm):.0f} mm"
    return Tile(pixels, f"{plane.kind.lower()}, {at}", plane.letters, plane.mm_per_pixel)


def note_tile(caption: str, note: str) -> Tile:
    """A tile that says why there is no picture."""
    image = Image.new("RGB", (TILE, TILE), _PANEL)
    draw = ImageDraw.Draw(image)
    lines = "\n".join(textwrap.wrap(note, 44))
    draw.multiline_text(
        (TILE / 2, TILE / 2), lines, _QUIET, _font(15), anchor="mm", align="center", spacing=6
    )
    return Tile(np.asarray(image), caption)


def compose(tiles: Sequence[Tile], legend: Sequence[LegendEntry], remarks: Sequence[str]) -> Image.Image:
    """Two rows of two tiles, the legend, and a line of remarks with the notice on its right."""
    width = 2 * TILE + 3 * _GAP
    legend_rows = -(-len(legend) // _COLUMNS)
    foot = 2 * TILE + 3 * _GAP + 4
    image = Image.new("RGB", (width, foot + (legend_rows + 1) * _LINE + 6), _BACKGROUND)
    draw = ImageDraw.Draw(image)
    for place, tile in enumerate(tiles):
        left, top = _GAP + place % 2 * (TILE + _GAP), _GAP + place // 2 * (TILE + _GAP)
        image.paste(Image.fromarray(tile.pixels), (left, top))
        _annotate(draw, tile, left, top)
    for place, entry in enumerate(legend):
        _legend_entry(
            draw, entry, 12 + place % _COLUMNS * (width // _COLUMNS), foot + place // _COLUMNS * _LINE
        )
    last = foot + legend_rows * _LINE + _LINE / 2
    draw.text((12, last), "   ".join(remarks), _QUIET, _font(13), anchor="lm")
    draw.text((width - 12, last), RESEARCH_ONLY, _TEXT, _font(13), anchor="rm")
    return image


def png_bytes(image: Image.Image) -> bytes:
    """The picture as PNG with nothing but pixels in it: no text chunk, no time, no name."""
    stream = io.BytesIO()
    Image.fromarray(np.asarray(image)).save(stream, format="PNG", compress_level=2)
    return stream.getvalue()


@cache
def _font(size: int) -> _Font:
    return ImageFont.load_default(size)


def _annotate(draw: ImageDraw.ImageDraw, tile: Tile, left: int, top: int) -> None:
    _outlined(draw, (left + 8, top + 7), tile.caption, 14, "la")
    if tile.letters is not None:
        middle, inset = TILE / 2, 7
        _outlined(draw, (left + inset, top + middle), tile.letters.left, 19, "lm")
        _outlined(draw, (left + TILE - inset, top + middle), tile.letters.right, 19, "rm")
        _outlined(draw, (left + middle, top + inset), tile.letters.top, 19, "ma")
        _outlined(draw, (left + middle, top + TILE - inset), tile.letters.bottom, 19, "md")
    if tile.mm_per_pixel is not None:
        _scale_bar(draw, tile.mm_per_pixel, left + 10, top + TILE - 12)


def _scale_bar(draw: ImageDraw.ImageDraw, mm_per_pixel: float, left: int, bottom: int) -> None:
    length_mm = next((mm for mm in _BARS_MM if mm / mm_per_pixel <= TILE / 4), _BARS_MM[-1])
    right = left + round(length_mm / mm_per_pixel)
    for width, colour in ((5, (0, 0, 0)), (2, _TEXT)):
        draw.line([(left, bottom - 5), (left, bottom), (right, bottom), (right, bottom - 5)], colour, width)
    label = f"{length_mm // 10} cm" if length_mm >= 10 else f"{length_mm} mm"
    _outlined(draw, (right + 7, bottom + 3), label, 13, "ld")


def _outlined(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    size: int,
    anchor: str,
) -> None:
    draw.text(place, text, _TEXT, _font(size), anchor=anchor, stroke_width=2, stroke_fill=(0, 0, 0))


def _legend_entry(draw: ImageDraw.ImageDraw, entry: LegendEntry, left: int, top: int) -> None:
    swatch = [left, top + 4, left + 14, top + 18]
    if entry.colour is None:
        draw.rectangle(swatch, outline=_QUIET)
    else:
        _swatch(draw, swatch, entry.colour, entry.roles)
    colour = _TEXT if entry.colour is not None else _QUIET
    draw.text((left + 22, top + _LINE / 2), _cut(entry.text), colour, _font(15), anchor="lm")


def _swatch(draw: ImageDraw.ImageDraw, box: list[int], colour: Colour, roles: tuple[Role, ...]) -> None:
    """A small picture of how it is drawn: filled, hatched, thickly outlined."""
    rgb = _rgb(colour)
    if not roles:
        draw.rectangle(box, fill=rgb)
        return
    left, top, right, bottom = box
    is_asked = Role.QUESTION in roles
    draw.rectangle(
        box, fill=_rgb(Colour(*(0.4 * part for part in colour))) if is_asked else None, outline=rgb
    )
    if Role.CLAIMED in roles:
        for step in range(_HATCH_STEP, 2 * (right - left), _HATCH_STEP):
            start, end = max(0, step - (bottom - top)), min(step, right - left)
            draw.line([(left + start, top + step - start), (left + end, top + step - end)], _TEXT, 1)
    if Role.REFERENCE in roles:
        draw.rectangle(box, outline=rgb, width=3)


def _rgb(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = (round(255 * part) for part in colour)
    return red, green, blue


def _cut(text: str) -> str:
    """As much of a legend's text as fits into its column."""
    room = (2 * TILE + 3 * _GAP) // _COLUMNS - 40
    if _font(15).getlength(text) <= room:
        return text
    while text and _font(15).getlength(f"{text} ...") > room:
        text = text[:-1]
    return f"{text.rstrip()} ..."
