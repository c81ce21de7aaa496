"""Moving through the questions: next, previous, the list, flags, the reveal of a case."""

from __future__ import annotations

from collections.abc import Callable

from slicer.i18n import tr as _

from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.open_study import OpenStudy
from CTSpatialVQAGui.question_presenter import QuestionPresenter
from CTSpatialVQAGui.reading_page import ReadingPage
from CTSpatialVQAGui.shown_errors import shows_errors
from CTSpatialVQAGui.view_keeper import ViewKeeper
from CTSpatialVQALib.reading.plan import ItemKey
from CTSpatialVQALib.reading.session import Reading


class ReadingController:
    """Each action: the reading first, then what is seen of it."""

    def __init__(
        self,
        study: OpenStudy,
        page: ReadingPage,
        presenter: QuestionPresenter,
        keeper: ViewKeeper,
        messages: MessageArea,
    ) -> None:
        self._study, self._page, self._presenter = study, page, presenter
        self._keeper, self.messages = keeper, messages
        navigation = page.navigation
        navigation.previousButton.clicked.connect(self.previous)
        navigation.nextButton.clicked.connect(self.next)
        navigation.openButton.clicked.connect(self.next_unanswered)
        navigation.flagButton.clicked.connect(self.flag)
        page.verdict.revealButton.clicked.connect(self.reveal)
        page.list.on_go = self.go

    @property
    def _reading(self) -> Reading:
        return self._study.required.reading

    def begin(self) -> None:
        """Go on where the reader stopped; at first, to the first question that waits for a verdict."""
        reading = self._reading
        if reading.state.current is not None:
            reading.go_to(reading.state.current)
        elif reading.plan.items:
            reading.next_unanswered()
            if reading.state.current is None:  # before any model was asked
                reading.next()
        self._presenter.arrive()

    @shows_errors
    def previous(self) -> None:
        """The item before."""
        self._move(self._reading.previous)

    @shows_errors
    def next(self) -> None:
        """The item after."""
        self._move(self._reading.next)

    @shows_errors
    def next_unanswered(self) -> None:
        """The next item that needs something; says so where nothing does."""
        before = self._reading.state.current
        self._move(self._reading.next_unanswered)
        if self._reading.state.current == before:
            self.say_if_done()

    @shows_errors
    def go(self, key: ItemKey) -> None:
        """An item of the list."""
        self._move(lambda: self._reading.go_to(key))

    def go_to_list(self) -> None:
        """Put the keyboard into the list of questions."""
        self._page.open_section("list")
        self._page.list.tree.setFocus()

    @shows_errors
    def flag(self) -> None:
        """Put the flag up, or take it down."""
        reading = self._reading
        current = reading.state.current
        if current is not None:
            reading.flag(not reading.state.of(current).flagged)
        self._presenter.refresh()

    @shows_errors
    def reveal(self) -> None:
        """Open the case of a blinded study."""
        if self._reading.visible().can_reveal:
            self.messages.clear()  # it told to press this
            self._reading.reveal()
            self._presenter.arrive()

    def go_on(self) -> None:
        """After a verdict: to the next open item, or to the reveal that is due."""
        reading = self._reading
        before = reading.state.current
        if reading.visible().can_reveal:
            self._presenter.arrive()
            self.messages.note(_("Every reply of this case is judged. Press R to reveal the case."))
            return
        reading.next_unanswered()
        self._presenter.arrive()
        if reading.state.current == before:
            self.say_if_done()

    def say_if_done(self) -> None:
        """Say that everything is read, if it is."""
        progress = self._reading.progress
        if progress.done == progress.total and progress.total:
            self.messages.note(_("Everything is read. The log can be exported under 'Log and export'."))

    def _move(self, move: Callable[[], object]) -> None:
        self.messages.clear()
        self._page.verdict.keep_draft()
        self._keeper.keep()
        move()
        self._presenter.arrive()
