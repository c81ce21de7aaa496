"""The two sets of keys: those of the reading and those of the open chooser. They share letters; one is on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import qt

from CTSpatialVQAGui.chooser import LETTERS
from CTSpatialVQAGui.shortcuts import Key, Shortcuts
from CTSpatialVQAGui.verdict_panel import VerdictPanel


class KeySets:
    """Keys of reading and chooser.

    Parameters
    ----------
    verdict : the panel whose chooser the letters go to
    leave_text : what Esc does in a text
    """

    def __init__(
        self, reading: Sequence[Key], verdict: VerdictPanel, leave_text: Callable[[], object]
    ) -> None:
        letters = [Key(letter, "", _press(verdict, letter)) for letter in LETTERS]
        ends = [Key(name, "", verdict.save) for name in ("Return", "Enter")]
        digits = [key for key in reading if key.keys.isdigit()]
        self._reading = Shortcuts(reading, Key("Esc", "", leave_text))
        self._choosing = Shortcuts([*letters, *ends, *digits], Key("Esc", "", verdict.cancel))
        self._choosing.set_enabled(False)

    @property
    def installed(self) -> bool:
        """Whether the keys work."""
        return self._reading.installed

    def install(self, window: qt.QWidget) -> None:
        """The module is shown in `window`."""
        self._reading.install(window)
        self._choosing.install(window)

    def remove(self) -> None:
        """Another module is shown, or the study is closed."""
        self._reading.remove()
        self._choosing.remove()

    def choosing(self, on: bool) -> None:
        """The chooser was opened, or closed."""
        self._reading.set_enabled(not on)
        self._choosing.set_enabled(on)


def _press(verdict: VerdictPanel, letter: str) -> Callable[[], object]:
    return lambda: verdict.chooser.press(letter)
