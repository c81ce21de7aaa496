"""What the published run sent differs from the official recipe as documented, and depends on storage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from CTSpatialVQALib.imaging.contract import prepare
from CTSpatialVQALib.imaging.contract_catalogue import PUBLISHED, contract_named, contracts
from CTSpatialVQALib.imaging.prepared_files import as_stored
from Testing.imaging.patients import phantom, phantom_volume, ramp, stored_phantom, volume_of

VARIANTS = [name for name in contracts() if PUBLISHED in name]
KEEP_STORAGE_ORDER = ["m3d", "med3dvlm", "radfm", "ct-chat", "medgemma", "lingshu"]


def test_every_variant_says_how_it_differs_and_that_it_is_approximate() -> None:
    assert len(VARIANTS) == 9
    for name in VARIANTS:
        assert contract_named(name).differs
        # Hulu-Med's own loader is documented in full
        assert contract_named(name).approximate == (name != "hulu-med@published")
        assert not contract_named(name.removesuffix(PUBLISHED)).differs


@pytest.mark.parametrize("name", [name for name in VARIANTS if not name.startswith("vila")])
def test_the_published_pixels_are_others(name: str) -> None:
    official = prepare(contract_named(name.removesuffix(PUBLISHED)), phantom_volume())
    published = prepare(contract_named(name), phantom_volume())
    assert published.presentation.content_sha256 != official.presentation.content_sha256


@pytest.mark.parametrize("name", ["m3d", "medgemma", "lingshu"])
def test_published_input_depends_on_storage_and_ras_is_mirrored(name: str, tmp_path: Path) -> None:
    contract = contract_named(name + PUBLISHED)
    lps, ras = (prepare(contract, stored_phantom(tmp_path, code)) for code in ("LPS", "RAS"))
    columns, rows = (-2, -3) if lps.array.ndim == 4 else (-1, -2)
    assert (lps.directions, ras.directions) == ("SPL", "SAR")
    if name == "lingshu":
        np.testing.assert_array_equal(np.flip(ras.array, (rows, columns)), lps.array)
    assert ras.presentation.content_sha256 != lps.presentation.content_sha256


def test_stored_order_is_what_the_file_holds(tmp_path: Path) -> None:
    one = phantom()
    for code, expected in {
        "LPS": one.hu[::-1, ::-1].T,
        "RAS": one.hu.T,
        "PIR": one.hu[:, ::-1, ::-1].transpose(0, 2, 1),
    }.items():
        np.testing.assert_array_equal(as_stored(stored_phantom(tmp_path, code)), expected)


def test_merlins_axes_were_permuted() -> None:
    official = prepare(contract_named("merlin"), phantom_volume()).array
    published = prepare(contract_named("merlin@published"), phantom_volume()).array
    assert (official.shape, published.shape) == ((1, 1, 224, 224, 160), (1, 1, 160, 224, 224))
    np.testing.assert_array_equal(published[0, 0].transpose(2, 1, 0), official[0, 0])
    published_contract = contract_named("merlin@published")
    assert published_contract.prompt.text.endswith("Question: {question}\nAnswer:")
    assert published_contract.generation == {"do_sample": False, "max_new_tokens": 64}


def test_ct_chat_was_asked_without_its_image() -> None:
    official, published = (contract_named(name).prompt.text for name in ("ct-chat", "ct-chat@published"))
    assert official == "<image>\n <provided>{question} <short_answer>"
    assert "<image>" not in published
    assert "<provided>" not in published


def test_ct_chat_took_every_voxel_as_a_millimetre() -> None:
    hu = phantom().hu
    contract = contract_named("ct-chat@published")
    fine, coarse = (prepare(contract, volume_of(hu, (mm, mm, mm))) for mm in (1.0, 3.0))
    np.testing.assert_array_equal(fine.array, coarse.array)
    assert fine.presentation.spacing_mm != coarse.presentation.spacing_mm


def test_medgemmas_first_window_was_shifted() -> None:
    volume = ramp(0)
    official, published = (
        prepare(contract_named(name), volume) for name in ("medgemma", "medgemma@published")
    )
    assert "[-1024, 1024]" in official.presentation.hu_map
    assert "[-1225, 1025]" in published.presentation.hu_map
    # at 0 HU: 127.5 of 255 in the official window, 138.8 in the published one (JPEG moves it a little)
    column = int((0 + 140) / 3)
    hu = int(volume.hu[min(column, 39), 0, 0])
    shown_right = official.array[50, 18, 39 - min(column, 39), 0]
    assert published.array.shape[1:] == (896, 896, 3)
    centre = int((min(column, 39) + 0.5) * 896 / volume.hu.shape[0])
    shown_then = published.array[50, 448, centre, 0]
    assert shown_right == pytest.approx((hu + 1024) / 2048 * 255, abs=0.51)
    assert shown_then == pytest.approx((hu + 1225) / 2250 * 255, abs=6)


def test_m3d_was_sampled_from_the_corner_of_raw_minimum_and_maximum() -> None:
    hu = np.zeros((4, 4, 300), np.int16)
    hu[...] = np.arange(300)
    volume = volume_of(hu)
    array = prepare(contract_named("m3d@published"), volume).array[0, 0]
    # sampled at 0, 9.375, ... 290.625, truncated to int16, and only then scaled by minimum and maximum
    assert array[[0, 1, -1], 0, 0] == pytest.approx([0, 9 / 290, 1], abs=1e-6)
    # 4 columns end at index 3.5; the 256th sample lies at 3.98 and is the pixel type's number, 2 HU
    assert array[-1, 0, -1] == pytest.approx(2 / 290, abs=1e-6)
    whole = np.full(hu.shape, 300)
    whole[1, 1, 5] = -1000
    used = prepare(contract_named("m3d"), volume_of(whole)).presentation.slices
    assert used is not None
    assert {295, 294, 4, 5} <= set(used.used)
    assert used.used[0] == 295
    low = prepare(contract_named("m3d@published"), volume_of(np.where(hu == 0, -8192, hu)))
    assert low.array[0, 0, 1:].min() > 0.96  # padding flattens the patient


def test_hulu_meds_own_loader_turns_the_picture_with_the_file(tmp_path: Path) -> None:
    lps, ras = (
        prepare(contract_named("hulu-med@published"), stored_phantom(tmp_path, code))
        for code in ("LPS", "RAS")
    )
    assert (lps.directions, ras.directions) == ("SLP", "SRA")
    np.testing.assert_array_equal(ras.array[:, ::-1, ::-1], lps.array)
    turned = [
        prepare(contract_named("hulu-med"), stored_phantom(tmp_path, code)) for code in ("LPS", "RAS", "PIR")
    ]
    assert len({prepared.presentation.content_sha256 for prepared in turned}) == 1
    np.testing.assert_array_equal(turned[0].array, lps.array.transpose(0, 2, 1))


def test_radfm_got_twice_the_slices_it_was_trained_on() -> None:
    assert prepare(contract_named("radfm@published"), phantom_volume()).array.shape[-1] == 128
