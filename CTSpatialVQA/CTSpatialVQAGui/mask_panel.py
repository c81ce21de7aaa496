"""The anatomy mask of the case: from a file, a node of the scene, or TotalSegmentator if it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from CTSpatialVQAGui import widgets


class MaskPanel:
    """Says which mask the case has, and offers others."""

    def __init__(self) -> None:
        self.on_node: Callable[[Any], object] = lambda node: None
        self.widget = qt.QWidget()
        column = widgets.plain_column(self.widget)
        self.stateLabel = widgets.text_label("maskStateLabel")
        self.fileButton = widgets.button("maskFromFileButton", _("From a file…"))
        self.nodeCombo = node_combo("maskNodeCombo", ["vtkMRMLSegmentationNode", "vtkMRMLLabelMapVolumeNode"])
        self.nodeButton = widgets.button("maskFromNodeButton", _("Use this segmentation"))
        self.computeButton = widgets.button("computeMaskButton", _("Compute with TotalSegmentator"))
        self.fastBox = qt.QCheckBox(_("fast (3 mm)"))
        self.fastBox.setObjectName("fastMaskBox")
        self.progressLabel = widgets.text_label("maskProgressLabel")
        self.cancelButton = widgets.small_button("cancelMaskButton", _("Stop"))
        self.howLabel = widgets.text_label("maskHowLabel")
        for widget in (
            self.stateLabel,
            self.fileButton,
            self.nodeCombo,
            self.nodeButton,
            self.computeButton,
            self.fastBox,
        ):
            column.addWidget(widget)
        progress = widgets.row_of(self.progressLabel, self.cancelButton)
        progress.setStretch(0, 1)
        column.addLayout(progress)
        column.addWidget(self.howLabel)
        self.nodeButton.clicked.connect(lambda _checked=False: self.on_node(self.nodeCombo.currentNode()))
        self.show_progress("", running=False)

    @property
    def fast(self) -> bool:
        """Whether the coarse, quick model is chosen."""
        return bool(self.fastBox.checked)

    def show_state(self, text: str) -> None:
        """Say which mask the case has."""
        self.stateLabel.setText(text)

    def show_installed(self, version: str | None, how: str) -> None:
        """Whether TotalSegmentator can be run, and otherwise how to get it."""
        self.computeButton.setEnabled(version is not None)
        self.fastBox.setEnabled(version is not None)
        self.howLabel.setText(how)
        self.howLabel.setVisible(bool(how))

    def show_progress(self, text: str, running: bool) -> None:
        """Show how far it is."""
        self.progressLabel.setText(text)
        self.progressLabel.setVisible(bool(text))
        self.cancelButton.setVisible(running)
        if running:
            self.computeButton.setEnabled(False)


def node_combo(name: str, types: list[str]) -> Any:
    """A choice among the nodes of the scene, or none."""
    combo = slicer.qMRMLNodeComboBox()
    combo.setObjectName(name)
    combo.nodeTypes = types
    combo.noneEnabled = True
    combo.noneDisplay = _("none, or a file")
    combo.addEnabled = False
    combo.removeEnabled = False
    combo.setMinimumWidth(1)  # the name of a node must not widen the panel
    combo.setMRMLScene(slicer.mrmlScene)
    return combo
