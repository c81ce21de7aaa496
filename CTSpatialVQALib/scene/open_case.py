"""Nodes of the open case: CT, skin and overlay; what a reader deletes is put back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from CTSpatialVQALib.anatomy.measure import Point
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.scene.case_regions import CaseRegions
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.scene.crops import CaseCrops
from CTSpatialVQALib.scene.nodes import remove_with_display
from CTSpatialVQALib.scene.overlay import AnatomyOverlay
from CTSpatialVQALib.scene.planes import outer_bounds
from CTSpatialVQALib.scene.skin_shell import add_body
from CTSpatialVQALib.scene.structure_cache import CaseShapes
from CTSpatialVQALib.scene.volumes import add_volume

if TYPE_CHECKING:
    from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
    from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

CT_NODE_NAME = "CT"
_MOST_BODY_VOXELS = 20_000  # drawn anew with every question, and translucent
_MOST_SURFACE_VOXELS = 60_000  # a 3D view shows no more, and a large organ is ready in half the time


@dataclass(frozen=True, eq=False)
class CaseContent:
    """One case as it is handed over.

    Parameters
    ----------
    volume : None for a case without a CT: structures are shown over nothing
    mask : on the volume's grid
    """

    volume: OrientedVolume | None
    mask: AnatomyMask | None


class OpenCase:
    """The nodes of one case: CT, skin and overlay."""

    def __init__(self, scene: MrmlObject, content: CaseContent) -> None:
        self.scene = scene
        self.content = content
        self.crops = CaseCrops(content.mask)
        self.regions = CaseRegions(content.mask)
        self.shapes = CaseShapes(self.crops, most_surface_voxels=_MOST_SURFACE_VOXELS)
        self.overlay = AnatomyOverlay(scene, self.shapes)
        self._volume_node: MrmlObject | None = None
        self._body: MrmlObject | None = None

    @property
    def volume_node(self) -> MrmlObject | None:
        """The CT's node, added (again) where it is missing; None for a case without a CT."""
        if self._volume_node is not None and self.scene.IsNodePresent(self._volume_node):
            return self._volume_node
        if self.content.volume is None:
            return None
        self._volume_node = add_volume(self.scene, self.content.volume, CT_NODE_NAME)
        return self._volume_node

    def show_body(self) -> None:
        """Add the skin to the 3D view, if the scan shows one."""
        if self.content.volume is not None and self._body is None:
            self._body = add_body(self.scene, self.content.volume, most_voxels=_MOST_BODY_VOXELS)
            if self._body is not None:
                self._body.SetSaveWithScene(False)

    @property
    def grid(self) -> Grid | None:
        """Of the CT, or else of the mask."""
        source = self.content.volume or self.content.mask
        return None if source is None else source.grid

    @property
    def centre(self) -> Point:
        """The middle of the grid, RAS mm."""
        grid = self.grid
        index = np.zeros(3) if grid is None else (np.array(grid.shape) - 1) / 2
        return Point(*(np.zeros(3) if grid is None else grid.to_ras(index)).tolist())

    @property
    def bounds(self) -> tuple[float, ...] | None:
        """Least and greatest R, A, S in mm of what is shown, or else of the whole grid."""
        shown = self.overlay.bounds
        if shown is not None:
            return shown
        if self.grid is None:
            return None
        low, high = outer_bounds(self.grid)
        return tuple(float(edge) for pair in zip(low, high, strict=True) for edge in pair)

    def remove(self) -> None:
        """Take everything of ours out of the scene."""
        self.overlay.remove()
        remove_with_display(self.scene, self._body)
        remove_with_display(self.scene, self._volume_node)
        self._body = self._volume_node = None
