"""What is asked of an evidence picture, and what comes back: the types both renderers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, Self

from CTSpatialVQALib.errors import BadInput, one_line
from CTSpatialVQALib.files import write_bytes
from CTSpatialVQALib.scene.colours import display_colours
from CTSpatialVQALib.scene.compose import LegendEntry, Tile, compose, png_bytes
from CTSpatialVQALib.scene.window_presets import Window, window_for, window_named

if TYPE_CHECKING:
    from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
    from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

PictureKind = Literal["mrml", "flat"]
MOST_STRUCTURES = 8  # more colours than that cannot be told apart


@dataclass(frozen=True)
class EvidenceRequest:
    """One picture of one case.

    Parameters
    ----------
    mask : on the volume's grid, or None
    structures : class names to show, at most eight are drawn
    window : name of a preset, or None for the one these structures are usually looked at with
    """

    volume: OrientedVolume
    mask: AnatomyMask | None
    structures: tuple[str, ...]
    window: str | None = None


class EvidencePicture(NamedTuple):
    """A picture on disk: how it was made, its size in pixels, and what to tell the reader."""

    path: Path
    kind: PictureKind
    width: int
    height: int
    note: str


class Renderer(Protocol):
    """Makes the pictures of one case; keeps what they have in common until it is closed."""

    @property
    def kind(self) -> PictureKind:
        """How the pictures are made."""

    def render(
        self, structures: Sequence[str], out_png: Path, *, window: str | None = None
    ) -> EvidencePicture:
        """Write the picture that shows `structures`."""

    def close(self) -> None:
        """Let go of the case; the renderer cannot be used afterwards."""

    def __enter__(self) -> Self:
        """Use as a context manager: closed at its end."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""


class Content(NamedTuple):
    """What one picture shows: what is drawn, in which window, and what is told beside it."""

    drawn: tuple[LegendEntry, ...]
    legend: tuple[LegendEntry, ...]
    window: Window
    notes: tuple[str, ...]


def content_of(mask: AnatomyMask | None, structures: Sequence[str], window: str | None) -> Content:
    """Decide colours, legend, window and notes; the same for both renderers.

    Raises
    ------
    BadInput
        If `window` is not the name of a preset.
    """
    names = tuple(dict.fromkeys(structures))
    shown = names[:MOST_STRUCTURES]
    present = [name for name in shown if mask is not None and mask.has(name)]
    colours = display_colours(present)
    legend = tuple(LegendEntry(name, colours.get(name)) for name in shown)
    notes = []
    if mask is None:
        notes.append("no anatomy mask: slices through the centre of the volume")
    elif not present:
        notes.append("none of the structures is in the mask: slices through the centre of the volume")
    if len(names) > len(shown):
        notes.append(f"{len(names) - len(shown)} more structures are not drawn")
    return Content(
        drawn=tuple(entry for entry in legend if entry.colour is not None),
        legend=legend,
        window=window_named(window) if window is not None else window_for(shown),
        notes=tuple(notes),
    )


def write_picture(
    content: Content, tiles: Sequence[Tile], kind: PictureKind, out_png: Path, notes: Sequence[str] = ()
) -> EvidencePicture:
    """Compose and write the picture; the remark line names the window and every note about the content.

    Raises
    ------
    WorkFailed
        If `out_png` cannot be written.
    """
    image = compose(tiles, content.legend, (str(content.window), *content.notes))
    write_bytes(out_png, png_bytes(image))
    note = one_line("; ".join((*content.notes, *notes)))
    return EvidencePicture(out_png, kind, image.width, image.height, note)


def refuse_another_grid(volume: OrientedVolume, mask: AnatomyMask | None) -> None:
    """Raise BadInput unless the mask lies on the volume's grid: an overlay elsewhere would be a lie."""
    if mask is not None and not mask.grid.matches(volume.grid):
        raise BadInput(
            "anatomy mask",
            expected=f"the volume's grid, {volume.grid}",
            came=str(mask.grid),
            remedy="Use the mask that was made from this volume",
        )
