"""Where real PythonQt takes what PySide6 refuses, the host takes it too (measured in Slicer 5.12)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest


def test_property_and_setter_both_set(qt: Any) -> None:
    label = qt.QLabel()
    label.text = "liver"
    assert label.text == "liver"
    label.setText("spleen")
    assert label.text == "spleen"


def test_enumerations_are_integers(qt: Any) -> None:
    assert qt.Qt.Checked == 2
    assert type(qt.Qt.AlignLeft | qt.Qt.AlignTop) is int
    label = qt.QLabel()
    label.setAlignment(qt.Qt.AlignRight)
    assert label.alignment == qt.Qt.AlignRight
    assert type(label.alignment) is int


def test_integers_stand_for_enumerations(qt: Any) -> None:
    label, item = qt.QLabel(), qt.QTableWidgetItem("liver")
    label.setSizePolicy(1, 1)
    item.setFlags(1 | 32)

    assert label.sizePolicy.horizontalPolicy() == 1
    assert item.flags() == 33


@pytest.mark.parametrize("truthy", [1, "yes", [0], np.bool_(True)])
def test_truth_is_enough_for_a_switch(qt: Any, truthy: object) -> None:
    box = qt.QCheckBox("Lock")
    box.checked = truthy
    box.enabled = truthy
    assert box.checked is True
    assert box.enabled is True
    box.checked = ""
    assert box.checked is False


def test_texts_are_converted(qt: Any) -> None:
    label, combo = qt.QLabel(), qt.QComboBox()
    label.setText(5)
    assert label.text == "5"
    label.setText(Path("study.toml"))
    assert label.text == "study.toml"
    combo.addItem(5)
    assert combo.itemText(0) == "5"


@pytest.mark.parametrize(("value", "held"), [(np.int64(7), 7), (np.float64(3.7), 3), (3.7, 3), (True, 1)])
def test_numbers_are_converted_and_truncated(qt: Any, value: object, held: int) -> None:
    spin = qt.QSpinBox()
    spin.value = value
    assert spin.value == held
    spin.setValue(0)
    spin.setValue(value)
    assert spin.value == held


def test_size_hint_is_a_property(qt: Any) -> None:
    assert qt.QLabel("liver").sizeHint.width() > 0


def test_children_are_found_by_class_name(qt: Any) -> None:
    panel = qt.QWidget()
    edit = qt.QLineEdit(panel)
    edit.objectName = "comment"

    assert panel.findChild("QLineEdit", "comment") is edit
    assert panel.findChildren("QLineEdit") == (edit,)
    assert panel.findChild("QLineEdit", "other") is None
    assert panel.comment is edit


def test_signals_are_emitted_by_emit_or_by_a_call(qt: Any) -> None:
    heard: list[bool] = []
    button = qt.QPushButton()
    button.clicked.connect(heard.append)
    button.clicked.emit(True)
    button.clicked(False)

    assert heard == [True, False]


def test_slot_gets_as_many_arguments_as_it_takes(qt: Any) -> None:
    heard: list[object] = []
    button = qt.QPushButton()
    button.clicked.connect(lambda: heard.append("none"))
    button.connect("clicked(bool)", lambda checked: heard.append(checked))
    button.connect("clicked()", lambda *args: heard.append(args))
    button.click()

    assert heard == ["none", False, ()]


def test_slot_is_let_go(qt: Any) -> None:
    heard: list[int] = []
    spin = qt.QSpinBox()
    spin.valueChanged.connect(heard.append)
    spin.value = 1
    assert spin.valueChanged.disconnect(heard.append)
    spin.value = 2
    spin.connect("valueChanged(int)", heard.append)
    spin.value = 3
    assert spin.disconnect("valueChanged(int)", heard.append)
    spin.value = 4

    assert heard == [1, 3]


def test_lists_come_back_as_tuples(qt: Any) -> None:
    panel, combo, settings = qt.QWidget(), qt.QComboBox(), qt.QSettings()
    qt.QLabel("liver", panel)
    combo.addItem("liver", [1, 2])
    settings.setValue("CTSpatialVQA/recent", ["a.toml", "b.toml"])

    assert isinstance(panel.children(), tuple)
    assert combo.itemData(0) == (1, 2)
    assert settings.value("CTSpatialVQA/recent") == ("a.toml", "b.toml")


def test_wrong_arguments_are_value_errors(qt: Any) -> None:
    with pytest.raises(ValueError, match="no overload"):
        qt.QLabel().resize("wide")


def test_file_dialog_gives_one_text(qt: Any) -> None:
    from slicerhost.dialog_answers import CONVERSATION

    CONVERSATION.to_give.append("/data/study.toml")

    assert qt.QFileDialog.getOpenFileName(None, "Open", "", "*.toml") == "/data/study.toml"


def test_widgets_made_by_qt_itself_are_as_strict(qt: Any) -> None:
    box = qt.QDialogButtonBox()
    box.setStandardButtons(qt.QDialogButtonBox.Ok)
    button = box.button(qt.QDialogButtonBox.Ok)

    assert button.text.strip("&") == "OK"
    with pytest.raises(AttributeError):
        button.txet = "x"


def test_python_subclass_receives_events(qt: Any) -> None:
    from PySide6 import QtTest
    from slicerhost.skin import raw_of

    class Panel(qt.QWidget):
        def __init__(self, parent: Any = None) -> None:
            qt.QWidget.__init__(self, parent)
            self.pressed: list[int] = []

        def keyPressEvent(self, event: Any) -> None:
            self.pressed.append(event.key())

    panel = Panel()
    QtTest.QTest.keyClick(raw_of(panel), "2")

    assert panel.pressed == [qt.Qt.Key_2]


def test_shortcut_fires_by_its_key_and_is_off_when_disabled(qt: Any) -> None:
    from PySide6 import QtCore, QtTest
    from slicerhost.skin import raw_of

    heard: list[str] = []
    panel = qt.QWidget()
    shortcut = qt.QShortcut(qt.QKeySequence("1"), panel)
    shortcut.connect("activated()", lambda: heard.append("1"))
    panel.show()
    panel.activateWindow()
    QtTest.QTest.qWaitForWindowActive(raw_of(panel), 2000)
    QtTest.QTest.keyClick(raw_of(panel), QtCore.Qt.Key.Key_1)
    assert heard == ["1"]

    shortcut.setEnabled(False)
    QtTest.QTest.keyClick(raw_of(panel), QtCore.Qt.Key.Key_1)
    assert heard == ["1"]


def test_slider_widget_starts_at_99_99_and_keeps_thirds(ctk: Any) -> None:
    slider = ctk.ctkSliderWidget()
    assert slider.maximum == 99.99
    slider.decimals = 1
    slider.value = 0.333
    assert slider.value == 0.333
    slider.value = float("nan")
    assert slider.value == 0
