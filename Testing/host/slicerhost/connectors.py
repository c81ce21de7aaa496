"""Bindings of widgets to values of a parameter node; anything else is refused."""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Connector:
    """One widget and the property that holds its value."""

    def __init__(self, widget: Any, attribute: str, signal: str, kind: type) -> None:
        self._widget, self._attribute, self._signal, self._kind = widget, attribute, signal, kind
        self._slot: Callable[..., None] | None = None

    def read(self) -> Any:
        """The value in the widget."""
        return self._kind(getattr(self._widget, self._attribute))

    def write(self, value: Any) -> None:
        """Show a value."""
        setattr(self._widget, self._attribute, str(value) if self._kind in (str, Path) else value)

    def listen(self, slot: Callable[..., None]) -> None:
        """Call `slot` when the widget changes."""
        self._slot = slot
        getattr(self._widget, self._signal).connect(slot)

    def stop(self) -> None:
        """Listen no more."""
        getattr(self._widget, self._signal).disconnect(self._slot)


class NodeConnector(Connector):
    """A qMRMLNodeComboBox."""

    def read(self) -> Any:
        """The chosen node."""
        return self._widget.currentNode()

    def write(self, value: Any) -> None:
        """Choose a node."""
        self._widget.setCurrentNode(value)


class ChoiceConnector(Connector):
    """A combo box of an enumeration's names."""

    def read(self) -> Any:
        """The chosen member."""
        return self._kind[self._widget.currentText]  # type: ignore[index]

    def write(self, value: Any) -> None:
        """Choose a member."""
        self._widget.setCurrentText(value.name)


class Binding(NamedTuple):
    """Property that holds a widget's value, and the signal of its change."""

    attribute: str
    signal: str


PLAIN: dict[tuple[str, type], Binding] = {
    ("QCheckBox", bool): Binding("checked", "toggled"),
    ("QPushButton", bool): Binding("checked", "toggled"),
    ("QSpinBox", int): Binding("value", "valueChanged"),
    ("QSlider", int): Binding("value", "valueChanged"),
    ("QDoubleSpinBox", float): Binding("value", "valueChanged"),
    ("ctkSliderWidget", float): Binding("value", "valueChanged"),
    ("QLineEdit", str): Binding("text", "textChanged"),
    ("QComboBox", str): Binding("currentText", "currentTextChanged"),
    ("ctkPathLineEdit", str): Binding("currentPath", "currentPathChanged"),
    ("ctkPathLineEdit", Path): Binding("currentPath", "currentPathChanged"),
}


def connector_for(widget: Any, parameter: Any) -> Connector:
    """What binds the two; ValueError where nothing does."""
    name = widget.className()
    if parameter.is_node and name == "qMRMLNodeComboBox":
        widget.noneEnabled = widget.noneEnabled or parameter.optional
        return NodeConnector(widget, "", "currentNodeChanged", parameter.kind)
    if issubclass(parameter.kind, enum.Enum) and name == "QComboBox":
        widget.clear()
        widget.addItems([member.name for member in parameter.kind])
        return ChoiceConnector(widget, "", "currentTextChanged", parameter.kind)
    if (name, parameter.kind) not in PLAIN:
        raise ValueError(f"a {name} cannot stand for {parameter.name}: {parameter.kind.__name__}")
    if name == "ctkSliderWidget" and parameter.limits is None:
        raise ValueError(f"{parameter.name} needs Annotated[float, WithinRange(...)] for a ctkSliderWidget")
    if parameter.limits is not None and name != "QLineEdit":
        widget.minimum, widget.maximum = parameter.limits
    return Connector(widget, *PLAIN[name, parameter.kind], parameter.kind)
