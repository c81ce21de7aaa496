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
FONT, POINTS, SIZE = "DejaVu Sans", 9, (420, 1100)  # high enough for every state: in Slicer the panel scrolls
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
def looks_fixed(_started_host: Any) -> Iterator[None]:
    """Font, style and colours that do not depend on the desktop."""
    from PySide6 import QtGui, QtWidgets

    font, palette = QtWidgets.QApplication.font(), QtWidgets.QApplication.palette()
    style = QtWidgets.QApplication.style().objectName()
    if style != "fusion":
        pytest.skip(f"the style is {style}: nothing can be compared")
    QtWidgets.QApplication.setPalette(QtWidgets.QApplication.style().standardPalette())
    QtWidgets.QApplication.setFont(QtGui.QFont(FONT, POINTS))
    told = KEPT / "drawn-text.txt"
    if KEEPING:
        KEPT.mkdir(exist_ok=True)
        told.write_text(drawn_text() + "\n", encoding="ascii")
    elif told.read_text(encoding="ascii").strip() != drawn_text():
        pytest.skip(f"{FONT} is drawn otherwise here than in the kept pictures: nothing can be compared")
    yield
    QtWidgets.QApplication.setPalette(palette)
    QtWidgets.QApplication.setFont(font)


def darken() -> None:
    from PySide6 import QtGui, QtWidgets

    palette = QtGui.QPalette()
    for role, colour in DARK.items():
        palette.setColor(getattr(QtGui.QPalette.ColorRole, role), QtGui.QColor(colour))
    QtWidgets.QApplication.setPalette(palette)


def compare(play: Any, name: str, folder: Path) -> None:
    """Fail where the window does not look as in the kept picture."""
    play.host.open("CTSpatialVQA", *SIZE)
    play.host.settle(30)
    path = play.host.picture(play.host.window("CTSpatialVQA"), folder / f"{name}.png")
    seen = Image.open(path).convert("RGB")
    kept = KEPT / f"{name}.png"
    if KEEPING:
        seen.quantize(256, dither=Image.Dither.NONE).save(kept, optimize=True)
    known = Image.open(kept).convert("RGB")
    assert seen.size == known.size
    apart = np.abs(np.asarray(seen).astype(int) - np.asarray(known).astype(int)).max(axis=2)
    far = int((apart > FAR).sum())
    assert far <= MOST_FAR, f"{far} pixels of {name} have changed: look at {path} beside {kept}"


def begin(play: Any, study: Path) -> None:
    play.start()
    play.open(study)
    play.until(lambda: not play.window.conductor._asker.running)
    play.page.sections["list"].collapsed = True


@pytest.fixture
def reader(looks_fixed: None, play: Any, study: Path) -> Any:
    begin(play, study)
    return play


def test_page_to_open_something(looks_fixed: None, play: Any, tmp_path: Path) -> None:
    play.start()
    compare(play, "open", tmp_path)


def test_error_with_its_remedy(looks_fixed: None, play: Any, tmp_path: Path) -> None:
    play.start()
    play.window.open_study(Path("/nowhere/study.toml"), "reader-1")
    compare(play, "error", tmp_path)


def test_question(reader: Any, tmp_path: Path) -> None:
    compare(reader, "question", tmp_path)


def test_question_in_a_dark_theme(looks_fixed: None, play: Any, study: Path, tmp_path: Path) -> None:
    darken()
    begin(play, study)
    play.press("2", "A")
    compare(play, "dark", tmp_path)


def test_choosers_of_both_keys(reader: Any, tmp_path: Path) -> None:
    reader.press("2", "A", "Y")
    reader.until(lambda: bool(reader.page.verdict.chooser.suggestionLabel.text))
    compare(reader, "incorrect", tmp_path)
    reader.press("Esc", "4", "B")
    compare(reader, "faulty", tmp_path)


def test_list_of_questions(reader: Any, tmp_path: Path) -> None:
    reader.press("1", "F", "3")
    for name, section in reader.page.sections.items():
        section.collapsed = name != "list"
    compare(reader, "list", tmp_path)


def test_asking(reader: Any, tmp_path: Path) -> None:
    reader.page.sections["asking"].collapsed = False
    reader.page.asking.backendCombo.setCurrentText("prior")
    reader.page.asking.show_asking("Asking prior… replies so far: 3", running=True)
    compare(reader, "asking", tmp_path)


def test_keys(reader: Any, tmp_path: Path) -> None:
    reader.page.sections["help"].collapsed = False
    reader.page.reply.widget.setVisible(False)  # the help is long; what stands above it is seen elsewhere
    reader.page.verdict.widget.setVisible(False)
    compare(reader, "keys", tmp_path)


def test_blinded_and_revealed(looks_fixed: None, play: Any, study: Path, tmp_path: Path) -> None:
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace('mode = "open"', 'mode = "blinded"'), encoding="utf-8")
    begin(play, study)
    compare(play, "blinded", tmp_path)
    case = play.reading.visible().case_id
    while not play.reading.visible().can_reveal:
        play.press("1")
        assert play.reading.visible().case_id == case
    play.press("R")
    assert play.message == ""
    compare(play, "revealed", tmp_path)


def test_kept_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in KEPT.glob("*.png")) < 1_000_000
