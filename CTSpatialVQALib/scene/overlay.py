"""Overlay of question, claim and reference: three segmentation nodes, each with its own look.

On slices: what the question asks about is outlined and lightly filled; what the model claims is hatched; what
the reference says has a thick outline. The three can lie on one structure and still be read one by one, and
none of it depends on colour, which tells the structures apart.

In 3D a structure has one surface, whoever names it, and a claim lays rings around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import MappingProxyType

import numpy as np

from CTSpatialVQALib.records.structures import Colour
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.nodes import remove_with_display
from CTSpatialVQALib.scene.segments import OverlayStyle, SegmentsNode, Shown, opacities_3d
from CTSpatialVQALib.scene.shown_anatomy import Chip, Drawn, Role
from CTSpatialVQALib.scene.structure_cache import CaseShapes, ShapeKind

OVERLAY_STYLES: Mapping[Role, OverlayStyle] = MappingProxyType(
    {
        Role.QUESTION: OverlayStyle("Question", fill=0.22, outline=1.0, thickness=2),
        Role.CLAIMED: OverlayStyle(
            "Model's answer",
            labelmap=ShapeKind.STRIPED_LABELMAP,
            surface=ShapeKind.STRIPED_SURFACE,
            fill=0.85,
            outline=0.0,
        ),
        Role.REFERENCE: OverlayStyle("Reference", fill=0.0, outline=1.0, thickness=5),
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
        """Show exactly these, as far as they are present and drawn; on slices only without a surface."""
        import slicer

        before, self._chips = self._chips, tuple(chip for chip in chips if _is_outlined(chip))
        only_surfaces = self._is_intact and _without_state(before) == _without_state(self._chips)
        nodes = {role: self._node(role) for role in Role}
        with ExitStack() as changed_once:  # or every view would update its actors at every step
            for node in nodes.values():
                changed_once.enter_context(slicer.util.NodeModify(node.node.GetDisplayNode()))
                changed_once.enter_context(slicer.util.NodeModify(node.node))
            for role, node in nodes.items():
                segments = [_shown(chip, role) for chip in self._chips if role in chip.roles]
                node.add_surfaces(segments) if only_surfaces else node.show(segments)
            self._set_opacities(None)

    def highlight(self, key: str | None) -> None:
        """Dim everything but `key`; None or a key that is not shown restores all."""
        self._set_opacities(key if any(chip.key == key for chip in self._chips) else None)

    @property
    def held(self) -> tuple[str, ...]:
        """Keys of what is in the scene now."""
        alive = [node.held for node in self._nodes.values() if self._scene.IsNodePresent(node.node)]
        return tuple(dict.fromkeys(name for held in alive for name in held))

    @property
    def _is_intact(self) -> bool:
        """Whether every node holds what `show` put in last."""
        if not self._nodes or not all(self._is_alive(node) for node in self._nodes.values()):
            return False
        return all(
            node.held == tuple(chip.key for chip in self._chips if role in chip.roles)
            for role, node in self._nodes.items()
        )

    @property
    def bounds(self) -> tuple[float, ...] | None:
        """Least and greatest R, A, S in mm of all that is shown; None if nothing is."""
        edges = [crop.bounds_ras for crop in self._shapes.crops.present([chip.key for chip in self._chips])]
        if not edges:
            return None
        low, high = np.min(edges, axis=0)[0::2], np.max(edges, axis=0)[1::2]
        return tuple(float(edge) for pair in zip(low, high, strict=True) for edge in pair)

    def remove(self) -> None:
        """Take the nodes out of the scene."""
        for node in self._nodes.values():
            remove_with_display(self._scene, node.node)
        self._nodes = {}
        self._chips = ()

    def _node(self, role: Role) -> SegmentsNode:
        node = self._nodes.get(role)
        if node is None or not self._is_alive(node):
            node = self._nodes[role] = SegmentsNode(self._scene, self._shapes, OVERLAY_STYLES[role])
        return node

    def _is_alive(self, node: SegmentsNode) -> bool:
        return bool(self._scene.IsNodePresent(node.node)) and node.node.GetDisplayNode() is not None

    def _set_opacities(self, lit: str | None) -> None:
        import slicer

        solid = opacities_3d(self._shapes.crops, [chip.key for chip in self._chips])
        for role, node in self._nodes.items():
            display = node.node.GetDisplayNode() if self._scene.IsNodePresent(node.node) else None
            if display is None:
                continue
            with slicer.util.NodeModify(display):
                for chip in self._chips:
                    if role in chip.roles and chip.key in solid:
                        _set_segment(display, chip, role, solid[chip.key], lit)


def _is_outlined(chip: Chip) -> bool:
    return chip.present and chip.drawn is not Drawn.NOT_YET


def _without_state(chips: Sequence[Chip]) -> list[Chip]:
    return [chip._replace(drawn=Drawn.EVERYWHERE) for chip in chips]


def _set_segment(display: MrmlObject, chip: Chip, role: Role, solid: float, lit: str | None) -> None:
    share = 1.0 if lit in (None, chip.key) else _DIMMED
    display.SetSegmentOpacity2DOutline(chip.key, share)
    raised = _LIT_FILL / OVERLAY_STYLES[role].fill if lit == chip.key and role is Role.QUESTION else 1.0
    display.SetSegmentOpacity2DFill(chip.key, share * raised)
    display.SetSegmentVisibility3D(chip.key, role is Role.CLAIMED or role is _bearer(chip))
    display.SetSegmentOpacity3D(chip.key, share * (1.0 if role is Role.CLAIMED else solid))


def _bearer(chip: Chip) -> Role | None:
    """The role whose node draws the surface."""
    return next((role for role in (Role.REFERENCE, Role.QUESTION) if role in chip.roles), None)


def _shown(chip: Chip, role: Role) -> Shown:
    colour = chip.colour or Colour(1.0, 1.0, 1.0)
    if role is Role.CLAIMED:
        colour = Colour(*(part + _LIGHTER * (1 - part) for part in colour))
    return Shown(chip.key, colour, chip.display, surface=chip.drawn is Drawn.EVERYWHERE)
