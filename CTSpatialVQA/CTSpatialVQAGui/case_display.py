"""Display of another case: read in a thread, shown in stages, stopped between any two."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import qt
from CTSpatialVQASession.case_loading import CaseLoading

from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.scene.reading_scene import ReadingScene
from CTSpatialVQALib.scene.shown_anatomy import Stage

TICK_MS = 15
THREAD_S = 0.01  # for the reading thread at each tick: it starves while only Qt's loop runs


class CaseDisplay:
    """Brings one case at a time into the views; a later request replaces it.

    Parameters
    ----------
    show_stage : called with a text for each stage, "" when it is over
    """

    def __init__(self, show_stage: Callable[[str], object]) -> None:
        self._show_stage = show_stage
        self._loading: CaseLoading | None = None
        self._stages: Iterator[Stage] | None = None
        self._scene: ReadingScene | None = None
        self._on_shown: Callable[[], object] | None = None
        self._on_failed: Callable[[BadInput | WorkFailed], object] | None = None
        self._timer = qt.QTimer()
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def busy(self) -> bool:
        """Whether a case is on its way."""
        return bool(self._timer.active)

    def show(
        self,
        scene: ReadingScene,
        case: CaseData,
        text: str,
        on_shown: Callable[[], object],
        on_failed: Callable[[BadInput | WorkFailed], object],
    ) -> None:
        """Show a case in `scene`: `on_shown()` when it is complete, `on_failed(error)` if that fails."""
        self.stop()
        self._scene, self._on_shown, self._on_failed = scene, on_shown, on_failed
        self._loading = CaseLoading(case)
        self._show_stage(text)
        self._timer.start()

    def stop(self) -> None:
        """Forget the case that is on its way; what was added for it is taken back."""
        self._timer.stop()
        close = getattr(self._stages, "close", None)
        if close is not None:
            close()
        self._loading = self._stages = None
        self._show_stage("")

    def _tick(self) -> None:
        stages = self._stages or self._loaded()
        if stages is None:
            return
        self._stages = stages
        try:
            stage = next(stages, None)
        except BadInput as error:
            self._give_up(error)
            return
        if stage is not None:
            self._show_stage(f"{stage.text} ({stage.step}/{stage.steps})")
            return
        on_shown = self._on_shown
        self._stages = None
        self.stop()
        if on_shown is not None:
            on_shown()

    def _loaded(self) -> Iterator[Stage] | None:
        """The stages of the display once the files are read; None while they are, or if that failed."""
        loading, scene = self._loading, self._scene
        if loading is None or scene is None:
            return None
        loading.run_for(THREAD_S)
        if not loading.done:
            return None
        if loading.problem is not None:
            self._give_up(loading.problem)
            return None
        return scene.show_case(loading.case.volume, loading.case.mask)

    def _give_up(self, problem: BadInput | WorkFailed) -> None:
        on_failed = self._on_failed
        self.stop()
        if on_failed is not None:
            on_failed(problem)
