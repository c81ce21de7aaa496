"""The demo's report in a real browser: silent, self-contained, with every picture drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from Testing.report.browser import Browser, chromium

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as window:
        yield window


def test_it_asks_for_nothing_says_nothing_and_draws_every_picture(
    demo_folder: Path, browser: Browser
) -> None:
    report = demo_folder / "report.html"
    browser.open(report)
    assert [address for address in browser.requests() if not address.startswith("data:")] == [report.as_uri()]
    assert browser.console() == []
    assert browser.overflow() <= 0
    loaded = browser.driver.execute_async_script(
        "const done = arguments[0];"
        "const all = [...document.querySelectorAll('article img')];"
        "all.forEach((one) => { one.loading = 'eager'; });"
        "Promise.all(all.map((one) => one.decode().then(() => one.naturalWidth))).then(done);"
    )
    assert len(loaded) == 40
    assert min(loaded) > 400


def test_wrong_answers_of_the_flawed_model_can_be_picked_out(demo_folder: Path, browser: Browser) -> None:
    browser.open(demo_folder / "report.html")
    everything = browser.shown("article")
    browser.click('[data-filter="backend"] [data-value="demo-flawed"]')
    browser.click('[data-filter="standing"] [data-value="wrong"]')
    wrong = browser.shown("article")
    assert everything == 40
    assert 10 <= wrong <= 20
