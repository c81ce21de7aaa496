"""The contract `slices`: a CT as pictures for any chat model without a recipe of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.imaging.contract import Arrangement, Contract, Pixels, Prompt
from CTSpatialVQALib.imaging.hounsfield_maps import Bytes, HuWindow, preset
from CTSpatialVQALib.imaging.resample import OUTSIDE_HU, resampled_to_patient_axes, spacing_of
from CTSpatialVQALib.imaging.sampling import Along, Places, half_pixel, sampled, whole
from CTSpatialVQALib.imaging.slice_recipes import uniform_positions
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

Plane = Literal["axial", "coronal", "sagittal"]
Layout = Literal["separate", "montage"]
MARGIN = 22  # pixels beside and above a picture, for letters that must not cover anatomy


class _View(NamedTuple):
    """How a plane is hung: which of the axes R, A, S its slices, rows and columns run against.

    So slices run superior to inferior, anterior to posterior, right to left; rows from superior (axial:
    from anterior); columns from the patient's right, in sagittal pictures from anterior.
    """

    axes: tuple[int, int, int]
    order: str
    letters: tuple[str, str]


VIEWS: Mapping[Plane, _View] = {
    "axial": _View((2, 1, 0), "superior to inferior", ("R", "L")),
    "coronal": _View((1, 2, 0), "anterior to posterior", ("R", "L")),
    "sagittal": _View((0, 2, 1), "right to left", ("A", "P")),
}


@dataclass(frozen=True)
class SliceOptions:
    """What the contract `slices` leaves to the user.

    Parameters
    ----------
    count : slices of each plane
    planes : shown one after the other
    windows : names of Resources/display.toml; each slice is shown once in every window
    size : pixels of the longer side of the field of view; pictures are square, padded with air
    layout : `separate` pictures, or one `montage` per plane and window
    side_letters : R and L (sagittal: A and P) in a margin beside each picture
    slice_labels : a line of text after each separate picture that names plane, number and window

    Raises
    ------
    BadInput
        For a number out of range or an unknown name.
    """

    count: int = 16
    planes: tuple[Plane, ...] = ("axial",)
    windows: tuple[str, ...] = ("lung", "mediastinum")
    size: int = 512
    layout: Layout = "separate"
    side_letters: bool = True
    slice_labels: bool = True

    def __post_init__(self) -> None:
        _within("count", self.count, 1, 512)
        _within("size", self.size, 16, 2048)
        for plane in self.planes:
            _one_of("planes", plane, get_args(Plane))
        _one_of("layout", self.layout, get_args(Layout))
        if not self.planes or not self.windows:
            raise _refuse("planes and windows", "at least one of each", "none")
        for window in self.windows:
            preset(window)


class ServerPreset(NamedTuple):
    """What servers of one make bear, as their documentation says.

    Parameters
    ----------
    options : of `slices`, so that pictures arrive unscaled
    most_pictures : in one request
    source : where it is documented
    """

    options: Mapping[str, str]
    most_pictures: int
    source: str


# A side letter adds 44 pixels to the width, so a `size` of 724 makes pictures of 724 x 768.
PRESETS: Mapping[str, ServerPreset] = {
    "openai": ServerPreset(
        {"count": "24", "size": "724"}, 500, "OpenAI, Images and vision: 500 pictures, 768 pixels short side"
    ),
    "gemini": ServerPreset(
        {"count": "40", "size": "724"}, 3000, "Gemini API, Image understanding: 3,000 pictures, tiles of 768"
    ),
    "qwen": ServerPreset(
        {"count": "24", "size": "516"},
        64,
        "Qwen2.5-VL: multiples of 28 pixels; how many the server's context bears",
    ),
    "claude": ServerPreset(
        {"count": "40", "size": "1024"},
        100,
        "Anthropic, Vision: 100 pictures, at most 1568 pixels and 1.15 megapixels",
    ),
}


def slices_contract(options: SliceOptions) -> Contract:
    """The contract `slices` with these options."""
    return Contract(
        name="slices",
        version="1",
        kind="images",
        show=partial(_pixels, options=options),
        prompt=Prompt(
            text="{question}",
            opening="These are slices of one CT volume. "
            "In axial and coronal pictures the patient's right is on the left.\n",
        ),
        generation={"temperature": 0},
        slices=-3,
        rows=-2,
        columns=-1,
    )


def parse_options(settings: Mapping[str, str]) -> SliceOptions:
    """Options from text: `count=8`, `planes=axial+coronal`, `side_letters=no`, `preset=claude`.

    A preset sets what servers of one make bear; options beside it go before its own.

    Raises
    ------
    BadInput
        Naming the key.
    """
    readers: dict[str, Callable[[str], object]] = {
        "count": lambda text: _number("count", text),
        "size": lambda text: _number("size", text),
        "planes": lambda text: tuple(text.split("+")),
        "windows": lambda text: tuple(text.split("+")),
        "layout": str,
        "side_letters": lambda text: _yes_or_no("side_letters", text),
        "slice_labels": lambda text: _yes_or_no("slice_labels", text),
    }
    preset_name = settings.get("preset")
    if preset_name is not None:
        _one_of("preset", preset_name, tuple(PRESETS))
        settings = {**PRESETS[preset_name].options, **settings}
    values = {}
    for key, text in settings.items():
        _one_of("option of the contract slices", key, (*readers, "preset"))
        if key != "preset":
            values[key] = readers[key](text)
    options = SliceOptions(**values)  # type: ignore[arg-type]
    if preset_name is not None:
        _refuse_too_many(options, preset_name)
    return options


def _refuse_too_many(options: SliceOptions, preset_name: str) -> None:
    pictures = len(options.planes) * len(options.windows)
    if options.layout == "separate":
        pictures *= options.count
    most = PRESETS[preset_name].most_pictures
    if pictures > most:
        raise BadInput(
            "slices: count",
            expected=f"at most {most} pictures in one request to a server like {preset_name}",
            came=f"{pictures}",
            remedy="Choose fewer slices, planes or windows, or layout=montage",
        )


class _Picture(NamedTuple):
    hu: NDArray[np.float32]
    plane: Plane
    source: int


def _pixels(volume: OrientedVolume, arrangement: Arrangement, *, options: SliceOptions) -> Pixels:
    upright = resampled_to_patient_axes(volume)
    windows = [preset(name) for name in options.windows]
    pictures: list[Bytes] = []
    labels: list[str] = []
    used: list[int] = []
    for plane in options.planes:
        shown_of_plane = _pictures_of(upright, plane, options, arrangement)
        if plane == "axial":
            used = [picture.source for picture in shown_of_plane]
        for name, window in zip(options.windows, windows, strict=True):
            drawn = [_drawn(picture, window, options.side_letters) for picture in shown_of_plane]
            if options.layout == "montage":
                pictures.append(_montage(drawn))
                labels.append(f"{plane} slices, {VIEWS[plane].order}, {name} window\n")
            else:
                pictures += drawn
                labels += [f"{plane} slice {number}, {name} window\n" for number in range(1, len(drawn) + 1)]
    array = _stacked(pictures)
    mm = _mm_per_pixel(upright, options.size)
    return Pixels(
        array=array,
        axes=_axes_text(options),
        spacing_mm=(mm, mm),
        hu_map="; ".join(
            f"{name} {window} HU to 0..255, trilinear before, rounded after"
            for name, window in zip(options.windows, windows, strict=True)
        ),
        used=tuple(used),
        of=upright.hu.shape[2],
        labels=tuple(labels) if options.slice_labels else ("",) * len(labels),
    )


def _axes_text(options: SliceOptions) -> str:
    views = "; ".join(f"{plane} {VIEWS[plane].order}" for plane in options.planes)
    letters = "letters in the margin" if options.side_letters else "no letters"
    return f"pictures ({views}; {options.layout}; {letters}), rows, columns"


def _pictures_of(
    volume: OrientedVolume, plane: Plane, options: SliceOptions, arrangement: Arrangement
) -> list[_Picture]:
    view = VIEWS[plane]
    count = volume.hu.shape[view.axes[0]]
    positions = uniform_positions(count, options.count)
    indices = count - 1 - positions[arrangement.of(len(positions))]
    rows, columns = (_square(volume, axis, options.size) for axis in view.axes[1:])
    source = volume.hu.transpose(view.axes)
    slices = whole(len(indices))
    values = sampled(source[indices], Places(slices, rows, columns), outside=OUTSIDE_HU)
    return [_Picture(hu, plane, int(index)) for hu, index in zip(values, indices, strict=True)]


def _mm_per_pixel(volume: OrientedVolume, size: int) -> float:
    spacing = spacing_of(volume.grid)
    longest: float = max(n * mm for n, mm in zip(volume.hu.shape, spacing, strict=True))
    return longest / size


def _square(volume: OrientedVolume, axis: int, size: int) -> Along:
    """One axis turned round, at the scale at which the volume's longest one fills `size` pixels; centred."""
    voxels, mm = volume.hu.shape[axis], spacing_of(volume.grid)[axis]
    samples = max(1, min(size, round(voxels * mm / _mm_per_pixel(volume, size))))
    along = half_pixel(voxels, samples).turned(voxels)
    at = np.full(size, np.nan)
    before = (size - samples) // 2
    at[before : before + samples] = along.at
    return Along(at, along.step)


