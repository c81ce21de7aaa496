"""What is an input contract? A model's recipe as a declaration, and the one way to prepare a volume by it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from CTSpatialVQALib.imaging.sampling import Along
from CTSpatialVQALib.records.reply import Presentation, SliceSelection
from CTSpatialVQALib.records.words import Probe
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

Kind = Literal["volume", "images"]
QUESTION = "{question}"


class Part(NamedTuple):
    """A piece of a prompt: text, or the image with this number (from 0) of the prepared array."""

    text: str = ""
    image: int | None = None


class Prompt(NamedTuple):
    """How a question is put to a model; `{question}` and, beside images, `{number}` (from 1) are filled in.

    Parameters
    ----------
    text : of a volume model the whole prompt with the tokens its pixels replace; else what follows the images
    bare : the same without any image, for the probe `text_only`
    system : the system message, empty for none
    opening : before the first image
    before_image, after_image : around each image
    """

    text: str
    bare: str = QUESTION
    system: str = ""
    opening: str = ""
    before_image: str = ""
    after_image: str = ""

    def parts(self, question: str, labels: tuple[str, ...] | None, *, pixels: bool) -> tuple[Part, ...]:
        """The parts in order. `labels` has a text for each image, None for a volume model."""
        if not pixels:
            return (Part(self.bare.replace(QUESTION, question)),)
        parts = [Part(self.opening)]
        for image, label in enumerate(labels or ()):
            number = str(image + 1)
            parts.append(Part(self.before_image.replace("{number}", number)))
            parts.append(Part(image=image))
            parts.append(Part((label or self.after_image).replace("{number}", number)))
        parts.append(Part(self.text.replace(QUESTION, question)))
        return tuple(part for part in parts if part.text or part.image is not None)


class Arrangement(NamedTuple):
    """Which of the chosen slices are shown, in which order: all, the middle one, or shuffled by a seed.

    Parameters
    ----------
    full : of a volume changed by a probe, the volume as it was: a recipe that takes its scale or its crop
        from the voxels (minimum and maximum, foreground) takes them from there, so that nothing else changes
    """

    order: Literal["all", "single", "shuffled"] = "all"
    seed: int = 0
    full: OrientedVolume | None = None

    def scale_of(self, volume: OrientedVolume) -> OrientedVolume:
        """The volume that scale and crop come from."""
        return self.full or volume

    def of(self, count: int) -> NDArray[np.intp]:
        """The positions, out of 0 to count - 1, that are shown. Shuffled never is the natural order."""
        places = np.arange(count)
        if self.order == "single":
            return places[count // 2 : count // 2 + 1]
        if self.order == "shuffled" and count > 1:
            rng = np.random.Generator(np.random.PCG64(self.seed))
            mixed = rng.permutation(count)
            return mixed if (mixed != places).any() else np.roll(places, 1)
        return places

    def along(self, axis: Along) -> Along:
        """The samples of a volume's slice axis rearranged; of a single slice the volume is filled with it."""
        if self.order == "all":
            return axis
        inside = np.flatnonzero(~np.isnan(axis.at))
        chosen = axis.at[inside][self.of(len(inside))]
        at = axis.at.copy()
        # a whole slice: a blend of two would be a picture of neither
        at[inside] = np.rint(chosen[0]) if self.order == "single" else chosen
        return Along(at, axis.step)


@dataclass(frozen=True, eq=False)
class Pixels:
    """What a recipe made of a volume.

    Parameters
    ----------
    spacing_mm : distance of samples along slices, rows and columns, in the order of the array's axes
    hu_map : how Hounsfield units became values, in words
    used : source slices that have a weight in it, in shown order, counted from inferior
    of : number of slices the volume has
    directions : where slices, rows and columns run in the patient, e.g. 'IPL' for a stack from above whose
        columns run from the patient's right to the left; empty if pictures of several planes are mixed
    labels : text that follows each image; empty where the contract's own text does
    """

    array: NDArray[Any]
    axes: str
    spacing_mm: tuple[float, ...]
    hu_map: str
    used: tuple[int, ...]
    of: int
    directions: str = ""
    labels: tuple[str, ...] | None = None


