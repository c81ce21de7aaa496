"""Asking a model: which one, with which probes, how much; replies appear as they come."""

from __future__ import annotations

from collections.abc import Iterable

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import labels, widgets
from CTSpatialVQALib.records.words import Probe


class AskingPanel:
    """Backend, probes, three buttons that ask, one that stops."""

    def __init__(self) -> None:
        self.widget = qt.QWidget()
        column = widgets.plain_column(self.widget)
        self.backendCombo = widgets.short_combo("backendCombo")
        self.testButton = widgets.small_button("testBackendButton", _("Test connection"))
        self.probesButton = widgets.button("probesButton", _("Probes: full"))
        self.probesButton.setMinimumWidth(1)
        self._menu = qt.QMenu(self.probesButton)
        self.probeActions = {probe: self._probe_action(probe) for probe in Probe}
        self.probesButton.setMenu(self._menu)
        self.questionButton = widgets.button(
            "askQuestionButton", widgets.with_key(_("Ask this question"), "A")
        )
        self.caseButton = widgets.button("askCaseButton", _("This case"))
        self.allButton = widgets.button("askAllButton", _("All"))
        self.cancelButton = widgets.small_button("cancelAskingButton", _("Stop"))
        self.progressLabel = widgets.text_label("askingLabel")
        self.addButton = widgets.button("addStoreButton", _("Replies from another run…"))
        backend = widgets.row_of(self.backendCombo, self.testButton)
        backend.setStretch(0, 1)
        column.addLayout(backend)
        column.addWidget(self.probesButton)
        column.addWidget(self.questionButton)
        column.addLayout(widgets.row_of(self.caseButton, self.allButton))
        progress = widgets.row_of(self.progressLabel, self.cancelButton)
        progress.setStretch(0, 1)
        column.addLayout(progress)
        column.addWidget(self.addButton)
        self.show_asking("", running=False)

    def _probe_action(self, probe: Probe) -> qt.QAction:
        action: qt.QAction = self._menu.addAction(labels.probe(probe))
        action.setCheckable(True)
        action.setChecked(probe is Probe.FULL)
        action.toggled.connect(self._show_probes)
        return action

    @property
    def backend(self) -> str:
        """The chosen backend's name."""
        return str(self.backendCombo.currentText)

    @property
    def probes(self) -> tuple[Probe, ...]:
        """The chosen probes; the full presentation where none is chosen."""
        return tuple(probe for probe, action in self.probeActions.items() if action.checked) or (Probe.FULL,)

    def _show_probes(self, _on: bool = False) -> None:
        names = ", ".join(labels.probe(probe) for probe in self.probes)
        self.probesButton.setText(_("Probes: {names}").format(names=names))
        self.probesButton.setToolTip(names)

    def show_backends(self, names: Iterable[str], hint: str) -> None:
        """Offer these backends; `hint` says how others are added."""
        self.backendCombo.clear()
        for name in names:
            self.backendCombo.addItem(name)
        self.backendCombo.setToolTip(hint)

    def show_asking(self, text: str, running: bool) -> None:
        """Show how far it is."""
        self.progressLabel.setText(text)
        self.progressLabel.setVisible(bool(text))
        self.cancelButton.setVisible(running)
        for button in (self.questionButton, self.caseButton, self.allButton, self.testButton):
            button.setEnabled(not running)
