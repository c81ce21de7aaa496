"""Removal of nodes from a scene together with their display nodes."""

from __future__ import annotations

from CTSpatialVQALib.scene.core import MrmlObject


def remove_with_display(scene: MrmlObject, node: MrmlObject | None) -> None:
    """Remove a node and its display nodes, as far as they are there."""
    if node is None or not scene.IsNodePresent(node):
        return
    displays = [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]
    # the displays last: slice logics give a volume without one another, which would stay behind
    for part in (node, *displays):
        if part is not None and scene.IsNodePresent(part):
            scene.RemoveNode(part)
