"""Verdicts: given, corrected, undone; with comment, marked places and a picture."""

from __future__ import annotations

from collections.abc import Callable

import qt
from CTSpatialVQASession.error_suggestion import ErrorSuggester
from CTSpatialVQASession.evidence_picture import with_picture
from slicer.i18n import tr as _

from CTSpatialVQAGui import labels
from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.open_study import OpenStudy
from CTSpatialVQAGui.question_presenter import QuestionPresenter
from CTSpatialVQAGui.reading_controller import ReadingController
from CTSpatialVQAGui.reading_page import ReadingPage
from CTSpatialVQAGui.shown_errors import shows_errors
from CTSpatialVQAGui.viewer import Viewer
from CTSpatialVQALib.reading.keys import Judgement
from CTSpatialVQALib.reading.session import MIS_KEY
from CTSpatialVQALib.records.judgement import Viewing


class VerdictController:
    """What the verdict bar does; the study controller, which switches the keys, sets `on_choosing`."""

    def __init__(
        self,
        study: OpenStudy,
        page: ReadingPage,
        presenter: QuestionPresenter,
        reading: ReadingController,
        viewer: Viewer,
        messages: MessageArea,
    ) -> None:
        self._study, self._page, self._presenter = study, page, presenter
        self._reading, self._viewer, self.messages = reading, viewer, messages
        self._suggester = ErrorSuggester()
        self.on_choosing: Callable[[bool], object] = lambda opened: None
        panel = page.verdict
        panel.on_judge, panel.on_draft = self.judge, self.draft
        panel.on_answer, panel.on_choosing = self.answer, self.choosing
        panel.undoButton.clicked.connect(self.undo)
        panel.markButton.clicked.connect(self.mark)

    def press(self, key: str) -> None:
        """A verdict key."""
        self._page.verdict.press(key)

    @shows_errors
    def judge(self, judgement: Judgement) -> None:
        """Save a verdict and go on; one that was given before is only replaced with a reason."""
        reading, reason = self._study.required.reading, MIS_KEY
        if self._presenter.standing() is not None and not self._presenter.correcting():
            reason = self._ask_reason(_("This reply has a verdict already. Why is it changed?"))
            if not reason:
                return
        if reading.visible().key is None:
            return
        self.messages.clear()
        reading.judge(judgement, viewing=self._viewing(), reason=reason)
        self._reading.go_on()

    @shows_errors
    def answer(self, text: str) -> None:
        """The reader's own answer."""
        self._study.required.reading.answer(text)
        self._reading.go_on()

    @shows_errors
    def draft(self, text: str) -> None:
        """The comment as typed so far."""
        session = self._study.session
        if session is not None and session.reading.state.current is not None:
            session.reading.keep_draft(text)

    @shows_errors
    def undo(self) -> None:
        """Go back to the last verdict, to give it anew."""
        reading = self._study.required.reading
        if reading.state.last is None:
            self.messages.note(_("There is no verdict to undo."))
            return
        reason = self._ask_reason(_("Why is the last verdict taken back?"))
        if reason:
            self._page.verdict.keep_draft()
            reading.undo(reason=reason)
            self._presenter.arrive()

    def _ask_reason(self, question: str) -> str:
        reason = qt.QInputDialog.getText(
            self._page.widget, _("Correction"), question, qt.QLineEdit.Normal, MIS_KEY
        )
        return str(reason).strip()

    @shows_errors
    def mark(self) -> None:
        """A point where the slices meet, kept with the verdict; not offered without a CT on the screen."""
        if self._viewer.shows_ct(self._study.required.reading.visible()):
            self._viewer.add_mark()

    def comment(self) -> None:
        """Put the keyboard into the comment."""
        self._page.verdict.commentEdit.setFocus()

    def leave_text(self) -> None:
        """Put the keyboard back to the keys."""
        self._page.widget.setFocus()

    def choosing(self, opened: bool) -> None:
        """The chooser was opened or closed: other keys are in charge, and the geometry may be asked."""
        self.on_choosing(opened)
        if opened:
            self.messages.clear()
            qt.QTimer.singleShot(0, self._suggest)
        else:
            self._page.question.suggest("")
        self._page.widget.setFocus()
        self._page.arrange_soon()

    @shows_errors
    def _suggest(self) -> None:
        session = self._study.session
        if session is None or self._page.verdict.chooser.key != "2":
            return
        visible, case = session.reading.visible(choosing=True), session.case()
        if not visible.suggestion or visible.reply is None or case is None:
            return
        if self._viewer.case_id != visible.case_id:
            return
        suggestion = self._suggester.suggest(case, visible.question, visible.reply)
        text = _("Measured anatomy: {sentence}").format(sentence=suggestion.sentence)
        if suggestion.error_type is not None:
            error = labels.error_type(suggestion.error_type)
            text += ". " + _("It would be: {error}.").format(error=error)
        self._page.question.suggest(text)
        self._page.arrange_soon()

    def _viewing(self) -> Viewing | None:
        viewing = self._viewer.viewing()
        if viewing is None or not self._page.views.pictureBox.checked:
            return viewing
        return with_picture(viewing, self._viewer.picture(), self._study.required.files.pictures)
