"""Pictures are packed by whichever deflate is quickest; their pixels stay what they are."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from CTSpatialVQALib.imaging.png import Deflate, by_runs, png_bytes, quickest_deflate

RNG = np.random.default_rng(4)
PICTURES = [
    RNG.integers(0, 256, (37, 41, 3), dtype=np.uint8),
    np.clip(RNG.normal(120, 40, (64, 50)), 0, 255).astype(np.uint8),
    np.zeros((33, 20, 3), dtype=np.uint8),
    np.asfortranarray(RNG.integers(0, 256, (1, 9), dtype=np.uint8)),
]


def unpacked(packed: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(packed)) as image:
        image.load()
        assert not image.info
        return np.asarray(image)


@pytest.mark.parametrize("deflate", [by_runs, quickest_deflate()])
@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: str(one.shape))
def test_pixels_come_back_as_they_were(picture: np.ndarray, deflate: Deflate) -> None:
    np.testing.assert_array_equal(unpacked(png_bytes(picture, deflate=deflate)), picture)


def test_a_resized_picture_is_the_one_that_pillow_makes() -> None:
    expected = Image.fromarray(PICTURES[0]).resize((80, 80), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(unpacked(png_bytes(PICTURES[0], side=80)), np.asarray(expected))
