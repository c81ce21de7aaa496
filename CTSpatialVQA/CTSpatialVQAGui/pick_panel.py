"""Which CT, mask and questions belong together? Nodes of the scene or files, and the case they are of."""

from pathlib import Path

import qt
import slicer
from CTSpatialVQADesk.picked import Picked, case_ids_of
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks
from CTSpatialVQAGui.node_files import file_of
from CTSpatialVQAGui.telling import telling
from CTSpatialVQALib.errors import BadInput


class PickPanel:
    """Three choices and a case; the picked files become a study."""

    def __init__(self, on_picked, settings, messages):
        self._on_picked, self._settings, self.messages = on_picked, settings, messages
        self.widget = qt.QWidget()
        form = qt.QFormLayout(self.widget)
        form.setContentsMargins(0, 0, 0, 0)
        self.ctCombo = self._node_combo("ctCombo", ["vtkMRMLScalarVolumeNode"])
        self.maskCombo = self._node_combo(
            "maskCombo", ["vtkMRMLSegmentationNode", "vtkMRMLLabelMapVolumeNode"]
        )
        self.ctFileButton = self._file_button("ctFileButton", self._choose_ct)
        self.maskFileButton = self._file_button("maskFileButton", self._choose_mask)
        self.questionsButton = self._file_button("questionsFileButton", self._choose_questions)
        self.caseCombo = qt.QComboBox()
        self.caseCombo.setObjectName("caseCombo")
        self.startButton = looks.button("startPickedButton", _("Start reading"))
        self._files = {}
        for name, combo, one in (
            (_("CT:"), self.ctCombo, self.ctFileButton),
            (_("Mask:"), self.maskCombo, self.maskFileButton),
        ):
            form.addRow(name, looks.row_of(combo, one))
        form.addRow(_("Questions:"), self.questionsButton)
        form.addRow(_("About case:"), self.caseCombo)
        form.addRow(self.startButton)
        self.startButton.clicked.connect(self._start)

    def _node_combo(self, name, types):
        combo = slicer.qMRMLNodeComboBox()
        combo.setObjectName(name)
        combo.nodeTypes = types
        combo.noneEnabled = True
        combo.noneDisplay = _("none, or a file")
        combo.addEnabled = False
        combo.removeEnabled = False
        combo.setMRMLScene(slicer.mrmlScene)
        return combo

    def _file_button(self, name, deed):
        made = looks.button(name, _("File…"))
        made.clicked.connect(deed)
        return made

    def _ask_file(self, what, button, title, filters):
        path = qt.QFileDialog.getOpenFileName(self.widget, title, "", filters)
        if path:
            self._files[what] = Path(path)
            button.setText(Path(path).name)
            button.setToolTip(path)
        return bool(path)

    def _choose_ct(self):
        self._ask_file("ct", self.ctFileButton, _("CT volume"), "(*.nii *.nii.gz *.nrrd *.mha *.mhd)")

    def _choose_mask(self):
        self._ask_file("mask", self.maskFileButton, _("Anatomy mask"), "(*.nii *.nii.gz *.nrrd *.mha)")

    @telling
    def _choose_questions(self):
        if not self._ask_file(
            "questions", self.questionsButton, _("Questions"), _("Question files (*.json *.jsonl)")
        ):
            return
        self.caseCombo.clear()
        for case_id in case_ids_of(self._files["questions"]):
            self.caseCombo.addItem(case_id)

    @telling
    def _start(self):
        if "questions" not in self._files:
            raise BadInput(
                _("questions"),
                expected=_("a question file"),
                came=_("none"),
                remedy=_("Choose one with the button beside 'Questions'"),
            )
        kept = self._settings.folder / "from-scene"
        ct = file_of(self.ctCombo.currentNode(), kept) or self._files.get("ct")
        mask = file_of(self.maskCombo.currentNode(), kept) or self._files.get("mask")
        self._on_picked(Picked(self._files["questions"], self.caseCombo.currentText, ct, mask))
