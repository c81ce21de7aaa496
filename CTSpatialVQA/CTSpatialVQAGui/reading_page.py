"""The page of an open study: a slim row, question and reply, what scrolls, and the verdict bar at the foot.

Slicer leaves a module about 500 pixels at 1280 x 800. Row, question, reply and verdict bar are always in
sight; what is between them, with the sections, scrolls. The page is as wide as its keys need and no wider,
whatever is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ctk
import qt
from slicer.i18n import tr as _

from CTSpatialVQAGui import widgets
from CTSpatialVQAGui.asking_panel import AskingPanel
from CTSpatialVQAGui.key_help import KeyHelp
from CTSpatialVQAGui.local_model_panel import LocalModelPanel
from CTSpatialVQAGui.log_panel import LogPanel
from CTSpatialVQAGui.mask_panel import MaskPanel
from CTSpatialVQAGui.navigation_bar import NavigationBar
from CTSpatialVQAGui.question_details import QuestionDetails
from CTSpatialVQAGui.question_list import QuestionList
from CTSpatialVQAGui.question_texts import QuestionTexts
from CTSpatialVQAGui.shortcuts import Key
from CTSpatialVQAGui.verdict_panel import VerdictPanel
from CTSpatialVQAGui.view_panel import ViewPanel

GAP = 3
LEAST_MIDDLE = 70  # pixels of what scrolls, while no choice is made


class PageFrame(qt.QWidget):
    """A widget that has its parts placed anew when its size changes."""

    def __init__(self, on_resize: Callable[[], object]) -> None:
        qt.QWidget.__init__(self)
        self._on_resize = on_resize
        self.setObjectName("readingPage")
        self.setFocusPolicy(qt.Qt.ClickFocus)  # where the keyboard is while no text is typed
        self.setSizePolicy(qt.QSizePolicy.Preferred, qt.QSizePolicy.Expanding)

    def resizeEvent(self, event: object) -> None:
        """The panel got another size."""
        self._on_resize()


class ReadingPage:
    """The panels of a reading and their places."""

    def __init__(self) -> None:
        self.on_arranged: Callable[[], object] = lambda: None  # set by the window, which keeps its width
        self.widget = PageFrame(self.arrange)
        self.navigation = NavigationBar()
        self.question = QuestionTexts()
        self.details = QuestionDetails()
        self.verdict = VerdictPanel()
        self.list = QuestionList()
        self.views = ViewPanel()
        self.asking = AskingPanel()
        self.local = LocalModelPanel()
        self.masks = MaskPanel()
        self.log = LogPanel()
        self.help = KeyHelp()
        self.sections: dict[str, ctk.ctkCollapsibleButton] = {}
        self.middle = widgets.scroll_area("middleArea", self._middle())
        for part in (
            self.navigation.widget,
            self.question.widget,
            self.middle,
            self.verdict.widget,
        ):
            part.setParent(self.widget)
        self._later = qt.QTimer()
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._settle)
        self._section_to_show = ""

    def _middle(self) -> qt.QWidget:
        content = qt.QWidget()
        column = widgets.plain_column(content, 2)
        column.addWidget(self.details.widget)
        for name, text, panel, collapsed in (
            ("list", _("Questions"), self.list.widget, False),
            ("views", _("Views"), self.views.widget, True),
            ("asking", _("Ask a model"), self.asking.widget, True),
            ("local", _("Local models"), self.local.widget, True),
            ("masks", _("Anatomy mask"), self.masks.widget, True),
            ("log", _("Log and export"), self.log.widget, True),
            ("help", _("Keys"), self.help.widget, True),
        ):
            column.addWidget(self._section(name, text, panel, collapsed))
        column.addStretch(1)
        return content

    def _section(self, name: str, text: str, panel: qt.QWidget, collapsed: bool) -> ctk.ctkCollapsibleButton:
        section = ctk.ctkCollapsibleButton()
        section.setObjectName(f"{name}Section")
        section.text = text
        widgets.plain_column(section, widgets.SPACING).addWidget(panel)
        section.collapsed = collapsed
        section.contentsCollapsed.connect(lambda now_collapsed: self._scroll_to(name, now_collapsed))
        self.sections[name] = section
        return section

    def _scroll_to(self, name: str, collapsed: bool) -> None:
        if not collapsed and self.widget.visible:
            self._section_to_show = name
            self._later.start()

    def open_section(self, name: str) -> None:
        """Open a section and bring it into sight."""
        section = self.sections[name]
        if section.collapsed:
            section.collapsed = False
        self.middle.verticalScrollBar().setValue(section.y)

    def show_keys(self, keys: Sequence[Key]) -> None:
        """Fill the section of keys."""
        self.help.show_keys(keys)

    def show_loading(self, text: str) -> None:
        """Say what is being loaded; empty for nothing."""
        self.navigation.show_loading(text)
        self.arrange_soon()

    def scroll_up(self) -> None:
        """Show what belongs to the question, after another one came."""
        self.middle.verticalScrollBar().setValue(0)

    def follow_font(self) -> None:
        """Take sizes from Slicer's font."""
        base = self.widget.font
        self.question.follow_font(base)
        self.details.follow_font(base)
        self.verdict.follow_font(base)
        self.arrange_soon()

    def arrange_soon(self) -> None:
        """Place the parts now, and once more when Qt has worked off what waits."""
        self.arrange()
        self._later.start()

    def _settle(self) -> None:
        self.arrange()
        name, self._section_to_show = self._section_to_show, ""
        if name:
            self.open_section(name)

    def stop(self) -> None:
        """The window goes, or the study is closed: nothing is placed any more."""
        self._later.stop()

    def arrange(self) -> None:
        """Give every part its place: what must be seen first, the rest to what scrolls."""
        width, height = int(self.widget.width), int(self.widget.height)
        row, bar = _height_of(self.navigation.widget, width), _height_of(self.verdict.widget, width)
        self.question.set_compact(False)
        free = height - row - bar - 2 * GAP
        middle = 0 if self.verdict.choosing else LEAST_MIDDLE
        needed = self.question.height_needed(width)
        if needed > free - middle:
            self.question.set_compact(True)
            needed = self.question.height_needed(width)
        least = self.question.least_height()
        # a text that nearly fits is shown whole; a long one scrolls, and leaves room for the rest
        texts = max(min(needed, free) if needed <= free - middle // 2 else free - middle, least)
        self.navigation.widget.setGeometry(0, 0, width, row)
        self.question.widget.setGeometry(0, row + GAP, width, texts)
        top = row + GAP + texts + GAP
        self.middle.setGeometry(0, top, width, max(height - bar - top, 0))
        self.verdict.widget.setGeometry(0, height - bar, width, bar)
        self.widget.setMinimumHeight(row + bar + least + 2 * GAP)
        self.widget.setMinimumWidth(self.width_needed())
        self.on_arranged()

    def width_needed(self) -> int:
        """The width in which row, keys and choices can be read, in pixels."""
        return max(self.navigation.width_needed(), self.verdict.width_needed())


def _height_of(widget: qt.QWidget, width: int) -> int:
    for_width = int(widget.heightForWidth(width))
    return for_width if for_width > 0 else int(widget.sizeHint.height())
