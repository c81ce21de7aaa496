"""What follows when the reading moves on? The page, the views and the next question's preparation."""

import qt
from CTSpatialVQADesk.naming import named_by
from CTSpatialVQADesk.view_state import KeptView, ViewState
from slicer.i18n import tr as _

from CTSpatialVQAGui.asking_deeds import AskingDeeds
from CTSpatialVQAGui.help_box import reading_keys
from CTSpatialVQAGui.key_sets import KeySets
from CTSpatialVQAGui.local_deeds import LocalDeeds
from CTSpatialVQAGui.log_deeds import LogDeeds
from CTSpatialVQAGui.mask_deeds import MaskDeeds
from CTSpatialVQAGui.reading_deeds import ReadingDeeds
from CTSpatialVQAGui.reading_page import ReadingPage
from CTSpatialVQAGui.view_deeds import ViewDeeds
from CTSpatialVQAGui.viewer import Viewer

KEEP_VIEW_MS = 2000


class Conductor(ReadingDeeds, ViewDeeds, AskingDeeds, LocalDeeds, MaskDeeds, LogDeeds):
    """One open study in the window.

    Parameters
    ----------
    on_close : called when the reader closes the study
    """

    def __init__(self, messages, settings, on_close):
        self.messages, self.settings = messages, settings
        self._on_close = on_close
        self.desk = None
        keys = reading_keys(self)
        self.page = ReadingPage(self, keys)
        self.keys = KeySets(keys, self.page.verdict, self.leave_text)
        self.viewer = Viewer(self.page.show_loading)
        self._kept_view = None
        self._to_restore = None
        self._view_timer = qt.QTimer()
        self._view_timer.setInterval(KEEP_VIEW_MS)
        self._view_timer.timeout.connect(self._keep_view)
        self._begin_deeds()
        self._begin_asking()
        self._begin_local()
        self._begin_masks()
        self._begin_log()

    def open(self, desk):
        """Read at this desk, at the question where it was left."""
        self.desk = desk
        self._kept_view = KeptView(desk.places.view)
        last, reading = self._kept_view.last(), desk.reading
        self._to_restore = last if last is not None and last.key == reading.state.current else None
        self.page.header.show_study(desk)
        self.page.log.show_log(desk.places.log)
        self._show_local()
        self._show_backends()
        if reading.state.current is None:
            self._begin_reading(reading)
        else:
            reading.go_to(reading.state.current)
        if desk.notes:
            self.messages.note(" ".join(desk.notes))
        self.arrive()
        self._view_timer.start()

    def _begin_reading(self, reading):
        """The first that waits for a verdict; before any model was asked, the first question."""
        if not reading.plan.items:
            return
        reading.next_unanswered()
        if reading.state.current is None:
            reading.next()

    def arrive(self):
        """Show what is before the reader; another case is brought in first."""
        self.refresh()
        self.page.widget.setFocus()
        visible = self.desk.reading.visible()
        self.page.question.show_anatomy((), "")
        if visible.key is None:
            return
        if self.viewer.case_id == visible.case_id:
            self.show_anatomy()
            return
        told = _("Reading the CT of {case}…").format(case=visible.case_id)
        self.viewer.show_case(self.desk.case(), told, self.show_anatomy, self._case_failed)

    def refresh(self):
        """Show the texts and the state; the views stay as they are."""
        reading, page = self.desk.reading, self.page
        self.keys.choosing(False)  # what is shown anew has no open chooser
        visible, current = reading.visible(), reading.state.current
        known = None if current is None else reading.state.of(current)
        page.header.show(reading.progress, visible, bool(known and known.flagged))
        page.question.show(visible, self._place(visible))
        reply = self.desk.reply
        others = [] if current is None else self._others(current)
        failures = [] if current is None else self._failures(current.question_id)
        page.reply.show(visible, reply, others, failures)
        page.verdict.show(visible, reading.draft, self._standing(), self._correcting())
        page.list.show(reading.lines(), current)
        page.views.show_sight(visible.sight)

    def show_anatomy(self):
        """Let the views show what the texts name."""
        if self.desk is None:
            return
        visible, views = self.desk.reading.visible(), self.page.views
        arrival = self.viewer.arrive(visible, views.keepLayoutBox.checked, views.keepWindowBox.checked)
        self._restore(visible)
        self._show_marks()
        self._show_mask_state()
        if arrival is None:
            return
        self._show_arrival(arrival)
        self.viewer.work_ahead(self._following(), self._show_arrival)

    def _show_arrival(self, arrival):
        self.page.question.show_anatomy(arrival.chips, arrival.note)

    def _case_failed(self, error):
        self.messages.problem(str(error))
        self._show_mask_state()

    def _following(self):
        """What the next item names, if it is of the same case and may be shown."""
        reading = self.desk.reading
        at = reading.plan.positions[reading.state.current] + 1
        if at >= len(reading.plan.items) or reading.plan.items[at].case_id != self.viewer.case_id:
            return None
        item, visible = reading.plan.items[at], reading.visible()
        if not visible.sight.overlay:
            return None
        reference = item.question.reference if visible.sight.reference else None
        answer = item.reply.answer if item.reply is not None and visible.sight.reply else None
        return named_by(item.question.text, answer, reference)

    def _place(self, visible):
        reading = self.desk.reading
        if visible.key is None:
            return ""
        number = reading.plan.positions[reading.state.current] + 1
        return _("Question {number} of {count}  ·  {case}").format(
            number=number, count=len(reading.plan.items), case=visible.case_id
        )

    def _others(self, current):
        found = self.desk.shelf.of_question(current.question_id)
        return [one for one in found if one.reply_id != current.reply_id]

    # where the slices were

    def _keep_view(self):
        reading = self.desk.reading if self.desk is not None else None
        if reading is None or reading.state.current is None or self.viewer.case_id is None:
            return
        viewing = self.viewer.viewing()
        if viewing is not None:
            self._kept_view.keep(ViewState(reading.state.current, viewing))

    def _restore(self, visible):
        wanted, self._to_restore = self._to_restore, None
        if wanted is not None and wanted.key == visible.key:
            self.viewer.do("restore", wanted.viewing)

    def _show_marks(self):
        """The points that were kept with the verdict that stands here."""
        viewing = getattr(self._standing(), "viewing", None)
        if viewing is not None and viewing.markers and self._to_restore is None:
            self.viewer.do("show_fiducials", viewing.markers)

    # the window

    def enter(self, window):
        """The module is shown: its keys work."""
        self.page.follow_font()
        if self.desk is not None:
            self.keys.install(window)
            self.page.widget.setFocus()

    def exit(self):
        """Another module is shown."""
        self.keys.remove()
        if self.desk is not None:
            self.page.verdict.keep_draft()

    def scene_closed(self):
        """The reader closed the scene: the case is shown again when he moves on."""
        self.viewer.forget_case()

    def close_study(self):
        """End the session and give the views back."""
        self.close()
        self._on_close()

    def close(self):
        """The same, without showing anything afterwards."""
        if self.desk is None:
            return
        self.page.verdict.keep_draft()
        self._keep_view()
        self._view_timer.stop()
        self._stop_asking()
        self._stop_local()
        self._stop_mask()
        self._stop_log()
        self.keys.remove()
        self.viewer.close()
        self.page.verdict.stop()
        desk, self.desk = self.desk, None
        desk.close()
