"""The help for the keys, made from the same list as the shortcuts."""

from __future__ import annotations

from collections.abc import Sequence

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import widgets
from CTSpatialVQAGui.shortcuts import Key


class KeyHelp:
    """The keys as a table."""

    def __init__(self) -> None:
        self.widget = qt.QWidget()
        self._grid = qt.QGridLayout(self.widget)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)

    def show_keys(self, keys: Sequence[Key]) -> None:
        """Fill the table; called once."""
        rows = [*((key.keys, key.help) for key in keys), ("Enter", _("Save what was chosen"))]
        rows.append(("Esc", _("Leave the chooser or the comment")))
        for place, (name, text) in enumerate(rows):
            nameLabel = widgets.text_label(f"key {name}", selectable=False)
            nameLabel.setWordWrap(False)
            nameLabel.setMinimumWidth(0)
            nameLabel.setText(name)
            self._grid.addWidget(nameLabel, place, 0, qt.Qt.AlignTop)
            helpLabel = widgets.text_label(f"help {name}", selectable=False)
            helpLabel.setText(text)
            self._grid.addWidget(helpLabel, place, 1)
        note = widgets.text_label("keysNoteLabel", selectable=False)
        note.setText(_("Keys work while this module is open, and not while a text is typed."))
        self._grid.addWidget(note, len(rows), 0, 1, 2)
