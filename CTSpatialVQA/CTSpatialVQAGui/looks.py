"""How does the window look? Fonts follow Slicer's, colours its theme; one place for every measure."""

import qt

MARGIN = 8
SPACING = 6
QUESTION_SCALE = 1.4
REPLY_SCALE = 1.2
SMALL_SCALE = 0.92

# palette() follows light and dark themes; nothing here names a colour that only suits one of them
CARD = """
QFrame#card { background: palette(base); border: 1px solid palette(mid); border-radius: 6px; }
"""
CHOSEN = "QPushButton:checked { background: palette(highlight); color: palette(highlighted-text); }"
VERDICT_BUTTON = f"QPushButton {{ padding: 7px 4px; font-weight: bold; }} {CHOSEN}"
CHOICE_BUTTON = f"QPushButton {{ padding: 4px 8px; text-align: left; }} {CHOSEN}"
MAIN_BUTTON = "QPushButton { padding: 5px 4px; font-weight: bold; }"
QUOTE = "QLabel { border: 0px solid %s; border-left-width: 3px; padding-left: 8px; }"
REPLY_QUOTE, REFERENCE_QUOTE = QUOTE % "palette(highlight)", QUOTE % "palette(mid)"


def card():
    """A frame that holds what belongs together, and its layout."""
    frame = qt.QFrame()
    frame.setObjectName("card")
    frame.setStyleSheet(CARD)
    column = qt.QVBoxLayout(frame)
    column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
    column.setSpacing(SPACING)
    return frame, column


def plain_column(widget, margin=0):
    """A vertical layout in `widget`."""
    column = qt.QVBoxLayout(widget)
    column.setContentsMargins(margin, margin, margin, margin)
    column.setSpacing(SPACING)
    return column


def row_of(*widgets):
    """A horizontal layout of these widgets."""
    row = qt.QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACING)
    for widget in widgets:
        row.addWidget(widget)
    return row


def text_label(name, selectable=True):
    """A label for running text, shown as it is: never taken for markup."""
    label = qt.QLabel()
    label.setObjectName(name)
    label.setTextFormat(qt.Qt.PlainText)
    label.setWordWrap(True)
    if selectable:
        label.setTextInteractionFlags(qt.Qt.TextSelectableByMouse)
    return label


def scale_font(widget, base, scale, bold=False):
    """Give `widget` the font `base`, so many times as large."""
    font = qt.QFont(base)
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * scale)
    else:
        font.setPixelSize(round(font.pixelSize() * scale))
    font.setBold(bold)
    widget.setFont(font)


def button(name, text, tip="", checkable=False):
    """A push button."""
    made = qt.QPushButton(text)
    made.setObjectName(name)
    made.setToolTip(tip)
    made.setCheckable(checkable)
    made.setAutoDefault(False)
    # keys belong to the shortcuts, not to the button that was pressed last
    made.setFocusPolicy(qt.Qt.TabFocus)
    return made


def discard(widget):
    """Take a widget away for good. It keeps its parent: one without may be deleted twice by PythonQt."""
    widget.setVisible(False)
    widget.deleteLater()


def with_key(text, key):
    """A button's text with the key that does the same."""
    return f"{text}  [{key}]"
