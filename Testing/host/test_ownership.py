"""An object that PythonQt would delete twice fails the test: who owns it, and who still refers to it."""

from __future__ import annotations

from typing import Any

import pytest


def taken() -> tuple[BaseException, ...]:
    from slicerhost import ownership, slot_errors

    ownership.check_left_over()
    return slot_errors.taken()


def end_what_waits() -> None:
    from PySide6 import QtCore, QtWidgets

    QtWidgets.QApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)


@pytest.fixture
def parent(qt: Any) -> Any:
    return qt.QWidget()


def test_own_slot_as_last_reference_deletes_twice(qt: Any, parent: Any) -> None:
    button = qt.QPushButton("x")
    button.setParent(parent)
    button.clicked.connect(button.animateClick)
    button.setParent(None)
    button.deleteLater()
    button = None
    end_what_waits()

    (mishap,) = taken()
    assert "Slicer deletes it twice" in str(mishap)
    assert "clicked" in str(mishap)


def test_own_method_of_a_python_class_as_last_reference_deletes_twice(qt: Any, parent: Any) -> None:
    class Chip(qt.QPushButton):
        def __init__(self) -> None:
            qt.QPushButton.__init__(self, "chip")
            self.clicked.connect(self.jump)

        def jump(self) -> None:
            pass

    chip = Chip()
    chip.setParent(parent)
    chip.setVisible(True)
    chip.setParent(None)
    chip.deleteLater()
    chip = None
    end_what_waits()

    assert len(taken()) == 1


def test_function_that_holds_the_widget_deletes_twice(qt: Any, parent: Any) -> None:
    def connected() -> None:
        button = qt.QPushButton("x")
        button.setParent(parent)
        button.clicked.connect(lambda: button.setText("pressed"))
        button.setParent(None)
        button.deleteLater()

    connected()
    end_what_waits()

    assert len(taken()) == 1


def test_widget_left_without_parent_and_without_end_is_seen_at_the_end_of_the_test(
    qt: Any, parent: Any
) -> None:
    button = qt.QPushButton("x")
    button.setParent(parent)
    button.clicked.connect(button.animateClick)
    button.setParent(None)
    button = None

    assert len(taken()) == 1


def keep_parent(button: Any) -> None:
    button.setVisible(False)
    button.deleteLater()


def disconnect_first(button: Any) -> None:
    button.clicked.disconnect(button.animateClick)
    button.setParent(None)
    button.deleteLater()


@pytest.mark.parametrize("end", [keep_parent, disconnect_first])
def test_harmless_ends(qt: Any, parent: Any, end: Any) -> None:
    button = qt.QPushButton("x")
    button.setParent(parent)
    button.clicked.connect(button.animateClick)
    end(button)
    button = None
    end_what_waits()

    assert taken() == ()


def test_receiver_that_does_not_hold_the_widget_is_harmless(qt: Any, parent: Any) -> None:
    pressed: list[str] = []
    button = qt.QPushButton("x")
    button.setParent(parent)
    button.clicked.connect(lambda: pressed.append("x"))
    button.setParent(None)
    button.deleteLater()
    button = None
    end_what_waits()

    assert taken() == ()


def test_widget_that_is_still_referred_to_is_harmless(qt: Any, parent: Any) -> None:
    button = qt.QPushButton("x")
    button.setParent(parent)
    button.clicked.connect(button.animateClick)
    button.setParent(None)
    button.deleteLater()
    end_what_waits()

    assert taken() == ()
    with pytest.raises(ValueError, match="deleted"):
        button.setText("y")
