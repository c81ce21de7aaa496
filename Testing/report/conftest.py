"""Invented questions, answers and pictures for the report's tests: nothing here is of a real patient."""

from __future__ import annotations

import io

import pytest

from Testing.report.story import Story


@pytest.fixture
def story() -> Story:
    """An empty study."""
    return Story()


@pytest.fixture(scope="session")
def ct_like_png() -> bytes:
    """A 720 x 400 picture: dark ground, a body outline, two lungs and a marked spot."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (720, 400), "black")
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 40, 660, 370), fill=(120, 120, 120))
    draw.ellipse((110, 90, 330, 330), fill=(25, 25, 28))
    draw.ellipse((390, 90, 610, 330), fill=(25, 25, 28), outline=(71, 232, 244), width=4)
    draw.ellipse((500, 200, 530, 230), fill=(210, 210, 210))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
