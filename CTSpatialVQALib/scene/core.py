"""MRML scene and logics that work without the Slicer application, from slicer-core.

MRML classes have no type stubs, so nodes and logics are `MrmlObject`, which is Any.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MrmlObject = Any


class HeadlessCore:
    """A scene of its own with application and colour logic; call `close` when done.

    It never touches `slicer.mrmlScene`, so it can be used beside a running application's scene.
    """

    def __init__(self) -> None:
        import slicer
        import vtk

        self.scene: MrmlObject = slicer.vtkMRMLScene()
        self.logic: MrmlObject = slicer.vtkMRMLApplicationLogic()
        self.logic.SetMRMLScene(self.scene)
        self.logic.SetSliceLogics(vtk.vtkCollection())
        self.logic.SetViewLogics(vtk.vtkCollection())
        self._colour_logic: MrmlObject = slicer.vtkMRMLColorLogic()
        self._colour_logic.SetMRMLApplicationLogic(self.logic)
        self._colour_logic.SetMRMLScene(self.scene)
        # as the application does at its start, before any slice node: "Axial" is looked up among the presets
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(self.scene, True)

    def close(self) -> None:
        """Empty the scene, so that its nodes let go of each other, then part it from the logics."""
        self.scene.Clear(1)
        self._colour_logic.SetMRMLScene(None)
        self.logic.SetMRMLScene(None)


@contextmanager
def factories_serving(core: HeadlessCore) -> Iterator[None]:
    """Let the displayable manager factories, which the whole process shares, serve `core` inside the block.

    Managers keep the logic they were born with, so afterwards the factories go back to whom they served:
    inside Slicer, the application.
    """
    import slicer

    factories = (
        slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance(),
        slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance(),
    )
    served_before = [factory.GetMRMLApplicationLogic() for factory in factories]
    for factory in factories:
        factory.SetMRMLApplicationLogic(core.logic)
    try:
        yield
    finally:
        for factory, logic in zip(factories, served_before, strict=True):
            factory.SetMRMLApplicationLogic(logic)
