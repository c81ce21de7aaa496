"""Keys of the module: installed when it is entered, gone when it is left, off while a text is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import qt
import slicer

TYPING = ("QLineEdit", "QTextEdit", "QPlainTextEdit", "QAbstractSpinBox", "ctkPythonConsole")


class Key(NamedTuple):
    """A key, its help text, and its action."""

    keys: str
    help: str
    action: Callable[[], object]


def is_typing() -> bool:
    """Whether the keys go into a text."""
    focus = slicer.app.focusWidget()
    if focus is None or not any(focus.inherits(name) for name in TYPING):
        return False
    return not getattr(focus, "readOnly", False)  # a path that is only shown takes no letters


class Shortcuts:
    """One set of keys in the application's window; `install` and `remove` as often as needed.

    Parameters
    ----------
    keys : off while a text is typed
    always : work in a text, too
    """

    def __init__(self, keys: Iterable[Key], *always: Key) -> None:
        self._keys, self._always = tuple(keys), tuple(always)
        self._shortcuts: list[qt.QShortcut] = []
        self._enabled = True

    @property
    def installed(self) -> bool:
        """Whether the keys work."""
        return bool(self._shortcuts)

    def install(self, window: qt.QWidget) -> None:
        """Make the keys work in `window` and all its parts."""
        if self._shortcuts:
            return
        for key in (*self._keys, *self._always):
            shortcut = qt.QShortcut(qt.QKeySequence(key.keys), window)
            shortcut.setEnabled(self._enabled)
            shortcut.activated.connect(_guarded(key.action, key in self._always))
            self._shortcuts.append(shortcut)

    def set_enabled(self, on: bool) -> None:
        """Switch all of them on or off, e.g. while another set is in charge."""
        self._enabled = on
        for shortcut in self._shortcuts:
            shortcut.setEnabled(on)

    def remove(self) -> None:
        """Take them away."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.deleteLater()  # with its parent: without one PythonQt may delete it twice
        self._shortcuts = []


def _guarded(action: Callable[[], object], always: bool) -> Callable[[], object]:
    # a text field takes the keys it can type before any shortcut; this is for those it leaves
    return lambda: action() if always or not is_typing() else None


def window_of(widget: qt.QWidget) -> qt.QWidget:
    """The window whose keys are meant: Slicer's main window, unless the module stands alone."""
    main = slicer.util.mainWindow()
    window: qt.QWidget = main if main is not None and main.visible else widget.window()
    return window
