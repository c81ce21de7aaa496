"""Which keys work now? Installed when the module is entered, gone when it is left, off while typing."""

from typing import NamedTuple

import qt
import slicer

TYPING = ("QLineEdit", "QTextEdit", "QPlainTextEdit", "QAbstractSpinBox", "ctkPythonConsole")


class Key(NamedTuple):
    """A key, what it does in words, and what it does."""

    keys: str
    does: str
    deed: object


def is_typing():
    """Whether the keys go into a text."""
    focus = slicer.app.focusWidget()
    return focus is not None and any(focus.inherits(one) for one in TYPING)


class Shortcuts:
    """One set of keys in the application's window; `install` and `remove` as often as wanted."""

    def __init__(self, keys, *always):
        self._keys, self._always = tuple(keys), tuple(always)
        self._made = []
        self._on = True

    @property
    def installed(self):
        """Whether the keys are there."""
        return bool(self._made)

    def install(self, window):
        """Make the keys work in `window` and all its parts."""
        if self._made:
            return
        for one in (*self._keys, *self._always):
            shortcut = qt.QShortcut(qt.QKeySequence(one.keys), window)
            shortcut.setEnabled(self._on)
            shortcut.activated.connect(self._guarded(one.deed, one in self._always))
            self._made.append(shortcut)

    def set_enabled(self, on):
        """Switch all of them on or off, e.g. while another set is in charge."""
        self._on = on
        for one in self._made:
            one.setEnabled(on)

    def remove(self):
        """Take them away."""
        for shortcut in self._made:
            shortcut.setEnabled(False)
            shortcut.deleteLater()  # with its parent: without one PythonQt may delete it twice
        self._made = []

    def _guarded(self, deed, always):
        # a text field takes the keys it can type before any shortcut; this is for those it leaves
        return lambda: deed() if always or not is_typing() else None


def window_of(widget):
    """The window whose keys are meant: Slicer's main window, unless the module stands alone."""
    main = slicer.util.mainWindow()
    return main if main is not None and main.visible else widget.window()
