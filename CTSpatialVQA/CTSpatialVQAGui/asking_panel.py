"""Who is asked, and what? One backend at a time; replies appear as they come, and asking can be stopped."""

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks, wording
from CTSpatialVQALib.records.words import Probe


class AskingPanel:
    """Backend, probes, three buttons that ask, one that stops.

    Parameters
    ----------
    deeds : ask(scope) with 'question', 'case' or 'all'; test_backend(), cancel_asking(), add_store()
    """

    def __init__(self, deeds):
        self.widget = qt.QWidget()
        column = looks.plain_column(self.widget)
        self.backendCombo = qt.QComboBox()
        self.backendCombo.setObjectName("backendCombo")
        self.testButton = looks.button("testBackendButton", _("Test connection"))
        self.probesButton = looks.button("probesButton", _("Probes: full"))
        self._menu = qt.QMenu(self.probesButton)
        self.probeActions = {one: self._probe_action(one) for one in Probe}
        self.probesButton.setMenu(self._menu)
        self.questionButton = looks.button("askQuestionButton", looks.with_key(_("Ask this question"), "A"))
        self.caseButton = looks.button("askCaseButton", _("This case"))
        self.allButton = looks.button("askAllButton", _("All"))
        self.cancelButton = looks.button("cancelAskingButton", _("Stop"))
        self.progressLabel = looks.text_label("askingLabel")
        self.addButton = looks.button("addStoreButton", _("Replies from another run…"))
        row = looks.row_of(self.backendCombo, self.testButton)
        row.setStretch(0, 1)
        column.addLayout(row)
        column.addWidget(self.probesButton)
        asks = looks.row_of(self.questionButton, self.caseButton, self.allButton)
        column.addLayout(asks)
        told = looks.row_of(self.progressLabel, self.cancelButton)
        told.setStretch(0, 1)
        column.addLayout(told)
        column.addWidget(self.addButton)
        self.questionButton.clicked.connect(lambda _checked=False: deeds.ask("question"))
        self.caseButton.clicked.connect(lambda _checked=False: deeds.ask("case"))
        self.allButton.clicked.connect(lambda _checked=False: deeds.ask("all"))
        self.cancelButton.clicked.connect(deeds.cancel_asking)
        self.testButton.clicked.connect(deeds.test_backend)
        self.addButton.clicked.connect(deeds.add_store)
        self.show_asking("", running=False)

    def _probe_action(self, probe):
        action = self._menu.addAction(wording.probe(probe))
        action.setCheckable(True)
        action.setChecked(probe is Probe.FULL)
        action.toggled.connect(self._say_probes)
        return action

    @property
    def backend(self):
        """The chosen backend's name."""
        return self.backendCombo.currentText

    @property
    def probes(self):
        """The chosen probes; the full presentation where none is chosen."""
        return tuple(one for one, action in self.probeActions.items() if action.checked) or (Probe.FULL,)

    def _say_probes(self, _on=False):
        words = ", ".join(wording.probe(one) for one in self.probes)
        self.probesButton.setText(_("Probes: {names}").format(names=words))

    def show_backends(self, names, hint):
        """Offer these backends; `hint` says how others are added."""
        self.backendCombo.clear()
        for name in names:
            self.backendCombo.addItem(name)
        self.backendCombo.setToolTip(hint)

    def show_asking(self, text, running):
        """Show how far it is."""
        self.progressLabel.setText(text)
        self.progressLabel.setVisible(bool(text))
        self.cancelButton.setVisible(running)
        for one in (self.questionButton, self.caseButton, self.allButton, self.testButton):
            one.setEnabled(not running)
