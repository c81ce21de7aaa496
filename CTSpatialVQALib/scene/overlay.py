"""How are question, claim and reference told apart? Three segmentation nodes, each with its own look.

On slices: what the question asks about is outlined and lightly filled; what the model claims is hatched; what
the reference says has a thick outline. The three can lie on one structure and still be read one by one, and
none of it depends on colour, which tells the structures apart.

In 3D a structure has one surface, whoever names it, and a claim lays rings around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import MappingProxyType

from CTSpatialVQALib.records.structures import Colour
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.nodes import remove_with_display
from CTSpatialVQALib.scene.segments import SegmentsLook, SegmentsNode, Shown, opacities_3d
from CTSpatialVQALib.scene.shown_anatomy import Chip, Role
from CTSpatialVQALib.scene.structure_cache import CaseShapes, ShapeKind

LOOKS: Mapping[Role, SegmentsLook] = MappingProxyType(
    {
        Role.QUESTION: SegmentsLook("Question", fill=0.22, outline=1.0, thickness=2),
        Role.CLAIMED: SegmentsLook(
            "Model's answer",
            labelmap=ShapeKind.STRIPED_LABELMAP,
            surface=ShapeKind.STRIPED_SURFACE,
            fill=0.85,
            outline=0.0,
        ),
        Role.REFERENCE: SegmentsLook("Reference", fill=0.0, outline=1.0, thickness=5),
    }
)
_LIGHTER = 0.45  # how far the claim's stripes go towards white: on a surface of their own colour they vanish
_DIMMED = 0.25  # what is not under the mouse
_LIT_FILL = 0.45


class AnatomyOverlay:
    """The three nodes of one case.

    Parameters
    ----------
    scene : they are added to; where one is deleted, `show` adds it again
    """

    def __init__(self, scene: MrmlObject, shapes: CaseShapes) -> None:
        self._scene = scene
        self._shapes = shapes
        self._nodes: dict[Role, SegmentsNode] = {}
        self._chips: tuple[Chip, ...] = ()

    def show(self, chips: Sequence[Chip]) -> None:
        """Show exactly these, as far as they are present."""
        import slicer

        self._chips = tuple(one for one in chips if one.present)
        nodes = {role: self._node(role) for role in Role}
        with ExitStack() as one_event_each:  # or every view would update its actors at every step
            for node in nodes.values():
                one_event_each.enter_context(slicer.util.NodeModify(node.node.GetDisplayNode()))
                one_event_each.enter_context(slicer.util.NodeModify(node.node))
            for role, node in nodes.items():
                node.show([_shown(one, role) for one in self._chips if role in one.roles])
            self._set_opacities(None)

    def highlight(self, key: str | None) -> None:
        """Dim everything but `key`; None or a key that is not shown restores all."""
        self._set_opacities(key if any(one.key == key for one in self._chips) else None)

    @property
    def held(self) -> tuple[str, ...]:
        """Keys of what is in the scene now."""
        alive = [node.held for node in self._nodes.values() if self._scene.IsNodePresent(node.node)]
        return tuple(dict.fromkeys(name for held in alive for name in held))

    @property
    def bounds(self) -> tuple[float, ...] | None:
        """Least and greatest R, A, S in mm of all surfaces shown; None if nothing is."""
        low, high = [], []
        for one in self._chips:
            surface = self._shapes.of(one.key, ShapeKind.SURFACE)
            if surface is not None and surface.GetNumberOfPoints():
                edges = surface.GetBounds()
                low.append(edges[0::2])
                high.append(edges[1::2])
        if not low:
            return None
        pairs = zip(map(min, zip(*low, strict=True)), map(max, zip(*high, strict=True)), strict=True)
        return tuple(edge for pair in pairs for edge in pair)

    def remove(self) -> None:
        """Take the nodes out of the scene."""
        for node in self._nodes.values():
            remove_with_display(self._scene, node.node)
        self._nodes = {}
        self._chips = ()

    def _node(self, role: Role) -> SegmentsNode:
        known = self._nodes.get(role)
        if known is None or not self._scene.IsNodePresent(known.node) or known.node.GetDisplayNode() is None:
            known = self._nodes[role] = SegmentsNode(self._scene, self._shapes, LOOKS[role])
        return known

    def _set_opacities(self, lit: str | None) -> None:
        import slicer

        solid = opacities_3d(self._shapes.crops, [one.key for one in self._chips])
        for role, node in self._nodes.items():
            display = node.node.GetDisplayNode() if self._scene.IsNodePresent(node.node) else None
            if display is None:
                continue
            with slicer.util.NodeModify(display):
                for one in self._chips:
                    if role in one.roles:
                        _set_segment(display, one, role, solid[one.key], lit)


def _set_segment(display: MrmlObject, one: Chip, role: Role, solid: float, lit: str | None) -> None:
    share = 1.0 if lit in (None, one.key) else _DIMMED
    display.SetSegmentOpacity2DOutline(one.key, share)
    raised = _LIT_FILL / LOOKS[role].fill if lit == one.key and role is Role.QUESTION else 1.0
    display.SetSegmentOpacity2DFill(one.key, share * raised)
    display.SetSegmentVisibility3D(one.key, role is Role.CLAIMED or role is _bearer(one))
    display.SetSegmentOpacity3D(one.key, share * (1.0 if role is Role.CLAIMED else solid))


def _bearer(one: Chip) -> Role | None:
    """The role whose node draws the surface."""
    return next((role for role in (Role.REFERENCE, Role.QUESTION) if role in one.roles), None)


def _shown(one: Chip, role: Role) -> Shown:
    colour = one.colour or Colour(1.0, 1.0, 1.0)
    if role is Role.CLAIMED:
        colour = Colour(*(part + _LIGHTER * (1 - part) for part in colour))
    return Shown(one.key, colour, one.display)
