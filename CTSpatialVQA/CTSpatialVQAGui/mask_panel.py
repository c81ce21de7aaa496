"""Where does the anatomy come from? A file, a node of the scene, or TotalSegmentator if it is installed."""

import qt
import slicer
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks


class MaskPanel:
    """Says which mask the case has, and offers others.

    Parameters
    ----------
    deeds : mask_from_file(), mask_from_node(node), compute_mask(), cancel_mask()
    """

    def __init__(self, deeds):
        self._deeds = deeds
        self.widget = qt.QWidget()
        column = looks.plain_column(self.widget)
        self.stateLabel = looks.text_label("maskStateLabel")
        self.fileButton = looks.button("maskFromFileButton", _("From a file…"))
        self.nodeCombo = slicer.qMRMLNodeComboBox()
        self.nodeCombo.setObjectName("maskNodeCombo")
        self.nodeCombo.nodeTypes = ["vtkMRMLSegmentationNode", "vtkMRMLLabelMapVolumeNode"]
        self.nodeCombo.noneEnabled = True
        self.nodeCombo.addEnabled = False
        self.nodeCombo.removeEnabled = False
        self.nodeCombo.setMRMLScene(slicer.mrmlScene)
        self.nodeButton = looks.button("maskFromNodeButton", _("Use this segmentation"))
        self.computeButton = looks.button("computeMaskButton", _("Compute with TotalSegmentator"))
        self.fastBox = qt.QCheckBox(_("fast (3 mm)"))
        self.fastBox.setObjectName("fastMaskBox")
        self.progressLabel = looks.text_label("maskProgressLabel")
        self.cancelButton = looks.button("cancelMaskButton", _("Stop"))
        self.howLabel = looks.text_label("maskHowLabel")
        column.addWidget(self.stateLabel)
        column.addWidget(self.fileButton)
        column.addLayout(looks.row_of(self.nodeCombo, self.nodeButton))
        compute = looks.row_of(self.computeButton, self.fastBox)
        compute.setStretch(0, 1)
        column.addLayout(compute)
        told = looks.row_of(self.progressLabel, self.cancelButton)
        told.setStretch(0, 1)
        column.addLayout(told)
        column.addWidget(self.howLabel)
        self.fileButton.clicked.connect(deeds.mask_from_file)
        self.nodeButton.clicked.connect(self._use_node)
        self.computeButton.clicked.connect(deeds.compute_mask)
        self.cancelButton.clicked.connect(deeds.cancel_mask)
        self.show_progress("", running=False)

    @property
    def fast(self):
        """Whether the coarse, quick model is wanted."""
        return self.fastBox.checked

    def _use_node(self):
        self._deeds.mask_from_node(self.nodeCombo.currentNode())

    def show_state(self, text):
        """Say which mask the case has."""
        self.stateLabel.setText(text)

    def show_installed(self, version, how):
        """Whether TotalSegmentator can be run, and otherwise how to get it."""
        self.computeButton.setEnabled(version is not None)
        self.fastBox.setEnabled(version is not None)
        self.howLabel.setText(how)
        self.howLabel.setVisible(bool(how))

    def show_progress(self, text, running):
        """Show how far it is."""
        self.progressLabel.setText(text)
        self.progressLabel.setVisible(bool(text))
        self.cancelButton.setVisible(running)
        if running:
            self.computeButton.setEnabled(False)
