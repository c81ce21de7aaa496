"""The Python in which local models run: one that is made from here, or one that is chosen."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import widgets


class LocalModelPanel:
    """Says which Python that is, and offers another."""

    def __init__(self) -> None:
        self.widget = qt.QWidget()
        column = widgets.plain_column(self.widget)
        self.stateLabel = widgets.text_label("localStateLabel")
        self.pythonLine = widgets.value_line("localPythonLine")
        self.createButton = widgets.button("createEnvironmentButton", _("Create an environment…"))
        self.offlineButton = widgets.button("createOfflineButton", _("Create from a folder of wheels…"))
        self.chooseButton = widgets.button("choosePythonButton", _("Use an existing Python…"))
        self.progressLabel = widgets.text_label("localProgressLabel")
        self.cancelButton = widgets.small_button("cancelEnvironmentButton", _("Stop"))
        for widget in (
            self.stateLabel,
            self.pythonLine,
            self.createButton,
            self.offlineButton,
            self.chooseButton,
        ):
            column.addWidget(widget)
        progress = widgets.row_of(self.progressLabel, self.cancelButton)
        progress.setStretch(0, 1)
        column.addLayout(progress)
        self.show_progress("", running=False)

    def show_python(self, python: str) -> None:
        """Say which interpreter runs local models; empty for none yet."""
        self.pythonLine.setText(python)
        self.pythonLine.setVisible(bool(python))
        if python:
            self.stateLabel.setText(_("Local models run in this Python:"))
        else:
            self.stateLabel.setText(
                _(
                    "Local models need a Python of their own, with torch and transformers; "
                    "models on servers do not."
                )
            )

    def show_progress(self, text: str, running: bool) -> None:
        """Show how far it is."""
        self.progressLabel.setText(text)
        self.progressLabel.setVisible(bool(text))
        self.cancelButton.setVisible(running)
        for button in (self.createButton, self.offlineButton, self.chooseButton):
            button.setEnabled(not running)
