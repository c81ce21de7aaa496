"""The views of a reading: the scene of the present case, and nothing where there are no views."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import qt
import slicer
from CTSpatialVQASession.named_anatomy import anatomy_of_visible

from CTSpatialVQAGui.case_display import CaseDisplay
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.reading.visible import ShownCt, Visible
from CTSpatialVQALib.records.judgement import Viewing
from CTSpatialVQALib.scene.access import LayoutManagerViews
from CTSpatialVQALib.scene.reading_scene import ReadingScene
from CTSpatialVQALib.scene.shown_anatomy import Arrival, ShownAnatomy

IDLE_MS = 60  # between pieces of the next question's preparation
WAITING_MS = 5  # between pieces of what the reader waits for


class Viewer:
    """The views of a reading. Every method may be called at any time; without views it does nothing.

    Parameters
    ----------
    show_loading : called with what is being loaded, "" when nothing is
    """

    def __init__(self, show_loading: Callable[[str], object]) -> None:
        self.display = CaseDisplay(show_loading)
        self._scene: ReadingScene | None = None
        self._case_id: str | None = None
        self._on_arrival: Callable[[Arrival], object] | None = None
        self._idle = qt.QTimer()
        self._idle.setInterval(IDLE_MS)
        self._idle.timeout.connect(self._idle_step)

    @property
    def scene(self) -> ReadingScene | None:
        """The ReadingScene, made when it is first needed; None without views."""
        if self._scene is None:
            manager = slicer.app.layoutManager()
            if manager is not None:
                self._scene = ReadingScene(slicer.mrmlScene, views=LayoutManagerViews(manager))
        return self._scene

    @property
    def case_id(self) -> str | None:
        """The case that is shown; None while another one is loaded."""
        return self._case_id

    @property
    def busy(self) -> bool:
        """Whether idle moments are being used."""
        return bool(self._idle.active)

    def shows_ct(self, visible: Visible) -> bool:
        """Whether the CT of this question is on the screen, so that a place in it can be marked."""
        scene = self._scene
        if scene is None or self._case_id is None or self._case_id != visible.case_id:
            return False
        return visible.sight.ct is not ShownCt.NONE and scene.volume_node is not None

    def show_case(
        self,
        case: CaseData,
        text: str,
        on_shown: Callable[[], object],
        on_failed: Callable[[BadInput | WorkFailed], object],
    ) -> None:
        """Bring a case onto the screen; at once where there is nothing to show."""
        self._case_id = None
        self._idle.stop()
        if self.scene is None or case.case.ct is None:
            self.display.stop()
            self._close_case()
            self._shown(case, on_shown)
            return
        self.display.show(self.scene, case, text, lambda: self._shown(case, on_shown), on_failed)

    def _shown(self, case: CaseData, on_shown: Callable[[], object]) -> None:
        self._case_id = case.case.case_id
        on_shown()

    def show_question(self, visible: Visible, keep_layout: bool, keep_window: bool) -> Arrival | None:
        """Show what the texts of this question name; None without views."""
        if self.scene is None or visible.key is None:
            return None
        self.scene.limit_ct(visible.sight.ct)
        return self.scene.show_question(
            anatomy_of_visible(visible),
            visible.categories,
            keep_layout=keep_layout,
            keep_window=keep_window,
        )

    def use_idle_time(self, following: ShownAnatomy | None, on_arrival: Callable[[Arrival], object]) -> None:
        """In idle moments: finish what is shown (regions, surfaces), then prepare the next question.

        Parameters
        ----------
        following : what the next question names, or None
        on_arrival : called with an Arrival where the chips of the present question changed
        """
        if self.scene is None:
            return
        self._on_arrival = on_arrival
        if following is not None:
            self.scene.prepare_next(following)
        self._idle.setInterval(WAITING_MS)
        self._idle.start()

    def _idle_step(self) -> None:
        if self._scene is None:
            self._idle.stop()
            return
        report = self._scene.idle_step()
        if report.arrival is not None and self._on_arrival is not None:
            self._on_arrival(report.arrival)
        self._idle.setInterval(WAITING_MS if report.waiting else IDLE_MS)
        if not report.more:
            self._idle.stop()

    def viewing(self) -> Viewing | None:
        """How the reader looks at it now; None without views."""
        return None if self._scene is None else self._scene.evidence_state()

    def jump_to(self, key: str) -> None:
        """Lay the slices through a structure or region."""
        if self.scene is not None:
            self.scene.jump_to(key)

    def highlight(self, key: str | None) -> None:
        """Let one structure stand out; None for all alike."""
        if self.scene is not None:
            self.scene.highlight(key)

    def set_window(self, name: str) -> None:
        """Take a window preset."""
        if self.scene is not None:
            self.scene.set_window(name)

    def show_all_structures(self, on: bool) -> None:
        """Show every structure of the mask, or only what is named."""
        if self.scene is not None:
            self.scene.show_all_structures(on)

    def volume_rendering(self, on: bool) -> None:
        """Show the CT in 3D."""
        if self.scene is not None:
            self.scene.volume_rendering(on)

    def add_mark(self) -> None:
        """Put a point where the slices meet."""
        if self.scene is not None:
            self.scene.add_fiducial()

    def show_marks(self, points: Iterable[tuple[float, float, float]]) -> None:
        """Show exactly these points."""
        if self.scene is not None:
            self.scene.show_fiducials(points)

    def restore(self, viewing: Viewing) -> None:
        """Bring slices, window, layout and points back."""
        if self.scene is not None:
            self.scene.restore(viewing)

    def picture(self) -> bytes:
        """What is before the reader as PNG; empty where there is nothing."""
        return b"" if self.scene is None else self.scene.picture() or b""

    def cancel_loading(self) -> None:
        """Stop bringing in a case; nothing of it stays."""
        self.forget_case()
        self._close_case()

    def forget_case(self) -> None:
        """The scene was closed under the case: it is shown anew with the next question."""
        self.display.stop()
        self._case_id = None

    def _close_case(self) -> None:
        if self._scene is not None:
            self._scene.close_case()

    def close(self) -> None:
        """The study is closed: the scene is as it was before."""
        self.display.stop()
        self._idle.stop()
        self._case_id = None
        if self._scene is not None:
            self._scene.close()
            self._scene = None
