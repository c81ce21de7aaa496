"""How does another case come onto the screen? Read in a thread, shown in stages, stopped between any two."""

import qt
from CTSpatialVQADesk.loading import CaseReading

from CTSpatialVQALib.errors import BadInput

TICK_MS = 15
AIR_S = 0.01


class CaseShower:
    """Brings one case at a time into the views; another one asked for meanwhile replaces it.

    Parameters
    ----------
    tell : called with (text) for each stage, "" when it is over
    """

    def __init__(self, tell):
        self._tell = tell
        self._reading = None
        self._stages = None
        self._scene = None
        self._then = None
        self._failed = None
        self._timer = qt.QTimer()
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def busy(self):
        """Whether a case is on its way."""
        return self._timer.active

    def show(self, scene, case, text, then, failed):
        """Show a CaseData in `scene`: `then()` when it is there, `failed(error)` if it cannot be read."""
        self.stop()
        self._scene, self._then, self._failed = scene, then, failed
        self._reading = CaseReading(case)
        self._tell(text)
        self._timer.start()

    def stop(self):
        """Forget the case that is on its way; what was added for it is taken back."""
        self._timer.stop()
        if self._stages is not None:
            self._stages.close()
        self._reading = self._stages = None
        self._tell("")

    def _tick(self):
        if self._stages is None and not self._read():
            return
        try:
            stage = next(self._stages, None)
        except BadInput as error:
            self._give_up(error)
            return
        if stage is not None:
            self._tell(f"{stage.text} ({stage.step}/{stage.steps})")
            return
        then = self._then
        self._stages = None
        self.stop()
        then()

    def _read(self):
        self._reading.give_air(AIR_S)
        if not self._reading.done:
            return False
        problem, case = self._reading.problem, self._reading.case
        if problem is not None:
            self._give_up(problem)
            return False
        self._stages = self._scene.show_case(case.volume, case.mask)
        return True

    def _give_up(self, problem):
        failed = self._failed
        self.stop()
        failed(problem)
