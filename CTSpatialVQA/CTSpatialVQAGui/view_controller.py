"""Actions that change the views only: chips, windows, all structures, CT in 3D."""

from __future__ import annotations

from CTSpatialVQAGui.message_area import MessageArea
from CTSpatialVQAGui.open_study import OpenStudy
from CTSpatialVQAGui.reading_page import ReadingPage
from CTSpatialVQAGui.shown_errors import shows_errors
from CTSpatialVQAGui.viewer import Viewer


class ViewController:
    """What chips and the section of views do."""

    def __init__(self, study: OpenStudy, page: ReadingPage, viewer: Viewer, messages: MessageArea) -> None:
        self._study, self._page, self._viewer, self.messages = study, page, viewer, messages
        page.details.chips.on_click, page.details.chips.on_hover = self.jump, self.highlight
        page.views.on_window = self.choose_window
        page.views.allBox.toggled.connect(self.all_structures)
        page.views.renderingBox.toggled.connect(self.volume_rendering)
        page.navigation.loadingButton.clicked.connect(lambda _checked=False: viewer.cancel_loading())

    @shows_errors
    def jump(self, key: str) -> None:
        """Lay the slices through a structure or region."""
        self._viewer.jump_to(key)

    @shows_errors
    def highlight(self, key: str | None) -> None:
        """Let one stand out; None for all alike."""
        self._viewer.highlight(key)

    @shows_errors
    def choose_window(self, name: str) -> None:
        """Take a window preset, and keep it."""
        self._viewer.set_window(name)
        self._page.views.keepWindowBox.setChecked(True)

    @shows_errors
    def all_structures(self, on: bool) -> None:
        """Show every structure of the mask, or only what is named."""
        session = self._study.session
        if on and (session is None or not session.reading.visible().sight.overlay):
            return
        self._viewer.show_all_structures(on)

    @shows_errors
    def volume_rendering(self, on: bool) -> None:
        """Show the CT in 3D."""
        self._viewer.volume_rendering(on)
