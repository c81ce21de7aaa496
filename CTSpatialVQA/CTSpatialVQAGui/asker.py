"""How are replies heard while the reader reads on? A timer that looks what the child process said."""

import qt
from CTSpatialVQADesk.asking import Asking

TICK_MS = 200


class Asker:
    """One asking at a time.

    Parameters
    ----------
    on_replies : called with the replies that came
    on_progress : called with (asking, heard) at every look
    on_end : called with (asking, problem); problem is empty where all went well
    """

    def __init__(self, on_replies, on_progress, on_end):
        self._on_replies, self._on_progress, self._on_end = on_replies, on_progress, on_end
        self._asking = None
        self._timer = qt.QTimer()
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def running(self):
        """Whether something is being asked."""
        return self._asking is not None

    def ask(self, study, run, request):
        """Start asking; WorkFailed if the process cannot be started."""
        self.stop()
        self._asking = Asking(study, run, request)
        self._on_progress(self._asking)
        self._timer.start()

    def cancel(self):
        """Stop the process and everything it started; its end is told as usual."""
        if self._asking is not None:
            self._asking.cancel()

    def stop(self):
        """Stop at once and tell nothing: the study is closed."""
        self._timer.stop()
        if self._asking is not None:
            self._asking.close()
            self._asking = None

    def _look(self):
        asking = self._asking
        if asking is None:
            self._timer.stop()
            return
        heard = asking.hear()
        if heard.replies:
            self._on_replies(heard.replies)
        if not heard.finished:
            self._on_progress(asking)
            return
        self._timer.stop()
        self._asking = None
        self._on_end(asking, heard.problem)
        asking.close()
