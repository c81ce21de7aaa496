"""Visibility of what a reader needs, without scrolling, in the room that Slicer leaves to the panel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SIZES = [(1280, 800), (1920, 1080)]
FONTS = [9.0, 13.5]  # points: 100 and 150 percent


@pytest.fixture
def font() -> Iterator[Callable[[float], None]]:
    """Sets the application's font; the usual one is back afterwards."""
    from PySide6 import QtGui, QtWidgets

    usual = QtWidgets.QApplication.font()

    def use(points: float) -> None:
        font = QtGui.QFont(usual)
        font.setPointSizeF(points)
        QtWidgets.QApplication.setFont(font)

    yield use
    QtWidgets.QApplication.setFont(usual)


@pytest.fixture(params=[(size, points) for size in SIZES for points in FONTS], ids=str)
def reader(request: pytest.FixtureRequest, play: Any, study: Path, font: Any) -> Any:
    (width, height), points = request.param
    font(points)
    play.start(size=(width, height))
    play.open(study)
    play.until(lambda: not play.window.study.asking.running)
    return play


def in_sight(play: Any, widget: Any) -> bool:
    """Whether nothing of the widget is hidden, clipped or scrolled away."""
    from slicerhost import skin

    raw = skin.raw_of(widget)
    region = raw.visibleRegion()
    return bool(raw.isVisible() and raw.height() > 8 and region.boundingRect() == raw.rect())


def fits(widget: Any) -> bool:
    """Whether a button is wide enough for its text."""
    return int(widget.width) >= int(widget.sizeHint.width())


def required(page: Any) -> dict[str, Any]:
    """Question, reply and verdict keys."""
    keys = {f"key {key}": button for key, button in page.verdict.buttons.items()}
    return {"question": page.question.questionLabel, "reply": page.question.replyLabel, **keys}


def hidden(play: Any, widgets: dict[str, Any]) -> list[str]:
    return [name for name, widget in widgets.items() if not in_sight(play, widget)]


def settle(play: Any) -> None:
    play.host.settle(30)


def test_question_reply_and_keys_are_in_sight(reader: Any) -> None:
    for _turn in range(6):
        settle(reader)
        assert hidden(reader, required(reader.page)) == []
        assert all(fits(button) for button in reader.page.verdict.buttons.values())
        reader.press("PgDown")


@pytest.mark.parametrize("key", ["2", "4"])
def test_open_chooser_and_save_are_in_sight_beside_them(reader: Any, key: str) -> None:
    for _turn in range(4):
        reader.press(key)
        settle(reader)
        chooser = reader.page.verdict.chooser
        choices = {f"choice {letter}": button for letter, button in chooser.buttons.items()}
        assert hidden(reader, required(reader.page) | choices | {"Save": chooser.saveButton}) == []
        assert all(fits(button) for button in choices.values())
        reader.press("Esc", "PgDown")


def test_panel_never_scrolls_as_a_whole_and_keeps_its_width(reader: Any) -> None:
    area, page = reader.host.panel_area, reader.page
    width = reader.host.panel.width

    def check() -> None:
        settle(reader)
        assert reader.host.panel.width == width
        assert area.verticalScrollBar().maximum == 0

    for key in ("2", "Esc", "4", "Esc", "1", "PgDown"):
        reader.press(key)
        check()
    for section in page.sections.values():
        section.collapsed = False
        check()
    page.log.show_result("Exported: " + "/a/very/long/path" * 8, "f" * 64)
    page.asking.show_asking("without an answer: " + "x" * 120, running=True)
    page.masks.show_state("Mask: " + "phantom" * 20 + ".nii.gz")
    check()
    reader.window.messages.problem("anchor" + 40 * "0123456789")
    settle(reader)
    assert reader.host.panel.width == width


def test_page_without_a_study_is_as_wide(reader: Any) -> None:
    width = reader.host.panel.width
    reader.window.study.close_study()
    settle(reader)

    assert reader.host.panel.width == width
    assert in_sight(reader, reader.window.open.demoButton)


def test_next_question_begins_at_its_top(reader: Any) -> None:
    reader.page.open_section("help")
    settle(reader)
    assert reader.page.middle.verticalScrollBar().value > 0
    reader.press("PgDown")
    settle(reader)

    assert reader.page.middle.verticalScrollBar().value == 0
    assert hidden(reader, required(reader.page)) == []


def test_sections_are_read_without_scrolling_sideways(reader: Any) -> None:
    for name, section in reader.page.sections.items():
        section.collapsed = False
        settle(reader)
        room = reader.page.middle.viewport().width
        assert section.minimumSizeHint.width() <= room, name


def test_long_texts_scroll_inside_and_leave_the_keys_in_sight(reader: Any) -> None:
    page = reader.page
    page.question.questionLabel.setText("Is the finding " + "very " * 300 + "large?")
    page.question.replyLabel.setText("The finding lies in the right lung. " * 60)
    page.arrange_soon()
    settle(reader)

    keys = {key: button for key, button in required(page).items() if key.startswith("key")}
    assert hidden(reader, keys) == []
    assert page.question.widget.verticalScrollBar().maximum > 0
    assert page.middle.height >= 60


@pytest.mark.parametrize("points", FONTS)
def test_unaided_reader_sees_where_he_answers(play: Any, study: Path, font: Any, points: float) -> None:
    font(points)
    text = study.read_text(encoding="utf-8")
    unaided = text.replace('mode = "open"', 'mode = "unaided"\nmaterial = "text_only"')
    study.write_text(unaided, encoding="utf-8")
    play.start(size=(1280, 800))
    play.open(study)
    settle(play)

    verdict, question = play.page.verdict, play.page.question
    parts = {"question": question.questionLabel, "answer": verdict.commentEdit, "save": verdict.answerButton}
    assert hidden(play, parts) == []


@pytest.mark.parametrize("points", FONTS)
def test_reveal_that_is_due_is_in_sight(play: Any, study: Path, font: Any, points: float) -> None:
    font(points)
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace('mode = "open"', 'mode = "blinded"'), encoding="utf-8")
    play.start(size=(1280, 800))
    play.open(study)
    while not play.reading.visible().can_reveal:
        play.press("1")
    settle(play)

    parts = {"reveal": play.page.verdict.revealButton, "message": play.window.messages.label}
    assert hidden(play, required(play.page) | parts) == []
    assert play.host.panel_area.verticalScrollBar().maximum == 0
