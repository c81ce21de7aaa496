"""Where is the reader told what happened? One line above everything, with its remedy; never a traceback."""

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks

# white on a deep colour is read in light and dark themes alike
STYLE = "QFrame#message {{ background: {0}; border-radius: 4px; }} QFrame#message QLabel {{ color: white; }}"
PROBLEM, NOTE = STYLE.format("#b3261e"), STYLE.format("#1f5fa8")


class MessageArea:
    """A bar that is hidden while there is nothing to say."""

    def __init__(self):
        self.widget = qt.QFrame()
        self.widget.setObjectName("message")
        self.label = looks.text_label("messageLabel")
        self.closeButton = looks.button("messageCloseButton", "×", _("Close this message"))
        self.closeButton.setMaximumWidth(28)
        row = qt.QHBoxLayout(self.widget)
        row.setContentsMargins(looks.MARGIN, 4, 4, 4)
        row.addWidget(self.label, 1)
        row.addWidget(self.closeButton)
        self.closeButton.clicked.connect(self.clear)
        self.clear()

    @property
    def text(self):
        """What is shown; empty where there is nothing."""
        return self.label.text

    def problem(self, text):
        """Something is not as it must be: a sentence and its remedy."""
        self._show(str(text), PROBLEM)

    def note(self, text):
        """Something worth knowing."""
        self._show(str(text), NOTE)

    def clear(self, _checked=False):
        """Say nothing."""
        self.label.setText("")
        self.widget.setVisible(False)

    def _show(self, text, style):
        self.widget.setStyleSheet(style)
        self.label.setText(text)
        self.widget.setVisible(True)
