"""Measures, style sheets and small widgets of the window: fonts follow Slicer's, colours its theme."""

from __future__ import annotations

from pathlib import PurePath

import qt

MARGIN = 6
SPACING = 4
QUESTION_SCALE = 1.3
COMPACT_QUESTION_SCALE = 1.1
REPLY_SCALE = 1.15
SMALL_SCALE = 0.92

# palette() follows light and dark themes; nothing here names a colour that only suits one of them
CARD = "QFrame#card { background: palette(base); border: 1px solid palette(mid); border-radius: 6px; }"
BAR = "QFrame#verdictBar { border: 0px solid palette(mid); border-top-width: 1px; }"
CHOSEN = "QPushButton:checked { background: palette(highlight); color: palette(highlighted-text); }"
# a minimum width of its own takes the place of the style's 80 pixels, which four keys in a row do not have
VERDICT_BUTTON = f"QPushButton {{ padding: 5px 2px; min-width: 1em; font-weight: bold; }} {CHOSEN}"
CHOICE_BUTTON = f"QPushButton {{ padding: 2px 5px; min-width: 1em; text-align: left; }} {CHOSEN}"
MAIN_BUTTON = "QPushButton { padding: 4px 4px; font-weight: bold; }"
SMALL_BUTTON = "QPushButton { padding: 3px 6px; min-width: 1em; }"
QUOTE = "QLabel { border: 0px solid %s; border-left-width: 3px; padding-left: 6px; }"
REPLY_QUOTE, REFERENCE_QUOTE = QUOTE % "palette(highlight)", QUOTE % "palette(mid)"


def card() -> tuple[qt.QFrame, qt.QVBoxLayout]:
    """A frame that holds what belongs together, and its layout."""
    frame = qt.QFrame()
    frame.setObjectName("card")
    frame.setStyleSheet(CARD)
    column = qt.QVBoxLayout(frame)
    column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
    column.setSpacing(SPACING)
    return frame, column


def plain_column(widget: qt.QWidget, margin: int = 0) -> qt.QVBoxLayout:
    """A vertical layout in `widget`."""
    column = qt.QVBoxLayout(widget)
    column.setContentsMargins(margin, margin, margin, margin)
    column.setSpacing(SPACING)
    return column


def row_of(*widgets: qt.QWidget) -> qt.QHBoxLayout:
    """A horizontal layout of these widgets."""
    row = qt.QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACING)
    for widget in widgets:
        row.addWidget(widget)
    return row


def text_label(name: str, selectable: bool = True) -> qt.QLabel:
    """A label for running text, shown as it is: never taken for markup."""
    label = qt.QLabel()
    label.setObjectName(name)
    label.setTextFormat(qt.Qt.PlainText)
    label.setWordWrap(True)
    label.setMinimumWidth(1)  # or the longest word, a path, would widen Slicer's panel
    if selectable:
        label.setTextInteractionFlags(qt.Qt.TextSelectableByMouse)
    return label


def value_line(name: str) -> qt.QLineEdit:
    """A line that holds a long value, such as a path: it scrolls, can be copied, and widens nothing."""
    line = qt.QLineEdit()
    line.setObjectName(name)
    line.setReadOnly(True)
    line.setFocusPolicy(qt.Qt.ClickFocus)
    return line


def scroll_area(name: str, content: qt.QWidget) -> qt.QScrollArea:
    """An area that scrolls up and down only, so that nothing inside widens the panel."""
    area = qt.QScrollArea()
    area.setObjectName(name)
    area.setFrameShape(qt.QFrame.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
    area.setWidget(content)
    return area


def scale_font(widget: qt.QWidget, base: qt.QFont, scale: float, bold: bool = False) -> None:
    """Give `widget` the font `base`, so many times as large."""
    font = qt.QFont(base)
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * scale)
    else:
        font.setPixelSize(round(font.pixelSize() * scale))
    font.setBold(bold)
    widget.setFont(font)


def button(name: str, text: str, tip: str = "", checkable: bool = False) -> qt.QPushButton:
    """A push button."""
    push = qt.QPushButton(text)
    push.setObjectName(name)
    push.setToolTip(tip)
    push.setCheckable(checkable)
    push.setAutoDefault(False)
    # keys belong to the shortcuts, not to the button that was pressed last
    push.setFocusPolicy(qt.Qt.TabFocus)
    return push


def small_button(name: str, text: str, tip: str = "", checkable: bool = False) -> qt.QPushButton:
    """A push button that is as wide as its text."""
    push = button(name, text, tip, checkable)
    push.setStyleSheet(f"{SMALL_BUTTON} {CHOSEN}")
    return push


def short_combo(name: str, characters: int = 8) -> qt.QComboBox:
    """A combo box whose width does not follow its longest entry."""
    combo = qt.QComboBox()
    combo.setObjectName(name)
    combo.setSizeAdjustPolicy(qt.QComboBox.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(characters)
    return combo


def discard(widget: qt.QWidget) -> None:
    """Take a widget away for good. It keeps its parent: one without may be deleted twice by PythonQt."""
    widget.setVisible(False)
    widget.deleteLater()


def with_key(text: str, key: str) -> str:
    """A button's text with the key that does the same."""
    return f"{text}  [{key}]"


def short_name(path: str, characters: int = 26) -> str:
    """The name of a file, its middle left out where it is long: the ending is seen."""
    name = PurePath(path).name
    if len(name) <= characters:
        return name
    half = (characters - 1) // 2
    return f"{name[:half]}…{name[-half:]}"
