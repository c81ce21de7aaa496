"""Where do local models run? In a Python of their own: one that is made from here, or one that is chosen."""

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks


class LocalPanel:
    """Says which Python that is, and offers another one.

    Parameters
    ----------
    deeds : create_environment(), create_environment_offline(), choose_python(), cancel_environment()
    """

    def __init__(self, deeds):
        self.widget = qt.QWidget()
        column = looks.plain_column(self.widget)
        self.stateLabel = looks.text_label("localStateLabel")
        self.createButton = looks.button("createEnvironmentButton", _("Create an environment…"))
        self.offlineButton = looks.button("createOfflineButton", _("From a folder of wheels…"))
        self.chooseButton = looks.button("choosePythonButton", _("Use an existing Python…"))
        self.progressLabel = looks.text_label("localProgressLabel")
        self.cancelButton = looks.button("cancelEnvironmentButton", _("Stop"))
        column.addWidget(self.stateLabel)
        column.addLayout(looks.row_of(self.createButton, self.offlineButton))
        column.addWidget(self.chooseButton)
        told = looks.row_of(self.progressLabel, self.cancelButton)
        told.setStretch(0, 1)
        column.addLayout(told)
        self.createButton.clicked.connect(deeds.create_environment)
        self.offlineButton.clicked.connect(deeds.create_environment_offline)
        self.chooseButton.clicked.connect(deeds.choose_python)
        self.cancelButton.clicked.connect(deeds.cancel_environment)
        self.show_progress("", running=False)

    def show_python(self, python):
        """Say which interpreter runs local models; empty for none yet."""
        if python:
            self.stateLabel.setText(_("Local models run in {python}").format(python=python))
        else:
            self.stateLabel.setText(
                _(
                    "Local models need a Python of their own, with torch and transformers; "
                    "models on servers do not."
                )
            )

    def show_progress(self, text, running):
        """Show how far it is."""
        self.progressLabel.setText(text)
        self.progressLabel.setVisible(bool(text))
        self.cancelButton.setVisible(running)
        for one in (self.createButton, self.offlineButton, self.chooseButton):
            one.setEnabled(not running)
