"""What is before the reader, put into the page and the views."""

from __future__ import annotations

from collections.abc import Callable

from CTSpatialVQASession.named_anatomy import anatomy_of_texts
from CTSpatialVQASession.question_rows import question_rows
from CTSpatialVQASession.reader_session import ReaderSession
from slicer.i18n import tr as _

from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.open_study import OpenStudy
from CTSpatialVQAGui.reading_page import ReadingPage
from CTSpatialVQAGui.view_keeper import ViewKeeper
from CTSpatialVQAGui.viewer import Viewer
from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.reading.plan import ItemKey
from CTSpatialVQALib.reading.visible import Visible
from CTSpatialVQALib.records.judgement import Verdict
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome
from CTSpatialVQALib.scene.shown_anatomy import Arrival, ShownAnatomy


class QuestionPresenter:
    """Shows the present question in page and views.

    Parameters
    ----------
    on_refresh : called when the page is shown anew: no chooser is open then
    on_case_shown : called when a case is in the views, or could not be read
    """

    def __init__(
        self,
        study: OpenStudy,
        page: ReadingPage,
        viewer: Viewer,
        keeper: ViewKeeper,
        messages: MessageArea,
    ) -> None:
        self._study, self._page, self._viewer = study, page, viewer
        self._keeper, self._messages = keeper, messages
        self.on_refresh: Callable[[], object] = lambda: None
        self.on_case_shown: Callable[[], object] = lambda: None

    def arrive(self) -> None:
        """Show what is before the reader; another case is brought in first."""
        self.refresh()
        self._page.scroll_up()
        self._page.widget.setFocus()
        session = self._study.required
        visible, case = session.reading.visible(), session.case()
        self._page.details.show_anatomy((), "")
        if visible.key is None or case is None:
            return
        if self._viewer.case_id == visible.case_id:
            self.show_anatomy()
            return
        text = _("Reading the CT of {case}…").format(case=visible.case_id)
        self._viewer.show_case(case, text, self._case_shown, self._case_failed)

    def refresh(self) -> None:
        """Show the texts and the state; the views stay as they are."""
        session, page = self._study.required, self._page
        reading = session.reading
        self.on_refresh()
        visible, current = reading.visible(), reading.state.current
        replies = () if current is None else session.replies.of_question(current.question_id)
        failures = [reply for reply in replies if reply.outcome is not Outcome.ANSWERED]
        others = [reply for reply in replies if current is not None and reply.reply_id != current.reply_id]
        page.question.show(visible, _place(session, visible), session.reply, failures)
        page.details.show(visible, session.reply, others)
        page.verdict.show(
            visible, reading.draft, self.standing(), self.correcting(), self._viewer.shows_ct(visible)
        )
        page.views.show_sight(visible.sight)
        self.refresh_progress()
        page.arrange_soon()

    def refresh_unless_choosing(self) -> None:
        """Show the state anew, unless the reader is in the middle of a choice."""
        if self._study.is_open and not self._page.verdict.choosing:
            self._page.verdict.keep_draft()
            self.refresh()

    def refresh_progress(self) -> None:
        """Progress and list; the comment and the chooser are left alone."""
        reading = self._study.required.reading
        current = reading.state.current
        flagged = current is not None and reading.state.of(current).flagged
        self._page.navigation.show(
            reading.progress, len(reading.plan.items), reading.visible(), bool(flagged)
        )
        self._page.list.show(question_rows(reading.state), current)

    def show_anatomy(self) -> None:
        """Let the views show what the texts name."""
        session = self._study.session
        if session is None:
            return
        visible, views = session.reading.visible(), self._page.views
        arrival = self._viewer.show_question(
            visible, bool(views.keepLayoutBox.checked), bool(views.keepWindowBox.checked)
        )
        if not self._keeper.restore(visible.key):
            self._show_marks()
        self._page.verdict.show_can_mark(self._viewer.shows_ct(visible))
        self.on_case_shown()
        if arrival is None:
            return
        self._show_arrival(arrival)
        self._viewer.use_idle_time(self._following(session), self._show_arrival)

    def _show_arrival(self, arrival: Arrival) -> None:
        self._page.details.show_anatomy(arrival.chips, arrival.note)

    def _case_shown(self) -> None:
        """Say what is wrong with the case's files, then show what the question names."""
        case = self._study.required.case()
        errors = (
            []
            if case is None
            else [finding.message for finding in case.findings if finding.severity == "error"]
        )
        if case is not None and errors:
            listed = " ".join(f"{message}." for message in errors)
            self._messages.problem(_("Case {case}: {errors}").format(case=case.case.case_id, errors=listed))
        self.show_anatomy()

    def _case_failed(self, error: BadInput | WorkFailed) -> None:
        self._messages.problem(str(error))
        self.on_case_shown()

    def _following(self, session: ReaderSession) -> ShownAnatomy | None:
        """What the next item names, if it is of the same case and may be shown."""
        reading = session.reading
        if reading.state.current is None:
            return None
        place = reading.plan.positions[reading.state.current] + 1
        if place >= len(reading.plan.items) or reading.plan.items[place].case_id != self._viewer.case_id:
            return None
        item, sight = reading.plan.items[place], reading.visible().sight
        if not sight.overlay:
            return None
        reference = item.question.reference if sight.reference else None
        answer = item.reply.answer if item.reply is not None and sight.reply else None
        return anatomy_of_texts(item.question.text, answer, reference)

    def _show_marks(self) -> None:
        """The points that were kept with the verdict that stands."""
        standing = self.standing()
        if isinstance(standing, Verdict) and standing.viewing is not None and standing.viewing.markers:
            self._viewer.show_marks(standing.viewing.markers)

    def standing(self) -> Verdict | Reply | None:
        """The verdict that stands at this stage, or the reader's own answer."""
        reading = self._study.required.reading
        current, stage = reading.state.current, reading.visible().stage
        if current is None:
            return None
        if stage is None:
            return reading.state.of(current).own
        standing = reading.state.of(current).given(stage)
        return None if standing is None else standing.verdict

    def correcting(self) -> bool:
        """Whether a verdict is being given anew."""
        state = self._study.required.reading.state
        current: ItemKey | None = state.current
        return current is not None and state.of(current).correcting is not None


def _place(session: ReaderSession, visible: Visible) -> str:
    plan = session.reading.plan
    if visible.key is None:
        return ""
    return _("Question {number} of {count}  ·  {case}  ·  {reader}").format(
        number=plan.positions[visible.key] + 1,
        count=len(plan.items),
        case=visible.case_id,
        reader=session.reader,
    )
