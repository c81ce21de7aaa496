"""One open study in the window: the controllers of its page, put together."""

from __future__ import annotations

from collections.abc import Callable

import qt
from CTSpatialVQASession.reader_session import ReaderSession

from CTSpatialVQAGui.asking_controller import AskingController
from CTSpatialVQAGui.key_sets import KeySets
from CTSpatialVQAGui.local_model_controller import LocalModelController
from CTSpatialVQAGui.log_controller import LogController
from CTSpatialVQAGui.mask_controller import MaskController
from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.open_study import OpenStudy
from CTSpatialVQAGui.question_presenter import QuestionPresenter
from CTSpatialVQAGui.reading_controller import ReadingController
from CTSpatialVQAGui.reading_keys import reading_keys
from CTSpatialVQAGui.reading_page import ReadingPage
from CTSpatialVQAGui.settings import Settings
from CTSpatialVQAGui.verdict_controller import VerdictController
from CTSpatialVQAGui.view_controller import ViewController
from CTSpatialVQAGui.view_keeper import ViewKeeper
from CTSpatialVQAGui.viewer import Viewer


class StudyController:
    """Opens and closes a study in the page.

    Parameters
    ----------
    on_close : called when the reader closes the study
    """

    def __init__(self, messages: MessageArea, settings: Settings, on_close: Callable[[], object]) -> None:
        self.messages = messages
        self._on_close = on_close
        self._study = study = OpenStudy()
        self.page = page = ReadingPage()
        self.viewer = viewer = Viewer(page.show_loading)
        self.keeper = ViewKeeper(study, viewer)
        self.presenter = presenter = QuestionPresenter(study, page, viewer, self.keeper, messages)
        self.reading = ReadingController(study, page, presenter, self.keeper, messages)
        self.verdicts = VerdictController(study, page, presenter, self.reading, viewer, messages)
        self.views = ViewController(study, page, viewer, messages)
        self.asking = AskingController(study, page, presenter, settings, messages)
        self.local_models = LocalModelController(page.local, settings, messages)
        self.masks = MaskController(study, page.masks, presenter, viewer, messages)
        self.log = LogController(study, page, messages)
        keys = reading_keys(self.reading, self.verdicts, self.asking)
        page.show_keys(keys)
        self.keys = KeySets(keys, page.verdict, self.verdicts.leave_text)
        presenter.on_refresh = lambda: self.keys.choosing(False)
        presenter.on_case_shown = self.masks.show_state
        self.verdicts.on_choosing = self.keys.choosing
        page.navigation.closeButton.clicked.connect(lambda _checked=False: self.close_study())

    @property
    def session(self) -> ReaderSession | None:
        """The session of the open study; None between studies."""
        return self._study.session

    def open(self, session: ReaderSession) -> None:
        """Read this study, at the question where it was left."""
        self._study.session = session
        self.keeper.open()
        self.page.navigation.show_study(session)
        self.log.open()
        self.local_models.open()
        self.asking.open()
        if session.notes:
            self.messages.note(" ".join(session.notes))
        self.reading.begin()

    def enter(self, window: qt.QWidget) -> None:
        """The module is shown: its keys work."""
        self.page.follow_font()
        if self._study.is_open:
            self.keys.install(window)
            self.page.widget.setFocus()

    def exit(self) -> None:
        """Another module is shown."""
        self.keys.remove()
        if self._study.is_open:
            self.page.verdict.keep_draft()

    def scene_closed(self) -> None:
        """The reader closed the scene: the case is shown again when he moves on."""
        self.viewer.forget_case()
        self.page.verdict.show_can_mark(False)

    def close_study(self) -> None:
        """End the session and give the views back."""
        self.close()
        self._on_close()

    def close(self) -> None:
        """The same, without showing anything afterwards."""
        session = self._study.session
        if session is None:
            return
        self.page.verdict.keep_draft()
        self.keeper.close()
        for controller in (self.asking, self.local_models, self.masks, self.log):
            controller.close()
        self.keys.remove()
        self.viewer.close()
        self.page.verdict.stop()
        self.page.stop()
        self._study.session = None
        session.close()
