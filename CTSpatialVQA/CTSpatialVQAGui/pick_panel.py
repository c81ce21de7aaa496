"""CT, mask and questions picked by hand: nodes of the scene or files, and the case they are of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import qt
from CTSpatialVQASession.picked_study import PickedFiles, case_ids_of
from slicer.i18n import tr as _

from CTSpatialVQAGui import widgets
from CTSpatialVQAGui.mask_panel import node_combo
from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.node_files import file_of
from CTSpatialVQAGui.settings import Settings
from CTSpatialVQAGui.shown_errors import shows_errors
from CTSpatialVQALib.errors import BadInput


class PickPanel:
    """Three choices and a case; the picked files become a study."""

    def __init__(
        self, on_picked: Callable[[PickedFiles], object], settings: Settings, messages: MessageArea
    ) -> None:
        self._on_picked, self._settings, self.messages = on_picked, settings, messages
        self.widget = qt.QWidget()
        form = qt.QFormLayout(self.widget)
        form.setContentsMargins(0, 0, 0, 0)
        self.ctCombo = node_combo("ctCombo", ["vtkMRMLScalarVolumeNode"])
        self.maskCombo = node_combo("maskCombo", ["vtkMRMLSegmentationNode", "vtkMRMLLabelMapVolumeNode"])
        self.ctFileButton = self._file_button("ctFileButton", self._choose_ct)
        self.maskFileButton = self._file_button("maskFileButton", self._choose_mask)
        self.questionsButton = self._file_button("questionsFileButton", self._choose_questions)
        self.caseCombo = widgets.short_combo("caseCombo")
        self.startButton = widgets.button("startPickedButton", _("Start reading"))
        self._files: dict[str, Path] = {}
        form.addRow(_("CT:"), self.ctCombo)
        form.addRow("", self.ctFileButton)
        form.addRow(_("Mask:"), self.maskCombo)
        form.addRow("", self.maskFileButton)
        form.addRow(_("Questions:"), self.questionsButton)
        form.addRow(_("About case:"), self.caseCombo)
        form.addRow(self.startButton)
        self.startButton.clicked.connect(self._start)

    def _file_button(self, name: str, choose: Callable[[], object]) -> qt.QPushButton:
        button = widgets.button(name, _("File…"))
        button.clicked.connect(choose)
        return button

    def _ask_file(self, role: str, button: qt.QPushButton, title: str, filters: str) -> bool:
        path = qt.QFileDialog.getOpenFileName(self.widget, title, "", filters)
        if path:
            self._files[role] = Path(path)
            button.setText(widgets.short_name(path))
            button.setToolTip(path)
        return bool(path)

    def _choose_ct(self) -> None:
        self._ask_file("ct", self.ctFileButton, _("CT volume"), "(*.nii *.nii.gz *.nrrd *.mha *.mhd)")

    def _choose_mask(self) -> None:
        self._ask_file("mask", self.maskFileButton, _("Anatomy mask"), "(*.nii *.nii.gz *.nrrd *.mha)")

    @shows_errors
    def _choose_questions(self) -> None:
        if not self._ask_file(
            "questions", self.questionsButton, _("Questions"), _("Question files (*.json *.jsonl)")
        ):
            return
        self.caseCombo.clear()
        for case_id in case_ids_of(self._files["questions"]):
            self.caseCombo.addItem(case_id)

    @shows_errors
    def _start(self) -> None:
        if "questions" not in self._files:
            raise BadInput(
                _("questions"),
                expected=_("a question file"),
                came=_("none"),
                remedy=_("Choose one with the button beside 'Questions'"),
            )
        folder = self._settings.folder / "from-scene"
        ct = file_of(self.ctCombo.currentNode(), folder) or self._files.get("ct")
        mask = file_of(self.maskCombo.currentNode(), folder) or self._files.get("mask")
        self._on_picked(PickedFiles(self._files["questions"], str(self.caseCombo.currentText), ct, mask))
