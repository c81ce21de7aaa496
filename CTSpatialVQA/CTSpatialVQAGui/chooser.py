"""Lettered choices of a verdict key: error type and severity, or faults of the question."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import labels, widgets
from CTSpatialVQALib.reading.keys import FLOWS, Flow

LETTERS = "ABCDEFGHIJXYZ"
GAP = 2


class ChoicePage:
    """The buttons of one verdict key, made once."""

    def __init__(self, flow: Flow, on_press: Callable[[str], object]) -> None:
        self.flow = flow
        self.widget = qt.QWidget()
        column = widgets.plain_column(self.widget)
        column.setSpacing(GAP)
        texts = {letter: labels.error_type(error) for letter, error in flow.error_types.items()}
        texts |= {letter: labels.fault(fault) for letter, fault in flow.faults.items()}
        self.buttons = {letter: _choice(letter, text, on_press) for letter, text in texts.items()}
        grid = qt.QGridLayout()
        grid.setSpacing(GAP)
        choices = list(self.buttons.values())
        self._columns = (choices[::2], choices[1::2])
        for place, button in enumerate(self.buttons.values()):
            grid.addWidget(button, place // 2, place % 2)
        column.addLayout(grid)
        severities = {
            letter: _choice(letter, labels.severity(severity), on_press)
            for letter, severity in flow.severities.items()
        }
        for button in severities.values():
            button.setToolTip(_("How severe the error is, if you like"))
        if severities:
            row = widgets.row_of(*severities.values())
            row.setSpacing(GAP)
            column.addLayout(row)
        self._severities = list(severities.values())
        self.buttons |= severities

    def width_needed(self) -> int:
        """The width in which every choice can be read, in pixels."""
        columns = sum(
            max(int(button.sizeHint.width()) for button in column) + GAP for column in self._columns
        )
        row = sum(int(button.sizeHint.width()) + GAP for button in self._severities)
        return max(columns, row)

    def group_of(self, letter: str) -> Mapping[str, object]:
        """The choices among which the letter is one."""
        groups: tuple[Mapping[str, object], ...] = (
            self.flow.error_types,
            self.flow.severities,
            self.flow.faults,
        )
        return next(group for group in groups if letter in group)


class Chooser:
    """The choices after key 2 (error type and severity) or 4 (faults of the question); nothing is preset."""

    def __init__(self, on_save: Callable[[], object], on_cancel: Callable[[], object]) -> None:
        self.key: str | None = None
        self._chosen: list[str] = []
        self.widget = qt.QWidget()
        column = widgets.plain_column(self.widget)
        column.setSpacing(GAP)
        self._pages = {
            key: ChoicePage(flow, self.press) for key, flow in FLOWS.items() if not flow.saves_at_once
        }
        self.saveButton = widgets.button("saveVerdictButton", widgets.with_key(_("Save"), "Enter"))
        self.cancelButton = widgets.button("cancelVerdictButton", widgets.with_key(_("Cancel"), "Esc"))
        for page in self._pages.values():
            column.addWidget(page.widget)
        column.addLayout(widgets.row_of(self.cancelButton, self.saveButton))
        self.saveButton.setStyleSheet(widgets.MAIN_BUTTON)
        self.saveButton.clicked.connect(lambda _checked=False: on_save())
        self.cancelButton.clicked.connect(lambda _checked=False: on_cancel())
        self.close()

    @property
    def buttons(self) -> dict[str, qt.QPushButton]:
        """The buttons of the open key by their letters; none while it is closed."""
        return {} if self.key is None else self._pages[self.key].buttons

    @property
    def letters(self) -> str:
        """What was chosen."""
        return "".join(self._chosen)

    @property
    def complete(self) -> bool:
        """Whether Enter may save."""
        if self.key is None:
            return False
        flow = FLOWS[self.key]
        required = {*flow.error_types, *flow.faults}
        return any(letter in required for letter in self._chosen)

    def open(self, key: str) -> None:
        """Offer the choices of a verdict key."""
        self.key, self._chosen = key, []
        for name, page in self._pages.items():
            page.widget.setVisible(name == key)
        self.widget.setVisible(True)
        self._refresh()

    def close(self) -> None:
        """No choice is offered."""
        self.key, self._chosen = None, []
        self.widget.setVisible(False)

    def press(self, letter: str) -> None:
        """Choose a letter, or take it back; of error types and of severities one each."""
        if self.key is None or letter not in self.buttons:
            return
        page = self._pages[self.key]
        group = page.group_of(letter)
        if letter in self._chosen:
            self._chosen.remove(letter)
        else:
            if group is not page.flow.faults:
                self._chosen = [chosen for chosen in self._chosen if chosen not in group]
            self._chosen.append(letter)
        self._refresh()

    def width_needed(self) -> int:
        """The width in which every choice of every key can be read, in pixels."""
        return max(page.width_needed() for page in self._pages.values())

    def _refresh(self) -> None:
        for letter, button in self.buttons.items():
            button.setChecked(letter in self._chosen)
        self.saveButton.setEnabled(self.complete)


def _choice(letter: str, text: str, on_press: Callable[[str], object]) -> qt.QPushButton:
    button = widgets.button(f"choice{letter}Button", f"{letter}  {text}", "", True)
    button.setStyleSheet(widgets.CHOICE_BUTTON)
    button.clicked.connect(lambda _checked=False: on_press(letter))
    return button
