"""The exported pages as a person meets them in Chromium: silent, legible, asking for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from CTSpatialVQALib.report.errors_folder import export_errors
from CTSpatialVQALib.report.evidence import Pictured
from CTSpatialVQALib.report.items import Picture
from CTSpatialVQALib.report.log_page import export_html
from CTSpatialVQALib.report.verdict_columns import Row
from Testing.report.browser import Browser, chromium
from Testing.report.reading_samples import read_log

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as window:
        yield window


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, ct_like_png: bytes) -> list[Path]:
    """A log's page and an index of errors, with a picture."""
    folder = tmp_path_factory.mktemp("pages")
    log = read_log(folder / "audit.sqlite").path

    def pictures(rows: Iterable[Row]) -> Mapping[str, Pictured]:
        made = Picture(ct_like_png, "axial", ("kidney_left",))
        return {row["question_id"]: Pictured(row["question_id"], made, ("kidney_left",)) for row in rows}

    export_html(log, folder / "log.html")
    export_errors(log, folder / "errors", pictures=pictures)
    return [folder / "log.html", folder / "errors" / "index.html"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_silent_legible_and_ask_for_nothing(
    browser: Browser, pages: list[Path], theme: str
) -> None:
    for page in pages:
        browser.open(page, theme=theme)  # type: ignore[arg-type]
        assert browser.console() == []
        asked = browser.requests()
        assert [url for url in asked if url != page.as_uri() and not url.startswith("data:")] == []
        assert browser.weak_contrasts() == []


@pytest.mark.parametrize("width", [420, 1280])
def test_pages_fit_their_window(browser: Browser, pages: list[Path], width: int) -> None:
    for page in pages:
        browser.open(page, width=width)
        assert browser.overflow() <= 0


def test_the_policy_stops_what_a_text_could_still_try(browser: Browser, pages: list[Path]) -> None:
    for page in pages:
        browser.open(page)
        browser.value(
            "document.body.insertAdjacentHTML('beforeend', '<img src=\"http://127.0.0.1:9/leak\">"
            "<script>window.ran = 1</script>')"
        )
        blocked = browser.console()
        assert len(blocked) == 1
        assert "Content Security Policy" in blocked[0]
        assert browser.value("window.ran") is None


def test_the_picture_of_an_error_is_shown(browser: Browser, pages: list[Path]) -> None:
    browser.open(pages[1])
    assert browser.shown("img.evidence") == 2
    assert browser.value("document.querySelector('img.evidence').naturalWidth") == 720


def test_the_style_is_the_one_the_policy_names(browser: Browser, pages: list[Path]) -> None:
    browser.open(pages[0])
    assert browser.style(".card", "borderTopLeftRadius") == "12px"
