"""Letters R, L, A, P, S, I at the four edges of a slice view.

Slicer's own views have none at the edges. The letters are text actors in the view's renderer and follow the
slice node; a reformatted slice gets the letter of the nearest direction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.planes import EdgeLetters, edge_letters

_FONT_SIZE = 17
_INSET = 0.012  # of the view's size
_ABOVE_RULER = 0.07
_COLOUR = (0.89, 0.9, 0.91)


class _Edge(NamedTuple):
    """Where a letter stands, as shares of the view's size, and how it is aligned there."""

    name: str
    x: float
    y: float
    horizontal: str
    vertical: str


_EDGES = (
    _Edge("left", _INSET, 0.5, "Left", "Centered"),
    _Edge("right", 1 - _INSET, 0.5, "Right", "Centered"),
    _Edge("top", 0.5, 1 - _INSET, "Centered", "Top"),
    _Edge("bottom", 0.5, _ABOVE_RULER, "Centered", "Bottom"),
)


class LetteredEdges:
    """The four letters of one slice view.

    Parameters
    ----------
    slice_node : vtkMRMLSliceNode that is followed
    renderer : vtkRenderer of its view
    """

    def __init__(self, slice_node: MrmlObject, renderer: MrmlObject) -> None:
        self._node = slice_node
        self._renderer = renderer
        self._actors = {edge.name: _actor(edge) for edge in _EDGES}
        for actor in self._actors.values():
            renderer.AddViewProp(actor)
        self._tag = slice_node.AddObserver("ModifiedEvent", self._follow)
        self._follow()

    @property
    def letters(self) -> EdgeLetters:
        """What is written now."""
        return letters_of(self._node)

    def remove(self) -> None:
        """Take the letters away; a second time does nothing."""
        if self._tag is None:
            return
        self._node.RemoveObserver(self._tag)
        self._tag = None
        for actor in self._actors.values():
            self._renderer.RemoveViewProp(actor)

    def _follow(self, *_: object) -> None:
        for edge, letter in zip(_EDGES, self.letters, strict=True):
            actor = self._actors[edge.name]
            if actor.GetInput() != letter:
                actor.SetInput(letter)


def letters_of(slice_node: MrmlObject) -> EdgeLetters:
    """The directions at the edges of a slice view, by its SliceToRAS matrix."""
    to_ras = slice_node.GetSliceToRAS()
    return edge_letters(_column(to_ras, 0), _column(to_ras, 1))


def _column(matrix: MrmlObject, column: int) -> NDArray[np.float64]:
    return np.array([matrix.GetElement(row, column) for row in range(3)])


def _actor(edge: _Edge) -> MrmlObject:
    from vtkmodules.vtkRenderingCore import vtkTextActor

    actor = vtkTextActor()
    actor.GetPositionCoordinate().SetCoordinateSystemToNormalizedViewport()
    actor.SetPosition(edge.x, edge.y)
    text = actor.GetTextProperty()
    text.SetFontSize(_FONT_SIZE)
    text.SetFontFamilyToArial()
    text.SetBold(True)
    text.SetColor(*_COLOUR)
    text.SetBackgroundColor(0.0, 0.0, 0.0)
    text.SetBackgroundOpacity(0.45)  # on bone and in a lung window the picture is as white as the letter
    getattr(text, f"SetJustificationTo{edge.horizontal}")()
    getattr(text, f"SetVerticalJustificationTo{edge.vertical}")()
    return actor
