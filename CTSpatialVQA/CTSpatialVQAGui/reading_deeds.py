"""What happens when the reader presses something? Each deed: the reading first, then what is seen of it."""

import qt
from CTSpatialVQADesk.evidence import with_picture
from CTSpatialVQADesk.suggestion import Suggesting
from slicer.i18n import tr as _

from CTSpatialVQAGui import wording
from CTSpatialVQAGui.telling import telling
from CTSpatialVQALib.reading.session import MIS_KEY
from CTSpatialVQALib.records.words import Outcome


class ReadingDeeds:
    """The reading's deeds. Mixed into the conductor with `desk`, `page`, `viewer`, `messages`, `keys`."""

    def _begin_deeds(self):
        self._suggesting = Suggesting()

    # moving

    @telling
    def previous(self):
        """The item before."""
        self._move(self.desk.reading.previous)

    @telling
    def next(self):
        """The item after."""
        self._move(self.desk.reading.next)

    @telling
    def next_unanswered(self):
        """The next item that needs something; says so where nothing does."""
        before = self.desk.reading.state.current
        self._move(self.desk.reading.next_unanswered)
        if self.desk.reading.state.current == before:
            self._say_if_done()

    @telling
    def go(self, key):
        """An item of the list."""
        self._move(lambda: self.desk.reading.go_to(key))

    def go_to_list(self):
        """Put the keyboard into the list of questions."""
        self.page.sections["list"].collapsed = False
        self.page.list.tree.setFocus()

    @telling
    def flag(self):
        """Put the flag up, or take it down."""
        reading = self.desk.reading
        current = reading.state.current
        if current is not None:
            reading.flag(not reading.state.of(current).flagged)
        self.refresh()

    @telling
    def reveal(self):
        """Open the case of a blinded study."""
        if self.desk.reading.visible().can_reveal:
            self.messages.clear()  # it told to press this
            self.desk.reading.reveal()
            self.arrive()

    def _move(self, move):
        self.messages.clear()
        self._keep_comment()
        self._keep_view()
        move()
        self.arrive()

    def _keep_comment(self):
        self.page.verdict.keep_draft()

    # judging

    def press(self, key):
        """A verdict key."""
        self.page.verdict.press(key)

    @telling
    def judge(self, judgement):
        """Save a verdict and go on; one that was given before is only replaced with a reason."""
        reading = self.desk.reading
        visible, reason = reading.visible(), MIS_KEY
        if self._standing() is not None and not self._correcting():
            reason = self._ask_reason(_("This reply has a verdict already. Why is it changed?"))
            if not reason:
                return
        if visible.key is None:
            return
        self.messages.clear()
        reading.judge(judgement, viewing=self._viewing(), reason=reason)
        self._after_verdict()

    def _after_verdict(self):
        reading = self.desk.reading
        before = reading.state.current
        if reading.visible().can_reveal:
            self.arrive()
            self.messages.note(_("Every reply of this case is judged. Press R to reveal the case."))
            return
        reading.next_unanswered()
        self.arrive()
        if reading.state.current == before:
            self._say_if_done()

    def _say_if_done(self):
        progress = self.desk.reading.progress
        if progress.done == progress.total and progress.total:
            self.messages.note(_("Everything is read. The log can be exported below."))

    @telling
    def answer(self, text):
        """The reader's own answer."""
        self.desk.reading.answer(text)
        self._after_verdict()

    @telling
    def draft(self, text):
        """The comment as typed so far."""
        if self.desk is not None and self.desk.reading.state.current is not None:
            self.desk.reading.keep_draft(text)

    @telling
    def undo(self):
        """Go back to the last verdict, to give it anew."""
        if self.desk.reading.state.last is None:
            self.messages.note(_("There is no verdict to undo."))
            return
        reason = self._ask_reason(_("Why is the last verdict taken back?"))
        if reason:
            self._keep_comment()
            self.desk.reading.undo(reason=reason)
            self.arrive()

    def _ask_reason(self, question):
        return qt.QInputDialog.getText(
            self.page.widget, _("Correction"), question, qt.QLineEdit.Normal, MIS_KEY
        ).strip()

    @telling
    def mark(self):
        """A point where the slices meet, kept with the verdict."""
        if self.viewer.case_id is not None:
            self.viewer.do("add_fiducial")

    def comment(self):
        """Put the keyboard into the comment."""
        self.page.verdict.commentEdit.setFocus()

    def leave_text(self):
        """Put the keyboard back to the keys."""
        self.page.widget.setFocus()

    def choosing(self, on):
        """The chooser was opened or closed: other keys are in charge, and the geometry may be asked."""
        self.keys.choosing(on)
        self.page.widget.setFocus()
        if on:
            qt.QTimer.singleShot(0, self._suggest)

    @telling
    def _suggest(self):
        chooser, visible = self.page.verdict.chooser, self.desk.reading.visible(choosing=True)
        if chooser.key != "2" or not visible.suggestion or visible.reply is None:
            return
        if self.viewer.case_id != visible.case_id:
            return
        found = self._suggesting.on(self.desk.case(), visible.question, visible.reply)
        told = _("Measured anatomy: {sentence}").format(sentence=found.sentence)
        if found.error_type is not None:
            told += ". " + _("It would be: {error}.").format(error=wording.error_type(found.error_type))
        chooser.say(told)

    def _viewing(self):
        viewing = self.viewer.viewing()
        if viewing is None or not self.page.views.pictureBox.checked:
            return viewing
        return with_picture(viewing, self.viewer.do("picture") or b"", self.desk.places.pictures)

    def _standing(self):
        reading = self.desk.reading
        current, stage = reading.state.current, reading.visible().stage
        if current is None:
            return None
        if stage is None:
            return reading.state.of(current).own
        given = reading.state.of(current).given(stage)
        return None if given is None else given.verdict

    def _correcting(self):
        current = self.desk.reading.state.current
        return current is not None and self.desk.reading.state.of(current).correcting is not None

    def _failures(self, question_id):
        return [
            one for one in self.desk.shelf.of_question(question_id) if one.outcome is not Outcome.ANSWERED
        ]
