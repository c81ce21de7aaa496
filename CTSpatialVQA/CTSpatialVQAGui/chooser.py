"""In which way is it wrong? Lettered choices of one verdict key; nothing is chosen beforehand."""

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks, wording
from CTSpatialVQALib.reading.keys import FLOWS

LETTERS = "ABCDEFGHIJXYZ"


class Chooser:
    """The choices after key 2 (error type and severity) or 4 (faults of the question)."""

    def __init__(self, on_save, on_cancel):
        self.key = None
        self._chosen = []
        self.widget = qt.QWidget()
        column = looks.plain_column(self.widget)
        self.suggestionLabel = looks.text_label("suggestionLabel")
        self.choices = qt.QWidget()
        self._grid = qt.QGridLayout(self.choices)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(4)
        self.severityLabel = looks.text_label("severityLabel", selectable=False)
        self.severityLabel.setText(_("Severity, if you like"))
        self._severities = looks.row_of()
        self.buttons = {}
        self.saveButton = looks.button("saveVerdictButton", looks.with_key(_("Save"), "Enter"))
        self.cancelButton = looks.button("cancelVerdictButton", looks.with_key(_("Cancel"), "Esc"))
        column.addWidget(self.choices)
        column.addWidget(self.severityLabel)
        column.addLayout(self._severities)
        column.addWidget(self.suggestionLabel)
        column.addLayout(looks.row_of(self.cancelButton, self.saveButton))
        self.saveButton.setStyleSheet(looks.MAIN_BUTTON)
        self.saveButton.clicked.connect(on_save)
        self.cancelButton.clicked.connect(on_cancel)
        self.close()

    def follow_font(self, base):
        """Take sizes from Slicer's font."""
        for one in (self.suggestionLabel, self.severityLabel):
            looks.scale_font(one, base, looks.SMALL_SCALE)

    @property
    def letters(self):
        """What was chosen."""
        return "".join(self._chosen)

    @property
    def complete(self):
        """Whether Enter may save."""
        if self.key is None:
            return False
        flow = FLOWS[self.key]
        needed = flow.error_types or flow.faults
        return any(letter in needed for letter in self._chosen)

    def open(self, key):
        """Offer the choices of a verdict key."""
        self.key, self._chosen = key, []
        self._make_buttons(FLOWS[key])
        self.say("")
        self.widget.setVisible(True)
        self._refresh()

    def close(self):
        """No choice is asked for."""
        self.key, self._chosen = None, []
        self.widget.setVisible(False)

    def say(self, sentence):
        """Show what the measured anatomy suggests; empty for nothing."""
        self.suggestionLabel.setText(sentence)
        self.suggestionLabel.setVisible(bool(sentence))

    def press(self, letter):
        """Choose a letter, or take it back; of error types and of severities one each."""
        if self.key is None or letter not in self.buttons:
            return
        flow = FLOWS[self.key]
        group = next(one for one in (flow.error_types, flow.severities, flow.faults) if letter in one)
        if letter in self._chosen:
            self._chosen.remove(letter)
        else:
            if group is not flow.faults:
                self._chosen = [one for one in self._chosen if one not in group]
            self._chosen.append(letter)
        self._refresh()

    def _refresh(self):
        for letter, one in self.buttons.items():
            one.setChecked(letter in self._chosen)
        self.saveButton.setEnabled(self.complete)

    def _make_buttons(self, flow):
        for button in self.buttons.values():
            looks.discard(button)
        words = {letter: wording.error_type(one) for letter, one in flow.error_types.items()}
        words |= {letter: wording.fault(one) for letter, one in flow.faults.items()}
        self.buttons = {letter: self._choice(letter, text) for letter, text in words.items()}
        for place, one in enumerate(self.buttons.values()):
            self._grid.addWidget(one, place // 2, place % 2)
        self.severityLabel.setVisible(bool(flow.severities))
        for letter, severity in flow.severities.items():
            one = self.buttons[letter] = self._choice(letter, wording.severity(severity))
            self._severities.addWidget(one)

    def _choice(self, letter, text):
        made = looks.button(f"choice{letter}Button", f"{letter}   {text}", "", True)
        made.setStyleSheet(looks.CHOICE_BUTTON)
        made.clicked.connect(lambda _checked=False: self.press(letter))
        return made
