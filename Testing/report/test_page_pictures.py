"""Pictures of the report: small, stored once, and not visibly other than the PNG."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
from PIL import Image

from CTSpatialVQALib.report.page import question_anchor, render_report
from CTSpatialVQALib.report.page_data import ReportData, ReportItem
from CTSpatialVQALib.report.page_pictures import PagePictures, data_uri


def _noisy_png(seed: int = 1) -> bytes:
    """A picture that PNG packs badly, as the noise of a CT."""
    noise = np.random.default_rng(seed).normal(90, 12, (120, 160)).clip(0, 255).astype(np.uint8)
    rgb = np.repeat(noise[..., None], 3, axis=2)
    rgb[40:60, 40:80] = (71, 232, 244)
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "PNG")
    return stream.getvalue()


def _pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_a_picture_is_smaller_and_looks_the_same() -> None:
    png = _noisy_png()
    kind, data = data_uri(png).split(";base64,")
    assert kind == "data:image/webp"
    webp = base64.b64decode(data)
    assert len(webp) < len(png) / 2
    assert np.abs(_pixels(webp) - _pixels(png)).mean() < 3


def test_a_damaged_picture_stays_as_it_is() -> None:
    damaged = _noisy_png()[:200]
    assert data_uri(damaged) == "data:image/png;base64," + base64.b64encode(damaged).decode()


def test_a_picture_that_comes_again_is_named_and_not_stored_again() -> None:
    pictures = PagePictures()
    first, other, again = (pictures.place(_noisy_png(seed)) for seed in (1, 2, 1))
    assert first.uri
    assert other.uri
    assert (again.key, again.uri) == (first.key, None)
    assert other.key != first.key


def test_the_page_stores_each_picture_once(tmp_path: Path) -> None:
    pngs = [_noisy_png(1), _noisy_png(2), _noisy_png(1), _noisy_png(1)]
    items = tuple(
        ReportItem(f"q{number}", "c", "Where?", "There.", picture_png=png) for number, png in enumerate(pngs)
    )
    render_report(ReportData("t", "s", "2026", "0.1", items=items), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count("data:image/webp;base64,") == 2
    assert re.findall(r'data-same="([^"]*)"', page) == ["picture-1", "picture-1"]
    assert page.count('id="picture-1"') == 1


def test_the_address_of_a_card_depends_on_its_question_only(tmp_path: Path) -> None:
    first, second = (ReportItem(name, "c", "Where?", "There.") for name in ("a b", "../<x>"))
    for items in ((first, second), (second, first)):
        render_report(ReportData("t", "s", "2026", "0.1", items=items), tmp_path / "report.html")
        page = (tmp_path / "report.html").read_text("utf-8")
        for item in items:
            anchor = question_anchor(item.question_id)
            assert re.fullmatch(r"q-[0-9a-f]{12}", anchor)
            assert page.count(f'<article id="{anchor}"') == 1
            assert f'href="#{anchor}"' in page