Show = Callable[[OrientedVolume, Arrangement], Pixels]


@dataclass(frozen=True)
class Contract:
    """A model's input contract.

    Parameters
    ----------
    name : model, with `@published` for what the published run of the benchmark sent instead
    version : another version is another input
    kind : a `volume` goes to the model as one array, `images` as separate pictures
    columns, rows, slices : which axis of the array is which, from the end; slices None if there is one only
    generation : decoding parameters of the recipe
    differs : of a published variant, what it does otherwise
    approximate : of a published variant, that part of it is not documented
    """

    name: str
    version: str
    kind: Kind
    show: Show
    prompt: Prompt
    generation: Mapping[str, JsonValue]
    slices: int | None
    rows: int
    columns: int
    differs: str = ""
    approximate: bool = False


@dataclass(frozen=True, eq=False)
class Prepared:
    """Exactly what a model is given of a volume, with the record of it.

    Parameters
    ----------
    array : read-only; without elements for the probe `text_only`
    directions : where slices, rows and columns of the array run in the patient, as in `Pixels`
    labels : text after each image, None for a volume
    """

    array: NDArray[Any]
    presentation: Presentation
    contract: Contract
    directions: str = ""
    labels: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        shown = self.presentation
        size = " x ".join(map(str, shown.shape)) or "no array"
        made_as = f"{shown.contract} version {shown.version}, probe {shown.probe}"
        return f"Prepared for {made_as}: {size} {shown.dtype}"

    def parts(self, question: str) -> tuple[Part, ...]:
        """The prompt for `question`: text and images in order."""
        return self.contract.prompt.parts(question, self.labels, pixels=bool(self.array.size))


def prepare(
    contract: Contract,
    volume: OrientedVolume,
    *,
    probe: Probe = Probe.FULL,
    arrangement: Arrangement | None = None,
) -> Prepared:
    """Make what `contract` shows of `volume`. A pure function: the same voxels give the same bytes.

    Parameters
    ----------
    probe : recorded in the presentation; the change itself is `imaging.probes.probed`'s
    """
    pixels = contract.show(volume, arrangement or Arrangement())
    pixels.array.flags.writeable = False
    presentation = Presentation(
        contract=contract.name,
        version=contract.version,
        probe=probe,
        axes=pixels.axes,
        shape=pixels.array.shape,
        dtype=pixels.array.dtype.name,
        spacing_mm=tuple(round(mm, 6) for mm in pixels.spacing_mm),
        hu_map=pixels.hu_map,
        slices=SliceSelection(used=pixels.used, dropped=pixels.of - len(set(pixels.used))),
        content_sha256=content_sha256(pixels.array),
    )
    return Prepared(pixels.array, presentation, contract, pixels.directions, pixels.labels)


def without_pixels(contract: Contract) -> Prepared:
    """The question alone: the probe `text_only`."""
    nothing = np.zeros((0,), dtype=np.uint8)
    nothing.flags.writeable = False
    presentation = Presentation(
        contract=contract.name,
        version=contract.version,
        probe=Probe.TEXT_ONLY,
        content_sha256=content_sha256(nothing),
    )
    return Prepared(nothing, presentation, contract)


def content_sha256(array: NDArray[Any]) -> str:
    """SHA-256 of type, shape and values (little-endian, last axis fastest)."""
    digest = hashlib.sha256(f"{array.dtype.newbyteorder('<').str};{array.shape};".encode())
    _feed(digest, array.astype(array.dtype.newbyteorder("<"), copy=False))
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, array: NDArray[Any]) -> None:
    if array.flags.c_contiguous:
        digest.update(array.data)
        return
    for part in array:  # a repeated channel is a view without memory of its own; let it stay one
        _feed(digest, part)
