"""What becomes of the log? It is verified and exported from here, in a process of its own."""

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks

FORMATS = (("csv", "csv"), ("jsonl", "jsonl"), ("html", "html"))


class LogPanel:
    """Where the log is, one button per export, one that verifies.

    Parameters
    ----------
    deeds : export_log(format), verify_log()
    """

    def __init__(self, deeds):
        self.widget = qt.QWidget()
        column = looks.plain_column(self.widget)
        self.pathLabel = looks.text_label("logPathLabel")
        self.verifyButton = looks.button("verifyLogButton", _("Verify log"))
        self.exportButtons = {}
        for name, _ending in FORMATS:
            one = looks.button(f"export-{name}-button", _("Export {format}").format(format=name.upper()))
            one.clicked.connect(lambda _checked=False, name=name: deeds.export_log(name))
            self.exportButtons[name] = one
        self.resultLabel = looks.text_label("logResultLabel")
        column.addWidget(self.pathLabel)
        column.addWidget(self.verifyButton)
        column.addLayout(looks.row_of(*self.exportButtons.values()))
        column.addWidget(self.resultLabel)
        self.verifyButton.clicked.connect(deeds.verify_log)

    def show_log(self, path):
        """Say which log it is."""
        self.pathLabel.setText(_("Log: {path}").format(path=path))
        self.tell("")

    def tell(self, text):
        """Show what came of it."""
        self.resultLabel.setText(text)
        self.resultLabel.setVisible(bool(text))
