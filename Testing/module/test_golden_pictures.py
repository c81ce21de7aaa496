"""Every state of the window looks as it did when somebody looked at it: compared with kept pictures.

They hold for one rendering of one font. Where text is drawn otherwise (another font, another Qt) nothing is
compared, and the reason is told. To keep new ones after looking at them: CTSPATIALVQA_KEEP_PICTURES=1.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

KEPT = Path(__file__).resolve().parent / "golden"
KEEPING = os.environ.get("CTSPATIALVQA_KEEP_PICTURES") == "1"
FONT, POINTS = "DejaVu Sans", 9.0
SIZES = [(1280, 800), (1920, 1080)]  # of the main window; the panel is what it leaves
SCALES = [100, 150]  # percent of the font
FAR = 48  # grey levels; pictures are kept in 256 colours
MOST_FAR = 40  # pixels of one picture: less than a letter changes more of them
TEXT = "Sphinx of black quartz, judge my vow: 0123456789 ■▨□ ◀▶ ⚑ ○●"
DARK = {
    "Window": "#353535", "WindowText": "#ffffff", "Base": "#232323", "AlternateBase": "#3c3c3c",
    "Text": "#ffffff", "Button": "#353535", "ButtonText": "#ffffff", "Highlight": "#2a82da",
    "HighlightedText": "#000000", "PlaceholderText": "#a0a0a0", "Mid": "#5a5a5a",
    "Dark": "#232323", "Light": "#505050", "Midlight": "#454545",
}  # fmt: skip


def drawn_text() -> str:
    """What becomes of letters here: a digest of their pixels."""
    from PySide6 import QtGui

    image = QtGui.QImage(900, 60, QtGui.QImage.Format.Format_Grayscale8)
    image.fill(255)
    painter = QtGui.QPainter(image)
    painter.setFont(QtGui.QFont(FONT, 2 * POINTS))
    painter.drawText(5, 40, TEXT)
    painter.end()
    return hashlib.sha256(bytes(image.constBits())).hexdigest()


@pytest.fixture
def fixed_style(_started_host: Any) -> Iterator[None]:
    """Font, style and colours that do not depend on the desktop."""
    from PySide6 import QtGui, QtWidgets

    font, palette = QtWidgets.QApplication.font(), QtWidgets.QApplication.palette()
    style = QtWidgets.QApplication.style().objectName()
    if style != "fusion":
        pytest.skip(f"the style is {style}: nothing can be compared")
    QtWidgets.QApplication.setPalette(QtWidgets.QApplication.style().standardPalette())
    QtWidgets.QApplication.setFont(QtGui.QFont(FONT, round(POINTS)))
    digest = KEPT / "drawn-text.txt"
    if KEEPING:
        KEPT.mkdir(exist_ok=True)
        digest.write_text(drawn_text() + "\n", encoding="ascii")
    elif digest.read_text(encoding="ascii").strip() != drawn_text():
        pytest.skip(f"{FONT} is drawn otherwise here than in the kept pictures: nothing can be compared")
    yield
    QtWidgets.QApplication.setPalette(palette)
    QtWidgets.QApplication.setFont(font)


def scale_font(percent: int) -> None:
    from PySide6 import QtGui, QtWidgets

    font = QtGui.QFont(FONT)
    font.setPointSizeF(POINTS * percent / 100)
    QtWidgets.QApplication.setFont(font)


def darken() -> None:
    from PySide6 import QtGui, QtWidgets

    palette = QtGui.QPalette()
    for role, colour in DARK.items():
        palette.setColor(getattr(QtGui.QPalette.ColorRole, role), QtGui.QColor(colour))
    QtWidgets.QApplication.setPalette(palette)


def compare(play: Any, name: str, folder: Path) -> None:
    """Fail where the panel does not look as in the kept picture."""
    play.host.settle(50)
    path = play.host.picture(play.host.panel, folder / f"{name}.png")
    seen = Image.open(path).convert("RGB")
    kept = KEPT / f"{name}.png"
    if KEEPING:
        seen.quantize(256, dither=Image.Dither.NONE).save(kept, optimize=True)
    expected = Image.open(kept).convert("RGB")
    assert seen.size == expected.size
    apart = np.abs(np.asarray(seen).astype(int) - np.asarray(expected).astype(int)).max(axis=2)
    far = int((apart > FAR).sum())
    assert far <= MOST_FAR, f"{far} pixels of {name} have changed: look at {path} beside {kept}"


def begin(play: Any, study: Path, size: tuple[int, int] = (1280, 800)) -> None:
    play.start(size=size)
    play.open(study)
    play.until(lambda: not play.window.study.asking.running)


@pytest.fixture
def reader(fixed_style: None, play: Any, study: Path) -> Any:
    begin(play, study)
    return play


def test_page_to_open_something(fixed_style: None, play: Any, tmp_path: Path) -> None:
    play.start(size=(1280, 800))
    compare(play, "open", tmp_path)


def test_error_with_its_remedy(fixed_style: None, play: Any, tmp_path: Path) -> None:
    play.start(size=(1280, 800))
    play.window.open_study(Path("/nowhere/study.toml"), "reader-1")
    compare(play, "error", tmp_path)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}")
@pytest.mark.parametrize("percent", SCALES)
def test_question_and_choosers(
    fixed_style: None, play: Any, study: Path, tmp_path: Path, size: tuple[int, int], percent: int
) -> None:
    scale_font(percent)
    begin(play, study, size)
    place = f"{size[0]}-{percent}"
    compare(play, f"question-{place}", tmp_path)
    play.press("2", "A", "Y")
    play.until(lambda: bool(play.page.question.suggestionLabel.text))
    compare(play, f"incorrect-{place}", tmp_path)
    play.press("Esc", "4", "B")
    compare(play, f"faulty-{place}", tmp_path)


def test_choosing_in_a_dark_theme(fixed_style: None, play: Any, study: Path, tmp_path: Path) -> None:
    darken()
    begin(play, study)
    play.press("2", "A")
    compare(play, "dark", tmp_path)


@pytest.mark.parametrize("name", ["list", "views", "asking", "local", "masks", "log", "help"])
def test_sections(fixed_style: None, play: Any, study: Path, tmp_path: Path, name: str) -> None:
    begin(play, study, (1920, 1080))
    play.press("1", "F", "3")
    play.page.log.pathLine.setText("readings/study-reader-1.sqlite")
    play.page.masks.show_installed(None, "Install TotalSegmentator")
    play.page.asking.show_asking("Asking prior… replies so far: 3", running=True)
    for section_name, section in play.page.sections.items():
        section.collapsed = section_name != name
    compare(play, f"section-{name}", tmp_path)


def test_blinded_and_revealed(fixed_style: None, play: Any, study: Path, tmp_path: Path) -> None:
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace('mode = "open"', 'mode = "blinded"'), encoding="utf-8")
    begin(play, study)
    compare(play, "blinded", tmp_path)
    while not play.reading.visible().can_reveal:
        play.press("1")
    compare(play, "reveal", tmp_path)
    play.press("R")
    assert play.message == ""
    compare(play, "revealed", tmp_path)


def test_kept_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in KEPT.glob("*.png")) < 1_000_000
