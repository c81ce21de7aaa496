"""`slicer.parameterNodeWrapper`, minimal: typed values in a MRML node of the scene, bound to widgets.

Types: str, int, float, bool, Path, enumerations and MRML nodes (also `| None`); anything else is refused when
the class is made. A wrapper takes no attribute that it does not declare.
"""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import slicer

from slicerhost.connectors import connector_for

PLAIN = (str, int, float, bool, Path)


class WithinRange(NamedTuple):
    """Annotation: least and greatest value."""

    minimum: float
    maximum: float


class Choice(NamedTuple):
    """Annotation: the allowed values."""

    choices: tuple[Any, ...]


class Default(NamedTuple):
    """Annotation: the value at first."""

    value: Any


class Parameter(NamedTuple):
    """One declared value."""

    name: str
    kind: type
    optional: bool
    notes: tuple[Any, ...]
    default: Any

    @property
    def is_node(self) -> bool:
        """Whether it refers to a node of the scene."""
        return issubclass(self.kind, slicer.vtkMRMLNode)

    @property
    def limits(self) -> WithinRange | None:
        """Least and greatest value, if it has them."""
        return next((note for note in self.notes if isinstance(note, WithinRange)), None)

    def check(self, value: Any) -> None:
        """ValueError or TypeError for a value that may not be stored."""
        if value is None and (self.optional or self.is_node):
            return
        numeric = self.kind is float and isinstance(value, int) and not isinstance(value, bool)
        if not isinstance(value, self.kind) and not numeric:
            raise TypeError(f"{self.name} is {self.kind.__name__}, not {type(value).__name__}")
        if self.limits and not self.limits.minimum <= value <= self.limits.maximum:
            raise ValueError(f"{self.name} must lie within {tuple(self.limits)}, not {value}")
        for note in self.notes:
            if isinstance(note, Choice) and value not in note.choices:
                raise ValueError(f"{self.name} must be one of {note.choices}, not {value!r}")


def parameterNodeWrapper(cls: type) -> type:
    """Class decorator: `cls(node)` then reads and writes its annotated values in `node`."""
    hints = typing.get_type_hints(cls, include_extras=True)
    declared = {name: _parameter(cls, name, hint) for name, hint in hints.items()}
    members = {name: _accessor(parameter) for name, parameter in declared.items()}
    kept = {k: v for k, v in vars(cls).items() if k not in declared and k not in ("__dict__", "__weakref__")}
    return type(cls.__name__, (ParameterNode,), {**kept, **members, "_declared": declared})


class ParameterNode:
    """What a decorated class inherits."""

    _declared: typing.ClassVar[dict[str, Parameter]] = {}

    def __init__(self, parameterNode: Any, prefix: str | None = None) -> None:
        if not isinstance(parameterNode, slicer.vtkMRMLScriptedModuleNode):
            raise TypeError("a parameter node wrapper takes a vtkMRMLScriptedModuleNode")
        object.__setattr__(self, "parameterNode", parameterNode)
        object.__setattr__(self, "_bindings", {})
        for name, parameter in self._declared.items():
            if not self.isStored(name) and parameter.default is not None:
                setattr(self, name, parameter.default)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._declared:
            raise AttributeError(f"{type(self).__name__} declares no '{name}'")
        object.__setattr__(self, name, value)

    def isStored(self, name: str) -> bool:
        """Whether the node holds a value; a helper of this host."""
        node = self.parameterNode
        return bool(node.GetParameter(name)) or bool(node.GetNodeReferenceID(name))

    def default(self, name: str) -> Any:
        """The value at first."""
        return self._declared[name].default

    def AddObserver(self, *args: Any) -> int:
        """Observe the node."""
        return int(self.parameterNode.AddObserver(*args))

    def RemoveObserver(self, tag: int) -> None:
        """Stop observing the node."""
        self.parameterNode.RemoveObserver(tag)

    def connectGui(self, gui: Any) -> int:
        """Bind every widget whose property SlicerParameterName names a value; the tag undoes it."""
        widgets = {}
        for widget in slicer.util.findChildren(gui):
            name = widget.property("SlicerParameterName")
            if name:
                if name not in self._declared:
                    raise ValueError(f"{widget.name}: SlicerParameterName '{name}' is not declared")
                widgets[name] = widget
        return self.connectParametersToGui(widgets)

    def connectParametersToGui(self, mapping: dict[str, Any]) -> int:
        """Bind values to widgets by name; the tag undoes it."""
        connectors = {name: connector_for(widget, self._declared[name]) for name, widget in mapping.items()}

        def to_gui(*_: Any) -> None:
            for name, connector in connectors.items():
                if connector.read() != getattr(self, name):
                    connector.write(getattr(self, name))

        to_gui()
        for name, connector in connectors.items():
            connector.listen(self._setter(name, connector))
        tag = self.AddObserver("ModifiedEvent", to_gui)
        self._bindings[tag] = connectors
        return tag

    def _setter(self, name: str, connector: Any) -> Callable[..., None]:
        def changed(*_: Any) -> None:
            value = connector.read()
            if value != getattr(self, name):
                setattr(self, name, value)

        return changed

    def disconnectGui(self, tag: int) -> None:
        """Undo connectGui."""
        self.RemoveObserver(tag)
        for connector in self._bindings.pop(tag).values():
            connector.stop()


def _parameter(cls: type, name: str, hint: Any) -> Parameter:
    notes: tuple[Any, ...] = ()
    if typing.get_origin(hint) is typing.Annotated:
        hint, *annotations = typing.get_args(hint)
        notes = tuple(annotations)
    members = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    kinds = [member for member in members if member is not types.NoneType]
    if len(kinds) != 1 or not isinstance(kinds[0], type) or not _supported(kinds[0]):
        raise TypeError(f"{cls.__name__}.{name}: this host does not store {hint}")
    kind, optional = kinds[0], len(members) > 1
    noted = [note.value for note in notes if isinstance(note, Default)]
    default = noted[0] if noted else getattr(cls, name, _zero(kind, optional))
    return Parameter(name, kind, optional, notes, default)


def _supported(kind: type) -> bool:
    return kind in PLAIN or issubclass(kind, enum.Enum) or issubclass(kind, slicer.vtkMRMLNode)


def _zero(kind: type, optional: bool) -> Any:
    if optional or issubclass(kind, slicer.vtkMRMLNode):
        return None
    return next(iter(kind)) if issubclass(kind, enum.Enum) else kind()


def _accessor(parameter: Parameter) -> property:
    def read(me: ParameterNode) -> Any:
        if parameter.is_node:
            return me.parameterNode.GetNodeReference(parameter.name)
        text = me.parameterNode.GetParameter(parameter.name)
        return _from_text(parameter, text) if text else parameter.default

    def write(me: ParameterNode, value: Any) -> None:
        parameter.check(value)
        if parameter.is_node:
            me.parameterNode.SetNodeReferenceID(parameter.name, value.GetID() if value is not None else None)
        else:
            me.parameterNode.SetParameter(parameter.name, _to_text(value))

    return property(read, write)


def _to_text(value: Any) -> str:
    if value is None:
        return ""
    return (
        value.name if isinstance(value, enum.Enum) else f"={value}"
    )  # "=" keeps an empty text apart from none


def _from_text(parameter: Parameter, text: str) -> Any:
    if issubclass(parameter.kind, enum.Enum):
        return parameter.kind[text]
    if parameter.kind is bool:
        return text == "=True"
    return parameter.kind(text[1:])
