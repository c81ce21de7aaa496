"""What is read? A study file, the demo, one opened before, or CT, mask and questions picked by hand."""

from pathlib import Path

import ctk
import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks
from CTSpatialVQAGui.pick_panel import PickPanel


class OpenPanel:
    """The page that is shown while no study is open.

    Parameters
    ----------
    deeds : open_study(path, reader), open_demo(reader), open_picked(picked, reader)
    settings : what is remembered
    """

    def __init__(self, deeds, settings, messages):
        self._deeds, self._settings = deeds, settings
        self.widget = qt.QWidget()
        column = looks.plain_column(self.widget)
        self.readerEdit = qt.QLineEdit()
        self.readerEdit.setObjectName("readerEdit")
        self.readerEdit.setPlaceholderText(_("your pseudonym, e.g. reader-1"))
        self.readerEdit.setToolTip(_("Stands with every verdict. Do not use your name."))
        self.demoButton = looks.button("demoButton", _("Demo case"))
        self.demoButton.setToolTip(_("Five phantom patients, made on this computer in seconds; no download"))
        self.studyButton = looks.button("openStudyButton", _("Open a study file…"))
        for one in (self.demoButton, self.studyButton):
            one.setStyleSheet(looks.MAIN_BUTTON)
        self.busyLabel = looks.text_label("busyLabel", selectable=False)
        self.cancelButton = looks.button("cancelOpeningButton", _("Cancel"))
        self.recentLabel = looks.text_label("recentLabel", selectable=False)
        self.recentLabel.setText(_("Go on with"))
        self.recentList = qt.QListWidget()
        self.recentList.setObjectName("recentList")
        self.recentList.setMaximumHeight(110)
        self.pickButton = ctk.ctkCollapsibleButton()
        self.pickButton.setObjectName("pickButton")
        self.pickButton.text = _("CT, mask and questions from the scene or from disk")
        self.pick = PickPanel(self._picked, settings, messages)
        looks.plain_column(self.pickButton, looks.SPACING).addWidget(self.pick.widget)
        self.pickButton.collapsed = True
        form = qt.QFormLayout()
        form.addRow(_("Reader:"), self.readerEdit)
        column.addLayout(form)
        column.addWidget(self.demoButton)
        column.addWidget(self.studyButton)
        busy = looks.row_of(self.busyLabel, self.cancelButton)
        busy.setStretch(0, 1)
        column.addLayout(busy)
        for one in (self.recentLabel, self.recentList, self.pickButton):
            column.addWidget(one)
        self.demoButton.clicked.connect(self._demo)
        self.studyButton.clicked.connect(self._choose)
        self.recentList.itemActivated.connect(self._recent)
        self.recentList.itemClicked.connect(self._recent)
        self.cancelButton.clicked.connect(deeds.cancel_opening)
        self.show()

    @property
    def reader(self):
        """The pseudonym as typed."""
        return self.readerEdit.text.strip()

    def show(self):
        """Fill in what is remembered."""
        if not self.readerEdit.text:
            self.readerEdit.setText(self._settings.reader)
        recent = self._settings.recent
        self.recentList.clear()
        for path in recent:
            item = qt.QListWidgetItem(_title_of(path))
            item.setToolTip(path)
            self.recentList.addItem(item)
        for one in (self.recentLabel, self.recentList):
            one.setVisible(bool(recent))
        self.busy("")

    def busy(self, text):
        """Say what is being done, with a way to stop it; empty: nothing is."""
        self.busyLabel.setText(text)
        for one in (self.busyLabel, self.cancelButton):
            one.setVisible(bool(text))
        for one in (self.demoButton, self.studyButton, self.recentList, self.pick.widget):
            one.setEnabled(not text)

    def _demo(self):
        self._deeds.open_demo(self.reader)

    def _choose(self):
        path = qt.QFileDialog.getOpenFileName(
            self.widget, _("Open a study file"), "", _("Study files (*.toml)")
        )
        if path:
            self._deeds.open_study(Path(path), self.reader)

    def _recent(self, item):
        if not self.widget.visible:  # a double click tells of two clicks and an activation
            return
        self._deeds.open_study(Path(item.toolTip()), self.reader)

    def _picked(self, picked):
        self._deeds.open_picked(picked, self.reader)


def _title_of(path):
    path = Path(path)
    return f"{path.parent.name}/{path.name}"
