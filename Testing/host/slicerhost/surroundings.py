"""Slicer's main window around a module: what it leaves to the module's panel, and how wide the panel gets.

Heights as seen in Slicer 5.12.3 at a font of 9 points: at 1280 x 800 the panel's scroll area has 495 pixels,
at 1920 x 1080 about 775; help section and a line below it stand in it above the module. What holds text grows
with the font.
"""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from slicerhost.ctkwidgets import ctkCollapsibleButton

TITLE_BAR_HEIGHT = 20  # of the window manager; not part of the client area that Qt lays out
TOOL_BARS_HEIGHT = 40
LOGO_HEIGHT = 40
PROBE_HEIGHT = 105  # of the Data Probe's lines below its head, at 9 points
STATUS_HEIGHT = 36
FONT_HEIGHT = 15  # of a line at 9 points


class ModuleScrollArea(QtWidgets.QScrollArea):
    """The area that holds the module: it scrolls up and down, and is never narrower than what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def hold(self, widget: QtWidgets.QWidget) -> None:
        """Show this widget, and follow what it needs."""
        self.setWidget(widget)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        """A changed need of the module changes the panel."""
        if event.type() == QtCore.QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QtCore.QSize:
        """As wide as the module's least width and a scroll bar."""
        inside = self.widget()
        width = 0 if inside is None else inside.minimumSizeHint().width()
        return QtCore.QSize(width + self.verticalScrollBar().sizeHint().width(), 60)

    def sizeHint(self) -> QtCore.QSize:
        """No wider than it must be."""
        return self.minimumSizeHint()


class ModulePanel(QtWidgets.QWidget):
    """The panel beside the views: logo, help section, module, Data Probe."""

    def __init__(self) -> None:
        super().__init__()
        self.area = ModuleScrollArea()
        inside = QtWidgets.QWidget()
        self._inside = QtWidgets.QVBoxLayout(inside)
        self._inside.setContentsMargins(0, 0, 0, 0)
        help_section = ctkCollapsibleButton()
        help_section.setText("Help && Acknowledgement")
        help_section.setCollapsed(True)
        self._inside.addWidget(help_section)
        self._inside.addWidget(_space(10))
        self.area.hold(inside)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(_space(LOGO_HEIGHT))
        column.addWidget(self.area, 1)
        column.addWidget(_data_probe(self.fontMetrics().height()))
        self._module: QtWidgets.QWidget | None = None

    def put(self, module: QtWidgets.QWidget) -> None:
        """Show a module's window."""
        self.take()
        self._module = module
        self._inside.addWidget(module, 1)

    def take(self) -> None:
        """Let go of the module's window."""
        if self._module is not None:
            self._inside.removeWidget(self._module)
            self._module.setParent(None)
            self._module = None


class Surroundings(QtWidgets.QMainWindow):
    """The main window: bars above and below, the panel, the views."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("qSlicerMainWindow")  # slicer.util.mainWindow looks for it
        content = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(QtWidgets.QLabel(" File   Edit   View   Help"))
        column.addWidget(_space(TOOL_BARS_HEIGHT))
        self.panes = QtWidgets.QSplitter()
        column.addWidget(self.panes, 1)
        column.addWidget(_space(STATUS_HEIGHT))
        self.setCentralWidget(content)
        self.panel = ModulePanel()
        self.panes.addWidget(self.panel)

    def show_views(self, views: QtWidgets.QWidget, width: int, height: int) -> None:
        """The window with these views, of this size with its frame; the panel as narrow as it can be."""
        self.panes.addWidget(views)
        self.panes.setCollapsible(0, False)
        self.panes.setStretchFactor(0, 0)
        self.panes.setStretchFactor(1, 1)
        self.resize(width, height - TITLE_BAR_HEIGHT)
        self.show()
        self.panes.setSizes([1, width])


def _space(height: int) -> QtWidgets.QWidget:
    space = QtWidgets.QWidget()
    space.setFixedHeight(height)
    return space


def _data_probe(line_height: int) -> QtWidgets.QWidget:
    probe = QtWidgets.QWidget()
    column = QtWidgets.QVBoxLayout(probe)
    column.setContentsMargins(0, 0, 0, 0)
    head = ctkCollapsibleButton()
    head.setText("Data Probe")
    column.addWidget(head)
    column.addWidget(QtWidgets.QCheckBox("Show Zoomed Slice"))
    lines = QtWidgets.QLabel("L\nF\nB")
    lines.setFixedHeight(PROBE_HEIGHT + 3 * max(line_height - FONT_HEIGHT, 0))
    column.addWidget(lines)
    return probe
