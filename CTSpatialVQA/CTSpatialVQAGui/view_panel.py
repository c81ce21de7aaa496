"""Choices about the views: locks of layout and window, presets, all structures, CT in 3D, pictures."""

from __future__ import annotations

from collections.abc import Callable

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import widgets
from CTSpatialVQALib.reading.visible import Sight
from CTSpatialVQALib.scene.window_presets import windows


class ViewPanel:
    """Choices about the views; they stay as they are from question to question."""

    def __init__(self) -> None:
        self.on_window: Callable[[str], object] = lambda name: None
        self.widget = qt.QWidget()
        column = widgets.plain_column(self.widget)
        self.keepLayoutBox = _box("keepLayoutBox", _("Keep my layout"))
        self.keepWindowBox = _box("keepWindowBox", _("Keep my window"))
        self.allBox = _box("allStructuresBox", _("All structures"))
        self.renderingBox = _box("volumeRenderingBox", _("CT in 3D"))
        self.pictureBox = _box("pictureBox", _("Keep a picture with each verdict"))
        grid = qt.QGridLayout()
        boxes = (self.keepLayoutBox, self.keepWindowBox, self.allBox, self.renderingBox)
        for place, box in enumerate(boxes):
            grid.addWidget(box, place // 2, place % 2)
        self.windowButtons = {name: self._window_button(name) for name in windows()}
        window_grid = qt.QGridLayout()
        window_grid.setSpacing(widgets.SPACING)
        for place, button in enumerate(self.windowButtons.values()):
            window_grid.addWidget(button, place // 2, place % 2)
        column.addLayout(window_grid)
        column.addLayout(grid)
        column.addWidget(self.pictureBox)

    def _window_button(self, name: str) -> qt.QPushButton:
        button = widgets.small_button(f"{name}WindowButton", _window_label(name))
        button.setToolTip(str(windows()[name]))
        button.clicked.connect(lambda _checked=False: self.on_window(name))
        return button

    def show_sight(self, sight: Sight) -> None:
        """Take away what may not be shown now."""
        self.allBox.setEnabled(sight.overlay)
        if not sight.overlay:
            self.allBox.setChecked(False)


def _box(name: str, text: str) -> qt.QCheckBox:
    box = qt.QCheckBox(text)
    box.setObjectName(name)
    return box


def _window_label(name: str) -> str:
    texts = {
        "lung": _("Lung"),
        "mediastinum": _("Mediastinum"),
        "bone": _("Bone"),
        "abdomen": _("Abdomen"),
    }
    return texts.get(name, name)
