"""The page without an open study: a study file, the demo, one opened before, or files picked by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import ctk
import qt
from CTSpatialVQASession.picked_study import PickedFiles
from slicer.i18n import tr as _

from CTSpatialVQAGui import widgets
from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.pick_panel import PickPanel
from CTSpatialVQAGui.settings import Settings


class OpeningActions(Protocol):
    """What can be opened from this page."""

    def open_study(self, path: Path, reader: str) -> object: ...  # noqa: D102
    def open_demo(self, reader: str) -> object: ...  # noqa: D102
    def open_picked(self, picked: PickedFiles, reader: str) -> object: ...  # noqa: D102
    def cancel_opening(self) -> object: ...  # noqa: D102


class OpenPanel:
    """The page that is shown while no study is open."""

    def __init__(self, actions: OpeningActions, settings: Settings, messages: MessageArea) -> None:
        self._actions, self._settings = actions, settings
        content = qt.QWidget()
        self.widget = widgets.scroll_area("openArea", content)
        self.readerEdit = qt.QLineEdit()
        self.readerEdit.setObjectName("readerEdit")
        self.readerEdit.setPlaceholderText(_("your pseudonym, e.g. reader-1"))
        self.readerEdit.setToolTip(_("Stands with every verdict. Do not use your name."))
        self.demoButton = widgets.button("demoButton", _("Demo case"))
        self.demoButton.setToolTip(_("Five phantom patients, made on this computer in seconds; no download"))
        self.studyButton = widgets.button("openStudyButton", _("Open a study file…"))
        for button in (self.demoButton, self.studyButton):
            button.setStyleSheet(widgets.MAIN_BUTTON)
        self.busyLabel = widgets.text_label("busyLabel", selectable=False)
        self.cancelButton = widgets.small_button("cancelOpeningButton", _("Cancel"))
        self.recentLabel = widgets.text_label("recentLabel", selectable=False)
        self.recentLabel.setText(_("Go on with"))
        self.recentList = qt.QListWidget()
        self.recentList.setObjectName("recentList")
        self.recentList.setMaximumHeight(110)
        self.pickButton = ctk.ctkCollapsibleButton()
        self.pickButton.setObjectName("pickButton")
        self.pickButton.text = _("CT, mask and questions by hand")
        self.pick = PickPanel(self._open_picked, settings, messages)
        widgets.plain_column(self.pickButton, widgets.SPACING).addWidget(self.pick.widget)
        self.pickButton.collapsed = True
        self._arrange(content)
        self.demoButton.clicked.connect(lambda _checked=False: actions.open_demo(self.reader))
        self.studyButton.clicked.connect(lambda _checked=False: self._choose())
        self.recentList.itemActivated.connect(self._open_recent)
        self.recentList.itemClicked.connect(self._open_recent)
        self.cancelButton.clicked.connect(lambda _checked=False: actions.cancel_opening())
        self.show()

    def _arrange(self, content: qt.QWidget) -> None:
        column = widgets.plain_column(content)
        form = qt.QFormLayout()
        form.addRow(_("Reader:"), self.readerEdit)
        column.addLayout(form)
        column.addWidget(self.demoButton)
        column.addWidget(self.studyButton)
        busy = widgets.row_of(self.busyLabel, self.cancelButton)
        busy.setStretch(0, 1)
        column.addLayout(busy)
        for widget in (self.recentLabel, self.recentList, self.pickButton):
            column.addWidget(widget)
        column.addStretch(1)

    @property
    def reader(self) -> str:
        """The pseudonym as typed."""
        return str(self.readerEdit.text).strip()

    def show(self) -> None:
        """Fill in what is remembered."""
        if not self.readerEdit.text:
            self.readerEdit.setText(self._settings.reader)
        recent = self._settings.recent
        self.recentList.clear()
        for path in recent:
            item = qt.QListWidgetItem(_title_of(path))
            item.setToolTip(path)
            self.recentList.addItem(item)
        for widget in (self.recentLabel, self.recentList):
            widget.setVisible(bool(recent))
        self.show_busy("")

    def show_busy(self, text: str) -> None:
        """Say what is being done, with a way to stop it; empty: nothing is."""
        self.busyLabel.setText(text)
        self.busyLabel.setVisible(bool(text))
        self.cancelButton.setVisible(bool(text))
        for widget in (self.demoButton, self.studyButton, self.recentList, self.pick.widget):
            widget.setEnabled(not text)

    def _choose(self) -> None:
        path = qt.QFileDialog.getOpenFileName(
            self.widget, _("Open a study file"), "", _("Study files (*.toml)")
        )
        if path:
            self._actions.open_study(Path(path), self.reader)

    def _open_recent(self, item: qt.QListWidgetItem) -> None:
        if not self.widget.visible:  # a double click brings two clicks and an activation
            return
        self._actions.open_study(Path(item.toolTip()), self.reader)

    def _open_picked(self, picked: PickedFiles) -> None:
        self._actions.open_picked(picked, self.reader)


def _title_of(recent: str) -> str:
    path = Path(recent)
    return f"{path.parent.name}/{path.name}"
