"""Where real PythonQt refuses what PySide6 takes, the host refuses it too (measured in Slicer 5.12)."""

from __future__ import annotations

from typing import Any

import pytest


def test_property_is_a_value_and_not_callable(qt: Any) -> None:
    label = qt.QLabel("liver")

    assert label.text == "liver"
    with pytest.raises(TypeError):
        label.text()


def test_unknown_attribute_cannot_be_read(qt: Any) -> None:
    with pytest.raises(AttributeError, match="txet"):
        _ = qt.QLabel("liver").txet


def test_unknown_attribute_cannot_be_set(qt: Any) -> None:
    with pytest.raises(AttributeError, match="txet"):
        qt.QLabel("liver").txet = "spleen"


def test_method_cannot_be_overwritten(qt: Any) -> None:
    with pytest.raises(AttributeError):
        qt.QLabel().setText = print


def test_what_only_qt_6_has_does_not_exist(qt: Any) -> None:
    with pytest.raises(AttributeError):
        _ = qt.QCheckBox().checkStateChanged


def test_class_hierarchy_is_flat(qt: Any) -> None:
    assert not isinstance(qt.QLineEdit(), qt.QWidget)
    assert not issubclass(qt.QLineEdit, qt.QWidget)
    assert isinstance(qt.QLineEdit(), qt.QLineEdit)


def test_keyword_arguments_are_rejected(qt: Any) -> None:
    label = qt.QLabel()

    with pytest.raises(TypeError):
        qt.QLabel(text="liver")
    with pytest.raises(TypeError):
        label.setText(text="liver")
    with pytest.raises(TypeError):
        qt.QFileDialog.getOpenFileName(None, caption="Open")


@pytest.mark.parametrize(
    ("widget", "value"),
    [
        ("QSpinBox", "4"),
        ("QSlider", "5"),
        ("QSlider", None),
        ("QProgressBar", None),
        ("QDoubleSpinBox", "1.5"),
    ],
)
def test_text_and_none_are_no_numbers(qt: Any, widget: str, value: object) -> None:
    control = getattr(qt, widget)()

    with pytest.raises(AttributeError, match="does not accept"):
        control.value = value
    with pytest.raises(ValueError, match="no overload"):
        control.setValue(value)


def test_collapsible_button_takes_no_text(ctk: Any) -> None:
    with pytest.raises(ValueError, match="no overload"):
        ctk.ctkCollapsibleButton("Installation")


def test_shortcut_is_no_text(qt: Any) -> None:
    button = qt.QPushButton("Undo")

    with pytest.raises(ValueError, match="no overload"):
        button.setShortcut("Ctrl+L")
    button.shortcut = qt.QKeySequence("Ctrl+L")
    assert button.shortcut.toString() == "Ctrl+L"


def test_dialog_buttons_given_to_the_constructor_are_lost(qt: Any) -> None:
    box = qt.QDialogButtonBox(qt.QDialogButtonBox.Ok | qt.QDialogButtonBox.Cancel)
    assert box.buttons() == ()

    box.setStandardButtons(qt.QDialogButtonBox.Ok)
    assert len(box.buttons()) == 1


def test_none_is_shown_as_a_word(qt: Any) -> None:
    label = qt.QLabel("liver")
    label.text = None
    assert label.text == "None"
    label.toolTip = None
    assert label.toolTip == "None"
    label.setText(None)
    assert label.text == "None"


def test_unknown_signal_is_an_error_of_the_test(qt: Any) -> None:
    with pytest.raises(ValueError, match=r"no signal 'clickt\(\)'"):
        qt.QPushButton().connect("clickt()", print)
    with pytest.raises(ValueError, match="no signal"):
        qt.QPushButton().connect("clicked(QString)", print)


def test_what_only_qt_5_has_is_not_offered(qt: Any) -> None:
    with pytest.raises(ValueError, match="no signal"):
        qt.QComboBox().connect("currentIndexChanged(QString)", print)
    with pytest.raises(AttributeError, match="QRegExp"):
        _ = qt.QRegExp


def test_signal_of_a_python_class_is_not_reached_by_its_signature(qt: Any) -> None:
    class Reader(qt.QObject):
        changed = qt.Signal(int)

    heard: list[tuple[str, int]] = []
    reader = Reader()
    reader.connect("changed(int)", lambda value: heard.append(("by signature", value)))
    reader.changed.connect(lambda value: heard.append(("by name", value)))
    reader.changed.emit(3)

    assert heard == [("by name", 3)]


def test_property_of_a_python_subclass_is_still_a_property(qt: Any) -> None:
    class Panel(qt.QWidget):
        pass

    panel = Panel()
    with pytest.raises(AttributeError, match="does not accept"):
        panel.size = None
    panel.questions = 12
    assert panel.questions == 12


def test_use_after_deletion_is_a_value_error(qt: Any) -> None:
    label, method = qt.QLabel("liver"), None
    method = label.setText
    label.delete()

    with pytest.raises(ValueError, match="deleted"):
        _ = label.text
    with pytest.raises(ValueError, match="deleted"):
        method("spleen")


def test_single_shot_from_a_python_thread_never_fires(qt: Any) -> None:
    import threading

    from PySide6 import QtTest

    fired: list[int] = []
    thread = threading.Thread(target=lambda: qt.QTimer.singleShot(0, lambda: fired.append(1)))
    thread.start()
    thread.join()
    QtTest.QTest.qWait(50)

    assert fired == []


def test_exception_in_a_slot_is_kept_for_the_test(qt: Any) -> None:
    from slicerhost import slot_errors

    button = qt.QPushButton()
    button.clicked.connect(lambda: 1 / 0)
    button.click()

    assert [type(error) for error in slot_errors.taken()] == [ZeroDivisionError]


def test_dialog_that_nobody_answers_is_an_error(qt: Any) -> None:
    with pytest.raises(RuntimeError, match="no answer ready"):
        qt.QFileDialog.getOpenFileName(None, "Open", "", "*.toml")
