"""How do the views follow the reading? The scene of the present case, and none where there are no views."""

import qt
import slicer
from CTSpatialVQADesk.naming import named_by_visible

from CTSpatialVQAGui.case_shower import CaseShower
from CTSpatialVQALib.scene.access import LayoutManagerViews
from CTSpatialVQALib.scene.reading_scene import ReadingScene

IDLE_MS = 60  # between pieces of the next question's preparation
WAITING_MS = 5  # between pieces of what the reader waits for


class Viewer:
    """The views of a reading. Every method may be called at any time; without views it does nothing.

    Parameters
    ----------
    tell : called with what is being loaded, "" when nothing is
    """

    def __init__(self, tell):
        self.shower = CaseShower(tell)
        self._scene = None
        self._case_id = None
        self._on_arrival = None
        self._idle = qt.QTimer()
        self._idle.setInterval(IDLE_MS)
        self._idle.timeout.connect(self._idle_step)

    @property
    def scene(self):
        """The ReadingScene, made when it is first needed; None without views."""
        if self._scene is None:
            manager = slicer.app.layoutManager()
            if manager is not None:
                self._scene = ReadingScene(slicer.mrmlScene, views=LayoutManagerViews(manager))
        return self._scene

    @property
    def case_id(self):
        """The case that is shown; None while another one is loaded."""
        return self._case_id

    @property
    def busy(self):
        """Whether idle moments are being used."""
        return self._idle.active

    def show_case(self, case, text, then, failed):
        """Bring a case onto the screen; at once where there is nothing to show."""
        self._case_id = None
        self._idle.stop()
        if self.scene is None or case.case.ct is None:
            self.shower.stop()
            self._close_case()
            self._arrived(case, then)
            return
        self.shower.show(self.scene, case, text, lambda: self._arrived(case, then), failed)

    def _arrived(self, case, then):
        self._case_id = case.case.case_id
        then()

    def arrive(self, visible, keep_layout, keep_window):
        """Show what the texts of this question name; what the views came to show, or None without views."""
        if self.scene is None or visible.key is None:
            return None
        self.scene.limit_ct(visible.sight.ct)
        arrival = self.scene.show_question(
            named_by_visible(visible), visible.categories, keep_layout=keep_layout, keep_window=keep_window
        )
        return arrival

    def work_ahead(self, following, on_arrival):
        """In idle moments: finish what is shown (regions, surfaces), and then make the next question's.

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

    def _idle_step(self):
        if self._scene is None:
            self._idle.stop()
            return
        report = self._scene.idle_step()
        if report.arrival is not None:
            self._on_arrival(report.arrival)
        self._idle.setInterval(WAITING_MS if report.waiting else IDLE_MS)
        if not report.more:
            self._idle.stop()

    def viewing(self):
        """How the reader looks at it now; None without views."""
        return None if self._scene is None else self._scene.evidence_state()

    def do(self, name, *given):
        """Call a method of the scene, if there is one."""
        return None if self.scene is None else getattr(self.scene, name)(*given)

    def cancel_loading(self):
        """Stop bringing in a case; nothing of it stays."""
        self.forget_case()
        self._close_case()

    def forget_case(self):
        """The scene was closed under the case: it is shown anew with the next question."""
        self.shower.stop()
        self._case_id = None

    def _close_case(self):
        if self._scene is not None:
            self._scene.close_case()

    def close(self):
        """The study is closed: the scene is as it was before."""
        self.shower.stop()
        self._idle.stop()
        self._case_id = None
        if self._scene is not None:
            self._scene.close()
            self._scene = None
