"""The bar above everything that tells what happened, with its remedy; never a traceback."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import widgets

# white on a deep colour is read in light and dark themes alike
STYLE = "QFrame#message {{ background: {0}; border-radius: 4px; }} QFrame#message QLabel {{ color: white; }}"
PROBLEM, NOTE = STYLE.format("#b3261e"), STYLE.format("#1f5fa8")


class MessageArea:
    """A bar that is hidden while there is nothing to say."""

    def __init__(self) -> None:
        self.widget = qt.QFrame()
        self.widget.setObjectName("message")
        self.label = widgets.text_label("messageLabel")
        self.closeButton = widgets.small_button("messageCloseButton", "×", _("Close this message"))
        row = qt.QHBoxLayout(self.widget)
        row.setContentsMargins(widgets.MARGIN, 3, 3, 3)
        row.addWidget(self.label, 1)
        row.addWidget(self.closeButton)
        self.closeButton.clicked.connect(self.clear)
        self.clear()

    @property
    def text(self) -> str:
        """What is shown; empty where there is nothing."""
        return str(self.label.text)

    def problem(self, text: str) -> None:
        """Something is not as it must be: a sentence and its remedy."""
        self._show(str(text), PROBLEM)

    def note(self, text: str) -> None:
        """Something worth knowing."""
        self._show(str(text), NOTE)

    def clear(self, _checked: bool = False) -> None:
        """Say nothing."""
        self.label.setText("")
        self.widget.setVisible(False)

    def _show(self, text: str, style: str) -> None:
        self.widget.setStyleSheet(style)
        self.label.setText(text)
        self.widget.setVisible(True)
