"""The widgets of ctk that a module of this kind uses: written as plain Qt, from their public headers."""

from __future__ import annotations

import math

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import Property, Signal, Slot

HEAD_HEIGHT = 22


class ctkCollapsibleButton(QtWidgets.QAbstractButton):
    """A head with a text; collapsed, it hides what is below."""

    contentsCollapsed = Signal(bool)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._collapsed = False
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Minimum, QtWidgets.QSizePolicy.Policy.Preferred)
        self.setContentsMargins(0, HEAD_HEIGHT, 0, 0)
        self.toggled.connect(lambda checked: self._collapse(not checked))

    def _get_collapsed(self) -> bool:
        return self._collapsed

    @Slot(bool)
    def setCollapsed(self, collapsed: bool) -> None:
        """Collapse or open."""
        self.setChecked(not collapsed)

    collapsed = Property(bool, _get_collapsed, setCollapsed)

    def _collapse(self, collapsed: bool) -> None:
        self._collapsed = collapsed
        for child in self.findChildren(
            QtWidgets.QWidget, options=QtCore.Qt.FindChildOption.FindDirectChildrenOnly
        ):
            child.setVisible(not collapsed)
        self.updateGeometry()
        self.contentsCollapsed.emit(collapsed)

    def hitButton(self, position: QtCore.QPoint) -> bool:
        """Only the head reacts to the mouse."""
        return position.y() < HEAD_HEIGHT

    def sizeHint(self) -> QtCore.QSize:
        """The head, and what is below unless collapsed."""
        text = self.fontMetrics().horizontalAdvance(self.text()) + 2 * HEAD_HEIGHT
        inside = self.layout().sizeHint() if self.layout() and not self._collapsed else QtCore.QSize(0, 0)
        return QtCore.QSize(max(text, inside.width()), HEAD_HEIGHT + inside.height())

    def minimumSizeHint(self) -> QtCore.QSize:
        """As small as what is inside allows."""
        return self.sizeHint()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        """An arrow and the text."""
        painter = QtGui.QPainter(self)
        painter.fillRect(0, 0, self.width(), HEAD_HEIGHT, self.palette().button())
        painter.setPen(self.palette().buttonText().color())
        painter.drawText(
            6, HEAD_HEIGHT - 7, ("▸ " if self._collapsed else "▾ ") + self.text().replace("&&", "&")
        )
        painter.end()


class ctkSliderWidget(QtWidgets.QWidget):
    """A slider and a spin box on one number; 0 to 99.99 at first, as measured."""

    valueChanged = Signal(float)
    valueIsChanging = Signal(float)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = 0.0
        self._slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self._slider.setRange(0, 10_000)
        self._box = QtWidgets.QDoubleSpinBox()
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider)
        row.addWidget(self._box)
        self._box.valueChanged.connect(self._on_box)
        self._slider.sliderMoved.connect(lambda step: self._box.setValue(self._at(step / 10_000)))

    def _at(self, fraction: float) -> float:
        return self._box.minimum() + fraction * (self._box.maximum() - self._box.minimum())

    def _on_box(self, value: float) -> None:
        # the box rounds to its decimals, the widget does not: 0.333 stays 0.333
        if not math.isclose(value, self._value, abs_tol=0.5 * 10 ** -self._box.decimals()):
            self.setValue(value)

    def _get_value(self) -> float:
        return self._value

    @Slot(float)
    def setValue(self, value: float) -> None:
        """Set the number; outside the range the nearest end, and not-a-number is 0."""
        allowed = 0.0 if math.isnan(value) else value
        allowed = min(max(allowed, self._box.minimum()), self._box.maximum())
        if allowed == self._value:
            return
        self._value = allowed
        self._box.setValue(allowed)
        span = self._box.maximum() - self._box.minimum()
        self._slider.setValue(round(10_000 * (allowed - self._box.minimum()) / span) if span else 0)
        self.valueChanged.emit(allowed)

    def _get_minimum(self) -> float:
        return self._box.minimum()

    def setMinimum(self, value: float) -> None:
        """Least value."""
        self._box.setMinimum(value)
        self.setValue(self._value)

    def _get_maximum(self) -> float:
        return self._box.maximum()

    def setMaximum(self, value: float) -> None:
        """Greatest value."""
        self._box.setMaximum(value)
        self.setValue(self._value)

    def setRange(self, least: float, greatest: float) -> None:
        """Least and greatest value."""
        self._box.setRange(least, greatest)
        self.setValue(self._value)

    def _get_step(self) -> float:
        return self._box.singleStep()

    def setSingleStep(self, step: float) -> None:
        """Step of the arrow keys."""
        self._box.setSingleStep(step)

    def _get_decimals(self) -> int:
        return self._box.decimals()

    def setDecimals(self, decimals: int) -> None:
        """Digits that the spin box shows."""
        self._box.setDecimals(decimals)

    def _get_suffix(self) -> str:
        return self._box.suffix()

    def setSuffix(self, suffix: str) -> None:
        """Unit behind the number."""
        self._box.setSuffix(suffix)

    value = Property(float, _get_value, setValue)
    minimum = Property(float, _get_minimum, setMinimum)
    maximum = Property(float, _get_maximum, setMaximum)
    singleStep = Property(float, _get_step, setSingleStep)
    decimals = Property(int, _get_decimals, setDecimals)
    suffix = Property(str, _get_suffix, setSuffix)


class ctkComboBox(QtWidgets.QComboBox):
    """A combo box with a text for "nothing chosen"."""

    defaultTextChanged = Signal(str)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)

    def _get_default(self) -> str:
        return self.placeholderText()

    def setDefaultText(self, text: str) -> None:
        """What is shown where nothing is chosen."""
        self.setPlaceholderText(text)
        self.defaultTextChanged.emit(text)

    defaultText = Property(str, _get_default, setDefaultText)


class ctkPathLineEdit(QtWidgets.QWidget):
    """A path to type, with its history; the button with the file dialog is not imitated."""

    currentPathChanged = Signal(str)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._filters: list[str] = []
        self._key = ""
        self._combo = QtWidgets.QComboBox(self)
        self._combo.setEditable(True)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._combo)
        self._combo.editTextChanged.connect(self.currentPathChanged)

    def _get_path(self) -> str:
        return self._combo.currentText()

    @Slot(str)
    def setCurrentPath(self, path: str) -> None:
        """Set the path."""
        self._combo.setEditText(path)

    def _get_filters(self) -> list[str]:
        return self._filters

    def setNameFilters(self, filters: list[str]) -> None:
        """Filters of the file dialog."""
        self._filters = list(filters)

    def _get_key(self) -> str:
        return self._key

    def setSettingKey(self, key: str) -> None:
        """Where in the settings the history is kept."""
        self._key = key

    @Slot()
    def addCurrentPathToHistory(self) -> None:
        """Put the present path into the list."""
        if self._combo.findText(self._get_path()) < 0:
            self._combo.addItem(self._get_path())

    currentPath = Property(str, _get_path, setCurrentPath)
    nameFilters = Property("QStringList", _get_filters, setNameFilters)
    settingKey = Property(str, _get_key, setSettingKey)
