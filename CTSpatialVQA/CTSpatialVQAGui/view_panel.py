"""How is it looked at? Locks of layout and window, presets, all structures, CT in 3D, pictures."""

import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import looks
from CTSpatialVQALib.scene.window_presets import windows


class ViewPanel:
    """Choices about the views; they stay as they are from question to question.

    Parameters
    ----------
    deeds : all_structures(on), volume_rendering(on), window_named(name)
    """

    def __init__(self, deeds):
        self.widget = qt.QWidget()
        column = looks.plain_column(self.widget)
        self.keepLayoutBox = self._box("keepLayoutBox", _("Keep my layout"))
        self.keepWindowBox = self._box("keepWindowBox", _("Keep my window"))
        self.allBox = self._box("allStructuresBox", _("All structures"))
        self.renderingBox = self._box("volumeRenderingBox", _("CT in 3D"))
        self.pictureBox = self._box("pictureBox", _("Keep a picture with each verdict"))
        grid = qt.QGridLayout()
        for place, one in enumerate((self.keepLayoutBox, self.keepWindowBox, self.allBox, self.renderingBox)):
            grid.addWidget(one, place // 2, place % 2)
        self.windowButtons = {name: self._window_button(name, deeds) for name in windows()}
        column.addLayout(looks.row_of(*self.windowButtons.values()))
        column.addLayout(grid)
        column.addWidget(self.pictureBox)
        self.allBox.toggled.connect(deeds.all_structures)
        self.renderingBox.toggled.connect(deeds.volume_rendering)

    def _box(self, name, text):
        made = qt.QCheckBox(text)
        made.setObjectName(name)
        return made

    def _window_button(self, name, deeds):
        made = looks.button(f"{name}WindowButton", _window_word(name))
        made.setToolTip(str(windows()[name]))
        made.clicked.connect(lambda _checked=False: deeds.window_named(name))
        return made

    def show_sight(self, sight):
        """Take away what may not be shown now."""
        self.allBox.setEnabled(sight.overlay)
        if not sight.overlay:
            self.allBox.setChecked(False)


def _window_word(name):
    known = {
        "lung": _("Lung"),
        "mediastinum": _("Mediastinum"),
        "bone": _("Bone"),
        "abdomen": _("Abdomen"),
    }
    return known.get(name, name)
