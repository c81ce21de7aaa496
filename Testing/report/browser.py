"""A real Chromium that opens report files and tells what it saw."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver

FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HEIGHT = 900

# The contrast of every visible text with the nearest background that is painted behind it (WCAG 2.2).
_WEAK_CONTRAST = """
const light = (rgb) => {
  const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const [r, g, b] = rgb.map((v) => linear(v / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const behind = (one) => {
  for (let at = one; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour.slice(0, 3);
  }
  return [255, 255, 255];
};
return [...document.querySelectorAll("body *:not(script):not(style)")].filter((one) =>
  [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) && one.checkVisibility()
).map((one) => {
  const style = getComputedStyle(one);
  const ink = light(parse(one.ownerSVGElement ? style.fill : style.color).slice(0, 3));
  const ground = light(behind(one));
  const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  return [ratio, one.tagName + "." + one.className, one.textContent.trim().slice(0, 40)];
}).filter(([ratio]) => ratio < 4.5);
"""


class Browser:
    """One window; what it is asked is what a person would see or do."""

    def __init__(self, driver: WebDriver) -> None:
        self.driver = driver

    def open(self, page: Path, *, width: int = 1280, theme: Literal["light", "dark"] = "light") -> None:
        """Open a file in a window of `width` pixels."""
        self.driver.set_window_size(width, HEIGHT)
        self.emulate(theme)
        self.console()
        self.requests()
        self.driver.get(page.as_uri())

    def emulate(self, theme: Literal["light", "dark"], media: Literal["screen", "print"] = "screen") -> None:
        """Let the page see a colour scheme and a medium."""
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})

    def console(self) -> list[str]:
        """Console messages since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Addresses asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def click(self, selector: str) -> None:
        """Click the first element of `selector`."""
        self.driver.find_element("css selector", selector).click()

    def fill(self, selector: str, text: str) -> None:
        """Type into the first element of `selector`."""
        self.driver.find_element("css selector", selector).send_keys(text)

    def text(self, selector: str) -> str:
        """The text of the first element of `selector`, as rendered."""
        return str(self.driver.find_element("css selector", selector).text)

    def value(self, script: str) -> object:
        """The value of a JavaScript expression."""
        return self.driver.execute_script(f"return {script}")

    def style(self, selector: str, name: str) -> object:
        """A computed style of the first element of `selector`."""
        return self.value(f"getComputedStyle(document.querySelector({selector!r})).{name}")

    def shown(self, selector: str) -> int:
        """How many elements of `selector` can be seen."""
        script = (
            "return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility()).length"
        )
        return int(self.driver.execute_script(script, selector))

    def wait_shown(self, selector: str, seconds: float = 5.0) -> int:
        """As `shown`, once there is any; 0 if there is none within `seconds`."""
        end = time.monotonic() + seconds
        while not (count := self.shown(selector)) and time.monotonic() < end:
            time.sleep(0.02)
        return count

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.driver.execute_script("return document.documentElement.scrollWidth - innerWidth"))

    def weak_contrasts(self) -> list[object]:
        """Visible texts whose contrast with their background is below 4.5."""
        return list(self.driver.execute_script(_WEAK_CONTRAST))


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A headless Chromium with an empty profile, or a skip that says what is missing."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("no chromium or no chromedriver on this machine")
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = binary
    sandbox = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    for flag in (*FLAGS, *sandbox, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    window = Chrome(options=options, service=Service(driver, log_output=os.devnull))
    try:
        yield Browser(window)
    finally:
        window.quit()
