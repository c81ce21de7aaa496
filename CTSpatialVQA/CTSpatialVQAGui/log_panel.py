"""The log of the reading: its path, its verification, its export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import widgets

FORMATS = ("csv", "jsonl", "html")


class LogPanel:
    """Where the log is, one button per export, one that verifies."""

    def __init__(self) -> None:
        self.on_export: Callable[[str], object] = lambda export_format: None
        self.widget = qt.QWidget()
        column = widgets.plain_column(self.widget)
        self.pathLine = widgets.value_line("logPathLine")
        self.verifyButton = widgets.button("verifyLogButton", _("Verify log"))
        self.exportButtons = {name: self._export_button(name) for name in FORMATS}
        self.resultLabel = widgets.text_label("logResultLabel")
        self.anchorLine = widgets.value_line("logAnchorLine")
        self.anchorLine.setToolTip(_("Keep this anchor elsewhere: it shows whether the log was rewritten"))
        column.addWidget(self.pathLine)
        column.addWidget(self.verifyButton)
        column.addLayout(widgets.row_of(*self.exportButtons.values()))
        column.addWidget(self.resultLabel)
        column.addWidget(self.anchorLine)
        self.show_result("")

    def _export_button(self, name: str) -> qt.QPushButton:
        button = widgets.small_button(
            f"export-{name}-button", _("Export {format}").format(format=name.upper())
        )
        button.clicked.connect(lambda _checked=False: self.on_export(name))
        return button

    def show_log(self, path: Path) -> None:
        """Say which log it is."""
        self.pathLine.setText(str(path))
        self.pathLine.setToolTip(str(path))
        self.show_result("")

    def show_result(self, text: str, anchor: str = "") -> None:
        """Show what came of the last action, and the anchor of a log that holds."""
        self.resultLabel.setText(text)
        self.resultLabel.setVisible(bool(text))
        self.anchorLine.setText(anchor)
        self.anchorLine.setVisible(bool(anchor))
