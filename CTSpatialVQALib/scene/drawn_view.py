"""Knowledge of whether a view has been drawn since its content changed."""

from __future__ import annotations

from CTSpatialVQALib.scene.access import Renderer


class DrawnView:
    """Watches a view's renderer: what is in the scene is on the screen only once it has been rendered."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self.is_drawn = True
        self._tag: int | None = renderer.AddObserver("EndEvent", self._on_drawn)

    def content_changed(self) -> None:
        """From now on the view is not drawn, until it is rendered."""
        self.is_drawn = False

    def remove(self) -> None:
        """Let the view alone; a second time does nothing."""
        if self._tag is not None:
            self._renderer.RemoveObserver(self._tag)
            self._tag = None

    def _on_drawn(self, *_: object) -> None:
        self.is_drawn = True