def _drawn(picture: _Picture, window: HuWindow, letters: bool) -> Bytes:
    grey = window.grey(picture.hu)
    if not letters:
        return grey
    height, width = grey.shape
    out = np.zeros((height, width + 2 * MARGIN), dtype=np.uint8)
    out[:, MARGIN : MARGIN + width] = grey
    for letter, left in zip(VIEWS[picture.plane].letters, (0, MARGIN + width), strict=True):
        out[:, left : left + MARGIN] = _letter(letter, height)
    return out


def _letter(letter: str, height: int) -> Bytes:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("L", (MARGIN, height))
    ImageDraw.Draw(image).text(
        (MARGIN / 2, height / 2), letter, fill=255, anchor="mm", font=ImageFont.load_default(16)
    )
    return np.asarray(image)


def _montage(pictures: list[Bytes]) -> Bytes:
    """Pictures side by side, row by row, in the nearest shape to a square."""
    columns = int(np.ceil(np.sqrt(len(pictures))))
    rows = -(-len(pictures) // columns)
    height, width = pictures[0].shape
    out = np.zeros((rows * height, columns * width), dtype=np.uint8)
    for number, picture in enumerate(pictures):
        top, left = number // columns * height, number % columns * width
        out[top : top + height, left : left + width] = picture
    return out


def _stacked(pictures: list[Bytes]) -> Bytes:
    """One array of all pictures; montages of unlike shape are padded with black at their right and bottom."""
    height = max(picture.shape[0] for picture in pictures)
    width = max(picture.shape[1] for picture in pictures)
    out = np.zeros((len(pictures), height, width), dtype=np.uint8)
    for place, picture in zip(out, pictures, strict=True):
        place[: picture.shape[0], : picture.shape[1]] = picture
    return out


def _within(key: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise _refuse(key, f"a number from {low} to {high}", str(value))


def _one_of(key: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise _refuse(key, f"one of {', '.join(allowed)}", shown(value))


def _number(key: str, text: str) -> int:
    if not text.isdecimal():
        raise _refuse(key, "a whole number", shown(text))
    return int(text)


def _yes_or_no(key: str, text: str) -> bool:
    _one_of(key, text, ("yes", "no"))
    return text == "yes"


def _refuse(key: str, expected: str, came: str) -> BadInput:
    return BadInput(f"slices: {key}", expected=expected, came=came, remedy="Correct the option")
