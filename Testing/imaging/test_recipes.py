"""Each recipe against an independent calculation of a few of its values, from the voxels and by hand."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from CTSpatialVQALib.imaging.contract import content_sha256, prepare
from CTSpatialVQALib.imaging.contract_catalogue import PUBLISHED, contract_named, contracts
from CTSpatialVQALib.imaging.generic_slices import SliceOptions, slices_contract
from CTSpatialVQALib.imaging.hounsfield_maps import HuWindow, in_grey
from CTSpatialVQALib.imaging.model_cards import model_cards
from CTSpatialVQALib.imaging.png import as_pngs
from CTSpatialVQALib.imaging.sampling import from_corner, half_pixel, nearest, spaced
from CTSpatialVQALib.records.words import AdapterEvidence
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from Testing.imaging.patients import phantom_volume, volume_of
from Testing.volumes.small_volumes import speckled

SPECKLED = speckled((50, 44, 37), seed=8)


def trilinear(values: NDArray[np.floating], r: float, a: float, s: float) -> float:
    """Eight neighbours and their weights; at the outermost voxel beyond it."""
    total = 0.0
    index = [min(max(x, 0.0), n - 1.0) for x, n in zip((r, a, s), values.shape, strict=True)]
    low = [min(math.floor(x), n - 2) for x, n in zip(index, values.shape, strict=True)]
    for corner in np.ndindex(2, 2, 2):
        weight = math.prod(
            (x - at) if one else 1 - (x - at) for x, at, one in zip(index, low, corner, strict=True)
        )
        total += weight * float(values[tuple(at + one for at, one in zip(low, corner, strict=True))])
    return total


def places(shape: tuple[int, ...], count: int = 300) -> list[tuple[int, ...]]:
    rng = np.random.default_rng(11)
    corners = list(np.ndindex(*(2,) * len(shape)))
    ends = [tuple(one * (n - 1) for one, n in zip(corner, shape, strict=True)) for corner in corners]
    return ends + [tuple(int(rng.integers(n)) for n in shape) for _ in range(count)]


@pytest.mark.parametrize(("name", "depth"), [("m3d", 32), ("med3dvlm", 128)])
def test_pictures_are_windowed_scaled_cropped_and_resized(name: str, depth: int) -> None:
    hu = np.full((60, 54, 47), -1000, np.int16)
    hu[5:55, 3:47, 6:43] = SPECKLED
    array = prepare(contract_named(name), volume_of(hu)).array
    grey = np.rint((np.clip(hu.astype(float), -1000, 400) + 1000) / 1400 * 255)
    grey = grey / 255 - grey.min() / 255
    grey /= grey.max()
    body = np.argwhere(grey > 0)
    low, high = body.min(axis=0), body.max(axis=0) + 1
    cut = grey[tuple(slice(one, two) for one, two in zip(low, high, strict=True))]
    assert array.shape == (1, 1, depth, 256, 256)
    assert cut.shape == (50, 44, 37)
    for d, h, w in places((depth, 256, 256)):
        s, a, r = (
            n - 1 - ((k + 0.5) * n / m - 0.5)
            for k, n, m in zip((d, h, w), cut.shape[::-1], (depth, 256, 256), strict=True)
        )
        assert array[0, 0, d, h, w] == pytest.approx(trilinear(cut, r, a, s), abs=2e-6)


def test_merlin_is_resampled_scaled_and_padded_with_air() -> None:
    spacing = (3.3, 9.0, 2.1)
    array = prepare(contract_named("merlin"), volume_of(SPECKLED, spacing)).array
    assert (array.shape, array.dtype) == ((1, 1, 224, 224, 160), np.float32)
    counts = [
        round((n - 1) * mm / t + 1) for n, mm, t in zip((50, 44, 37), spacing, (1.5, 1.5, 3), strict=True)
    ]
    assert counts == [109, 259, 26]
    for i, j, k in [(0, 0, 0), (57, 3, 67), (166, 220, 92), *places((224, 224, 160))]:
        r, a, s = i - (224 - 109) // 2, j + 259 // 2 - 112, k - (160 - 26) // 2
        if 0 <= r < 109 and 0 <= s < 26:
            hu = trilinear(SPECKLED, r * 1.5 / 3.3, a * 1.5 / 9.0, s * 3 / 2.1)
            # spacing is kept in steps of 1/16384 mm
            assert array[0, 0, i, j, k] == pytest.approx(min(max((hu + 1000) / 2000, 0), 1), abs=0.02)
        else:
            assert array[0, 0, i, j, k] == 0


def test_ct_chat_is_clipped_resized_cut_and_padded_with_air() -> None:
    spacing = (9.0, 7.5, 2.25)
    array = prepare(contract_named("ct-chat"), volume_of(SPECKLED, spacing)).array
    clipped = np.clip(SPECKLED.astype(float), -1000, 1000)
    counts = [int(n * mm / t) for n, mm, t in zip((50, 44, 37), spacing, (0.75, 0.75, 1.5), strict=True)]
    assert counts == [600, 440, 55]
    assert array.shape == (1, 1, 240, 480, 480)
    for z, x, y in [(92, 0, 20), (146, 479, 459), *places((240, 480, 480))]:
        k, i, j = z - (240 - 55) // 2, x + 60, y - 20
        if 0 <= k < 55 and 0 <= j < 440:
            r, a, s = (
                (at + 0.5) * n / m - 0.5
                for at, n, m in zip((599 - i, 439 - j, k), (50, 44, 37), counts, strict=True)
            )
            assert array[0, 0, z, x, y] == pytest.approx(trilinear(clipped, r, a, s) / 1000, abs=2e-6)
        else:
            assert array[0, 0, z, x, y] == -1


def test_radfm_is_scaled_and_takes_the_nearest_voxel() -> None:
    hu = SPECKLED.copy()
    hu[0, 0, 0] = -8192  # a scanner's padding is part of the minimum, as in the model's own code
    array = prepare(contract_named("radfm"), volume_of(hu)).array
    assert array.shape == (1, 1, 3, 256, 256, 36)
    low, high = -8192, int(hu.max())
    for h, w, d in places((256, 256, 36)):
        a, r, s = (
            n - 1 - k * n // m for k, n, m in zip((h, w, d), (44, 50, 37), (256, 256, 36), strict=True)
        )
        expected = (int(hu[r, a, s]) - low) / (high - low)
        assert array[0, 0, :, h, w, d] == pytest.approx([expected] * 3, abs=1e-6)


@pytest.mark.parametrize(("slices", "depth"), [(2, 4), (6, 4), (7, 8), (64, 64), (300, 64)])
def test_radfm_has_a_depth_it_was_trained_on(slices: int, depth: int) -> None:
    hu = np.zeros((4, 4, slices), np.int16)
    hu[0] = 1
    assert prepare(contract_named("radfm"), volume_of(hu)).array.shape[-1] == depth


def test_medgemma_takes_its_85_slices_in_three_windows() -> None:
    hu = speckled((20, 18, 200), seed=2)
    prepared = prepare(contract_named("medgemma"), volume_of(hu))
    chosen = [200 - 1 - round(i / 85 * 199) for i in range(1, 86)]
    assert prepared.presentation.slices is not None
    assert list(prepared.presentation.slices.used) == chosen
    assert prepared.presentation.slices.dropped == 115
    for number, (low, high) in enumerate([(-1024, 1024), (-135, 215), (0, 80)]):
        expected = np.rint(
            (np.clip(hu[::-1, ::-1, chosen].astype(float), low, high) - low) / (high - low) * 255
        )
        shown = prepared.array[..., number].astype(int)
        # ties are decided in float32 as in the recipe, so a value may fall on the other side
        assert np.abs(shown - expected.transpose(2, 1, 0)).max() <= 1
        assert (shown != expected.transpose(2, 1, 0)).mean() < 1e-3
    parts = prepared.parts("Where?")
    assert [part.image for part in parts if part.image is not None] == list(range(85))
    assert [part.text for part in parts][2::2][:2] == ["SLICE 1", "SLICE 2"]
    assert parts[-1].text == "Where?"


def test_lingshu_and_vila_take_their_slices() -> None:
    volume = volume_of(speckled((20, 18, 100), seed=2))
    lingshu = prepare(contract_named("lingshu"), volume)
    assert lingshu.presentation.slices is not None
    assert lingshu.presentation.slices.used[:2] == (99, 96)
    assert lingshu.presentation.slices.used[-1] == 0
    assert lingshu.parts("Q")[0].text == "<image_1>: "
    vila = prepare(contract_named("vila-m3"), volume)
    # slice n // 2 counted from below, cut to the whole number below
    exact = (np.clip(volume.hu[::-1, ::-1, 50].T.astype(float), -150, 250) + 150) / 400 * 255
    assert np.abs(vila.array[0] - np.floor(exact + 1e-4)).max() <= 1
    assert (vila.array[0] == np.floor(exact + 1e-4)).mean() > 0.99
    assert vila.parts("Where?")[-1].text == "This is a CT image.\nWhere?"


@pytest.mark.parametrize("window", [HuWindow(-1024, 1024), HuWindow(-135, 215), HuWindow(0, 80)])
def test_every_value_is_windowed_as_by_hand(window: HuWindow) -> None:
    every = np.arange(-32768, 32768).astype(np.int16)
    exact = (np.clip(every.astype(float), *window) - window.low) / (window.high - window.low) * 255
    grey = in_grey(every, window).astype(float)
    assert np.abs(grey - exact).max() <= 0.5 + 1e-4
    assert (grey[every <= window.low] == 0).all()
    assert (grey[every >= window.high] == 255).all()


def test_samples_lie_where_the_conventions_say() -> None:
    assert half_pixel(300, 32).at[[0, 1, -1]] == pytest.approx([4.1875, 13.5625, 294.8125])
    assert from_corner(300, 32).at[[0, 1, -1]] == pytest.approx([0, 9.375, 290.625])
    assert half_pixel(4, 8).at[[0, -1]] == pytest.approx([0, 3])
    assert list(nearest(5, 3).at) == [0, 1, 3]
    assert spaced(11, 1.0, 3.0).at == pytest.approx([0, 3, 6, 9])
    assert spaced(12, 1.0, 3.0).at[-1] == 11


def test_any_chat_models_slices_are_placed_lettered_and_labelled() -> None:
    options = SliceOptions(count=3, planes=("axial", "coronal"), windows=("bone",), size=50)
    volume = volume_of(SPECKLED, (1, 1, 1))
    prepared = prepare(slices_contract(options), volume)
    assert prepared.array.shape == (6, 50, 50 + 2 * 22)
    assert prepared.presentation.spacing_mm == (1.0, 1.0)
    axial = HuWindow(-500, 1300).grey(SPECKLED[::-1, ::-1, 36].T.astype(np.float32))
    np.testing.assert_array_equal(prepared.array[0, 3:47, 22:72], axial)
    assert (prepared.array[0, :3, 22:72] == HuWindow(-500, 1300).grey(np.float32([-1024]))[0]).all()
    coronal = HuWindow(-500, 1300).grey(SPECKLED[::-1, 43, ::-1].T.astype(np.float32))
    np.testing.assert_array_equal(prepared.array[3, 6:43, 22:72], coronal)
    assert prepared.array[0, :, :22].any()
    assert prepared.array[0, :, 72:].any()
    assert (prepared.array[0, :, :22] != prepared.array[0, :, 72:]).any()
    texts = [part.text for part in prepared.parts("Q") if part.text]
    assert texts[1:3] == ["axial slice 1, bone window\n", "axial slice 2, bone window\n"]
    assert texts[4] == "coronal slice 1, bone window\n"


def test_a_montage_holds_the_separate_pictures() -> None:
    common = {"count": 5, "windows": ("lung",), "size": 32, "side_letters": False}
    volume = phantom_volume()
    apart = prepare(slices_contract(SliceOptions(**common)), volume).array  # type: ignore[arg-type]
    joined = prepare(slices_contract(SliceOptions(layout="montage", **common)), volume).array  # type: ignore[arg-type]
    assert joined.shape == (1, 64, 96)
    for number, picture in enumerate(apart):
        row, column = divmod(number, 3)
        np.testing.assert_array_equal(
            joined[0, row * 32 : row * 32 + 32, column * 32 : column * 32 + 32], picture
        )


@pytest.mark.parametrize("name", ["lingshu", "vila-m3"])
def test_png_keeps_every_pixel_and_nothing_else(name: str) -> None:
    prepared = prepare(contract_named(name), phantom_volume())
    for packed, picture in zip(as_pngs(prepared), prepared.array, strict=True):
        with Image.open(io.BytesIO(packed)) as image:
            np.testing.assert_array_equal(np.asarray(image), picture)
            assert image.info == {}
        assert [name for name in (b"tEXt", b"iTXt", b"eXIf", b"tIME", b"pHYs") if name in packed] == []


def test_the_content_hash_tells_values_types_and_shapes_apart() -> None:
    values = np.arange(12, dtype=np.float32)
    arrays = [values, values.reshape(3, 4), values.reshape(4, 3), values.astype(np.int32), values + 1]
    assert len({content_sha256(array) for array in arrays}) == 5
    assert content_sha256(np.broadcast_to(values, (3, 12))) == content_sha256(np.stack([values] * 3))


@pytest.mark.parametrize("name", list(contracts()))
def test_a_presentation_is_complete(name: str) -> None:
    prepared = prepare(contract_named(name), phantom_volume())
    shown = prepared.presentation
    assert (shown.contract, shown.shape, shown.dtype) == (
        name,
        prepared.array.shape,
        prepared.array.dtype.name,
    )
    assert shown.axes
    assert shown.hu_map
    assert shown.slices is not None
    assert len(set(shown.slices.used)) + shown.slices.dropped in (64, 48)
    assert min(shown.spacing_mm) > 0
    assert shown.content_sha256 == content_sha256(prepared.array)
    with pytest.raises(ValueError, match="read-only"):
        prepared.array[(0,) * prepared.array.ndim] = 1
    assert "Where is it?" in prepared.parts("Where is it?")[-1].text


def test_every_model_has_a_card_that_claims_no_more_than_is_proven() -> None:
    cards = model_cards()
    assert list(cards) == [name for name in contracts() if PUBLISHED not in name]
    for card in cards.values():
        assert card.evidence is not AdapterEvidence.REAL_WEIGHTS
        compared = (
            "test_official_arrays" in card.evidence_note or "compared for MedGemma" in card.evidence_note
        )
        assert (card.evidence is AdapterEvidence.OFFICIAL_PREPROCESSING) == compared
        assert card.sources
        assert card.decided_here
    assert "[-1000, 400] HU" in " ".join(cards["m3d"].decided_here)


def test_outside_is_air_and_never_2_hu() -> None:
    tissue = np.full((20, 20, 20), 40, np.int16)
    tissue[10, 10, 10] = 60
    volume: OrientedVolume = volume_of(tissue, (3, 3, 3))
    assert np.unique(prepare(contract_named("merlin"), volume).array[0, 0, :40]).tolist() == [0]
    assert np.unique(prepare(contract_named("ct-chat"), volume).array[0, 0, :40]).tolist() == [-1]
