"""Which of the module's keys are in charge: those of the reading, or those of the open chooser?"""

from CTSpatialVQAGui.chooser import LETTERS
from CTSpatialVQAGui.shortcuts import Key, Shortcuts


class KeySets:
    """Two sets that share letters; one of them is on.

    Parameters
    ----------
    reading : the keys of the reading
    verdict : the panel whose chooser the letters go to
    leave_text : what Esc does in a text
    """

    def __init__(self, reading, verdict, leave_text):
        letters = [Key(letter, "", lambda letter=letter: verdict.chooser.press(letter)) for letter in LETTERS]
        ends = [Key(name, "", verdict.save) for name in ("Return", "Enter")]
        digits = [one for one in reading if one.keys.isdigit()]
        self._reading = Shortcuts(reading, Key("Esc", "", leave_text))
        self._choosing = Shortcuts([*letters, *ends, *digits], Key("Esc", "", verdict.cancel))
        self._choosing.set_enabled(False)

    @property
    def installed(self):
        """Whether the keys work."""
        return self._reading.installed

    def install(self, window):
        """The module is shown in `window`."""
        self._reading.install(window)
        self._choosing.install(window)

    def remove(self):
        """Another module is shown, or the study is closed."""
        self._reading.remove()
        self._choosing.remove()

    def choosing(self, on):
        """The chooser was opened, or closed."""
        self._reading.set_enabled(not on)
        self._choosing.set_enabled(on)
